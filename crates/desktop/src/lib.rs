//! What a desktop lends to those who show it: pictures, input, outputs.
//!
//! A display server implements [`Desktop`]; the rest of the program sees only the loans. The
//! second implementation is [`testcard`], which needs no display server. Nothing here owns a
//! thread; the loans themselves block and belong on threads of their own.
#![forbid(unsafe_code)]

pub mod clipboard;
pub mod cursor;
pub mod gamepad;
pub mod input;
pub mod testcard;

use std::sync::Arc;
use std::time::Duration;

use selkies_clip::Store;
use selkies_media::{Clock, Frame, Size};

pub use clipboard::{Clipboard, Copied, Selection};
pub use cursor::{CursorImage, CursorSource};
pub use gamepad::{Gamepads, OnRumble, PadEvent, Rumble};
pub use input::{Button, InputEvent, Keysym, ScrollDirection};

/// One desktop. Each loan is an independent connection to the display server, so that a slow
/// capture never holds up a key.
pub trait Desktop: Send + Sync {
    /// The pictures of the whole desktop, stamped by `clock`.
    ///
    /// # Errors
    /// [`DesktopError`] when the display server is not there or cannot lend them.
    fn frames(&self, clock: Clock) -> Result<Box<dyn FrameSource>, DesktopError>;

    /// A way to type and point.
    ///
    /// # Errors
    /// [`DesktopError`] when the display server is not there or cannot lend it.
    fn input(&self) -> Result<Box<dyn InputSink>, DesktopError>;

    /// The size of the desktop and the means to change it.
    ///
    /// # Errors
    /// [`DesktopError`] when the display server is not there or cannot lend it.
    fn outputs(&self) -> Result<Box<dyn Outputs>, DesktopError>;

    /// What the pointer looks like.
    ///
    /// # Errors
    /// [`DesktopError`] when the display server is not there or has no pointer to show.
    fn cursor(&self) -> Result<Box<dyn CursorSource>, DesktopError> {
        Err(DesktopError::Unusable(
            "it has no pointer to show".to_owned(),
        ))
    }

    /// Whether the pointer is drawn into the pictures of all frame sources, now and from now on.
    /// Off at first. A desktop without pictures of its pointer has nothing to draw.
    fn draw_cursor(&self, on: bool) {
        let _ = on;
    }

    /// What is copied, in each of `selections`. Contents that are read are kept in `store`.
    ///
    /// # Errors
    /// [`DesktopError`] when the display server is not there or remembers nothing.
    fn clipboard(
        &self,
        selections: &[Selection],
        store: Arc<dyn Store>,
    ) -> Result<Box<dyn Clipboard>, DesktopError> {
        let _ = (selections, store);
        Err(DesktopError::Unusable("it has no clipboard".to_owned()))
    }
}

/// Lends pictures, one after the other.
pub trait FrameSource: Send {
    /// Waits at most `patience` for a change and reads it. The first call returns the whole
    /// picture at once. `None`: the picture is still what it was. When the desktop's size has
    /// changed, the next frame has the new size and is damaged all over.
    ///
    /// # Errors
    /// [`DesktopError::Lost`] when the display server is gone; the source is of no use afterwards.
    fn next(&mut self, patience: Duration) -> Result<Option<Frame>, DesktopError>;
}

/// Types and points.
pub trait InputSink: Send {
    /// Carries out one event. What the desktop has no means for (an unknown button) is ignored.
    ///
    /// # Errors
    /// [`DesktopError::Lost`] when the display server is gone.
    fn inject(&mut self, event: &InputEvent) -> Result<(), DesktopError>;

    /// Something to be done later even if nothing is injected, such as the next repeat of a held
    /// key: how long until then. `None`: nothing.
    fn next_wakeup(&self) -> Option<Duration> {
        None
    }

    /// Does what [`Self::next_wakeup`] announced, if its time has come.
    ///
    /// # Errors
    /// [`DesktopError::Lost`] when the display server is gone.
    fn wake(&mut self) -> Result<(), DesktopError> {
        Ok(())
    }
}

/// The size of the desktop.
pub trait Outputs: Send {
    /// The size now.
    ///
    /// # Errors
    /// [`DesktopError::Lost`] when the display server is gone.
    fn size(&mut self) -> Result<Size, DesktopError>;

    /// Makes the desktop `wanted` large, or as near as it can, and returns the size it has then.
    ///
    /// # Errors
    /// [`DesktopError::Refused`] when the size cannot be changed; it is then what it was.
    fn resize(&mut self, wanted: Size) -> Result<Size, DesktopError>;
}

/// Why a desktop did not lend something.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DesktopError {
    /// The display server is gone or was never there. It may come back: connect again.
    #[error("the display server is not there: {0}")]
    Lost(String),
    /// It is there but cannot do this, and trying again will not help.
    #[error("the display server cannot be used: {0}")]
    Unusable(String),
    /// It is there and did not do this one thing.
    #[error("the display server refused: {0}")]
    Refused(String),
}
