//! The processes of a desktop, found by descent and by a mark in their environment (proc(5)).

use std::collections::HashSet;
use std::fs;
use std::io::Read as _;
use std::os::fd::OwnedFd;

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

/// More than an environment can hold (`MAX_ARG_STRINGS` is not reached in practice; the kernel
/// allows 6 MiB for arguments and environment together).
const LARGEST_ENVIRONMENT: u64 = 6 << 20;

/// A process at one moment. The start time tells it from a later one with the same number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Process {
    pub(crate) pid: Pid,
    parent: i32,
    started: u64,
    /// It has ended and only waits to be asked for.
    over: bool,
}

impl Process {
    fn read(pid: Pid) -> Option<Self> {
        let stat = fs::read(format!("/proc/{}/stat", pid.as_raw_nonzero())).ok()?;
        Self::parse(pid, &String::from_utf8_lossy(&stat))
    }

    /// The name, in brackets, can hold anything, brackets too; numbers follow the last one.
    fn parse(pid: Pid, stat: &str) -> Option<Self> {
        let (_, after_name) = stat.rsplit_once(')')?;
        let mut fields = after_name.split_ascii_whitespace();
        let state = fields.next()?;
        let parent = fields.next()?.parse().ok()?;
        let started = fields.nth(17)?.parse().ok()?;
        let over = matches!(state, "Z" | "X" | "x");
        Some(Self {
            pid,
            parent,
            started,
            over,
        })
    }

    /// A descriptor that is readable when it ends. `None` when it is gone.
    pub(crate) fn open(&self) -> Option<OwnedFd> {
        let fd = pidfd_open(self.pid, PidfdFlags::empty()).ok()?;
        let now = Self::read(self.pid)?;
        (now.started == self.started && !now.over).then_some(fd)
    }

    fn marked(&self, mark: &[u8]) -> bool {
        let path = format!("/proc/{}/environ", self.pid.as_raw_nonzero());
        let mut environment = Vec::new();
        fs::File::open(path)
            .and_then(|file| file.take(LARGEST_ENVIRONMENT).read_to_end(&mut environment))
            .is_ok()
            && environment.split(|byte| *byte == 0).any(|one| one == mark)
    }
}

/// Signals the process behind `fd`; one that is gone needs none.
pub(crate) fn signal(fd: &OwnedFd, signal: Signal) {
    match pidfd_send_signal(fd, signal) {
        Ok(()) | Err(rustix::io::Errno::SRCH) => {}
        Err(error) => tracing::warn!(%error, "could not signal a process of the desktop"),
    }
}

/// All running processes that carry `mark` (`NAME=value`), have a process in `roots` above them or
/// descend from one that carries the mark; `roots` included, this process not.
pub(crate) fn belonging(mark: &str, roots: &[Pid]) -> Vec<Process> {
    let all = all();
    let mut inside: HashSet<i32> = roots.iter().map(|pid| pid.as_raw_nonzero().get()).collect();
    inside.extend(
        all.iter()
            .filter(|process| process.marked(mark.as_bytes()))
            .map(|process| process.pid.as_raw_nonzero().get()),
    );
    loop {
        let before = inside.len();
        let children: Vec<_> = all
            .iter()
            .filter(|process| inside.contains(&process.parent))
            .map(|process| process.pid.as_raw_nonzero().get())
            .collect();
        inside.extend(children);
        if inside.len() == before {
            break;
        }
    }
    let myself = rustix::process::getpid();
    all.into_iter()
        .filter(|process| {
            !process.over
                && process.pid != myself
                && inside.contains(&process.pid.as_raw_nonzero().get())
        })
        .collect()
}

fn all() -> Vec<Process> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(Pid::from_raw)
        .filter_map(Process::read)
        .collect()
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn a_name_with_brackets_does_not_confuse() {
        let stat = "12 (a) b) R 7 12 12 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4711 0";
        let process = Process::parse(Pid::INIT, stat).expect("it is well formed");
        assert_eq!(
            (process.parent, process.started, process.over),
            (7, 4711, false)
        );
        assert!(Process::parse(Pid::INIT, "12 (a").is_none());
        assert!(Process::parse(Pid::INIT, "12 (a) Z 1").is_none());
    }

    #[test]
    fn a_process_is_found_by_its_mark_and_by_its_parent() {
        let mark = format!("SELKIES_TEST_MARK={}", std::process::id());
        let (name, value) = mark.split_once('=').expect("it has one");
        let mut marked = Command::new("sleep")
            .arg("60")
            .env(name, value)
            .spawn()
            .expect("sleep starts");
        let mut parent = Command::new("sh")
            .args(["-c", "sleep 60 & echo $!; wait"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("sh starts");
        let mut line = String::new();
        std::io::BufRead::read_line(
            &mut std::io::BufReader::new(parent.stdout.as_mut().expect("asked for")),
            &mut line,
        )
        .expect("it says the number of its child");
        let grandchild = Pid::from_raw(line.trim().parse().expect("a number"));

        let found = belonging(&mark, &[Pid::from_child(&parent)]);
        let pids: Vec<_> = found.iter().map(|process| Some(process.pid)).collect();
        for pid in [
            Some(Pid::from_child(&marked)),
            Some(Pid::from_child(&parent)),
            grandchild,
        ] {
            assert!(pids.contains(&pid), "{pid:?} in {pids:?}");
        }
        assert!(!pids.contains(&Some(rustix::process::getpid())));

        for process in &found {
            if let Some(fd) = process.open() {
                signal(&fd, Signal::KILL);
            }
        }
        marked.wait().expect("it was killed");
        parent.wait().expect("it was killed");
    }
}
