//! Keeps clips in memory.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use selkies_clip::{Clip, Content, Format, Intake, Store};

/// Contents of at most so many bytes; counts those that are alive.
#[derive(Clone)]
pub(crate) struct Memory {
    pub(crate) most: u64,
    pub(crate) alive: Arc<AtomicUsize>,
}

struct Kept {
    bytes: Vec<u8>,
    most: u64,
    alive: Arc<AtomicUsize>,
}

impl Memory {
    pub(crate) fn of(most: u64) -> Self {
        let alive = Arc::default();
        Self { most, alive }
    }

    pub(crate) fn alive(&self) -> usize {
        self.alive.load(Ordering::SeqCst)
    }
}

impl Store for Memory {
    fn begin(&self, expected: Option<u64>) -> io::Result<Box<dyn Intake>> {
        if expected.is_some_and(|expected| expected > self.most) {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.alive.fetch_add(1, Ordering::SeqCst);
        Ok(Box::new(Kept {
            bytes: Vec::new(),
            most: self.most,
            alive: self.alive.clone(),
        }))
    }
}

impl Intake for Kept {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        if (self.bytes.len() + bytes.len()) as u64 > self.most {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    fn finish(self: Box<Self>) -> Arc<dyn Content> {
        Arc::from(self as Box<dyn Content>)
    }
}

impl Content for Kept {
    fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let rest = &self.bytes[usize::try_from(offset).expect("it is small")..];
        let count = rest.len().min(into.len());
        into[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.alive.fetch_sub(1, Ordering::SeqCst);
    }
}

/// A clip of these forms.
pub(crate) fn clip(forms: &[(&str, &[u8])]) -> Clip {
    let formats = forms.iter().map(|(mime, bytes)| Format {
        mime: (*mime).to_owned(),
        content: Arc::new(Bytes::copy_from_slice(bytes)),
    });
    Clip {
        formats: formats.collect(),
    }
}

/// The forms of a clip.
pub(crate) fn forms(clip: &Clip) -> Vec<(&str, Vec<u8>)> {
    let read = |content: &dyn Content| {
        let mut bytes = vec![0; usize::try_from(content.len()).expect("it is small")];
        let count = content.read_at(0, &mut bytes).expect("it is in memory");
        assert_eq!(count, bytes.len());
        bytes
    };
    clip.formats
        .iter()
        .map(|format| (format.mime.as_str(), read(&*format.content)))
        .collect()
}

/// Bytes that look like nothing else.
pub(crate) fn noise(len: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_u32;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[0]
    };
    (0..len).map(|_| next()).collect()
}
