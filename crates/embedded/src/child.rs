//! A process we started: its end can be waited for, its output goes to the log.

use std::collections::VecDeque;
use std::io::{self, PipeReader, Read as _};
use std::os::fd::OwnedFd;
use std::process::{Child as Process, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::io::ioctl_fionbio;
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};

use crate::ffi;

/// What is logged of one line, in bytes.
const LINE: usize = 400;
/// How many lines of one child are logged per second; the rest is counted.
const LINES_PER_SECOND: u32 = 20;
/// How many lines are kept to explain an early end.
const RECENT: usize = 6;

#[derive(Debug)]
pub(crate) struct Child {
    pub(crate) name: String,
    process: Process,
    /// Readable when the process has ended, pidfd_open(2).
    pub(crate) ended: OwnedFd,
    pub(crate) output: Output,
    pub(crate) since: Instant,
}

impl Child {
    /// Starts `command` in a session of its own; it is asked to end when the calling thread ends.
    /// Its input is empty and its output goes to the log; with `take_stdout` only what it says on
    /// standard error.
    pub(crate) fn start(name: &str, mut command: Command, take_stdout: bool) -> io::Result<Self> {
        let (reader, writer) = io::pipe()?;
        ioctl_fionbio(&reader, true)?;
        command.stdin(Stdio::null());
        if take_stdout {
            command.stdout(Stdio::piped());
        } else {
            command.stdout(writer.try_clone()?);
        }
        command.stderr(writer);
        ffi::own_session(&mut command, true);
        let mut process = command.spawn()?;
        match pidfd_open(Pid::from_child(&process), PidfdFlags::empty()) {
            Ok(ended) => Ok(Self {
                name: name.to_owned(),
                process,
                ended,
                output: Output::new(reader),
                since: Instant::now(),
            }),
            Err(error) => {
                process.kill()?;
                process.wait()?;
                Err(error.into())
            }
        }
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.process)
    }

    /// The pipe asked for with `take_stdout`, once.
    pub(crate) fn take_stdout(&mut self) -> Option<std::process::ChildStdout> {
        self.process.stdout.take()
    }

    /// How it ended; `None` while it runs. Only the first answer releases its process number, so
    /// nobody else gets it before.
    pub(crate) fn status(&mut self) -> Option<ExitStatus> {
        match self.process.try_wait() {
            Ok(status) => status,
            Err(error) => {
                tracing::error!(name = %self.name, %error, "could not ask for the end of a child");
                None
            }
        }
    }

    /// Signals it and what it started without giving it a session of its own.
    pub(crate) fn signal(&mut self, signal: Signal) {
        // Its number is ours until its end was asked for; then it may be somebody else's.
        if self.status().is_none() {
            match kill_process_group(self.pid(), signal) {
                Ok(()) | Err(rustix::io::Errno::SRCH) => {}
                Err(error) => {
                    tracing::warn!(name = %self.name, %error, "could not signal a child");
                }
            }
        }
    }

    /// Waits for its end. For a child that was killed.
    pub(crate) fn wait(&mut self) {
        if let Err(error) = self.process.wait() {
            tracing::error!(name = %self.name, %error, "could not wait for a child");
        }
    }

    /// The last lines it said.
    pub(crate) fn recent(&self) -> String {
        let lines = self.output.recent.iter();
        lines.map(String::as_str).collect::<Vec<_>>().join("; ")
    }

    /// Logs what it has said so far.
    pub(crate) fn log_output(&mut self) {
        if self.output.open {
            self.output.open = self.output.drain(&self.name);
        }
    }
}

/// The reading end of what a child says.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) pipe: PipeReader,
    /// False when nothing will ever come again.
    pub(crate) open: bool,
    recent: VecDeque<String>,
    lines: Lines,
    window: Instant,
    logged: u32,
    unlogged: u32,
}

impl Output {
    fn new(pipe: PipeReader) -> Self {
        Self {
            pipe,
            open: true,
            recent: VecDeque::new(),
            lines: Lines::default(),
            window: Instant::now(),
            logged: 0,
            unlogged: 0,
        }
    }

    /// Reads what is there, at most a few pages; false when nothing will ever come again.
    fn drain(&mut self, name: &str) -> bool {
        let mut buffer = [0; 4096];
        for _ in 0..16 {
            match self.pipe.read(&mut buffer) {
                Ok(0) => return false,
                Ok(read) => {
                    let mut said = Vec::new();
                    self.lines
                        .push(buffer.get(..read).unwrap_or_default(), &mut said);
                    for line in said {
                        self.log(name, &line);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return true,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return false,
            }
        }
        true
    }

    fn log(&mut self, name: &str, line: &str) {
        if self.recent.len() >= RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back(line.to_owned());
        if self.window.elapsed() >= Duration::from_secs(1) {
            if self.unlogged > 0 {
                tracing::debug!(program = name, lines = self.unlogged, "more was said");
            }
            self.window = Instant::now();
            self.logged = 0;
            self.unlogged = 0;
        }
        if self.logged < LINES_PER_SECOND {
            self.logged += 1;
            tracing::debug!(program = name, "{line}");
        } else {
            self.unlogged = self.unlogged.saturating_add(1);
        }
    }
}

/// Cuts bytes into lines of bounded length.
#[derive(Debug, Default)]
struct Lines {
    begun: Vec<u8>,
}

impl Lines {
    fn push(&mut self, bytes: &[u8], said: &mut Vec<String>) {
        for &byte in bytes {
            if byte == b'\n' {
                let line = String::from_utf8_lossy(&self.begun).trim_end().to_owned();
                if !line.is_empty() {
                    said.push(line);
                }
                self.begun.clear();
            } else if self.begun.len() < LINE {
                // Control characters would draw on the terminal the log is read at.
                self.begun
                    .push(if byte.is_ascii_control() { b' ' } else { byte });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_is_cut_into_lines_of_bounded_length() {
        let mut lines = Lines::default();
        let mut said = Vec::new();
        lines.push(b"one\n\ntw", &mut said);
        lines.push(b"o\x1b[1m\n", &mut said);
        lines.push(&[b'x'; 100_000], &mut said);
        lines.push(b"\n", &mut said);
        assert_eq!(said.len(), 3);
        assert_eq!(said.first().map(String::as_str), Some("one"));
        assert_eq!(said.get(1).map(String::as_str), Some("two [1m"));
        assert_eq!(said.get(2).map(String::len), Some(LINE));
    }

    #[test]
    fn a_child_that_ends_says_how() {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "exit 3"]);
        let mut child = Child::start("sh", command, false).expect("sh starts");
        let timeout = rustix::event::Timespec {
            tv_sec: 10,
            tv_nsec: 0,
        };
        let mut fds = [rustix::event::PollFd::new(
            &child.ended,
            rustix::event::PollFlags::IN,
        )];
        assert_eq!(rustix::event::poll(&mut fds, Some(&timeout)), Ok(1));
        assert_eq!(child.status().and_then(|status| status.code()), Some(3));
    }
}
