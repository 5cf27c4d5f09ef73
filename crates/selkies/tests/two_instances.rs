//! Two servers on one machine: what each has is its own, and one that ends takes nothing of the other.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::net::sockopt::socket_peercred;
use rustix::process::{Pid, Signal, kill_process};
use selkies_media::Size;
use selkies_testkit::{PulseServer, XServer, require_tool};
use tempfile::TempDir;

/// How long a start or an end may take; a busy machine needs seconds.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running server, asked to end when dropped.
struct Instance {
    child: Child,
    lines: Receiver<String>,
    /// All that was printed and logged up to the last thing waited for.
    said: Vec<String>,
}

impl Instance {
    fn start(environment: &[(&str, &str)], arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_selkies"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("SELKIES_") {
                command.env_remove(name);
            }
        }
        let mut child = command
            .args([
                "--addr",
                "127.0.0.1",
                "--port",
                "0",
                "--uinput-gamepad",
                "false",
            ])
            .args(arguments)
            .env_remove("DISPLAY")
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("our own program starts");
        let (sender, lines) = sync_channel(10_000);
        let streams: [Box<dyn Read + Send>; 2] = [
            Box::new(child.stdout.take().expect("asked for")),
            Box::new(child.stderr.take().expect("asked for")),
        ];
        for stream in streams {
            let sender = sender.clone();
            let reading = thread::Builder::new()
                .name("lines".to_owned())
                .spawn(move || {
                    for line in BufReader::new(stream).lines().map_while(Result::ok) {
                        // The test may be over, or have enough.
                        let _ = sender.try_send(line);
                    }
                });
            reading.expect("there is room for a thread");
        }
        Self {
            child,
            lines,
            said: Vec::new(),
        }
    }

    /// The rest of the first line that has `mark` in it.
    fn says(&mut self, mark: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let found = self.said.iter().find_map(|line| line.split_once(mark));
            if let Some((_, rest)) = found {
                return rest.trim().to_owned();
            }
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) => self.said.push(line),
                Err(_) => panic!("it did not say {mark:?} but:\n{}", self.said.join("\n")),
            }
        }
    }

    fn address(&mut self) -> SocketAddr {
        let link = self.says("After that:  http://");
        link.trim_end_matches('/').parse().expect("an address")
    }

    /// Ends it as a service manager would.
    fn end(mut self) {
        assert!(self.try_end(), "it ends when it is asked to");
    }

    fn try_end(&mut self) -> bool {
        let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
        let ended = poll(|| matches!(self.child.try_wait(), Ok(Some(_))));
        if !ended {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        ended
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.try_end();
        }
    }
}

/// Whether `reached` becomes true in time.
fn poll(mut reached: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + PATIENCE;
    while !reached() {
        if Instant::now() > deadline {
            return false;
        }
        thread::sleep(Duration::from_millis(10));
    }
    true
}

/// What a GET of its status answers.
fn status(address: SocketAddr) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("not zero");
    let request =
        format!("GET /api/status HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers");
    answer
}

fn answers(address: SocketAddr) {
    let answer = status(address);
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(
        answer.contains("\"current_mode\":\"websockets\""),
        "{answer}"
    );
}

