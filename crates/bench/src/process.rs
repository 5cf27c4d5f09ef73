//! Programs we start, and end.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};

/// How long a program may take to end after it was asked to.
const END: Duration = Duration::from_secs(3);
/// How much of what a program said is repeated when it fails.
const LAST_WORDS: usize = 2000;

/// A program of ours; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Process {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `command`. What it says to its standard error goes into a file in `folder`.
    pub(crate) fn start(name: &str, command: &mut Command, folder: &Path) -> Result<Self> {
        let log = folder.join(format!("{name}.log"));
        let child = command
            .stderr(File::create(&log)?)
            .spawn()
            .with_context(|| format!("cannot start {name}"))?;
        Ok(Self {
            name: name.to_owned(),
            child,
            log,
        })
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn take_output(&mut self) -> Result<ChildStdout> {
        let output = self.child.stdout.take();
        output.with_context(|| format!("{} has no output to read", self.name))
    }

    pub(crate) fn take_input(&mut self) -> Result<ChildStdin> {
        let input = self.child.stdin.take();
        input.with_context(|| format!("{} has no input to write to", self.name))
    }

    /// `what` went wrong, and the last words of the program.
    pub(crate) fn complaint(&self, what: &str) -> anyhow::Error {
        let said = fs::read(&self.log).unwrap_or_default();
        let last = said.len().saturating_sub(LAST_WORDS);
        let said = String::from_utf8_lossy(said.get(last..).unwrap_or_default());
        anyhow::anyhow!("{} {what}; it said:\n{}", self.name, said.trim_end())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Fails only when it is gone already, which is what is wanted.
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        let deadline = Instant::now() + END;
        while matches!(self.child.try_wait(), Ok(None)) {
            if Instant::now() > deadline {
                let _ = self.child.kill();
                let _ = self.child.wait();
                return;
            }
            thread::sleep(Duration::from_millis(2));
        }
    }
}

/// The first of `names` that is installed.
pub(crate) fn find(names: &[&str]) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&folders).collect();
    names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .find(|path| path.is_file())
}

/// A command whose output we read and that gets no input.
pub(crate) fn quiet(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, folder: &Path) -> Process {
        let program = find(&["sh"]).expect("every machine has a shell");
        let mut command = quiet(&program);
        Process::start("shell", command.args(["-c", script]), folder).expect("it starts")
    }

    #[test]
    fn a_program_is_gone_when_it_is_dropped() {
        let folder = tempfile::tempdir().expect("there is room");
        let process = shell("exec sleep 60", folder.path());
        let place = PathBuf::from(format!("/proc/{}", process.id()));
        assert!(place.exists());
        drop(process);
        assert!(!place.exists());
    }

    #[test]
    fn its_last_words_are_repeated() {
        let folder = tempfile::tempdir().expect("there is room");
        let mut process = shell("echo alas >&2", folder.path());
        process.child.wait().expect("it ends");
        let complaint = process.complaint("ended").to_string();
        assert_eq!(complaint, "shell ended; it said:\nalas");
    }

    #[test]
    fn the_first_name_that_is_installed_wins() {
        assert_eq!(find(&["no such program", "sh"]), find(&["sh"]));
        assert_eq!(find(&["no such program"]), None);
    }
}
