//! Keys.

use std::time::{Duration, Instant};

use selkies_desktop::{DesktopError, InputEvent, Keysym};
use x11rb::protocol::xproto::ConnectionExt as _;
use xkeysym::key;

use super::app::{Manner, Seen, Stage, eventually, keysym, sink};

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
