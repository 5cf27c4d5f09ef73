//! What was copied, on the desktop or in a viewer's browser.

use std::sync::Arc;
use std::time::Duration;

use selkies_clip::Clip;

use crate::DesktopError;

/// Which of the two things a desktop remembers (ICCCM §2.6.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Selection {
    /// What was copied.
    Clipboard,
    /// What is marked with the mouse.
    Primary,
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
    /// read; what is copied already when this begins is reported, too. What was set by
    /// [`Self::offer`] is not reported, nor what says of itself that it is a secret. A clip without
    /// forms: what was copied has gone. `None`: nothing new, or woken.
    ///
    /// # Errors
    /// [`DesktopError::Lost`] when the display server is gone.
    fn next(&mut self, patience: Duration) -> Result<Option<Copied>, DesktopError>;

    /// Makes `clip` what is copied on the desktop until somebody copies something else. When this
    /// returns, whoever asks is given `clip`; answering takes calls of [`Self::next`]. A clip
    /// without forms takes back what was offered.
    ///
    /// # Errors
    /// [`DesktopError::Lost`] when the display server is gone, [`DesktopError::Refused`] when
    /// another program took the selection at once, or the selection was not asked for.
    fn offer(&mut self, selection: Selection, clip: Clip) -> Result<(), DesktopError>;

    /// Lets [`Self::next`] return early, from any thread.
    fn waker(&self) -> Arc<dyn Fn() + Send + Sync>;
}
