//! Shift, AltGr, Caps Lock and the modifiers of commands, beside what is typed with them.

use selkies_desktop::InputEvent;
use x11rb::protocol::xkb::{ConnectionExt as _, Group, ID};
use x11rb::protocol::xproto::ModMask;
use xkeysym::key;

use super::app::{Seen, Stage, eventually, keysym, sink};

const SHIFT: u16 = 1;
const LOCK: u16 = 2;
const CONTROL: u16 = 4;

#[test]
fn letters_are_right_whatever_caps_lock_was() {
    for layout in ["us", "de", "fr", "ru"] {
        let Some(mut stage) = Stage::set(layout) else {
            return;
        };
        let text = "aAzZqQ1!éÉäÄйЙ漢ω";
        lock_caps(&mut stage);
        assert_eq!(stage.types(text), text, "{layout}");
        assert_eq!(stage.locked_mods() & LOCK, 0);
    }
}

fn lock_caps(stage: &mut Stage) {
    let none = ModMask::from(0_u16);
    stage
        .control
        .xkb_use_extension(1, 0)
        .expect("sent")
        .reply()
        .expect("a reply");
    stage
        .control
        .xkb_latch_lock_state(
            ID::USE_CORE_KBD.into(),
            ModMask::LOCK,
            ModMask::LOCK,
            false,
            Group::M1,
            none,
            false,
            0,
        )
        .expect("sent");
    stage.settle();
    assert_eq!(stage.locked_mods() & LOCK, LOCK);
}

#[test]
fn caps_lock_is_off_after_connecting_and_after_release_keys() {
    let Some(mut stage) = Stage::set("us") else {
        return;
    };
    lock_caps(&mut stage);
    stage.inject(InputEvent::ReleaseKeys);
    assert_eq!(eventually(|| stage.locked_mods() & LOCK, &0), 0);
    lock_caps(&mut stage);
    let _second = sink(&stage.server);
    assert_eq!(eventually(|| stage.locked_mods() & LOCK, &0), 0);
}

#[test]
fn symbols_are_right_while_the_viewer_holds_shift_or_altgr() {
    for layout in ["us", "de", "fr", "gb", "ru"] {
        let Some(mut stage) = Stage::set(layout) else {
            return;
        };
        let text = "aA1!2\"3§/?é€@{яЯ漢";
        for held in [key::Shift_L, key::Shift_R, key::ISO_Level3_Shift] {
            stage.down(held);
            stage.all();
            let before = stage.keys_down();
            assert_eq!(before.len(), 1);
            assert_eq!(stage.types(text), text, "{layout}");
            stage.all();
            assert_eq!(stage.keys_down(), before, "{layout}: it is held again");
            stage.up(held);
            stage.all();
            assert_eq!(stage.keys_down(), []);
        }
    }
}

#[test]
fn a_held_shift_is_in_force_for_what_does_not_write() {
    let Some(mut stage) = Stage::set("us") else {
        return;
    };
    stage.down(key::Shift_L);
    for keysym in [key::Tab, key::Left, key::Return, key::F5, key::Insert] {
        stage.tap(keysym);
        let (_, _, state) = stage.presses(1)[0];
        assert_eq!(state & 0xff, SHIFT);
    }
}

#[test]
fn a_shift_that_was_lifted_is_back_for_the_click() {
    let Some(mut stage) = Stage::set("us") else {
        return;
    };
    stage.down(key::Shift_L);
    stage.down(keysym('1'));
    assert_eq!(stage.presses(1)[0].1, keysym('1'));
    let button = selkies_desktop::Button::Left;
    stage.inject(InputEvent::Button { button, down: true });
    loop {
        if let Seen::Button { state, .. } = stage.next() {
            assert_eq!(state & 0xff, SHIFT);
            break;
        }
    }
}

#[test]
fn a_shift_released_while_lifted_stays_up() {
    let Some(mut stage) = Stage::set("us") else {
        return;
    };
    stage.down(key::Shift_L);
    stage.down(keysym('1'));
    stage.up(key::Shift_L);
    stage.up(keysym('1'));
    let seen = stage.all();
    assert_eq!(stage.keys_down(), []);
    let shifts = seen.iter().filter(|seen| {
        matches!(
            seen,
            Seen::KeyPress {
                keysym: key::Shift_L,
                ..
            }
        )
    });
    assert_eq!(shifts.count(), 1, "only the viewer's own press");
}

#[test]
fn commands_reach_programs_with_the_modifiers_as_held() {
    for (layout, letter, code) in [
        ("us", 'c', 54),
        ("us", 'с', 54),
        ("us,ru", 'с', 54),
        ("us", 'ψ', 54),
        ("us", 'ב', 54),
        ("de", 'z', 29),
    ] {
        let Some(mut stage) = Stage::set(layout) else {
            return;
        };
        stage.down(key::Control_L);
        stage.tap(keysym(letter));
        let latin = if layout == "de" { 'z' } else { 'c' };
        assert_eq!(
            stage.presses(1),
            [(code, keysym(latin), CONTROL)],
            "{layout} {letter}"
        );
        stage.up(key::Control_L);
        stage.all();
        assert_eq!(stage.keys_down(), []);
    }
}

#[test]
fn control_shift_and_a_letter_have_both_modifiers() {
    let Some(mut stage) = Stage::set("us") else {
        return;
    };
    stage.down(key::Control_L);
    stage.down(key::Shift_L);
    stage.tap(keysym('T'));
    assert_eq!(stage.presses(1), [(28, keysym('T'), CONTROL | SHIFT)]);
    stage.tap(keysym('t'));
    assert_eq!(stage.presses(1), [(28, keysym('T'), CONTROL | SHIFT)]);
    stage.tap(keysym('%'));
    assert_eq!(stage.presses(1), [(14, keysym('%'), CONTROL | SHIFT)]);
}

#[test]
fn alt_and_super_are_commands_too() {
    let Some(mut stage) = Stage::set("de") else {
        return;
    };
    for (modifier, bit) in [
        (key::Alt_L, 8),
        (key::Meta_L, 8),
        (key::Super_L, 64),
        (key::Super_R, 64),
    ] {
        stage.down(modifier);
        stage.tap(keysym('@'));
        let (code, _, state) = stage.presses(1)[0];
        assert_eq!((code, state), (24, bit), "the key of Q, without AltGr");
        stage.up(modifier);
    }
}
