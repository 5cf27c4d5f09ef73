//! Several sinks on one server, as two servers on one display have them.

use selkies_desktop::{Button, InputEvent, InputSink, Keysym};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _};
use xkeysym::key;

use super::app::{PATIENCE, Seen, Stage, eventually, keysym, sink};

const A: u8 = 38;
const CONTROL: u8 = 37;

fn press(sink: &mut dyn InputSink, keysym: u32) {
    let event = InputEvent::KeyDown(Keysym(keysym));
    sink.inject(&event).expect("the server takes it");
}

fn release(sink: &mut dyn InputSink, keysym: u32) {
    let event = InputEvent::KeyUp(Keysym(keysym));
    sink.inject(&event).expect("the server takes it");
}

fn hold(sink: &mut dyn InputSink, button: Button, down: bool) {
    let event = InputEvent::Button { button, down };
    sink.inject(&event).expect("the server takes it");
}

/// Ends the newest sink's connection as the end of its process does: it lets go of nothing.
fn kill_newest(stage: &Stage) {
    let listed = |stage: &Stage| {
        let name = stage.control.intern_atom(false, b"_SELKIES_HANDS");
        let name = name.expect("sent").reply().expect("a reply").atom;
        let root = stage.root();
        let list = stage
            .control
            .get_property(false, root, name, AtomEnum::WINDOW, 0, 9);
        let list = list.expect("sent").reply().expect("a reply");
        list.value32().expect("a list").collect::<Vec<_>>()
    };
    let newest = *listed(stage).last().expect("somebody is there");
    stage.control.kill_client(newest).expect("sent");
    stage.control.flush().expect("sent");
    let gone = || {
        let window = stage.control.get_window_attributes(newest).expect("sent");
        window.reply().is_err()
    };
    assert!(eventually(gone, &true));
}

#[test]
fn a_new_sink_leaves_others_their_keys_and_buttons() {
    let Some(mut stage) = Stage::set("us") else {
        return;
    };
    stage.down(key::Control_L);
    stage.down(keysym('a'));
    hold(&mut *stage.sink, Button::Left, true);
    stage.all();
    for _ in 0..3 {
        let newcomer = sink(&stage.server);
        assert_eq!(stage.keys_down(), [CONTROL, A]);
        drop(newcomer);
        assert_eq!(stage.keys_down(), [CONTROL, A]);
    }
    let seen = stage.all();
    let undone = |seen: &Seen| {
        matches!(
            seen,
            Seen::KeyRelease { .. } | Seen::Button { down: false, .. }
        )
    };
    assert!(!seen.iter().any(undone), "{seen:?}");
    stage.up(keysym('a'));
    stage.up(key::Control_L);
    hold(&mut *stage.sink, Button::Left, false);
    let seen = stage.all();
    assert_eq!(seen.iter().filter(|seen| undone(seen)).count(), 3);
    assert_eq!(stage.keys_down(), []);
}

#[test]
fn what_two_hold_goes_up_with_the_second() {
    let Some(mut stage) = Stage::set("us") else {
        return;
    };
    let mut other = sink(&stage.server);
    stage.down(key::Control_L);
    hold(&mut *stage.sink, Button::Right, true);
    stage.all();
    press(&mut *other, key::Control_L);
    hold(&mut *other, Button::Right, true);
    release(&mut *other, key::Control_L);
    hold(&mut *other, Button::Right, false);
    press(&mut *other, key::Shift_L);
    assert_eq!(eventually(|| stage.keys_down(), &vec![37, 50]), [37, 50]);
    stage.inject(InputEvent::ReleaseKeys);
    hold(&mut *stage.sink, Button::Right, false);
    let seen = stage.all();
    assert!(
        seen.contains(&Seen::KeyRelease { code: CONTROL }),
        "{seen:?}"
    );
    let right = |seen: &&Seen| {
        matches!(
            seen,
            Seen::Button {
                number: 3,
                down: false,
                ..
            }
        )
    };
    assert_eq!(seen.iter().filter(right).count(), 1, "{seen:?}");
    assert_eq!(stage.keys_down(), [50]);
    drop(other);
    assert_eq!(eventually(|| stage.keys_down(), &vec![]), []);
}

#[test]
fn a_symbol_is_right_whatever_another_one_holds() {
    for layout in ["us", "de"] {
        let Some(mut stage) = Stage::set(layout) else {
            return;
        };
        let mut other = sink(&stage.server);
        let text = "aA1!é€漢ab";
        for held in [key::Shift_L, keysym('a'), keysym('字')] {
            press(&mut *other, held);
            let until = std::time::Instant::now() + PATIENCE;
            while let Some(patience) = other.next_wakeup() {
                assert!(std::time::Instant::now() < until);
                std::thread::sleep(patience);
                other.wake().expect("the server takes it");
            }
            assert_eq!(eventually(|| stage.keys_down().len(), &1), 1);
            stage.all();
            assert_eq!(stage.types(text), text, "{layout}, {held:#x}");
            release(&mut *other, held);
            assert_eq!(eventually(|| stage.keys_down(), &vec![]), []);
            stage.all();
        }
    }
}

#[test]
fn keys_left_down_by_a_process_that_died_go_up_with_the_next_sink() {
    let Some(stage) = Stage::set("us") else {
        return;
    };
    let mut dead = sink(&stage.server);
    press(&mut *dead, key::Control_L);
    assert_eq!(eventually(|| stage.keys_down(), &vec![37]), [37]);
    kill_newest(&stage);
    assert_eq!(stage.keys_down(), [37], "the server keeps them");
    let _successor = sink(&stage.server);
    assert_eq!(eventually(|| stage.keys_down(), &vec![]), []);
}

#[test]
fn keys_left_down_by_another_that_died_go_up_with_the_next_key() {
    let Some(mut stage) = Stage::set("us") else {
        return;
    };
    let mut dead = sink(&stage.server);
    press(&mut *dead, key::Shift_L);
    hold(&mut *dead, Button::Middle, true);
    stage.down(keysym('x'));
    stage.up(keysym('x'));
    stage.all();
    assert_eq!(eventually(|| stage.keys_down(), &vec![50]), [50]);
    kill_newest(&stage);
    stage.all();
    assert_eq!(stage.types("aA"), "aA");
    stage.all();
    assert_eq!(stage.keys_down(), []);
    let pointer = stage.control.query_pointer(stage.root()).expect("sent");
    let held = u16::from(pointer.reply().expect("a reply").mask);
    assert_eq!(held & 0x1fff, 0, "no button either");
    assert!(dead.inject(&InputEvent::KeyDown(Keysym(97))).is_err());
}
