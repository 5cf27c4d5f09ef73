//! What was copied: one thing in the forms it was offered in, and the port of whatever keeps its
//! bytes. Pure: nothing here knows how a browser or a display server calls it.
#![forbid(unsafe_code)]

mod step;

use std::fmt;
use std::io;
use std::sync::Arc;

use bytes::Bytes;

pub use step::{Refusal, Step};

/// Bytes that are too large to be passed around; where they lie is their owner's business.
pub trait Content: Send + Sync {
    /// How many.
    fn len(&self) -> u64;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Fills `into` from `offset` on, and tells how far. 0: there is nothing from there on.
    ///
    /// # Errors
    /// Whatever keeps the bytes cannot be read.
    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize>;
}

/// In memory; for what is small.
impl Content for Bytes {
    fn len(&self) -> u64 {
        self.as_ref().len() as u64
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let rest = usize::try_from(offset)
            .ok()
            .and_then(|offset| self.get(offset..))
            .unwrap_or_default();
        let count = rest.len().min(into.len());
        into[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }
}

/// Takes bytes in until they are a [`Content`].
pub trait Intake: Send {
    /// Appends.
    ///
    /// # Errors
    /// As for [`Store::begin`]; what was taken in is given up.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// All is there.
    fn finish(self: Box<Self>) -> Arc<dyn Content>;
}

/// Where contents are kept: it knows how much there may be altogether.
pub trait Store: Send + Sync {
    /// Room for a content of `expected` bytes, if that is known.
    ///
    /// # Errors
    /// [`io::ErrorKind::FileTooLarge`]: more than one content may have.
    /// [`io::ErrorKind::QuotaExceeded`]: all contents together would be too many. Others: it cannot
    /// be kept.
    fn begin(&self, expected: Option<u64>) -> io::Result<Box<dyn Intake>>;
}

/// The same thing in one form.
#[derive(Clone)]
pub struct Format {
    /// `text/plain` (UTF-8), `text/html`, `image/png`, `text/uri-list`, …
    pub mime: String,
    /// Its bytes.
    pub content: Arc<dyn Content>,
}

/// One thing that was copied, in all the forms it was offered in; the best first.
#[derive(Clone, Default, PartialEq)]
pub struct Clip {
    /// Nothing: the selection is empty.
    pub formats: Vec<Format>,
}

/// The same form of the same thing, not merely equal bytes: those would have to be read.
impl PartialEq for Format {
    fn eq(&self, other: &Self) -> bool {
        self.mime == other.mime && Arc::ptr_eq(&self.content, &other.content)
    }
}

// What people copy is nobody's business: only kinds and sizes are ever printed.
impl fmt::Debug for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} bytes)", self.mime, self.content.len())
    }
}

impl fmt::Debug for Clip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.formats).finish()
    }
}
