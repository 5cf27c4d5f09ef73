//! The last one out: ends the desktop when we cannot do it ourselves any more.

use std::io;
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::environment::MARKER;
use crate::ffi;
use crate::private_dir::PrivateDir;

/// Waits for the end of its input, then ends every process with the mark and removes the private
/// directory. A shell, because nothing smaller survives us: a thread dies with its process.
const SCRIPT: &str = r#"
trap '' HUP INT QUIT TERM PIPE
while read -r _; do :; done
marked() { grep -lszxF -e "$1" /proc/[0-9]*/environ | tr -dc '0-9\n'; }
for round in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
  pids=$(marked "$1")
  [ -n "$pids" ] || break
  signal=TERM
  [ "$round" -gt 6 ] && signal=KILL
  [ "$round" -eq 1 ] && kill -HUP $pids
  kill -$signal $pids
  sleep 0.1
done
rm -rf -- "$2"
"#;

#[derive(Debug)]
pub(crate) struct Guard {
    process: Child,
    /// Open as long as we live, whatever ends us.
    alive: Option<ChildStdin>,
}

impl Guard {
    /// Watches over the desktop whose processes carry `instance` as their mark.
    pub(crate) fn start(instance: &str, dir: &PrivateDir) -> io::Result<Self> {
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", SCRIPT, "selkies-guard"])
            .arg(format!("{MARKER}={instance}"))
            .arg(dir.path())
            // Without the mark, so that it does not end itself.
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        ffi::own_session(&mut command, false);
        let mut process = command.spawn()?;
        let alive = process.stdin.take();
        Ok(Self { process, alive })
    }
}

impl Drop for Guard {
    /// Called after everything else has ended, so it has nothing to do and ends at once.
    fn drop(&mut self) {
        drop(self.alive.take());
        if let Err(error) = self.process.wait() {
            tracing::warn!(%error, "could not wait for the guard");
        }
    }
}
