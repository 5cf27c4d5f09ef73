//! Which programs make the desktop, and which of them are here.

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

/// Something the desktop would use and that is not installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The program's name.
    pub program: &'static str,
    /// The Debian package that has it.
    pub package: &'static str,
    /// What the desktop lacks without it.
    pub lacks: &'static str,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} is not installed: {} (Debian package: {})",
            self.program, self.lacks, self.package
        )
    }
}

/// The line that installs what is missing on Debian.
#[must_use]
pub fn install_line(missing: &[Missing]) -> String {
    let mut packages: Vec<_> = missing.iter().map(|one| one.package).collect();
    packages.sort_unstable();
    packages.dedup();
    format!(
        "apt-get install --no-install-recommends {}",
        packages.join(" ")
    )
}

pub(crate) const X_SERVER: Missing = Missing {
    program: "Xvfb",
    package: "xvfb",
    lacks: "there is no desktop without it",
};
const WINDOW_MANAGER: Missing = Missing {
    program: "openbox",
    package: "openbox",
    lacks: "windows have no frames and cannot be moved",
};
const PANEL: Missing = Missing {
    program: "tint2",
    package: "tint2",
    lacks: "there is no panel",
};
const MENU: Missing = Missing {
    program: "jgmenu",
    package: "jgmenu",
    lacks: "there is no menu of all programs",
};
const FILES: Missing = Missing {
    program: "thunar",
    package: "thunar",
    lacks: "there is no file manager",
};
const TERMINAL: Missing = Missing {
    program: "xterm",
    package: "xterm",
    lacks: "there is no terminal",
};
const BUS: Missing = Missing {
    program: "dbus-daemon",
    package: "dbus-daemon",
    lacks: "some programs cannot talk to each other",
};

const SOUND: Missing = Missing {
    program: "pulseaudio",
    package: "pulseaudio",
    lacks: "the desktop is silent",
};

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Programs {
    pub(crate) x_server: Option<PathBuf>,
    pub(crate) window_manager: Option<PathBuf>,
    pub(crate) panel: Option<PathBuf>,
    pub(crate) menu: Option<PathBuf>,
    pub(crate) files: Option<PathBuf>,
    pub(crate) terminal: Option<PathBuf>,
    pub(crate) bus: Option<PathBuf>,
    pub(crate) sound: Option<PathBuf>,
    pub(crate) missing: Vec<Missing>,
}

impl Programs {
    /// Looks along `path`, a list as in `PATH`. A desktop for one command needs no panel and no
    /// file manager, so these are then not missing; nor is a sound server where there is one already.
    pub(crate) fn find(path: &OsStr, for_one_command: bool, with_sound: bool) -> Self {
        let mut found = Self::default();
        found.x_server = found.require(path, X_SERVER, &[]);
        found.window_manager = found.require(path, WINDOW_MANAGER, &[]);
        found.bus = found.require(path, BUS, &[]);
        if with_sound {
            found.sound = found.require(path, SOUND, &[]);
        }
        if !for_one_command {
            found.panel = found.require(path, PANEL, &[]);
            found.menu = found.require(path, MENU, &[]);
            found.files = found.require(path, FILES, &["pcmanfm", "pcmanfm-qt", "caja", "nemo"]);
            found.terminal = found.require(path, TERMINAL, &["x-terminal-emulator"]);
        }
        found
    }

    fn require(&mut self, path: &OsStr, wanted: Missing, substitutes: &[&str]) -> Option<PathBuf> {
        let found = std::iter::once(&wanted.program)
            .chain(substitutes)
            .find_map(|name| search(path, name));
        if found.is_none() {
            self.missing.push(wanted);
        }
        found
    }
}

/// The program `name` in the first directory of `path` that has it.
pub(crate) fn search(path: &OsStr, name: &str) -> Option<PathBuf> {
    std::env::split_paths(path)
        .filter(|directory| directory.is_absolute())
        .map(|directory| directory.join(name))
        .find(|file| executable(file))
}

pub(crate) fn executable(file: &Path) -> bool {
    file.is_file() && access(file, Access::EXEC_OK).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_listed_with_its_package() {
        let found = Programs::find(OsStr::new("/nowhere:relative"), false, true);
        assert!(found.x_server.is_none());
        assert_eq!(found.missing.len(), 8);
        assert_eq!(
            install_line(&found.missing),
            "apt-get install --no-install-recommends dbus-daemon jgmenu openbox pulseaudio thunar tint2 xterm xvfb"
        );
    }

    #[test]
    fn a_desktop_for_one_command_misses_less() {
        let found = Programs::find(OsStr::new(""), true, false);
        let names: Vec<_> = found.missing.iter().map(|one| one.program).collect();
        assert_eq!(names, ["Xvfb", "openbox", "dbus-daemon"]);
    }

    #[test]
    fn a_directory_or_a_plain_file_is_no_program() {
        assert!(search(OsStr::new("/"), "etc").is_none());
        assert!(search(OsStr::new("/etc"), "passwd").is_none());
        assert!(search(OsStr::new("/nowhere:/bin:/usr/bin"), "sh").is_some());
    }
}
