//! Programs that others wrote.

use std::io::Write;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use selkies_testkit::{XServer, require_tool};

use crate::stage::{PATIENCE, Working, xserver};
use crate::store::noise;

/// Runs a tool on `xserver` with `input`. Nothing it leaves behind keeps its output open.
fn run(xserver: &XServer, arguments: &[&str], input: &[u8], output: Stdio) -> Output {
    let mut child = Command::new(arguments[0])
        .args(&arguments[1..])
        .env("DISPLAY", xserver.display())
        .stdin(Stdio::piped())
        .stdout(output)
        .stderr(Stdio::null())
        .spawn()
        .expect("it is installed");
    let mut pipe = child.stdin.take().expect("it was asked for");
    pipe.write_all(input).expect("it reads");
    drop(pipe);
    child.wait_with_output().expect("it ends")
}

fn paste(xserver: &XServer, arguments: &[&str]) -> Vec<u8> {
    run(xserver, arguments, b"", Stdio::piped()).stdout
}

fn copy(xserver: &XServer, arguments: &[&str], input: &[u8]) {
    let output = run(xserver, arguments, input, Stdio::null());
    assert!(output.status.success());
}

#[test]
fn xclip_copies_and_pastes_text_and_pictures() {
    let (Some(xserver), Some(_)) = (xserver(), require_tool("xclip")) else {
        return;
    };
    let working = Working::on(&xserver);
    let xclip = ["xclip", "-selection", "clipboard"];
    let text = "gr\u{fc}n \u{1f600}\nline";
    copy(&xserver, &xclip, text.as_bytes());
    working.wait_for(&[("text/plain", text.as_bytes())]);

    let picture = noise(5 << 20);
    let png = [&xclip[..], &["-t", "image/png"]].concat();
    copy(&xserver, &png, &picture);
    working.wait_for(&[("image/png", &picture)]);

    working.offer(&[("text/plain", text.as_bytes()), ("image/png", &picture)]);
    let out = [&xclip[..], &["-o"]].concat();
    let as_unicode = [&out[..], &["-t", "UTF8_STRING"]].concat();
    assert_eq!(paste(&xserver, &as_unicode), text.as_bytes());
    let as_png = [&out[..], &["-t", "image/png"]].concat();
    assert!(
        paste(&xserver, &as_png) == picture,
        "every byte is as it was"
    );
}

#[test]
fn xsel_copies_and_pastes_long_text() {
    let (Some(xserver), Some(_)) = (xserver(), require_tool("xsel")) else {
        return;
    };
    let working = Working::on(&xserver);
    let text = "gr\u{fc}n \u{20ac}\n".repeat(100_000);
    copy(
        &xserver,
        &["xsel", "--clipboard", "--input"],
        text.as_bytes(),
    );
    working.wait_for(&[("text/plain", text.as_bytes())]);
    working.offer(&[("text/plain", text.as_bytes())]);
    let pasted = paste(&xserver, &["xsel", "--clipboard", "--output"]);
    assert!(pasted == text.as_bytes(), "every letter is there");
}

/// Ends with the test.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn xterm_marks_text_and_it_is_read() {
    let (Some(xserver), Some(_)) = (xserver(), require_tool("xterm")) else {
        return;
    };
    let working = Working::on(&xserver);
    // OSC 52: the program in the terminal sets the clipboard (xterm's control sequences).
    let script = "printf '\\033]52;c;bWFya2Vk\\007'; exec sleep 60";
    let child = Command::new("xterm")
        .args(["-xrm", "*disallowedWindowOps:", "-e", "sh", "-c", script])
        .env("DISPLAY", xserver.display())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let _program = Program(child.expect("it is installed"));
    let start = Instant::now();
    working.wait_for(&[("text/plain", b"marked")]);
    assert!(start.elapsed() < PATIENCE - Duration::from_secs(1));
}
