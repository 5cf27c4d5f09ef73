//! What programs need in their environment to find controllers that are sockets.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::place::{Directory, Place, PlaceError, base, failed};

/// The library that shows sockets as devices, and the name it is loaded by.
const INTERPOSER: (&str, &str) = (
    "libselkies_joystick_interposer.so",
    "selkies_joystick_interposer.so",
);
/// The one that programs ask for devices, and the name they know.
const UDEV: (&str, &str) = ("libselkies_udev_standin.so", "libudev.so.1");

/// Why programs cannot be given the libraries.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PreloadError {
    /// They are not installed.
    #[error("{name} is in none of {places:?}")]
    Missing {
        /// Which one.
        name: &'static str,
        /// Where it was looked for.
        places: Vec<PathBuf>,
    },
    /// They are, and there is no place to lend them from.
    #[error(transparent)]
    Place(#[from] PlaceError),
}

/// The libraries under the names they are loaded by, in a directory that goes when this is dropped.
#[derive(Debug)]
pub struct Preload {
    directory: Directory,
}

impl Preload {
    /// Looks for the libraries beside the program `executable` and in `../lib/selkies` from there.
    ///
    /// # Errors
    /// [`PreloadError`] when one of them is missing or there is no place for them.
    pub fn prepare(executable: &Path) -> Result<Self, PreloadError> {
        Self::prepare_below(executable, &base())
    }

    /// The same with another idea of where private directories are.
    ///
    /// # Errors
    /// As [`Self::prepare`].
    pub fn prepare_below(executable: &Path, base: &Path) -> Result<Self, PreloadError> {
        let found = find(executable)?;
        let directory = Directory::open(&Place::Private, base)?;
        for (file, (_, known_as)) in found.into_iter().zip([INTERPOSER, UDEV]) {
            let link = || -> io::Result<()> {
                symlink(file.canonicalize()?, directory.path().join(known_as))
            };
            link().map_err(failed(&file))?;
        }
        Ok(Self { directory })
    }

    /// The library for `LD_PRELOAD`.
    #[must_use]
    pub fn interposer(&self) -> PathBuf {
        self.directory.path().join(INTERPOSER.1)
    }

    /// What to set for programs that are to see the controllers of `sockets`, given what is set.
    #[must_use]
    pub fn environment(
        &self,
        sockets: &Path,
        inherited: impl Fn(&str) -> Option<OsString>,
    ) -> Vec<(OsString, OsString)> {
        let with = |name: &str, first: &Path| {
            let mut value = OsString::from(first);
            if let Some(others) = inherited(name).filter(|others| !others.is_empty()) {
                value.push(":");
                value.push(others);
            }
            (OsString::from(name), value)
        };
        vec![
            with("LD_PRELOAD", &self.interposer()),
            with("LD_LIBRARY_PATH", self.directory.path()),
            ("SELKIES_JS_SOCKET_PATH".into(), sockets.into()),
            // For scripts that ask whether there is one, as those of container images do.
            ("SELKIES_INTERPOSER".into(), self.interposer().into()),
        ]
    }
}

/// The two libraries that [`Preload::prepare`] would lend: the interposer, and the one for udev.
///
/// # Errors
/// [`PreloadError::Missing`] for the first that is not there.
pub fn find(executable: &Path) -> Result<[PathBuf; 2], PreloadError> {
    let beside = executable.parent().unwrap_or(Path::new("/"));
    let places = [beside.to_owned(), beside.join("../lib/selkies")];
    let library = |name: &'static str| {
        places
            .iter()
            .map(|place| place.join(name))
            .find(|file| file.is_file())
            .ok_or_else(|| PreloadError::Missing {
                name,
                places: places.to_vec(),
            })
    };
    Ok([library(INTERPOSER.0)?, library(UDEV.0)?])
}

/// Whether the environment says that programs get an interposer from somebody else.
#[must_use]
pub fn is_configured(variable: impl Fn(&str) -> Option<OsString>) -> bool {
    let named = variable("SELKIES_INTERPOSER").is_some_and(|path| !path.is_empty());
    let preloaded = variable("LD_PRELOAD").is_some_and(|libraries| {
        let ours = INTERPOSER.1.as_bytes();
        libraries
            .as_encoded_bytes()
            .split(|byte| matches!(byte, b':' | b' '))
            .filter_map(|library| Path::new(text(library)?).file_name())
            .any(|name| name.as_encoded_bytes().ends_with(ours))
    });
    named || preloaded
}

fn text(bytes: &[u8]) -> Option<&OsStr> {
    std::str::from_utf8(bytes).ok().map(OsStr::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_beside_the_program_are_lent_under_the_names_that_programs_know() {
        let base = tempfile::tempdir().expect("a temporary directory");
        let program = base.path().join("selkies");
        let missing = Preload::prepare_below(&program, base.path());
        assert!(matches!(missing, Err(PreloadError::Missing { .. })));
        for (name, _) in [INTERPOSER, UDEV] {
            std::fs::write(base.path().join(name), name).expect("a file");
        }
        let preload = Preload::prepare_below(&program, base.path()).expect("they are there");
        let old = |name: &str| (name == "LD_PRELOAD").then(|| "/other.so".into());
        let environment = preload.environment(Path::new("/sockets"), old);
        let value = |name: &str| {
            let found = environment.iter().find(|(key, _)| key == name);
            found.expect(name).1.to_str().expect("text")
        };
        let (first, rest) = value("LD_PRELOAD").split_once(':').expect("two");
        assert_eq!(rest, "/other.so");
        assert_eq!(
            std::fs::read(first).expect("a link"),
            INTERPOSER.0.as_bytes()
        );
        let udev = Path::new(value("LD_LIBRARY_PATH")).join("libudev.so.1");
        assert_eq!(std::fs::read(&udev).expect("a link"), UDEV.0.as_bytes());
        assert_eq!(value("SELKIES_JS_SOCKET_PATH"), "/sockets");
        drop(preload);
        assert!(!udev.exists());
    }

    #[test]
    fn an_interposer_of_somebody_else_is_noticed() {
        let only = |name: &'static str, value: &'static str| {
            is_configured(|asked| (asked == name).then(|| value.into()))
        };
        assert!(only("SELKIES_INTERPOSER", "/usr/lib/x.so"));
        assert!(only(
            "LD_PRELOAD",
            "/a.so:/usr/$LIB/selkies_joystick_interposer.so"
        ));
        assert!(!only("SELKIES_INTERPOSER", ""));
        assert!(!only("LD_PRELOAD", "/a.so /b.so"));
    }
}
