//! `selkies doctor` as it is run: against displays and sound servers of the test's own.

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use selkies_media::Size;
use selkies_testkit::{PulseServer, XServer};
use serde_json::Value;
use tempfile::TempDir;

/// `doctor` in an environment that names no display, no sound server and no setting.
fn doctor(runtime: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_selkies"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("SELKIES_") {
            command.env_remove(name);
        }
    }
    command
        .args(["doctor", "--addr", "127.0.0.1", "--port", "0"])
        .args(arguments)
        .env_remove("DISPLAY")
        .env("PULSE_SERVER", "unix:/nowhere/native")
        .env("XDG_RUNTIME_DIR", runtime);
    command
}

fn run(mut command: Command) -> (Option<i32>, Value) {
    let output = command.arg("--json").output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.is_empty(), "{said}");
    let value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    (output.status.code(), value)
}

fn finding<'a>(report: &'a Value, topic: &str) -> &'a Value {
    let findings = report["findings"].as_array().expect("a list");
    let found = findings.iter().find(|finding| finding["topic"] == topic);
    found.unwrap_or_else(|| panic!("nothing about {topic}: {report:#}"))
}

fn state<'a>(report: &'a Value, topic: &str) -> &'a str {
    finding(report, topic)["state"].as_str().expect("a word")
}

fn folder() -> TempDir {
    TempDir::new().expect("there is room for a folder")
}

/// Everything below `folder`, by name.
fn tree(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(folder).expect("it is there") {
        let path = entry.expect("it is there").path();
        if path.is_dir() {
            found.extend(tree(&path));
        }
        found.insert(path.display().to_string());
    }
    found
}

#[test]
fn with_everything_there_all_works_and_nothing_is_changed() {
    let (Some(xserver), Some(sound)) = (
        XServer::start(Size::new(320, 200), &[]),
        PulseServer::start(),
    ) else {
        return;
    };
    let (runtime, sockets) = (folder(), folder());
    // What a killed server leaves.
    drop(UnixListener::bind(sockets.path().join("selkies_js0.sock")).expect("a socket"));
    let modules = sound.pactl(&["list", "short", "modules"]);
    let before = (tree(runtime.path()), tree(sockets.path()));
    let place = sockets.path().to_str().expect("a plain path");
    let mut command = doctor(
        runtime.path(),
        &["--display", xserver.display(), "--js-socket-path", place],
    );
    command
        .env("PULSE_SERVER", format!("unix:{}", sound.socket().display()))
        .env("SELKIES_INTERPOSER", "/somewhere.so");
    let (code, report) = run(command);
    for topic in [
        "settings",
        "display",
        "sound",
        "microphone",
        "gamepads",
        "address",
        "secure context",
    ] {
        assert_eq!(state(&report, topic), "works", "{report:#}");
    }
    // Whatever a busy machine and a full disk make of the rest, the code says the same.
    let topics = ["h264enc", "h264enc-striped", "jpeg", "directories"];
    let all = topics.iter().all(|topic| state(&report, topic) == "works");
    assert_eq!(code, Some(if all { 0 } else { 1 }), "{report:#}");
    assert_eq!(sound.pactl(&["list", "short", "modules"]), modules);
    assert_eq!((tree(runtime.path()), tree(sockets.path())), before);
}

#[test]
fn what_is_missing_but_not_vital_is_one_and_comes_with_advice() {
    let (Some(xserver), Some(sound)) = (
        XServer::start(Size::new(320, 200), &[]),
        PulseServer::start(),
    ) else {
        return;
    };
    let runtime = folder();
    let mut command = doctor(
        runtime.path(),
        &[
            "--display",
            xserver.display(),
            "--audio-device-name",
            "nosuchsource",
            "--gamepad-enabled=false",
        ],
    );
    command.env("PULSE_SERVER", format!("unix:{}", sound.socket().display()));
    let (code, report) = run(command);
    assert_eq!(code, Some(1), "{report:#}");
    assert_eq!(report["runs_with"], "something");
    assert_eq!(state(&report, "sound"), "fails");
    let advice = finding(&report, "sound")["advice"].as_str();
    assert!(advice.is_some_and(|advice| advice.contains("--audio-device-name")));
    assert_eq!(state(&report, "gamepads"), "off");
}

#[test]
fn without_a_display_or_a_port_it_is_two() {
    let runtime = folder();
    let (code, report) = run(doctor(runtime.path(), &["--display", ":59999"]));
    assert_eq!(
        (code, state(&report, "display")),
        (Some(2), "fails"),
        "{report:#}"
    );

    let taken = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let port = taken.local_addr().expect("it has one").port().to_string();
    let (code, report) = run(doctor(runtime.path(), &["--embedded", "--port", &port]));
    assert_eq!(
        (code, state(&report, "address")),
        (Some(2), "fails"),
        "{report:#}"
    );

    let (code, report) = run(doctor(runtime.path(), &["--embedded", "--display", ":1"]));
    assert_eq!(
        (code, state(&report, "display")),
        (Some(2), "fails"),
        "{report:#}"
    );
}

#[test]
fn servers_that_hang_hold_nobody_up() {
    let (Some(xserver), Some(sound)) = (
        XServer::start(Size::new(320, 200), &[]),
        PulseServer::start(),
    ) else {
        return;
    };
    let runtime = folder();
    let mut command = doctor(runtime.path(), &["--display", xserver.display()]);
    command.env("PULSE_SERVER", format!("unix:{}", sound.socket().display()));
    xserver.freeze();
    sound.freeze();
    let begun = Instant::now();
    let (code, report) = run(command);
    let took = begun.elapsed();
    xserver.thaw();
    assert_eq!(
        (code, state(&report, "display")),
        (Some(2), "fails"),
        "{report:#}"
    );
    assert_eq!(state(&report, "sound"), "fails", "{report:#}");
    assert_eq!(state(&report, "address"), "works", "{report:#}");
    // An X server alone would be given ten seconds.
    assert!(took < Duration::from_secs(8), "{took:?}");
}

#[test]
fn people_get_a_screen_without_secrets_and_without_colours_in_a_pipe() {
    let runtime = folder();
    let Output { status, stdout, .. } = doctor(
        runtime.path(),
        &[
            "--display",
            ":59999",
            "--basic-auth-password",
            "canary",
            "--enable-https",
            "--master-token",
            "canary",
        ],
    )
    .output()
    .expect("it runs");
    let text = String::from_utf8_lossy(&stdout);
    assert_eq!(status.code(), Some(2), "{text}");
    assert!(!text.contains("canary") && !text.contains('\x1b'), "{text}");
    assert!(text.contains("not available yet"), "{text}");
    assert!(text.ends_with("\nIt would not run.\n"), "{text}");
    assert!(text.lines().count() < 50, "{text}");
}

#[test]
fn a_bad_line_is_refused_as_at_a_start() {
    let output = Command::new(env!("CARGO_BIN_EXE_selkies"))
        .args(["doctor", "--no-such-thing"])
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("--no-such-thing"), "{said}");
}
