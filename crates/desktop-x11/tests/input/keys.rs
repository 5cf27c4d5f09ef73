//! Keys.

use std::time::{Duration, Instant};

use selkies_desktop::{DesktopError, InputEvent, Keysym};
use x11rb::protocol::xkb::{ConnectionExt as _, Group, ID};
use x11rb::protocol::xproto::{ConnectionExt as _, ModMask};
use xkeysym::key;

use super::app::{Manner, Seen, Stage, eventually, keysym, sink};

const SHIFT: u16 = 1;
const LOCK: u16 = 2;
const CONTROL: u16 = 4;

/// What a keyboard of some layout has, and what none has.
pub(crate) fn everything() -> String {
    let ascii = ' '..='~';
    let latin1 = '\u{a0}'..='\u{ff}';
    ascii
        .chain(latin1)
        .chain("€ŸŒœąćł№₽“”—…".chars())
        .chain('А'..='я')
        .chain("ёЁіїєґαβγδψωςΩΨάήשלום漢字かなカナ한글ไทย😀🎉👍🏽𝄞".chars())
        .collect()
}

fn types_everything_on(layout: &str) {
    let Some(mut stage) = Stage::set(layout) else {
        return;
    };
    let text = everything();
    assert_eq!(stage.types(&text), text);
    stage.all();
    assert_eq!(stage.keys_down(), []);
}

#[test]
fn every_character_comes_out_on_a_us_keyboard() {
    types_everything_on("us");
}

#[test]
fn every_character_comes_out_on_a_german_keyboard() {
    types_everything_on("de");
}

#[test]
fn every_character_comes_out_on_a_french_keyboard() {
    types_everything_on("fr");
}

#[test]
fn every_character_comes_out_on_a_british_keyboard() {
    types_everything_on("gb");
}

#[test]
fn every_character_comes_out_on_a_russian_keyboard() {
    types_everything_on("ru");
}

#[test]
fn every_character_comes_out_on_a_keyboard_of_two_scripts() {
    types_everything_on("us,ru");
}

#[test]
fn what_a_keyboard_has_is_not_lent_to_spare_keys() {
    for (layout, text) in [
        ("us", "aZ9!~`\"|\\"),
        ("de", "yZäÖß@€{[]}\\|~µ²°§"),
        ("fr", "azAZéèçà&1@€{[^`"),
        ("gb", "£\"@#~¬€"),
        ("ru", "йЦукен№"),
        ("us,ru", "aЙbцC"),
    ] {
        let Some(mut stage) = Stage::set(layout) else {
            return;
        };
        let map = |stage: &Stage| {
            let reply = stage
                .control
                .get_keyboard_mapping(8, 248)
                .expect("sent")
                .reply();
            reply.expect("a reply").keysyms
        };
        let before = map(&stage);
        assert_eq!(stage.types(text), text);
        assert!(map(&stage) == before, "{layout} has all of it");
    }
}

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

#[test]
fn sixty_symbols_that_no_key_has_come_out_one_after_the_other() {
    let Some(mut stage) = Stage::set("us") else {
        return;
    };
    let text: String = ('\u{4e00}'..).take(60).collect();
    assert_eq!(stage.types(&text), text);
    let again: String = text.chars().rev().collect();
    assert_eq!(stage.types(&again), again);
}

#[test]
fn a_program_that_is_behind_gets_the_right_symbols() {
    // It answers when it has read its keys, so that none changes its meaning before.
    let slow = Manner {
        slowness: Duration::from_millis(40),
        answers: true,
    };
    // It does not, and is less behind than keys keep their meaning in any case.
    let mute = Manner {
        slowness: Duration::from_millis(20),
        answers: false,
    };
    for (manner, count) in [(slow, 80), (mute, 60)] {
        let Some(mut stage) = Stage::set_with("us", manner) else {
            return;
        };
        let text: String = ('\u{4e00}'..).take(count).collect();
        assert_eq!(stage.types(&text), text);
    }
}

#[test]
fn a_burst_of_symbols_that_no_key_has_takes_no_longer_than_the_program_needs() {
    let Some(mut stage) = Stage::set("us") else {
        return;
    };
    let text: String = ('\u{4e00}'..).take(200).collect();
    let begun = Instant::now();
    assert_eq!(stage.types(&text), text);
    let took = begun.elapsed();
    // Without answers it would be a second for every two dozen.
    assert!(took < Duration::from_secs(6), "{took:?}");
}

