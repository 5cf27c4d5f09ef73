//! SDL finds the controllers, follows them and shakes them.

use std::process::Command;

use selkies_testkit::require_tool;

use super::desk::{Desk, Program, udev};

/// How SDL may look for devices.
#[derive(Clone, Copy, Debug)]
enum Search {
    /// It watches and reads `/dev/input`.
    Directory,
    /// It asks udev, that is our stand-in for it.
    Udev,
}

fn sdl(desk: &Desk, search: Search) -> Option<Program> {
    let python = require_tool("python3")?;
    let there = Command::new(&python)
        .args(["-c", "import ctypes; ctypes.CDLL('libSDL2-2.0.so.0')"])
        .status()
        .is_ok_and(|status| status.success());
    if !there {
        assert!(std::env::var_os("STRICT").is_none_or(|strict| strict != "1"));
        skipped("SDL 2 is not installed");
        return None;
    }
    let mut command = desk.command(python);
    command
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sdl.py"))
        .env("SDL_VIDEODRIVER", "dummy");
    match search {
        Search::Directory => command.env("SDL_JOYSTICK_DISABLE_UDEV", "1"),
        Search::Udev => {
            let libraries = desk.directory.path().join("libraries");
            std::fs::create_dir_all(&libraries).expect("a directory");
            let known_as = libraries.join("libudev.so.1");
            if !known_as.exists() {
                std::os::unix::fs::symlink(udev(), known_as).expect("a link");
            }
            command.env("LD_LIBRARY_PATH", libraries)
        }
    };
    Some(Program::start(command))
}

#[expect(
    clippy::print_stderr,
    reason = "the note belongs into the output of the test"
)]
fn skipped(why: &str) {
    eprintln!("skipped: {why}");
}

const PAD: &str = "controller 045e:028e:0114 6 11 1 rumble";

/// Waits for the four controllers and returns what SDL calls that of `slot`.
fn find(program: &mut Program, slot: u8) -> String {
    let mut wanted = None;
    for _ in 0..4 {
        let line = program.expect("added ");
        assert!(line.contains(PAD), "{line}");
        let words: Vec<_> = line.split(' ').collect();
        if words[2] == format!("/dev/input/event100{slot}") {
            wanted = Some(words[1].to_owned());
        }
    }
    wanted.expect("each slot has a device of its own")
}

fn plays(search: Search) {
    let mut desk = Desk::new();
    let Some(mut program) = sdl(&desk, search) else {
        return;
    };
    program.expect("ready 4");
    let pad = find(&mut program, 1);

    desk.presses(1, 0, 1.0);
    program.expect(&format!("button {pad} 0 1"));
    desk.presses(1, 0, 0.0);
    program.expect(&format!("button {pad} 0 0"));
    for (index, button) in [(8, 6), (9, 7), (16, 8), (10, 9), (11, 10)] {
        desk.presses(1, index, 1.0);
        program.expect(&format!("button {pad} {button} 1"));
    }
    for (index, axis) in [(0, 0), (1, 1), (2, 3), (3, 4)] {
        desk.moves(1, index, -1.0);
        program.expect(&format!("axis {pad} {axis} -3276"));
    }
    for (index, axis) in [(6, 2), (7, 5)] {
        desk.presses(1, index, 1.0);
        program.expect(&format!("axis {pad} {axis} 32767"));
    }
    desk.presses(1, 12, 1.0);
    program.expect(&format!("hat {pad} 0 1"));

    program.say(&format!("rumble {pad} 65535 32768 500"));
    program.expect("rumbled 0");
    let rumble = desk.rumble();
    assert_eq!((rumble.slot, rumble.strong), (1, 1.0));
    assert!((rumble.weak - 0.5).abs() < 0.01, "{rumble:?}");
    program.say(&format!("rumble {pad} 0 0 0"));
    program.expect("rumbled 0");
    while desk.rumble().strong > 0.0 {}

    desk.stop();
    for _ in 0..4 {
        program.expect("removed ");
    }
    program.finish();
}

#[test]
fn sdl_plays_with_what_it_finds_in_the_directory() {
    plays(Search::Directory);
}

#[test]
fn sdl_plays_with_what_udev_tells() {
    plays(Search::Udev);
}

fn comes_later(search: Search) {
    let mut desk = Desk::without_server();
    let Some(mut program) = sdl(&desk, search) else {
        return;
    };
    program.expect("ready 0");
    desk.start();
    let pad = find(&mut program, 3);
    desk.presses(3, 1, 1.0);
    program.expect(&format!("button {pad} 1 1"));
    desk.stop();
    for _ in 0..4 {
        program.expect("removed ");
    }
    desk.start();
    let pad = find(&mut program, 0);
    desk.presses(0, 2, 1.0);
    program.expect(&format!("button {pad} 2 1"));
    program.finish();
}

#[test]
fn sdl_notices_in_the_directory_that_controllers_come_and_go() {
    comes_later(Search::Directory);
}

#[test]
fn sdl_is_told_by_udev_that_controllers_come_and_go() {
    comes_later(Search::Udev);
}

#[test]
fn sdl_sees_what_was_held_before_it_came() {
    let mut desk = Desk::new();
    desk.moves(2, 0, 1.0);
    desk.presses(2, 3, 1.0);
    let Some(mut program) = sdl(&desk, Search::Directory) else {
        return;
    };
    let pad = find(&mut program, 2);
    program.expect(&format!("button {pad} 3 1"));
    program.expect(&format!("axis {pad} 0 32767"));
    program.say(&format!("axes {pad}"));
    program.expect(&format!("axes {pad} 32767 0 -32768 0 0 -32768"));
    program.finish();
}
