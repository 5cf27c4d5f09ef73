//! How programs on the desktop get at the game controllers of pages.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use selkies_gamepad::preload::{self, Preload};
use selkies_gamepad::{Backend, Place, Way};
use selkies_server::Pads;
use selkies_settings::Settings;

/// Where programs look that are told nothing.
const USUAL: &str = "/tmp";

/// Game controllers, and what programs have to know of them.
#[derive(Default)]
pub(crate) struct Controllers {
    /// `None`: there are none.
    pub(crate) pads: Option<Pads>,
    /// For programs of a desktop of our own.
    pub(crate) environment: Vec<(OsString, OsString)>,
    /// Gone with this value, after the programs.
    pub(crate) libraries: Option<Preload>,
}

/// Opens them, for a desktop of our own or one that is there. A desktop without is better than none.
pub(crate) fn open(settings: &Settings, our_own: bool) -> Controllers {
    if !settings.gamepad_enabled.value {
        return Controllers::default();
    }
    let libraries = if our_own { lend_libraries() } else { None };
    let interposer = libraries.is_some() || preload::is_configured(|name| env::var_os(name));
    let way = way(settings, interposer);
    let place = place(settings, our_own);
    let mut backend = None;
    let opened = Pads::open(|on_rumble| {
        let opened = selkies_gamepad::open(way, &place, on_rumble)?;
        if let Some(why) = opened.refused {
            tracing::debug!(%why, "gamepads are no kernel devices");
        }
        backend = Some(opened.backend);
        Ok::<_, selkies_gamepad::OpenError>(opened.pads)
    });
    let pads = match opened {
        Ok(pads) => pads,
        Err(error) => {
            let why = anyhow::Error::from(error);
            tracing::warn!("gamepads do not work: {why:#}");
            return Controllers::default();
        }
    };
    let environment = match (&backend, &libraries) {
        (Some(Backend::Sockets(sockets)), Some(libraries)) if our_own => {
            libraries.environment(sockets, |name| env::var_os(name))
        }
        (Some(Backend::Sockets(sockets)), None) if our_own => {
            vec![("SELKIES_JS_SOCKET_PATH".into(), sockets.into())]
        }
        _ => Vec::new(),
    };
    match &backend {
        Some(Backend::Sockets(sockets)) => {
            tracing::info!("gamepads are sockets in {}", sockets.display());
        }
        _ => tracing::info!("gamepads are devices of the kernel"),
    }
    Controllers {
        pads: Some(pads),
        environment,
        libraries,
    }
}

/// Which way is wanted where programs have an `interposer` or none.
pub(crate) fn way(settings: &Settings, interposer: bool) -> Way {
    match settings.uinput_gamepad.as_str() {
        "true" => Way::Kernel,
        "false" => Way::Sockets,
        _ => Way::Automatic { interposer },
    }
}

/// Where the sockets are to be.
pub(crate) fn place(settings: &Settings, our_own: bool) -> Place {
    match settings.js_socket_path.as_str() {
        // Programs that we start are told where: servers on one machine do not meet.
        USUAL | "" if our_own => Place::Private,
        "" => Place::At(PathBuf::from(USUAL)),
        path => Place::At(PathBuf::from(path)),
    }
}

/// Where our own libraries are not installed, somebody else's may be preloaded.
fn lend_libraries() -> Option<Preload> {
    let prepared = env::current_exe().map(|executable| Preload::prepare(&executable));
    match prepared {
        Ok(Ok(libraries)) => Some(libraries),
        Ok(Err(why)) => {
            tracing::info!(%why, "programs are not shown gamepads by themselves");
            None
        }
        Err(why) => {
            tracing::debug!(%why, "no way to know where we are installed");
            None
        }
    }
}