#[test]
fn a_new_sink_uses_the_spare_keys_of_one_that_died() {
    let Some(mut stage) = Stage::set("us") else {
        return;
    };
    for round in 0..3 {
        let first = char::from_u32(0x5000 + 100 * round).expect("a character");
        let text: String = (first..).take(25).collect();
        assert_eq!(stage.types(&text), text);
        // A process that is killed lets go of nothing.
        let successor = sink(&stage.server);
        std::mem::forget(std::mem::replace(&mut stage.sink, successor));
    }
}

#[test]
fn dead_keys_and_function_keys_arrive() {
    let Some(mut stage) = Stage::set("us") else {
        return;
    };
    for keysym in [
        key::dead_acute,
        key::F1,
        key::F24,
        key::Help,
        key::Escape,
        key::Delete,
    ] {
        stage.tap(keysym);
        stage.catch_up();
        assert_eq!(stage.presses(1)[0].1, keysym);
    }
    for (keypad, main) in [
        (key::KP_5, key::_5),
        (key::KP_Enter, key::Return),
        (key::KP_Home, key::Home),
    ] {
        stage.tap(keypad);
        assert_eq!(stage.presses(1)[0].1, main);
    }
}

#[test]
fn a_key_goes_up_by_the_code_it_went_down_with() {
    let Some(mut stage) = Stage::set("us") else {
        return;
    };
    stage.down(keysym('y'));
    let (code, ..) = stage.presses(1)[0];
    stage.set_layout("de");
    stage.up(keysym('y'));
    let released = loop {
        if let Seen::KeyRelease { code } = stage.next() {
            break code;
        }
    };
    assert_eq!(released, code);
    assert_eq!(stage.types("yz"), "yz", "the new layout is in use");
}

#[test]
fn a_changed_layout_is_noticed_before_the_next_key() {
    let Some(mut stage) = Stage::set("us") else {
        return;
    };
    for layout in ["fr", "ru", "de", "us,ru", "gb", "us"] {
        stage.set_layout(layout);
        let text = "azQW12!?яжé漢";
        assert_eq!(stage.types(text), text, "{layout}");
    }
}

#[test]
fn a_key_is_pressed_once_and_released_once() {
    let Some(mut stage) = Stage::set("us") else {
        return;
    };
    stage.up(keysym('a'));
    for _ in 0..3 {
        stage.down(keysym('a'));
    }
    stage.down(0x0100_0061);
    stage.up(keysym('b'));
    stage.up(keysym('a'));
    stage.up(keysym('a'));
    let seen = stage.all();
    assert!(
        matches!(
            seen.as_slice(),
            [
                Seen::KeyPress { code: 38, .. },
                Seen::KeyRelease { code: 38 }
            ]
        ),
        "{seen:?}"
    );
}

#[test]
fn absurd_symbols_do_nothing() {
    let Some(mut stage) = Stage::set("us") else {
        return;
    };
    for absurd in [
        0,
        1,
        0xff_ffff,
        0x0100_d800,
        0x0111_0000,
        0x1008_ffff,
        u32::MAX,
        key::Terminate_Server,
    ] {
        stage.tap(absurd);
    }
    assert_eq!(stage.all(), []);
    assert_eq!(stage.types("ok"), "ok");
}

#[test]
fn release_keys_leaves_no_key_down() {
    let Some(mut stage) = Stage::set("de") else {
        return;
    };
    for keysym in [
        key::Shift_L,
        key::Control_R,
        key::Alt_L,
        key::ISO_Level3_Shift,
        key::Super_L,
    ] {
        stage.down(keysym);
    }
    for character in "qwert漢字".chars() {
        stage.down(keysym(character));
    }
    stage.all();
    assert_eq!(stage.keys_down().len(), 12);
    stage.inject(InputEvent::ReleaseKeys);
    stage.all();
    assert_eq!(stage.keys_down(), []);
    stage.down(key::Shift_L);
    stage.down(keysym('@'));
    stage.inject(InputEvent::ReleaseKeys);
    stage.all();
    assert_eq!(stage.keys_down(), []);
    assert_eq!(stage.types("aA@"), "aA@");
}

