//! What was copied: one thing in the forms it was offered in, and the port of whatever keeps its
//! bytes. Pure: nothing here knows how a browser or a display server calls it.
#![forbid(unsafe_code)]

mod step;

use std::fmt;
use std::io;
use std::sync::Arc;

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

/// Takes bytes in until they are a [`Content`].
pub trait Intake: Send {
    /// Appends.
    ///
    /// # Errors
    /// They are more than a clip may have, or cannot be kept; what was taken in is given up.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// All is there.
    fn finish(self: Box<Self>) -> Arc<dyn Content>;
}

/// Where contents are kept: it knows how much there may be altogether.
pub trait Store: Send + Sync {
    /// Room for a content of `expected` bytes, if that is known.
    ///
    /// # Errors
    /// There is not that much room.
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
#[derive(Clone, Default)]
pub struct Clip {
    /// Nothing: the selection is empty.
    pub formats: Vec<Format>,
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
