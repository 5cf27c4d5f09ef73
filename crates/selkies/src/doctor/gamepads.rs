//! How programs would get at the gamepads of pages.

use std::env;
use std::path::Path;
use std::sync::Arc;

use selkies_gamepad::kernel::{self, KernelError};
use selkies_gamepad::preload::{self, PreloadError};
use selkies_gamepad::{Place, PlaceError, Way, sockets};

use super::finding::{Finding, State};
use super::{Look, Start};
use crate::gamepads;

pub(super) fn looks(start: &Arc<Start>, our_own: bool) -> Vec<Look> {
    let start = start.clone();
    vec![Look::at("gamepads", false, move || {
        if !start.settings.gamepad_enabled.value {
            return Finding::new(State::Off, "--gamepad-enabled false");
        }
        let libraries = libraries();
        let lent = our_own && libraries.is_ok();
        let configured = preload::is_configured(|name| env::var_os(name));
        let place = gamepads::place(&start.settings, our_own);
        let kernel = kernel::check(Path::new(kernel::NODE));
        judge(&Seen {
            way: gamepads::way(&start.settings, lent || configured),
            sockets: sockets::check(&place),
            place,
            kernel,
            libraries,
            lent,
            configured,
        })
    })]
}

fn libraries() -> Result<(), PreloadError> {
    match env::current_exe() {
        Ok(executable) => preload::find(&executable).map(drop),
        // Nowhere is where nothing is.
        Err(_) => preload::find(Path::new("/")).map(drop),
    }
}

struct Seen {
    way: Way,
    place: Place,
    sockets: Result<std::path::PathBuf, PlaceError>,
    kernel: Result<(), KernelError>,
    libraries: Result<(), PreloadError>,
    /// We hand the libraries to the programs.
    lent: bool,
    /// Somebody else does.
    configured: bool,
}

fn judge(seen: &Seen) -> Finding {
    let kernel_is_wanted = match seen.way {
        Way::Kernel => true,
        Way::Automatic { interposer } => !interposer,
        Way::Sockets => false,
    };
    if kernel_is_wanted {
        match &seen.kernel {
            Ok(()) => return Finding::new(State::Works, "devices of the kernel (/dev/uinput)"),
            Err(error) if seen.way == Way::Kernel => {
                return Finding::new(State::Fails, error.to_string())
                    .advise("as root: modprobe uinput, and let this user write /dev/uinput; or --uinput-gamepad auto");
            }
            Err(_) => {}
        }
    }
    let directory = match &seen.sockets {
        Ok(directory) => directory,
        Err(error) => {
            let source = std::error::Error::source(error);
            let says = match source {
                Some(source) => format!("no sockets: {error}: {source}"),
                None => format!("no sockets: {error}"),
            };
            return Finding::new(State::Fails, says)
                .advise("--js-socket-path with a directory of this server's own");
        }
    };
    let says = match &seen.place {
        Place::Private => format!(
            "sockets in a directory of their own in {}",
            directory.display()
        ),
        Place::At(_) => format!("sockets in {}", directory.display()),
    };
    if seen.lent || seen.configured {
        return Finding::new(State::Works, format!("{says}; programs get the interposer"));
    }
    match &seen.libraries {
        Err(why) => Finding::new(
            State::Partly,
            format!("{says}, which programs do not see: {why}"),
        )
        .advise("make build leaves both libraries beside the program"),
        Ok(()) => Finding::new(
            State::Depends,
            format!("{says}; seen by programs that are started with the interposer"),
        )
        .advise("docs/gamepads.md has the three variables; or --embedded, which sets them"),
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn seen(way: Way) -> Seen {
        Seen {
            way,
            place: Place::At("/tmp".into()),
            sockets: Ok("/tmp".into()),
            kernel: kernel::check(Path::new("/nowhere/uinput")),
            libraries: Ok(()),
            lent: false,
            configured: false,
        }
    }

    #[test]
    fn it_depends_on_the_way_and_on_the_libraries() {
        let automatic = Way::Automatic { interposer: false };
        assert_eq!(judge(&seen(automatic)).state, State::Depends);
        assert_eq!(judge(&seen(Way::Kernel)).state, State::Fails);
        let lent = Seen {
            lent: true,
            ..seen(automatic)
        };
        assert_eq!(judge(&lent).state, State::Works);
        let without = Seen {
            libraries: preload::find(Path::new("/nowhere/selkies")).map(drop),
            ..seen(automatic)
        };
        assert_eq!(judge(&without).state, State::Partly);
        let with_kernel = Seen {
            kernel: Ok(()),
            ..seen(automatic)
        };
        assert_eq!(judge(&with_kernel).state, State::Works);
        let barred = Seen {
            sockets: Err(PlaceError::Taken(PathBuf::from("/tmp"))),
            ..seen(Way::Sockets)
        };
        assert_eq!(judge(&barred).state, State::Fails);
    }
}
