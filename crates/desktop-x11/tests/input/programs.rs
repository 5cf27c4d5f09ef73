//! Real programs: what is typed into them is what they read.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use selkies_testkit::{full, require_tool};
use x11rb::protocol::xproto::{ConnectionExt as _, InputFocus, Window};
use x11rb::wrapper::ConnectionExt as _;

use super::app::{PATIENCE, Stage, keysym};
use super::layouts::all_that_is_typed;

struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        // Fails only when it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The windows on the screen that are not the stage's own, with a deadline.
fn wait_for_window(stage: &Stage, before: &[Window]) -> Window {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let tree = stage
            .control
            .query_tree(stage.root())
            .expect("sent")
            .reply()
            .expect("a reply");
        let mut new = tree
            .children
            .iter()
            .filter(|window| !before.contains(window));
        let shown = new.find(|window| {
            let attributes = stage
                .control
                .get_window_attributes(**window)
                .expect("sent")
                .reply();
            attributes.is_ok_and(|attributes| {
                attributes.map_state == x11rb::protocol::xproto::MapState::VIEWABLE
            })
        });
        if let Some(window) = shown {
            return *window;
        }
        assert!(Instant::now() < deadline, "no window came up");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Starts a program whose window is to get the keyboard, and types lines of `text` until the file
/// `out` has them all.
fn types_into(mut stage: Stage, mut program: Command, ready: &Path, out: &Path, text: &[char]) {
    let before = stage.control.query_tree(stage.root()).expect("sent");
    let before = before.reply().expect("a reply").children;
    let started = program
        .env("DISPLAY", stage.server.display())
        .env("LC_ALL", "C.UTF-8")
        .env_remove("XMODIFIERS")
        .stdin(Stdio::null())
        .spawn();
    let _program = Ended(started.expect("it runs"));
    let window = wait_for_window(&stage, &before);
    stage
        .control
        .set_input_focus(InputFocus::PARENT, window, 0_u32)
        .expect("sent");
    stage.control.sync().expect("done");
    let deadline = Instant::now() + PATIENCE;
    while !ready.exists() {
        assert!(Instant::now() < deadline, "it does not start");
        std::thread::sleep(Duration::from_millis(10));
    }
    let lines: Vec<String> = text.chunks(60).map(|line| line.iter().collect()).collect();
    for line in &lines {
        for character in line.chars() {
            stage.tap(keysym(character));
            stage.catch_up();
        }
        stage.tap(0xff0d);
    }
    stage.catch_up();
    let deadline = Instant::now() + PATIENCE;
    let typed = loop {
        let typed = std::fs::read_to_string(out).unwrap_or_default();
        if typed.matches('\n').count() >= lines.len() || Instant::now() > deadline {
            break typed;
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    assert_eq!(typed.lines().collect::<Vec<_>>(), lines);
}

/// What a text field takes of everything that keys write: no dead keys, which wait for the next
/// one, and no invisible characters, which some fields drop.
fn text() -> Option<Vec<char>> {
    let symbols = all_that_is_typed()?.into_iter();
    let characters = symbols.filter_map(|symbol| xkeysym::Keysym::new(symbol).key_char());
    let hidden = |c: &char| {
        matches!(
            *c,
            '\u{ad}' | '\u{200c}'..='\u{200f}' | '\u{a0}' | '\u{202f}'
        )
    };
    Some(characters.filter(|c| !hidden(c)).collect())
}

#[test]
fn a_terminal_reads_what_was_typed() {
    let (Some(xterm), Some(text)) = (require_tool("xterm"), text()) else {
        return;
    };
    // It answers no pings, which makes it take its time.
    let layouts: &[&str] = if full() {
        &["us", "de", "gr", "us,ru"]
    } else {
        &["de"]
    };
    for layout in layouts {
        let Some(stage) = Stage::set(layout) else {
            return;
        };
        let [out, ready] = ["typed", "ready"].map(|name| stage.server.folder().join(name));
        let script = format!("touch {}; cat > {}", ready.display(), out.display());
        let mut program = Command::new(&xterm);
        program.args(["-u8", "-e", "sh", "-c", &script]);
        types_into(stage, program, &ready, &out, &text);
    }
}

#[test]
fn a_text_field_of_a_toolkit_reads_what_was_typed() {
    let (Some(wish), Some(text)) = (require_tool("wish"), text()) else {
        return;
    };
    // Tk 8.6 keeps texts in the Basic Multilingual Plane.
    let text: Vec<char> = text
        .into_iter()
        .filter(|c| u32::from(*c) < 0x1_0000)
        .collect();
    let layouts: &[&str] = if full() {
        &["us", "fr", "ru", "us,ru"]
    } else {
        &["us,ru"]
    };
    for layout in layouts {
        let Some(stage) = Stage::set(layout) else {
            return;
        };
        let folder = stage.server.folder();
        let [out, ready, script] = ["typed", "ready", "field"].map(|name| folder.join(name));
        let lines = [
            "entry .field -width 80; pack .field; focus -force .field".to_owned(),
            format!("set out [open {} w]", out.display()),
            "fconfigure $out -encoding utf-8 -buffering line".to_owned(),
            "bind .field <Return> {puts $out [.field get]; .field delete 0 end}".to_owned(),
            // Keys that come before it knows that it has the keyboard are nobody's.
            format!(
                "bind .field <FocusIn> {{close [open {} w]}}",
                ready.display()
            ),
        ];
        std::fs::write(&script, lines.join("\n")).expect("a script");
        let mut program = Command::new(&wish);
        program.arg(&script);
        types_into(stage, program, &ready, &out, &text);
    }
}
