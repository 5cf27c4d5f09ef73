//! Starting the X server.

use std::fs::{self, DirBuilder, Permissions};
use std::io::{self, Read as _};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Access, access};

use crate::StartError;
use crate::child::Child;

/// Where X servers put their sockets; the place is part of the protocol's convention, X(7).
pub(crate) const SOCKETS: &str = "/tmp/.X11-unix";

/// How long it may take to start. A busy machine needs seconds.
const PATIENCE: Duration = Duration::from_secs(15);

/// How often it is started when it has to find a free number by itself.
const TRIES: u32 = 3;

/// How to start it.
pub(crate) struct Recipe<'a> {
    pub(crate) program: &'a Path,
    /// The largest screen there can be, and the memory it is drawn in.
    pub(crate) largest: (u32, u32),
    pub(crate) authority: &'a Path,
    /// Without its own directories and secrets.
    pub(crate) environment: &'a [(std::ffi::OsString, std::ffi::OsString)],
}

/// Starts it on display `number`, or on a free one, and returns when it can be talked to.
pub(crate) fn start(recipe: &Recipe<'_>, number: Option<u32>) -> Result<(Child, u32), StartError> {
    make_socket_directory(Path::new(SOCKETS))?;
    let mut tries = 1;
    loop {
        match launch(recipe, number) {
            // Servers that look for a free number at the same time get in each other's way: one
            // gives up over the half-written lock of another.
            Err(StartError::Server { said }) if number.is_none() && tries < TRIES => {
                tracing::warn!(%said, "the X server did not start; trying again");
                tries += 1;
            }
            other => return other,
        }
    }
}

fn launch(recipe: &Recipe<'_>, number: Option<u32>) -> Result<(Child, u32), StartError> {
    let (width, height) = recipe.largest;
    let mut command = Command::new(recipe.program);
    if let Some(number) = number {
        command.arg(format!(":{number}"));
    }
    command
        .args([
            "-displayfd",
            "1",
            "-nolisten",
            "tcp",
            "-noreset",
            "-dpi",
            "96",
            "-maxclients",
            "1024",
        ])
        // No screen saver, and none of its blanking.
        .args(["-s", "0"])
        .args(["-screen", "0", &format!("{width}x{height}x24")])
        .arg("-auth")
        .arg(recipe.authority)
        .env_clear()
        .envs(recipe.environment.iter().map(|(name, value)| (name, value)))
        .current_dir("/");
    let mut child = Child::start("Xvfb", command, true).map_err(|source| StartError::Io {
        what: "start the X server",
        source,
    })?;
    match await_number(&mut child) {
        Ok(number) => Ok((child, number)),
        Err(why) => {
            child.signal(rustix::process::Signal::KILL);
            child.wait();
            child.log_output();
            let mut said = child.recent();
            if said.is_empty() {
                said = why;
            }
            Err(StartError::Server { said })
        }
    }
}

/// Removes what the server on `number` leaves behind when it is killed. Only when its lock still
/// names `pid`: the number may be somebody else's by now.
pub(crate) fn clean_up(number: u32, pid: i32) {
    let lock = format!("/tmp/.X{number}-lock");
    let holder = fs::read_to_string(&lock)
        .ok()
        .and_then(|text| text.trim().parse().ok());
    if holder == Some(pid) {
        // Both may be gone already.
        let _ = fs::remove_file(format!("{SOCKETS}/X{number}"));
        let _ = fs::remove_file(lock);
    }
}

/// In a container nobody may have made it. All users share it, as they share `/tmp`.
fn make_socket_directory(path: &Path) -> Result<(), StartError> {
    let unusable = |why: &dyn std::fmt::Display| StartError::Sockets {
        why: why.to_string(),
    };
    match DirBuilder::new().mode(0o1777).create(path) {
        // The process's umask has taken bits away.
        Ok(()) => fs::set_permissions(path, Permissions::from_mode(0o1777))
            .map_err(|error| unusable(&error)),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            access(path, Access::WRITE_OK | Access::EXEC_OK).map_err(|error| unusable(&error))
        }
        Err(error) => Err(unusable(&error)),
    }
}

/// The same without making it: whether it is there for us, or could be made.
pub(crate) fn check_socket_directory() -> Result<(), StartError> {
    let path = Path::new(SOCKETS);
    let looked_at = if path.exists() {
        path
    } else {
        path.parent().unwrap_or(path)
    };
    access(looked_at, Access::WRITE_OK | Access::EXEC_OK).map_err(|error| StartError::Sockets {
        why: error.to_string(),
    })
}

/// Reads the number that the server writes when it is ready.
fn await_number(child: &mut Child) -> Result<u32, String> {
    let deadline = Instant::now() + PATIENCE;
    let Some(mut pipe) = child.take_stdout() else {
        return Err("its output is not ours".to_owned());
    };
    let mut line = Vec::new();
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(format!("it was not ready after {} s", PATIENCE.as_secs()));
        }
        let timeout = Timespec::try_from(left).map_err(|error| error.to_string())?;
        {
            let mut fds = vec![PollFd::new(&pipe, PollFlags::IN)];
            if child.output.open {
                fds.push(PollFd::new(&child.output.pipe, PollFlags::IN));
            }
            match poll(&mut fds, Some(&timeout)) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.to_string()),
            }
            if fds.first().is_none_or(|fd| fd.revents().is_empty()) {
                child.log_output();
                continue;
            }
        }
        let mut buffer = [0; 16];
        let read = pipe.read(&mut buffer).map_err(|error| error.to_string())?;
        line.extend_from_slice(buffer.get(..read).unwrap_or_default());
        if let Some(number) = line.strip_suffix(b"\n") {
            return std::str::from_utf8(number)
                .ok()
                .and_then(|number| number.trim().parse().ok())
                .ok_or_else(|| "it did not tell its display".to_owned());
        }
        if read == 0 || line.len() > 16 {
            return Err("it ended before it was ready".to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_socket_directory_is_made_for_everyone() {
        let place = tempfile::tempdir().expect("a directory");
        let path = place.path().join("sockets");
        make_socket_directory(&path).expect("it can be made");
        let mode = fs::metadata(&path)
            .expect("it is there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o7777, 0o1777);
        make_socket_directory(&path).expect("one that is there is fine");
        let nowhere = make_socket_directory(Path::new("/proc/sockets"));
        assert!(matches!(nowhere, Err(StartError::Sockets { .. })));
    }
}
