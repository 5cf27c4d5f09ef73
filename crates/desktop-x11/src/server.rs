//! Where an X server is and how to be let in.

use std::fmt;

use selkies_desktop::DesktopError;
use x11rb::errors::ConnectError;
use x11rb::reexports::x11rb_protocol::parse_display::parse_display;
use x11rb::reexports::x11rb_protocol::xauth::get_auth;
use x11rb::rust_connection::RustConnection;

use crate::failure::lost;
use crate::wire::{Wire, XConnection};

/// The authorization protocol of a [`Cookie`] (Xsecurity(7)).
const COOKIE_PROTOCOL: &[u8] = b"MIT-MAGIC-COOKIE-1";

/// TCP displays listen at 6000 + number, so no larger number exists.
const LARGEST_DISPLAY: u16 = u16::MAX - 6000;

/// A secret that an X server lets clients in with.
#[derive(Clone, PartialEq, Eq)]
pub struct Cookie(pub [u8; 16]);

impl fmt::Debug for Cookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Cookie(..)")
    }
}

/// An X server, by its address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    display: String,
    authority: Option<Cookie>,
}

impl Server {
    /// The server called `display`, such as `:1` or `host:0.0`. What lets us in is looked up in
    /// the file named by `XAUTHORITY`, else in `~/.Xauthority`.
    #[must_use]
    pub fn new(display: impl Into<String>) -> Self {
        Self {
            display: display.into(),
            authority: None,
        }
    }

    /// Uses `cookie` instead of any authority file.
    #[must_use]
    pub fn with_cookie(mut self, cookie: Cookie) -> Self {
        self.authority = Some(cookie);
        self
    }

    /// Its name.
    #[must_use]
    pub fn display(&self) -> &str {
        &self.display
    }

    /// Connects and tells which screen the name means. Fails after a bounded time.
    pub(crate) fn connect(&self) -> Result<(XConnection, usize), DesktopError> {
        let unusable = |why: &str| DesktopError::Unusable(format!("{:?} {why}", self.display));
        let Ok(parsed) = parse_display(Some(&self.display)) else {
            return Err(unusable("is not the name of a display"));
        };
        if parsed.display > LARGEST_DISPLAY {
            return Err(unusable("has too large a number"));
        }
        let mut failure = lost(format!("{:?} has no address", self.display));
        for address in parsed.connect_instruction() {
            let (wire, (family, host)) = match Wire::connect(&address) {
                Ok(connected) => connected,
                Err(error) => {
                    failure = lost(format!("{}: {error}", self.display));
                    continue;
                }
            };
            let (protocol, data) = match &self.authority {
                Some(cookie) => (COOKIE_PROTOCOL.to_vec(), cookie.0.to_vec()),
                // Without a readable authority file the server may still let us in by our user id.
                None => get_auth(family, &host, parsed.display)
                    .ok()
                    .flatten()
                    .unwrap_or_default(),
            };
            let screen = usize::from(parsed.screen);
            return match RustConnection::connect_to_stream_with_auth_info(
                wire, screen, protocol, data,
            ) {
                Ok(connection) => Ok((connection, screen)),
                Err(ConnectError::InvalidScreen) => {
                    Err(unusable("names a screen that does not exist"))
                }
                Err(ConnectError::SetupFailed(answer)) => Err(unusable(&format!(
                    "does not let us in: {}",
                    String::from_utf8_lossy(&answer.reason).trim()
                ))),
                Err(ConnectError::SetupAuthenticate(_)) => {
                    Err(unusable("asks for a kind of secret we do not have"))
                }
                Err(error) => Err(lost(format!("{}: {error}", self.display))),
            };
        }
        Err(failure)
    }
}
