//! A sound server of a test's own.

use std::fs::File;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::tool::require_tool;

/// How long the server may take to start; a busy machine needs seconds.
const START: Duration = Duration::from_secs(10);

/// A private PulseAudio without a device: a socket in a folder that goes away with it, nothing of
/// the user's configuration. Dropping this kills it.
#[derive(Debug)]
pub struct PulseServer {
    program: PathBuf,
    child: Option<Child>,
    folder: TempDir,
}

impl PulseServer {
    /// Starts a server. `None` when PulseAudio is not installed, see [`require_tool`].
    ///
    /// # Panics
    /// When it does not come up within ten seconds.
    #[must_use]
    pub fn start() -> Option<Self> {
        let mut server = Self::prepare()?;
        server.restart();
        Some(server)
    }

    /// A server that [`Self::restart`] starts.
    ///
    /// # Panics
    /// When there is no place for its files.
    #[must_use]
    pub fn prepare() -> Option<Self> {
        let program = require_tool("pulseaudio")?;
        require_tool("pactl")?;
        Some(Self {
            program,
            child: None,
            folder: TempDir::new().expect("a folder for the sound server"),
        })
    }

    /// Its socket; there is none before it was started.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("native")
    }

    /// A folder that lives as long as this.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts it, after killing it if it runs.
    ///
    /// # Panics
    /// When it does not come up within ten seconds.
    pub fn restart(&mut self) {
        self.kill();
        let folder = self.folder.path();
        let log = File::create(folder.join("log")).expect("a log of the sound server");
        let module = format!(
            "module-native-protocol-unix socket={} auth-cookie-enabled=0",
            self.socket().display()
        );
        let mut command = Command::new(&self.program);
        command
            .args(["-n", "--daemonize=no", "--use-pid-file=no"])
            .args(["--exit-idle-time=-1", "--log-level=error"])
            .args(["--realtime=no", "--high-priority=no", "-L", &module])
            .args(["-L", "module-always-sink"])
            .args(["-L", "module-suspend-on-idle timeout=1"]);
        self.surround(&mut command);
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("the sound server starts");
        self.child = Some(child);
        let deadline = Instant::now() + START;
        while UnixStream::connect(self.socket()).is_err() {
            assert!(
                Instant::now() < deadline,
                "the sound server is not up after {START:?}; it said: {}",
                std::fs::read_to_string(folder.join("log")).unwrap_or_default()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Kills it at once, as a crash would, and returns when it is gone.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // Fails only when it is gone already, which is what is wanted.
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Stops it without killing it: whoever asks it something gets no answer.
    ///
    /// # Panics
    /// When it does not run.
    pub fn freeze(&self) {
        let child = self.child.as_ref().expect("it was started");
        kill_process(Pid::from_child(child), Signal::STOP).expect("it runs");
    }

    /// A program that uses this server.
    ///
    /// # Panics
    /// When it is not installed: it belongs to the server's packages.
    #[must_use]
    pub fn command(&self, program: &str) -> Command {
        let program = require_tool(program).expect("it is installed with the server");
        let mut command = Command::new(program);
        self.surround(&mut command);
        command.stdin(Stdio::null());
        command
    }

    /// What `pactl` prints for `arguments`.
    ///
    /// # Panics
    /// When it fails.
    pub fn pactl(&self, arguments: &[&str]) -> String {
        let output = self
            .command("pactl")
            .args(arguments)
            .output()
            .expect("pactl runs");
        assert!(
            output.status.success(),
            "pactl {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    fn surround(&self, command: &mut Command) {
        let folder = self.folder.path();
        command
            .env("HOME", folder)
            .env("XDG_CONFIG_HOME", folder)
            .env("XDG_RUNTIME_DIR", folder)
            .env("PULSE_RUNTIME_PATH", folder)
            .env("PULSE_STATE_PATH", folder)
            .env("PULSE_SERVER", format!("unix:{}", self.socket().display()))
            .env_remove("DISPLAY")
            .env_remove("DBUS_SESSION_BUS_ADDRESS");
    }
}

impl Drop for PulseServer {
    fn drop(&mut self) {
        self.kill();
    }
}
