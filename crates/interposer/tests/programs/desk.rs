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
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Where the two libraries are. Cargo does not build them for tests, which cannot be linked to them.
fn built() -> &'static Path {
    static BUILT: LazyLock<PathBuf> = LazyLock::new(|| {
        let me = std::env::current_exe().expect("this program has a path");
        let profile = me.ancestors().nth(2).expect("deps is inside a profile's");
        let target = profile.parent().expect("and that inside the target's");
        let release = profile.ends_with("release").then_some("--release");
        let status = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--offline", "-p", "selkies-interposer"])
            .args(["-p", "selkies-udev-standin", "--target-dir"])
            .arg(target)
            .args(release)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status()
            .expect("cargo runs");
        assert!(status.success(), "the libraries cannot be built");
        profile.to_owned()
    });
    &BUILT
}

/// The library under test.
pub(crate) fn interposer() -> PathBuf {
    built().join("libselkies_joystick_interposer.so")
}

/// The one that stands in for udev.
pub(crate) fn udev() -> PathBuf {
    built().join("libselkies_udev_standin.so")
}

/// A server, and where it is.
pub(crate) struct Desk {
    pub(crate) sockets: Option<Sockets>,
    pub(crate) directory: tempfile::TempDir,
    pub(crate) rumbles: Receiver<Rumble>,
}

impl Desk {
    pub(crate) fn without_server() -> Self {
        Self {
            sockets: None,
            directory: tempfile::tempdir().expect("a directory"),
            rumbles: sync_channel(1).1,
        }
    }

    pub(crate) fn new() -> Self {
        let mut desk = Self::without_server();
        desk.start();
        desk
    }

    pub(crate) fn start(&mut self) {
        let (tell, rumbles) = sync_channel(64);
        let tell = Arc::new(move |rumble| tell.try_send(rumble).expect("there is room"));
        let place = Place::At(self.directory.path().to_owned());
        self.sockets = Some(Sockets::open(&place, tell).expect("sockets"));
        self.rumbles = rumbles;
    }

    pub(crate) fn stop(&mut self) {
        self.sockets = None;
    }

    pub(crate) fn does(&mut self, slot: u8, event: &PadEvent) {
        let sockets = self.sockets.as_mut().expect("the server runs");
        sockets.apply(slot, event).expect("the thread runs");
    }

    pub(crate) fn presses(&mut self, slot: u8, index: u8, value: f32) {
        self.does(slot, &PadEvent::Button { index, value });
    }

    pub(crate) fn moves(&mut self, slot: u8, index: u8, value: f32) {
        self.does(slot, &PadEvent::Axis { index, value });
    }

    pub(crate) fn rumble(&self) -> Rumble {
        self.rumbles.recv_timeout(PATIENCE).expect("a rumble")
    }

    /// `program` as it runs on the desktop: with the library and the place of the sockets.
    pub(crate) fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command
            .env("LD_PRELOAD", interposer())
            .env("SELKIES_JS_SOCKET_PATH", self.directory.path())
            .env_remove("LD_LIBRARY_PATH");
        command
    }
}

/// A running program that talks in lines.
pub(crate) struct Program {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
    pub(crate) heard: Vec<String>,
}

impl Program {
    pub(crate) fn start(mut command: Command) -> Self {
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
    pub(crate) fn expect(&mut self, beginning: &str) -> String {
        self.find(beginning, |line| line.starts_with(beginning))
    }

    /// Waits for a line that ends like this.
    pub(crate) fn expect_end(&mut self, end: &str) -> String {
        self.find(end, |line| line.ends_with(end))
    }

    fn find(&mut self, wanted: &str, is_it: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) => {
                    self.heard.push(line.clone());
                    if is_it(&line) {
                        return line;
                    }
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    panic!("it never said {wanted:?}, but {:#?}", self.heard);
                }
            }
        }
    }

    pub(crate) fn say(&mut self, line: &str) {
        let input = self.input.as_mut().expect("it listens");
        writeln!(input, "{line}").expect("it listens");
    }

    /// Ends its input and waits for its end.
    pub(crate) fn finish(mut self) {
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
