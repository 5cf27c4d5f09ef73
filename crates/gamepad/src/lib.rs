//! Game controllers for the programs of the desktop, whichever display server it has.
//!
//! Two ways lead to programs, and [`open`] chooses: [`sockets`], which programs reach through a
//! library that is loaded into them, and [`kernel`] devices where the machine allows making them.
//! Either takes what viewers do in the standard mapping ([`model`]) and gives rumble back.
//! What the loaded library does is not here: `crates/interposer`, `crates/udev-standin`.
#![forbid(unsafe_code)]

mod consumer;
mod desk;
pub mod kernel;
pub mod model;
pub mod motors;
mod place;
pub mod preload;
mod serve;
pub mod sockets;
pub mod wire;

use std::path::{Path, PathBuf};

use selkies_desktop::{Gamepads, OnRumble};

pub use kernel::KernelError;
pub use place::{Place, PlaceError};

/// Which way is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Kernel devices if the machine has them and no interposer is there for programs.
    Automatic {
        /// Whether one is: then programs would see each controller twice.
        interposer: bool,
    },
    /// Kernel devices or nothing.
    Kernel,
    /// The sockets.
    Sockets,
}

/// The controllers and how programs get at them.
pub struct Opened {
    /// Takes what viewers do.
    pub pads: Box<dyn Gamepads>,
    /// Which way it became.
    pub backend: Backend,
    /// Why it is not the other one, if that was tried.
    pub refused: Option<KernelError>,
}

/// Which way it became.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Backend {
    /// Sockets in this directory, which programs have to know.
    Sockets(PathBuf),
    /// Devices of the kernel, which every program on the machine sees.
    Kernel,
}

/// Why there are no controllers.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The sockets cannot be where they are wanted.
    #[error("no sockets for gamepads")]
    Sockets(#[from] PlaceError),
    /// The kernel does not make any.
    #[error("no kernel devices for gamepads")]
    Kernel(#[from] KernelError),
}

/// Opens the controllers; none of them is used yet.
///
/// # Errors
/// [`OpenError`] when the way that is wanted is barred.
pub fn open(way: Way, place: &Place, on_rumble: OnRumble) -> Result<Opened, OpenError> {
    let wants_kernel = match way {
        Way::Kernel => true,
        Way::Automatic { interposer } => !interposer,
        Way::Sockets => false,
    };
    let mut refused = None;
    if wants_kernel {
        match kernel::KernelPads::open(Path::new(kernel::NODE), on_rumble.clone()) {
            Ok(pads) => {
                return Ok(Opened {
                    pads: Box::new(pads),
                    backend: Backend::Kernel,
                    refused: None,
                });
            }
            Err(error) if way == Way::Kernel => return Err(error.into()),
            Err(error) => refused = Some(error),
        }
    }
    let sockets = sockets::Sockets::open(place, on_rumble)?;
    Ok(Opened {
        backend: Backend::Sockets(sockets.directory().to_owned()),
        pads: Box::new(sockets),
        refused,
    })
}
