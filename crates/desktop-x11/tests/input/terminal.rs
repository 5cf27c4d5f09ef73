//! A real program: what is typed into a terminal is what its shell reads.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use selkies_testkit::require_tool;
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{ConnectionExt as _, InputFocus, Window};

use super::app::{PATIENCE, Stage};

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
        let new = tree.children.iter().find(|window| !before.contains(window));
        let shown = new.filter(|window| {
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

#[test]
fn a_terminal_reads_what_was_typed() {
    let (Some(xterm), Some(mut stage)) = (require_tool("xterm"), Stage::set("de")) else {
        return;
    };
    let tree = stage
        .control
        .query_tree(stage.root())
        .expect("sent")
        .reply()
        .expect("a reply");
    let out = stage.server.folder().join("typed");
    let ready = stage.server.folder().join("ready");
    let script = format!("touch {}; cat > {}", ready.display(), out.display());
    let _terminal = Ended(
        Command::new(xterm)
            .args(["-u8", "-e", "sh", "-c", &script])
            .env("DISPLAY", stage.server.display())
            .env("LC_ALL", "C.UTF-8")
            .stdin(Stdio::null())
            .spawn()
            .expect("it runs"),
    );
    let window = wait_for_window(&stage, &tree.children);
    let deadline = Instant::now() + PATIENCE;
    while !ready.exists() {
        assert!(Instant::now() < deadline, "the shell does not start");
        std::thread::sleep(Duration::from_millis(10));
    }
    stage
        .control
        .set_input_focus(InputFocus::PARENT, window, 0_u32)
        .expect("sent");
    let text = "Hello, Wörld! {[|@~€]} \"'`^ привет ψω 漢字 😀 ñÑ łŁ";
    let focus = stage
        .control
        .get_input_focus()
        .expect("sent")
        .reply()
        .expect("a reply");
    assert_eq!(focus.focus, window);
    for character in text.chars() {
        stage.tap(super::app::keysym(character));
    }
    stage.tap(0xff0d);
    stage.catch_up();
    stage.control.flush().expect("sent");
    let typed = loop {
        let typed = std::fs::read_to_string(&out).unwrap_or_default();
        if typed.ends_with('\n') || Instant::now() > deadline {
            break typed;
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    assert_eq!(typed.trim_end(), text);
}
