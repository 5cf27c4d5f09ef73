//! A server of controllers in this process, and programs that look for them.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use selkies_desktop::{Gamepads, PadEvent, Rumble};
use selkies_gamepad::Place;
use selkies_gamepad::sockets::Sockets;

/// Far longer than anything here takes.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// The directory of this test program; libraries are built into it or the one above.
fn built() -> PathBuf {
    let me = std::env::current_exe().expect("this program has a path");
    me.parent().expect("it is in a directory").to_owned()
}

/// The library under test: built along with this program.
pub fn interposer() -> PathBuf {
    let path = built().join("libselkies_joystick_interposer.so");
    assert!(path.is_file(), "{} is not built", path.display());
    path
}

/// The library of another package, which cargo does not build for the tests of this one.
pub fn udev() -> PathBuf {
    static BUILT: LazyLock<PathBuf> = LazyLock::new(|| {
        let debug = built().parent().expect("deps is inside").to_owned();
        let target = debug.parent().expect("and that, too").to_owned();
        let status = Command::new(env!("CARGO"))
            .args([
                "build",
                "--quiet",
                "--offline",
                "-p",
                "selkies-udev-standin",
                "--target-dir",
            ])
            .arg(target)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status()
            .expect("cargo runs");
        assert!(status.success(), "the stand-in of udev cannot be built");
        debug.join("libselkies_udev_standin.so")
    });
    BUILT.clone()
}

/// A server, and where it is.
pub struct Desk {
    pub sockets: Option<Sockets>,
    pub directory: tempfile::TempDir,
    pub rumbles: Receiver<Rumble>,
}

impl Desk {
    pub fn without_server() -> Self {
        Self {
            sockets: None,
            directory: tempfile::tempdir().expect("a directory"),
            rumbles: sync_channel(1).1,
        }
    }

    pub fn new() -> Self {
        let mut desk = Self::without_server();
        desk.start();
        desk
    }

    pub fn start(&mut self) {
        let (tell, rumbles) = sync_channel(64);
        let tell = Arc::new(move |rumble| tell.try_send(rumble).expect("there is room"));
        let place = Place::At(self.directory.path().to_owned());
        self.sockets = Some(Sockets::open(&place, tell).expect("sockets"));
        self.rumbles = rumbles;
    }

    pub fn stop(&mut self) {
        self.sockets = None;
    }

    pub fn does(&mut self, slot: u8, event: &PadEvent) {
        let sockets = self.sockets.as_mut().expect("the server runs");
        sockets.apply(slot, event).expect("the thread runs");
    }

    pub fn presses(&mut self, slot: u8, index: u8, value: f32) {
        self.does(slot, &PadEvent::Button { index, value });
    }

    pub fn moves(&mut self, slot: u8, index: u8, value: f32) {
        self.does(slot, &PadEvent::Axis { index, value });
    }

    pub fn rumble(&self) -> Rumble {
        self.rumbles.recv_timeout(PATIENCE).expect("a rumble")
    }

    /// `program` as it runs on the desktop: with the library and the place of the sockets.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command
            .env("LD_PRELOAD", interposer())
            .env("SELKIES_JS_SOCKET_PATH", self.directory.path())
            .env_remove("LD_LIBRARY_PATH");
        command
    }
}

/// A running program that talks in lines.
pub struct Program {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
    pub heard: Vec<String>,
}

impl Program {
    pub fn start(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let output = BufReader::new(child.stdout.take().expect("its output"));
        let (tell, lines) = sync_channel(4096);
        std::thread::Builder::new()
            .name("listener".to_owned())
            .spawn(move || {
                for line in output.lines().map_while(Result::ok) {
                    if tell.send(line).is_err() {
                        return;
                    }
                }
            })
            .expect("a thread");
        Self {
            input: child.stdin.take(),
            child,
            lines,
            heard: Vec::new(),
        }
    }

    /// Waits for a line that begins like this.
    pub fn expect(&mut self, beginning: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) => {
                    self.heard.push(line.clone());
                    if line.starts_with(beginning) {
                        return line;
                    }
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    panic!("it never said {beginning:?}, but {:#?}", self.heard);
                }
            }
        }
    }

    pub fn say(&mut self, line: &str) {
        let input = self.input.as_mut().expect("it listens");
        writeln!(input, "{line}").expect("it listens");
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends its input and waits for its end.
    pub fn finish(mut self) {
        self.input = None;
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().expect("it is ours") {
                assert!(status.success(), "{status}: {:#?}", self.heard);
                return;
            }
            assert!(Instant::now() < deadline, "it does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It has usually ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
