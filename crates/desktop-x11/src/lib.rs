//! An X11 desktop: XShm and XDamage capture, XTEST input, RandR outputs.
//!
//! [`X11Desktop`] implements the loans of `selkies-desktop`; each has its own connection to the X
//! server. Start with [`server`] for how a connection comes to be.

mod failure;
mod input;
pub mod server;
mod wire;

use selkies_desktop::{Desktop, DesktopError, FrameSource, InputSink, Outputs};
use selkies_media::time::Clock;

pub use server::Server;

/// A desktop shown by an X server.
#[derive(Clone, Debug)]
pub struct X11Desktop {
    server: Server,
}

impl X11Desktop {
    /// The desktop of `server`. Nothing is connected yet.
    #[must_use]
    pub const fn new(server: Server) -> Self {
        Self { server }
    }

    /// The server it is on.
    #[must_use]
    pub const fn server(&self) -> &Server {
        &self.server
    }
}

impl Desktop for X11Desktop {
    fn frames(&self, _clock: Clock) -> Result<Box<dyn FrameSource>, DesktopError> {
        Err(DesktopError::Unusable("no capture".into()))
    }

    fn input(&self) -> Result<Box<dyn InputSink>, DesktopError> {
        Ok(Box::new(input::XInput::connect(&self.server)?))
    }

    fn outputs(&self) -> Result<Box<dyn Outputs>, DesktopError> {
        Err(DesktopError::Unusable("no outputs".into()))
    }
}
