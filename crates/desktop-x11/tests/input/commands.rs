//! Keys that do rather than write: with Control, Alt and Super, function and media keys.

use std::collections::BTreeMap;

use selkies_testkit::full;
use x11rb::protocol::xproto::ConnectionExt as _;
use x11rb::protocol::xproto::ModMask;
use xkeysym::key;

use super::app::{Stage, fetch, keysym};
use super::layouts::{layouts, lock};

const SHIFT: u16 = 1;
const CONTROL: u16 = 4;
const ALT: u16 = 8;
const SUPER: u16 = 64;

const MODIFIERS: [(&[u32], u16); 8] = [
    (&[key::Control_L], CONTROL),
    (&[key::Control_R], CONTROL),
    (&[key::Alt_L], ALT),
    (&[key::Super_L], SUPER),
    (&[key::Super_R], SUPER),
    (&[key::Control_L, key::Alt_L], CONTROL | ALT),
    (&[key::Control_L, key::Shift_L], CONTROL | SHIFT),
    (&[key::Super_L, key::Shift_R], SUPER | SHIFT),
];

/// The letters and digits that keys of this keyboard have at their first level, and those keys.
fn plain_keys(stage: &Stage) -> BTreeMap<u32, u8> {
    stage.uses_xkb();
    let map = fetch(&stage.control);
    let keys = map.map.syms_rtrn.expect("symbols").into_iter();
    let firsts = keys
        .zip(map.first_key_sym..=u8::MAX)
        .filter_map(|(key, code)| {
            let first = *key.syms.first()?;
            let character = xkeysym::Keysym::new(first).key_char()?;
            (first < 0xff00 && character.is_alphanumeric()).then_some((keysym(character), code))
        });
    // The first of several keys is the usual one.
    firsts.collect::<Vec<_>>().into_iter().rev().collect()
}

#[test]
fn every_letter_and_digit_is_a_command_with_every_modifier() {
    for layout in layouts() {
        let Some(mut stage) = Stage::set(layout) else {
            return;
        };
        let cyrillic_or_greek = |symbol: u32| matches!(symbol, 0x0100_0370..=0x0100_052f);
        let mut keys = plain_keys(&stage);
        assert!(keys.len() >= 20, "{layout}");
        keys.retain(|symbol, _| !cyrillic_or_greek(*symbol));
        for (held, state) in MODIFIERS {
            for modifier in held {
                stage.down(*modifier);
            }
            for (symbol, code) in &keys {
                stage.tap(*symbol);
                let [(pressed, _, seen)] = stage.presses(1)[..] else {
                    unreachable!("one was asked for");
                };
                assert_eq!(
                    (pressed, seen & 0xff),
                    (*code, state),
                    "{layout}: {symbol:#x} with {held:x?}"
                );
            }
            for modifier in held {
                stage.up(*modifier);
            }
            stage.all();
            assert_eq!(stage.keys_down(), []);
        }
    }
}

#[test]
fn commands_with_letters_of_another_script_are_those_of_the_latin_key_at_their_place() {
    // Wherever the letter is on the desktop's own keyboard, if it is there at all.
    let letters = [
        ('с', 'c'),
        ('м', 'v'),
        ('я', 'z'),
        ('ф', 'a'),
        ('ш', 'i'),
        ('ψ', 'c'),
        ('ω', 'v'),
        ('ב', 'c'),
    ];
    for layout in ["us", "ru", "ua", "gr", "us,ru", "ru,us", "de,gr"] {
        let Some(mut stage) = Stage::set(layout) else {
            return;
        };
        for (held, state) in [(key::Control_L, CONTROL), (key::Super_L, SUPER)] {
            for (letter, latin) in letters {
                stage.down(held);
                stage.tap(keysym(letter));
                stage.catch_up();
                let (_, seen, with) = stage.presses(1)[0];
                assert_eq!(
                    (seen, with & 0xff),
                    (keysym(latin), state),
                    "{layout}: {letter}"
                );
                stage.up(held);
                stage.all();
            }
            assert_eq!(
                stage.types("сωc"),
                "сωc",
                "{layout}: without it, it is itself"
            );
        }
        stage.all();
        assert_eq!(stage.keys_down(), []);
    }
}

#[test]
fn function_keys_arrive_with_all_modifiers() {
    let Some(mut stage) = Stage::set("de") else {
        return;
    };
    for number in 0..12 {
        for (held, state) in [&[(&[][..], 0)], &MODIFIERS[..]].concat() {
            for modifier in held {
                stage.down(*modifier);
            }
            stage.tap(key::F1 + number);
            stage.catch_up();
            let (_, symbol, seen) = stage.presses(1)[0];
            assert_eq!((symbol, seen & 0xff), (key::F1 + number, state));
            for modifier in held {
                stage.up(*modifier);
            }
        }
    }
    stage.all();
    assert_eq!(stage.keys_down(), []);
}

