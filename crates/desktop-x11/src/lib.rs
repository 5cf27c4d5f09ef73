//! An X11 desktop: XShm and XDamage capture, XTEST input, RandR outputs, selections.
//!
//! [`X11Desktop`] implements the loans of `selkies-desktop`; each has its own connection to the X
//! server. Start with [`server`] for how a connection comes to be.

mod bell;
mod capture;
mod clipboard;
mod cursor;
pub mod description;
mod extensions;
mod failure;
mod input;
mod outputs;
mod screen;
pub mod server;
mod wire;

use std::sync::Arc;

use selkies_clip::Store;
use selkies_desktop::{
    Clipboard, CursorSource, Desktop, DesktopError, FrameSource, InputSink, Outputs, Selection,
};
use selkies_media::time::Clock;

pub use description::Description;
pub use server::{Cookie, Server};

/// A desktop shown by an X server.
#[derive(Clone, Debug)]
pub struct X11Desktop {
    server: Server,
    pointer: capture::Switch,
}

impl X11Desktop {
    /// The desktop of `server`. Nothing is connected yet.
    #[must_use]
    pub fn new(server: Server) -> Self {
        Self {
            server,
            pointer: capture::Switch::default(),
        }
    }

    /// The same desktop, which is on `server` now.
    #[must_use]
    pub fn moved_to(&self, server: Server) -> Self {
        Self {
            server,
            pointer: self.pointer.clone(),
        }
    }

    /// The server it is on.
    #[must_use]
    pub const fn server(&self) -> &Server {
        &self.server
    }

    /// Connects once to see whether the server can be used, and tells what it is.
    ///
    /// # Errors
    /// [`DesktopError::Lost`] when it is not there, [`DesktopError::Unusable`] when it does not
    /// let us in or has pixels we cannot read.
    pub fn check(&self) -> Result<Description, DesktopError> {
        Description::of(&self.server)
    }
}

impl Desktop for X11Desktop {
    fn frames(&self, clock: Clock) -> Result<Box<dyn FrameSource>, DesktopError> {
        Ok(Box::new(capture::Capture::connect(
            &self.server,
            clock,
            capture::Way::Descriptor,
            self.pointer.clone(),
        )?))
    }

    fn input(&self) -> Result<Box<dyn InputSink>, DesktopError> {
        Ok(Box::new(input::XInput::connect(&self.server)?))
    }

    fn outputs(&self) -> Result<Box<dyn Outputs>, DesktopError> {
        Ok(Box::new(outputs::XOutputs::connect(&self.server)?))
    }

    fn cursor(&self) -> Result<Box<dyn CursorSource>, DesktopError> {
        Ok(Box::new(cursor::XCursor::connect(&self.server)?))
    }

    fn clipboard(
        &self,
        selections: &[Selection],
        store: Arc<dyn Store>,
    ) -> Result<Box<dyn Clipboard>, DesktopError> {
        Ok(Box::new(clipboard::XClipboard::connect(
            &self.server,
            selections,
            store,
        )?))
    }

    fn draw_cursor(&self, on: bool) {
        self.pointer.set(on);
    }
}