#[test]
fn ten_thousand_held_keys_stay_within_the_keyboard() {
    let Some(mut stage) = Stage::set("us") else {
        return;
    };
    let unmapped = ('\u{4e00}'..).take(100);
    let mapped = (' '..='~').cycle().take(9_900);
    for character in mapped.chain(unmapped) {
        stage.down(keysym(character));
    }
    stage.all();
    let down = stage.keys_down().len();
    assert!((19..=248).contains(&down), "{down}");
    assert_eq!(stage.types("漢字"), "漢字");
    stage.inject(InputEvent::ReleaseKeys);
    stage.all();
    assert_eq!(stage.keys_down(), []);
}

#[test]
fn a_dropped_sink_leaves_no_key_down() {
    let Some(mut stage) = Stage::set("us") else {
        return;
    };
    let mut dropped = sink(&stage.server);
    for keysym_ in [key::Control_L, keysym('x')] {
        dropped
            .inject(&InputEvent::KeyDown(Keysym(keysym_)))
            .expect("the server takes it");
    }
    stage.presses(1);
    drop(dropped);
    assert_eq!(eventually(|| stage.keys_down(), &vec![]), []);
}

#[test]
fn a_random_text_comes_out_as_it_was_typed() {
    let Some(mut stage) = Stage::set("de") else {
        return;
    };
    let choice: Vec<char> = everything().chars().collect();
    let seed = u64::from(std::process::id());
    let mut random = Random::new(seed);
    let mut expected = String::new();
    let mut held: Vec<u32> = Vec::new();
    for _ in 0..300 {
        match random.below(10) {
            0 => held.extend(toggle(&mut stage, key::Shift_L, &held)),
            1 => held.extend(toggle(&mut stage, key::ISO_Level3_Shift, &held)),
            2 => held.retain(|held| {
                stage.up(*held);
                false
            }),
            _ => {}
        }
        let character = choice[random.below(choice.len())];
        expected.push(character);
        stage.tap(keysym(character));
    }
    stage.catch_up();
    let presses = stage.presses(300);
    let typed: String = presses
        .iter()
        .map(|(_, symbol, _)| {
            xkeysym::Keysym::new(*symbol)
                .key_char()
                .unwrap_or('\u{fffd}')
        })
        .collect();
    assert_eq!(typed, expected, "seed {seed}");
}

/// Numbers that are the same for the same seed.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        // Marsaglia's xorshift64.
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).expect("31 bits") % bound
    }
}

fn toggle(stage: &mut Stage, modifier: u32, held: &[u32]) -> Option<u32> {
    if held.contains(&modifier) {
        return None;
    }
    stage.down(modifier);
    Some(modifier)
}

#[test]
fn keys_do_not_wait_for_a_server_that_is_busy() {
    let Some(mut stage) = Stage::set("us") else {
        return;
    };
    for held in [None, Some(key::Shift_L)] {
        if let Some(held) = held {
            stage.down(held);
        }
        // How the keyboard stands has to be known.
        stage.tap(keysym(if held.is_some() { 'A' } else { 'a' }));
        stage.all();
        stage.server.freeze();
        let begun = Instant::now();
        let text = if held.is_some() { "QWERTY" } else { "qwerty" };
        for character in text.chars() {
            stage.tap(keysym(character));
        }
        let took = begun.elapsed();
        stage.server.thaw();
        let seen: Vec<_> = stage.presses(6).iter().map(|(_, seen, _)| *seen).collect();
        assert_eq!(seen, text.chars().map(keysym).collect::<Vec<_>>());
        // It would be the ten seconds after which a server counts as gone.
        assert!(took < Duration::from_secs(5), "{took:?}");
    }
}

#[test]
fn a_server_that_died_is_lost() {
    let Some(mut stage) = Stage::set("us") else {
        return;
    };
    stage.server.kill();
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        match stage
            .sink
            .inject(&InputEvent::PointerTo(selkies_media::Point { x: 1, y: 1 }))
        {
            Err(DesktopError::Lost(_)) => break,
            Err(other) => panic!("{other}"),
            Ok(()) => assert!(Instant::now() < deadline, "it goes on"),
        }
    }
    let key = stage.sink.inject(&InputEvent::KeyDown(Keysym(keysym('a'))));
    assert!(matches!(key, Err(DesktopError::Lost(_))));
}
