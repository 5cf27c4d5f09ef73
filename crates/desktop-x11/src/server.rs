//! Where an X server is and how to be let in.

use std::fmt;
use std::time::Duration;

use selkies_desktop::DesktopError;
use x11rb::errors::ConnectError;
use x11rb::reexports::x11rb_protocol::parse_display::parse_display;
use x11rb::reexports::x11rb_protocol::xauth::get_auth;
use x11rb::rust_connection::RustConnection;

use crate::failure::lost;
use crate::wire::{PATIENCE, Wire, XConnection};

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
        self.connect_with(PATIENCE)
    }

    fn connect_with(&self, patience: Duration) -> Result<(XConnection, usize), DesktopError> {
        let unusable = |why: &str| DesktopError::Unusable(format!("{:?} {why}", self.display));
        let Ok(parsed) = parse_display(Some(&self.display)) else {
            return Err(unusable("is not the name of a display"));
        };
        if parsed.display > LARGEST_DISPLAY {
            return Err(unusable("has too large a number"));
        }
        let mut failure = lost(format!("{:?} has no address", self.display));
        for address in parsed.connect_instruction() {
            let (wire, (family, host)) = match Wire::connect(&address, patience) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use selkies_media::Size;
    use selkies_testkit::XServer;
    use std::time::Instant;
    use x11rb::protocol::xproto::ConnectionExt as _;

    const SIZE: Size = Size::new(64, 48);
    const SHORT: Duration = Duration::from_millis(200);

    #[test]
    fn a_server_that_does_not_answer_is_lost_after_a_bounded_time() {
        let Some(xserver) = XServer::start(SIZE, &[]) else {
            return;
        };
        let server = Server::new(xserver.display());
        let (connection, _) = server.connect_with(SHORT).expect("it answers now");
        xserver.freeze();
        let start = Instant::now();
        let connecting = server.connect_with(SHORT).map(drop);
        let asking = connection
            .get_input_focus()
            .map(|cookie| cookie.reply().is_err());
        let took = start.elapsed();
        xserver.thaw();
        assert!(
            matches!(connecting, Err(DesktopError::Lost(_))),
            "{connecting:?}"
        );
        assert!(asking.is_ok_and(|failed| failed));
        assert!(took >= SHORT && took < PATIENCE / 2, "{took:?}");
    }

    #[test]
    fn a_display_that_is_not_there_is_lost() {
        let connecting = Server::new(":59000").connect().map(drop);
        assert!(
            matches!(connecting, Err(DesktopError::Lost(_))),
            "{connecting:?}"
        );
    }

    #[test]
    fn names_that_cannot_be_displays_are_unusable() {
        for name in ["", "nonsense", ":", ":65535", ":99999999999", "host:x"] {
            let connecting = Server::new(name).connect().map(drop);
            assert!(
                matches!(connecting, Err(DesktopError::Unusable(_))),
                "{name}: {connecting:?}"
            );
        }
    }

    #[test]
    fn a_secret_is_not_printed() {
        assert_eq!(format!("{:?}", Cookie([0x41; 16])), "Cookie(..)");
    }

    #[test]
    fn only_the_right_secret_opens_a_locked_server() {
        let folder = tempfile::TempDir::new().expect("there is room for a file");
        let file = folder.path().join("authority");
        let right = Cookie([7; 16]);
        std::fs::write(&file, authority_entry(&right)).expect("the folder is ours");
        let arguments = ["-auth", file.to_str().expect("a plain path")];
        let Some(xserver) = XServer::start(SIZE, &arguments) else {
            return;
        };
        let server = Server::new(xserver.display());
        server
            .clone()
            .with_cookie(right)
            .connect()
            .expect("the secret is right");
        let wrong = server.with_cookie(Cookie([8; 16])).connect().map(drop);
        assert!(matches!(wrong, Err(DesktopError::Unusable(_))), "{wrong:?}");
    }

    /// One entry of an authority file for any host and display (Xau(3)).
    fn authority_entry(cookie: &Cookie) -> Vec<u8> {
        let mut entry = vec![0xff, 0xff];
        for field in [b"".as_slice(), b"", COOKIE_PROTOCOL, &cookie.0] {
            entry.extend((field.len() as u16).to_be_bytes());
            entry.extend(field);
        }
        entry
    }
}
