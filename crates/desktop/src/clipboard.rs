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
