//! What was copied, on the desktop or in a viewer's browser.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::DesktopError;

/// Which of the two things a desktop remembers (ICCCM §2.6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Selection {
    /// What was copied.
    Clipboard,
    /// What is marked with the mouse.
    Primary,
}

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

/// Somebody on the desktop copied something.
#[derive(Clone, Debug)]
pub struct Copied {
    /// Where it lies.
    pub selection: Selection,
    /// What it is.
    pub clip: Clip,
}

/// The desktop's selections. Serving what was offered happens within [`Self::next`].
pub trait Clipboard: Send {
    /// Waits at most `patience` until somebody on the desktop has copied something and it has been
    /// read. What was set by [`Self::offer`] is not reported. `None`: nothing new, or woken.
    ///
    /// # Errors
    /// [`DesktopError::Lost`] when the display server is gone.
    fn next(&mut self, patience: Duration) -> Result<Option<Copied>, DesktopError>;

    /// Makes `clip` what is copied on the desktop.
    ///
    /// # Errors
    /// [`DesktopError::Lost`] when the display server is gone, [`DesktopError::Refused`] when
    /// another program does not let go of the selection.
    fn offer(&mut self, selection: Selection, clip: Clip) -> Result<(), DesktopError>;

    /// Lets [`Self::next`] return early, from any thread.
    fn waker(&self) -> Arc<dyn Fn() + Send + Sync>;
}