#[test]
fn shift_and_tab_is_a_tab_to_the_left_and_so_is_the_symbol_of_that() {
    let Some(mut stage) = Stage::set("us") else {
        return;
    };
    stage.down(key::Shift_L);
    stage.tap(key::Tab);
    assert_eq!(stage.presses(1), [(23, key::ISO_Left_Tab, SHIFT)]);
    stage.tap(key::ISO_Left_Tab);
    assert_eq!(stage.presses(1), [(23, key::ISO_Left_Tab, SHIFT)]);
    stage.up(key::Shift_L);
    stage.tap(key::ISO_Left_Tab);
    assert_eq!(stage.presses(1), [(23, key::ISO_Left_Tab, SHIFT)]);
    stage.tap(key::Tab);
    assert_eq!(stage.presses(1), [(23, key::Tab, 0)]);
}

#[test]
fn keys_that_are_on_every_keyboard_arrive_as_themselves() {
    let Some(mut stage) = Stage::set("us") else {
        return;
    };
    // Print, Menu and the rest of the navigation block, then XF86keysym.h.
    let plain = [
        key::BackSpace,
        key::Tab,
        key::Return,
        key::Pause,
        key::Scroll_Lock,
        key::Escape,
        key::Home,
        key::Left,
        key::Up,
        key::Right,
        key::Down,
        key::Page_Up,
        key::Page_Down,
        key::End,
        key::Print,
        key::Insert,
        key::Menu,
        key::Delete,
        key::Undo,
        key::Redo,
        key::Find,
        key::Cancel,
        key::Help,
    ];
    let media = [
        0x1008_ff02,
        0x1008_ff03,
        0x1008_ff11,
        0x1008_ff12,
        0x1008_ff13,
        0x1008_ff14,
        0x1008_ff15,
        0x1008_ff16,
        0x1008_ff17,
        0x1008_ff18,
        0x1008_ff19,
        0x1008_ff1b,
        0x1008_ff26,
        0x1008_ff27,
        0x1008_ff2c,
        0x1008_ff30,
        0x1008_ff31,
        0x1008_ff3e,
        0x1008_ff57,
        0x1008_ff58,
        0x1008_ff6d,
        0x1008_ff97,
    ];
    let map = stage.control.get_keyboard_mapping(8, 248).expect("sent");
    let before = map.reply().expect("a reply").keysyms;
    for symbol in plain.into_iter().chain(media) {
        stage.tap(symbol);
        assert_eq!(stage.presses(1)[0].1, symbol, "{symbol:#x}");
    }
    let map = stage.control.get_keyboard_mapping(8, 248).expect("sent");
    assert!(
        map.reply().expect("a reply").keysyms == before,
        "none of them needed a spare key"
    );
    // Keyboards call it differently.
    for (asked, named) in [(0x1008_ff29, 0x1008_ff73), (0x1008_ff28, key::Cancel)] {
        stage.tap(asked);
        assert_eq!(stage.presses(1)[0].1, named);
    }
    // Alt and Print is the request of the kernel's magic key; to X it is a key.
    stage.down(key::Alt_L);
    stage.tap(key::Print);
    let (code, _, state) = stage.presses(1)[0];
    assert_eq!((code, state), (107, ALT));
    stage.up(key::Alt_L);
    stage.all();
    assert_eq!(stage.keys_down(), []);
}

#[test]
fn the_keypad_writes_what_it_says_whatever_num_lock_does() {
    let keypad = [
        (key::KP_0, '0'),
        (key::KP_7, '7'),
        (key::KP_Decimal, '.'),
        (key::KP_Separator, ','),
        (key::KP_Add, '+'),
        (key::KP_Subtract, '-'),
        (key::KP_Multiply, '*'),
        (key::KP_Divide, '/'),
        (key::KP_Equal, '='),
    ];
    let layouts: &[&str] = if full() {
        &["us", "de", "fr", "ru"]
    } else {
        &["de"]
    };
    for layout in layouts {
        let Some(mut stage) = Stage::set(layout) else {
            return;
        };
        for locked in [ModMask::from(0_u16), ModMask::M2, ModMask::LOCK] {
            lock(&mut stage, locked);
            for (symbol, character) in keypad {
                stage.tap(symbol);
                stage.catch_up();
                assert_eq!(stage.presses(1)[0].1, keysym(character), "{layout}");
            }
            for (symbol, main) in [
                (key::KP_Home, key::Home),
                (key::KP_Left, key::Left),
                (key::KP_Delete, key::Delete),
                (key::KP_Enter, key::Return),
            ] {
                stage.tap(symbol);
                assert_eq!(stage.presses(1)[0].1, main, "{layout}");
            }
        }
    }
}
