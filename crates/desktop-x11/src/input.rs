//! Types and points by XTEST.

use selkies_desktop::{DesktopError, InputEvent, InputSink};

use crate::server::Server;

pub(crate) struct XInput;

impl XInput {
    pub(crate) fn connect(server: &Server) -> Result<Self, DesktopError> {
        server.connect().map(|_| Self)
    }
}

impl InputSink for XInput {
    fn inject(&mut self, _: &InputEvent) -> Result<(), DesktopError> {
        Ok(())
    }
}
