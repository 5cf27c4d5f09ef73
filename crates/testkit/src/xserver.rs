//! An X server of a test's own.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process};
use selkies_media::Size;
use tempfile::TempDir;

use crate::tool::require_tool;

/// How long the server may take to start; a busy machine needs seconds.
const START: Duration = Duration::from_secs(10);

/// How long it may take to end before it is killed.
const END: Duration = Duration::from_secs(2);

/// A private Xvfb: a free display number, a unix socket and no TCP, its log in a folder that goes
/// away with it. Dropping this kills it.
#[derive(Debug)]
pub struct XServer {
    child: Child,
    display: String,
    folder: TempDir,
}

impl XServer {
    /// Starts a server with a screen of `size` in 24 bit, and more `arguments` (a later `-screen`
    /// wins). `None` when Xvfb is not installed, see [`require_tool`].
    ///
    /// # Panics
    /// When it does not come up within ten seconds.
    #[must_use]
    pub fn start(size: Size, arguments: &[&str]) -> Option<Self> {
        let program = require_tool("Xvfb")?;
        Some(Self::launch(program, size, arguments).expect("Xvfb starts within ten seconds"))
    }

    fn launch(program: PathBuf, size: Size, arguments: &[&str]) -> io::Result<Self> {
        let folder = TempDir::new()?;
        let log = File::create(folder.path().join("log"))?;
        let mut child = Command::new(program)
            .args([
                "-displayfd",
                "1",
                "-nolisten",
                "tcp",
                "-noreset",
                "-screen",
                "0",
            ])
            .arg(format!("{}x{}x24", size.width, size.height))
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()?;
        let output = child.stdout.as_mut().expect("its output was asked for");
        match read_line(output, Instant::now() + START) {
            Ok(number) => Ok(Self {
                child,
                display: format!(":{number}"),
                folder,
            }),
            Err(error) => {
                child.kill()?;
                child.wait()?;
                let said = std::fs::read_to_string(folder.path().join("log")).unwrap_or_default();
                Err(io::Error::new(
                    error.kind(),
                    format!("{error}; it said: {said}"),
                ))
            }
        }
    }

    /// The name of its display, such as `:7`.
    #[must_use]
    pub fn display(&self) -> &str {
        &self.display
    }

    /// Its process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// A folder that lives as long as the server.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Kills it at once, as a crash would, and returns when it is gone.
    pub fn kill(&mut self) {
        // Fails only when it is gone already, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Stops it without killing it: its clients stay connected and get no answer.
    ///
    /// # Panics
    /// When it is gone.
    pub fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets a frozen server go on.
    ///
    /// # Panics
    /// When it is gone.
    pub fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("the server runs");
    }
}

impl Drop for XServer {
    fn drop(&mut self) {
        // Asked to end, it removes its socket and its lock. Removing them from here would race with
        // a server that has just taken the same number.
        if kill_process(Pid::from_child(&self.child), Signal::TERM).is_ok() {
            let deadline = Instant::now() + END;
            while Instant::now() < deadline && matches!(self.child.try_wait(), Ok(None)) {
                std::thread::sleep(Duration::from_millis(5));
            }
        }
        self.kill();
    }
}

fn read_line(pipe: &mut ChildStdout, deadline: Instant) -> io::Result<String> {
    let mut line = Vec::new();
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let timeout = Timespec::try_from(left).map_err(io::Error::other)?;
        if poll(&mut [PollFd::new(pipe, PollFlags::IN)], Some(&timeout))? == 0 {
            return Err(io::Error::new(
                io::ErrorKind::TimedOut,
                "it did not tell its display",
            ));
        }
        let mut buffer = [0; 16];
        let read = pipe.read(&mut buffer)?;
        if read == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it ended"));
        }
        line.extend_from_slice(&buffer[..read]);
        if let Some(number) = line.strip_suffix(b"\n") {
            return String::from_utf8(number.to_vec()).map_err(io::Error::other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixStream;

    #[test]
    fn a_server_listens_until_it_is_dropped() {
        let Some(server) = XServer::start(Size::new(64, 48), &[]) else {
            return;
        };
        let socket = format!(
            "/tmp/.X11-unix/X{}",
            server.display().trim_start_matches(':')
        );
        UnixStream::connect(&socket).expect("it listens");
        let process = PathBuf::from(format!("/proc/{}", server.pid()));
        assert!(process.exists());
        drop(server);
        assert!(!process.exists());
    }

    #[test]
    fn two_servers_have_two_displays() {
        let (Some(one), Some(two)) = (
            XServer::start(Size::new(64, 48), &[]),
            XServer::start(Size::new(64, 48), &[]),
        ) else {
            return;
        };
        assert_ne!(one.display(), two.display());
    }
}
