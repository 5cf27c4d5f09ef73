//! The sound server of the desktop's own.

use std::ffi::OsString;
use std::os::unix::net::UnixStream;
use std::process::Command;

use rustix::process::{Pid, Signal, kill_process};
use selkies_embedded::{Embedded, Event, Options, SoundServer};
use selkies_testkit::require_tool;

use crate::witness::{named, until};
use crate::{instance, options};

fn start(command: &[&str]) -> Option<Embedded> {
    for tool in ["Xvfb", "pulseaudio", "pactl"] {
        require_tool(tool)?;
    }
    let sound = SoundServer {
        sink: Some("sink_name=output rate=48000".to_owned()),
    };
    let options = Options {
        sound: Some(sound),
        ..options(command)
    };
    Some(Embedded::start(options).expect("the desktop starts"))
}

fn kill(pid: i32) {
    let pid = Pid::from_raw(pid).expect("a process number");
    kill_process(pid, Signal::KILL).expect("it runs");
}

/// What a program on the desktop is told by its sound server.
fn pactl(embedded: &Embedded, arguments: &[&str]) -> String {
    let output = Command::new("pactl")
        .args(arguments)
        .env_clear()
        .envs(embedded.environment())
        .output()
        .expect("pactl runs");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[test]
fn programs_play_to_a_server_that_comes_back_and_ends_with_the_desktop() {
    let Some(embedded) = start(&["sleep", "600"]) else {
        return;
    };
    let events = embedded.events();
    let socket = embedded.sound_socket().expect("it has one").to_owned();
    until("programs have a sink", || {
        pactl(&embedded, &["get-default-sink"]) == "output"
    });
    let instance = instance(&embedded);
    let server = || named(&instance, "pulseaudio").first().copied();
    let first = server().expect("it runs");
    kill(first);
    until("another one", || server().is_some_and(|now| now != first));
    until("programs have a sink again", || {
        pactl(&embedded, &["get-default-sink"]) == "output"
    });
    let died =
        |event: &Event| matches!(event, Event::ProgramExited { name, .. } if name == "pulseaudio");
    until("it was said", || {
        events.try_iter().any(|event| died(&event))
    });
    drop(embedded);
    assert_eq!(server(), None);
    assert!(UnixStream::connect(&socket).is_err());
    assert!(!socket.exists());
}

#[test]
fn it_outlives_the_x_server() {
    let Some(embedded) = start(&[]) else {
        return;
    };
    let instance = instance(&embedded);
    until("it runs", || {
        pactl(&embedded, &["get-default-sink"]) == "output"
    });
    let one = |name: &str| named(&instance, name).first().copied();
    let (sound, x) = (one("pulseaudio"), one("Xvfb").expect("it runs"));
    kill(x);
    until("another X server", || {
        one("Xvfb").is_some_and(|now| now != x)
    });
    assert_eq!(one("pulseaudio"), sound);
}

#[test]
fn without_pulseaudio_the_desktop_is_silent_and_says_so() {
    let Some(x_server) = require_tool("Xvfb") else {
        return;
    };
    let directory = tempfile::tempdir().expect("a directory");
    for (program, at) in [
        ("Xvfb", x_server),
        ("xkbcomp", require_tool("xkbcomp").expect("Xvfb needs it")),
        ("sleep", require_tool("sleep").expect("every system has it")),
    ] {
        std::os::unix::fs::symlink(at, directory.path().join(program)).expect("a link");
    }
    let path: OsString = directory.path().into();
    let embedded = Embedded::start(Options {
        sound: Some(SoundServer::default()),
        environment: vec![("PATH".into(), path)],
        ..options(&["sleep", "60"])
    })
    .expect("the desktop starts");
    assert_eq!(embedded.sound_socket(), None);
    let missing = embedded.missing().iter().map(|one| one.program);
    assert!(missing.into_iter().any(|program| program == "pulseaudio"));
}