fn folder() -> TempDir {
    TempDir::new().expect("there is room for a folder")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

/// Sockets of sound servers below `runtime` where somebody answers.
fn sound_servers(runtime: &Path) -> BTreeSet<PathBuf> {
    fs::read_dir(runtime)
        .expect("it is there")
        .filter_map(Result::ok)
        .map(|entry| entry.path().join("pulse/native"))
        .filter(|socket| UnixStream::connect(socket).is_ok())
        .collect()
}

/// The process of the X server on `display`: the one that listens at its socket.
fn x_server(display: &str) -> PathBuf {
    let number = display.trim_start_matches(':');
    let socket = UnixStream::connect(format!("/tmp/.X11-unix/X{number}")).expect("it listens");
    let listener = socket_peercred(&socket).expect("the kernel knows who listens");
    Path::new("/proc").join(listener.pid.to_string())
}

#[test]
fn two_desktops_started_at_once_share_nothing_and_the_end_of_one_is_not_that_of_the_other() {
    for tool in ["Xvfb", "openbox", "pulseaudio"] {
        if require_tool(tool).is_none() {
            return;
        }
    }
    let runtime = folder();
    let environment = [
        ("XDG_RUNTIME_DIR", text(runtime.path())),
        // Nobody there: both want a sound server of their own.
        ("PULSE_RUNTIME_PATH", "/nowhere"),
        ("PULSE_SERVER", "unix:/nowhere/native"),
    ];
    let start = || Instance::start(&environment, &["--embedded"]);
    let (mut one, mut two) = (start(), start());
    let addresses = [one.address(), two.address()];
    let displays = [&mut one, &mut two].map(|it| it.says("desktop of our own on display "));
    let gamepads =
        [&mut one, &mut two].map(|it| PathBuf::from(it.says("gamepads are sockets in ")));
    assert_ne!(addresses[0], addresses[1]);
    assert_ne!(displays[0], displays[1]);
    assert_ne!(gamepads[0], gamepads[1]);
    addresses.into_iter().for_each(answers);
    for directory in &gamepads {
        assert!(directory.starts_with(runtime.path()), "{directory:?}");
        UnixStream::connect(directory.join("selkies_js0.sock")).expect("a gamepad is there");
    }
    assert!(
        poll(|| sound_servers(runtime.path()).len() == 2),
        "each has a sound server: {:?}",
        sound_servers(runtime.path())
    );
    let both = sound_servers(runtime.path());
    let x_servers = [&displays[0], &displays[1]].map(|display| x_server(display));
    assert!(x_servers.iter().all(|process| process.exists()));

    one.end();
    let left = sound_servers(runtime.path());
    assert_eq!(left.len(), 1, "its sound server went with it");
    assert!(left.is_subset(&both));
    assert!(!gamepads[0].exists() && !x_servers[0].exists());
    answers(addresses[1]);
    UnixStream::connect(gamepads[1].join("selkies_event1003.sock"))
        .expect("its gamepads are there");
    assert!(x_servers[1].exists() && x_server(&displays[1]) == x_servers[1]);

    two.end();
    // A message bus leaves a directory that is nobody's in particular.
    let entries = fs::read_dir(runtime.path()).expect("it is there");
    let left: Vec<_> = entries
        .map(|entry| entry.expect("it is there").file_name())
        .collect();
    assert!(left.iter().all(|name| name == "dbus-1"), "{left:?}");
}

#[test]
fn two_servers_attached_to_two_displays_share_a_sound_server_under_two_names() {
    let (Some(first), Some(second), Some(sound)) = (
        XServer::start(Size::new(320, 200), &[]),
        XServer::start(Size::new(320, 200), &[]),
        PulseServer::start(),
    ) else {
        return;
    };
    let (runtime, pads) = (folder(), [folder(), folder()]);
    let server = format!("unix:{}", sound.socket().display());
    let environment = [
        ("XDG_RUNTIME_DIR", text(runtime.path())),
        ("PULSE_SERVER", server.as_str()),
    ];
    let start = |display: &XServer, device: &str, pads: &TempDir| {
        Instance::start(
            &environment,
            &[
                "--display",
                display.display(),
                "--audio-device-name",
                device,
                "--js-socket-path",
                text(pads.path()),
            ],
        )
    };
    let mut one = start(&first, "one.monitor", &pads[0]);
    let mut two = start(&second, "two.monitor", &pads[1]);
    let addresses = [one.address(), two.address()];
    assert_ne!(addresses[0], addresses[1]);
    addresses.into_iter().for_each(answers);
    let has_sink = |name: &str| {
        let sinks = sound.pactl(&["list", "short", "sinks"]);
        sinks
            .lines()
            .any(|line| line.split('\t').nth(1) == Some(name))
    };
    assert!(
        poll(|| has_sink("one") && has_sink("two")),
        "each has its sink"
    );
    for pads in &pads {
        UnixStream::connect(pads.path().join("selkies_js3.sock")).expect("a gamepad is there");
    }

    one.end();
    assert!(!has_sink("one"), "it took its sink along");
    assert!(has_sink("two"), "and no other");
    assert!(!pads[0].path().join("selkies_js3.sock").exists());
    UnixStream::connect(pads[1].path().join("selkies_js3.sock")).expect("the other's are there");
    answers(addresses[1]);
    two.end();
    assert!(!has_sink("two"));
}

#[test]
fn a_server_whose_place_for_gamepads_is_taken_runs_without_and_leaves_them_alone() {
    let (Some(first), Some(second)) = (
        XServer::start(Size::new(320, 200), &[]),
        XServer::start(Size::new(320, 200), &[]),
    ) else {
        return;
    };
    let pads = folder();
    let start = |display: &XServer| {
        let place = ["--js-socket-path", text(pads.path())];
        let rest = ["--audio-enabled=false", "--display", display.display()];
        Instance::start(&[], &[place.as_slice(), &rest].concat())
    };
    let mut one = start(&first);
    one.says("gamepads are sockets in ");
    let mut two = start(&second);
    let why = two.says("gamepads do not work: ");
    assert!(why.contains("another running server"), "{why}");
    answers(two.address());
    two.end();
    UnixStream::connect(pads.path().join("selkies_js0.sock")).expect("the first one's are there");
    answers(one.address());
    one.end();
    let left: Vec<_> = fs::read_dir(pads.path()).expect("it is there").collect();
    assert!(left.is_empty(), "{left:?}");
}
