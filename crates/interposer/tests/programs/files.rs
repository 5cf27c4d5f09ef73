//! Devices that are sockets behave like files.

use std::io::{Read, Write};
use std::os::unix::net::UnixListener;
use std::process::Command;

use selkies_testkit::require_tool;

use super::desk::{Desk, Program};

fn script(desk: &Desk, name: &str) -> Option<Program> {
    let mut command = desk.command(require_tool("python3")?);
    command
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/files.py"))
        .arg(name)
        .arg(desk.directory.path());
    Some(Program::start(command))
}

fn runs(name: &str) {
    let desk = Desk::new();
    if let Some(mut program) = script(&desk, name) {
        program.expect("done");
        program.finish();
    }
}

#[test]
fn devices_are_listed_and_look_like_devices() {
    runs("listed");
}

#[test]
fn copies_of_a_descriptor_are_the_device_and_reused_ones_are_not() {
    runs("asked");
}

#[test]
fn programs_that_are_started_inherit_what_the_flags_say() {
    runs("inherited");
}

#[test]
fn ten_thousand_openings_leave_nothing_behind() {
    runs("many");
}

#[test]
fn other_files_are_as_ever() {
    runs("passes");
}

#[test]
fn who_waits_is_woken_and_told_when_the_server_is_gone() {
    let mut desk = Desk::new();
    let Some(mut program) = script(&desk, "waits") else {
        return;
    };
    program.expect("waiting");
    desk.presses(2, 0, 1.0);
    program.expect("read");
    desk.stop();
    program.expect("done");
    program.finish();
}

/// Two servers on one machine: each program sees those of its own.
#[test]
fn controllers_of_two_servers_are_apart() {
    let (mut one, other) = (Desk::new(), Desk::new());
    let (Some(mut mine), Some(mut theirs)) = (script(&one, "waits"), script(&other, "asked"))
    else {
        return;
    };
    mine.expect("waiting");
    theirs.expect("done");
    drop(other);
    one.presses(2, 0, 1.0);
    mine.expect("read");
    one.stop();
    mine.expect("done");
    mine.finish();
    theirs.finish();
}

#[test]
fn a_server_that_understands_rumble_is_told_of_effects() {
    let desk = Desk::new();
    let Some(mut program) = script(&desk, "understands") else {
        return;
    };
    program.expect("rumble True 0");
    program.finish();
}

/// Such as one that is not ours: the bytes that say so are padding for it.
#[test]
fn a_server_that_does_not_understand_rumble_is_told_nothing() {
    let desk = Desk::without_server();
    let path = desk.directory.path().join("selkies_event1002.sock");
    let listener = UnixListener::bind(path).expect("a socket");
    let Some(mut program) = script(&desk, "understands") else {
        return;
    };
    let (mut stream, _) = listener.accept().expect("the program");
    stream.write_all(&[0; 1360]).expect("it listens");
    program.expect("rumble False EINVAL");
    let mut told = Vec::new();
    stream.read_to_end(&mut told).expect("all that it says");
    assert_eq!(told, [8]);
    program.finish();
}

#[test]
fn where_nobody_listens_nothing_opens() {
    let desk = Desk::without_server();
    drop(UnixListener::bind(
        desk.directory.path().join("selkies_event1002.sock"),
    ));
    if let Some(mut program) = script(&desk, "refused") {
        program.expect("done");
        program.finish();
    }
}

fn tool(desk: &Desk, name: &str, arguments: &[&str]) -> Option<Program> {
    // Without a terminal they would keep what they say until a buffer is full.
    let (tool, pipe) = (require_tool(name)?, require_tool("stdbuf")?);
    let mut command: Command = desk.command(pipe);
    command.arg("-oL").arg(tool).args(arguments);
    let preload = super::desk::interposer();
    // stdbuf adds its own library to the list, so it must find ours there.
    command.env("LD_PRELOAD", preload);
    Some(Program::start(command))
}

#[test]
fn jstest_shows_what_the_joystick_does() {
    let mut desk = Desk::new();
    let Some(mut program) = tool(&desk, "jstest", &["--event", "/dev/input/js0"]) else {
        return;
    };
    let line = program.expect("Joystick (Microsoft X-Box 360 pad) has 8 axes");
    assert!(
        line.contains("axes (X, Y, Z, Rx, Ry, Rz, Hat0X, Hat0Y)"),
        "{line}"
    );
    program.expect("and 11 buttons (BtnA, BtnB, BtnX, BtnY, BtnTL, BtnTR");
    program.expect("Event: type 130, time");
    desk.presses(0, 3, 1.0);
    program.expect_end("number 3, value 1");
}

#[test]
fn evtest_shows_what_the_event_device_does() {
    let mut desk = Desk::new();
    let Some(mut program) = tool(&desk, "evtest", &["/dev/input/event1000"]) else {
        return;
    };
    program.expect("Input device ID: bus 0x3 vendor 0x45e product 0x28e version 0x114");
    program.expect("Testing ...");
    desk.moves(0, 0, 1.0);
    program.expect_end("type 3 (EV_ABS), code 0 (ABS_X), value 32767");
}
