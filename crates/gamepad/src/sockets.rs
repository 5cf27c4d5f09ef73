//! The sockets that programs reach the controllers by, and the thread that serves them.

use std::io;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use rustix::fs::Mode;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, listen};
use selkies_desktop::gamepad::PADS;
use selkies_desktop::{DesktopError, Gamepads, OnRumble, PadEvent};

use crate::desk::Desk;
use crate::place::{self, Directory, Place, PlaceError, base, failed, free};
use crate::serve::{Door, Loop};
use crate::wire::Interface;

/// Controllers as sockets. Ends them all when dropped.
pub struct Sockets {
    directory: PathBuf,
    desk: Desk,
}

impl Sockets {
    /// Opens all sockets and serves them on a thread that sleeps while nothing happens.
    ///
    /// # Errors
    /// [`PlaceError`] when the sockets cannot be where they are wanted.
    pub fn open(place: &Place, on_rumble: OnRumble) -> Result<Self, PlaceError> {
        Self::open_below(place, &base(), on_rumble)
    }

    /// The same with another idea of where private directories are.
    ///
    /// # Errors
    /// [`PlaceError`] when the sockets cannot be where they are wanted.
    pub fn open_below(place: &Place, base: &Path, on_rumble: OnRumble) -> Result<Self, PlaceError> {
        let directory = Directory::open(place, base)?;
        let path = directory.path().to_owned();
        let mut doors = Vec::new();
        for slot in 0..PADS {
            for interface in [Interface::Joystick, Interface::Evdev] {
                let path = directory.path().join(file_name(slot, interface));
                doors.push(Door {
                    slot,
                    interface,
                    listener: Bound::new(path)?,
                });
            }
        }
        let desk = Desk::open(|orders| {
            let server = Loop::new(directory, doors, orders, on_rumble)?;
            Ok(move || server.run())
        });
        Ok(Self {
            desk: desk.map_err(failed(&path))?,
            directory: path,
        })
    }

    /// Where the sockets are.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }
}

impl Gamepads for Sockets {
    fn apply(&mut self, slot: u8, event: &PadEvent) -> Result<(), DesktopError> {
        self.desk.apply(slot, event)
    }
}

/// Where the sockets would be, if they can be there. Nothing is made or removed.
///
/// # Errors
/// [`PlaceError`] as [`Sockets::open`] would meet it.
pub fn check(place: &Place) -> Result<PathBuf, PlaceError> {
    let directory = place::check(place, &base())?;
    if matches!(place, Place::At(_)) {
        for slot in 0..PADS {
            for interface in [Interface::Joystick, Interface::Evdev] {
                place::look(&directory.join(file_name(slot, interface)))?;
            }
        }
    }
    Ok(directory)
}

/// The names that the preload library knows.
fn file_name(slot: u8, interface: Interface) -> String {
    match interface {
        Interface::Joystick => format!("selkies_js{slot}.sock"),
        Interface::Evdev => format!("selkies_event{}.sock", 1000 + u32::from(slot)),
    }
}

/// A listening socket whose name goes with it, unless it is somebody else's by then.
pub(crate) struct Bound {
    pub(crate) listener: UnixListener,
    path: PathBuf,
    inode: (u64, u64),
}

impl Bound {
    fn new(path: PathBuf) -> Result<Self, PlaceError> {
        free(&path)?;
        let listener = Self::listen(&path).map_err(failed(&path))?;
        let inode = inode(&path).map_err(failed(&path))?;
        Ok(Self {
            listener,
            path,
            inode,
        })
    }

    fn listen(path: &Path) -> io::Result<UnixListener> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket =
            rustix::net::socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
        // Before it has a name: the file then never has other rights (unix(7), on Linux).
        rustix::fs::fchmod(&socket, Mode::RUSR | Mode::WUSR)?;
        bind(&socket, &SocketAddrUnix::new(path)?)?;
        listen(&socket, 64)?;
        Ok(socket.into())
    }
}

impl Drop for Bound {
    fn drop(&mut self) {
        if inode(&self.path).is_ok_and(|inode| inode == self.inode)
            && let Err(error) = std::fs::remove_file(&self.path)
        {
            tracing::warn!(%error, "{} stays behind", self.path.display());
        }
    }
}

fn inode(path: &Path) -> io::Result<(u64, u64)> {
    let what = path.symlink_metadata()?;
    Ok((what.dev(), what.ino()))
}
