//! What an X server says about itself, for the log.

use std::fmt;

use selkies_desktop::DesktopError;
use selkies_media::Size;
use x11rb::connection::{Connection as _, RequestConnection as _};
use x11rb::protocol::{damage, randr, shm, xfixes, xkb, xtest};

use crate::failure::broken;
use crate::screen;
use crate::server::Server;

/// The extensions that make a difference to us.
const EXTENSIONS: [&str; 6] = [
    damage::X11_EXTENSION_NAME,
    xfixes::X11_EXTENSION_NAME,
    shm::X11_EXTENSION_NAME,
    randr::X11_EXTENSION_NAME,
    xtest::X11_EXTENSION_NAME,
    xkb::X11_EXTENSION_NAME,
];

/// An X server, as far as it matters to us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// Who made it.
    pub vendor: String,
    /// The number its maker gave this version.
    pub release: u32,
    /// The size of the screen now.
    pub size: Size,
    /// Bits of colour.
    pub depth: u8,
    /// Which of the extensions we use it has.
    pub present: Vec<&'static str>,
    /// Which it lacks.
    pub missing: Vec<&'static str>,
}

impl Description {
    pub(crate) fn of(server: &Server) -> Result<Self, DesktopError> {
        let (connection, number) = server.connect()?;
        let screen = screen::screen(&connection, number)?;
        screen::accept_pixels(connection.setup(), screen)?;
        for name in EXTENSIONS {
            connection
                .prefetch_extension_information(name)
                .map_err(broken)?;
        }
        let (mut present, mut missing) = (Vec::new(), Vec::new());
        for name in EXTENSIONS {
            let known = connection.extension_information(name).map_err(broken)?;
            if known.is_some() {
                &mut present
            } else {
                &mut missing
            }
            .push(name);
        }
        Ok(Self {
            vendor: String::from_utf8_lossy(&connection.setup().vendor).into_owned(),
            release: connection.setup().release_number,
            size: screen::size(&connection, screen.root)?,
            depth: screen.root_depth,
            present,
            missing,
        })
    }
}

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {}, {} in {} bits",
            self.vendor, self.release, self.size, self.depth
        )?;
        write!(f, ", with {}", self.present.join(" "))?;
        if !self.missing.is_empty() {
            write!(f, ", without {}", self.missing.join(" "))?;
        }
        Ok(())
    }
}
