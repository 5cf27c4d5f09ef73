//! Reads a picture from a file, aside: a file may lie on a server that does not answer.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::thread;

use rustix::fs::{Mode, OFlags, open};
use selkies_clip::{Format, Store};

use super::picture;
use crate::bell::Bell;

/// Larger files are not fetched only because somebody copied their names.
const LARGEST_PICTURE: u64 = 10 << 20;
/// So much of a file tells what it is.
const BEGINNING: usize = 512;

/// A picture on its way.
#[derive(Debug)]
pub(in crate::clipboard) struct Fetch(Receiver<Option<Format>>);

impl Fetch {
    /// Begins to read `path`; rings when it is done. `None`: another one still waits for its file.
    pub(in crate::clipboard) fn begin(
        path: PathBuf,
        store: Arc<dyn Store>,
        bell: &Bell,
        only_one: &Arc<()>,
    ) -> Option<Self> {
        if Arc::strong_count(only_one) > 1 {
            return None;
        }
        let (tell, receiver) = sync_channel(1);
        let (bell, running) = (bell.clone(), only_one.clone());
        thread::Builder::new()
            .name("desktop:clip-file".to_owned())
            .spawn(move || {
                let outcome = read(&path, &*store);
                // Where it lies is as much a secret as what it is.
                let kept = outcome.as_ref().is_ok_and(Option::is_some);
                let error = outcome.as_ref().err().map(io::Error::kind);
                tracing::debug!(kept, ?error, "a file that was copied was looked at");
                // Nobody listens any more when something else was copied meanwhile.
                let _ = tell.send(outcome.ok().flatten());
                drop(running);
                bell.ring();
            })
            .ok()?;
        Some(Self(receiver))
    }

    /// `None`: not done yet.
    pub(in crate::clipboard) fn outcome(&self) -> Option<Option<Format>> {
        match self.0.try_recv() {
            Ok(outcome) => Some(outcome),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => Some(None),
        }
    }
}

fn read(path: &Path, store: &dyn Store) -> io::Result<Option<Format>> {
    // Not blocking: it may be a pipe.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let mut file = File::from(open(path, flags, Mode::empty())?);
    let metadata = file.metadata()?;
    if !metadata.is_file() || metadata.len() > LARGEST_PICTURE {
        return Ok(None);
    }
    let mut beginning = Vec::with_capacity(BEGINNING);
    file.by_ref()
        .take(BEGINNING as u64)
        .read_to_end(&mut beginning)?;
    let Some(mime) = picture(&beginning) else {
        return Ok(None);
    };
    let mut intake = store.begin(Some(metadata.len()))?;
    intake.append(&beginning)?;
    let mut rest = file.take(LARGEST_PICTURE - BEGINNING as u64);
    let mut buffer = vec![0; 64 << 10];
    loop {
        let count = rest.read(&mut buffer)?;
        if count == 0 {
            break;
        }
        intake.append(buffer.get(..count).unwrap_or_default())?;
    }
    Ok(Some(Format {
        mime: mime.to_owned(),
        content: intake.finish(),
    }))
}
