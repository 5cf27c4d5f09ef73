//! What a desktop would find here, without starting one.

use std::io;
use std::path::{Path, PathBuf};

use crate::private_dir;
use crate::programs::{Missing, Programs, X_SERVER};
use crate::{StartError, environment, xserver};

/// What a desktop would find. Nothing was started or made.
#[derive(Debug)]
pub struct Survey {
    /// Programs that are not installed.
    pub missing: Vec<Missing>,
    /// Whether X servers can have their sockets.
    pub sockets: Result<(), StartError>,
    /// Where the private directory would be, and whether it can be made there.
    pub private: (PathBuf, io::Result<()>),
}

impl Survey {
    /// Looks for what a desktop needs: one `for_one_command`, or a whole one; `with_sound` of its own
    /// or without.
    #[must_use]
    pub fn take(for_one_command: bool, with_sound: bool) -> Self {
        let mut variables = environment::inherited(std::env::vars_os());
        environment::complete(&mut variables, Path::new("/"));
        let path = environment::get(&variables, "PATH").unwrap_or_default();
        let base = private_dir::base();
        let writable = private_dir::writable(&base);
        Self {
            missing: Programs::find(path, for_one_command, with_sound).missing,
            sockets: xserver::check_socket_directory(),
            private: (base, writable),
        }
    }
}

impl Missing {
    /// Whether there is no desktop at all without it.
    #[must_use]
    pub fn is_vital(&self) -> bool {
        *self == X_SERVER
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_survey_finds_what_a_start_would_find() {
        let survey = Survey::take(true, false);
        let sockets = Path::new(xserver::SOCKETS);
        assert_eq!(survey.sockets.is_ok(), sockets.parent().is_some_and(usable));
        assert!(survey.private.1.is_ok() || !usable(&survey.private.0));
        let programs: Vec<_> = survey.missing.iter().map(|one| one.program).collect();
        assert!(!programs.contains(&"tint2"), "one command needs no panel");
        assert!(X_SERVER.is_vital());
        let vital = survey.missing.iter().filter(|one| one.is_vital()).count();
        assert_eq!(vital, usize::from(programs.contains(&"Xvfb")));
    }

    fn usable(folder: &Path) -> bool {
        private_dir::writable(folder).is_ok()
    }
}
