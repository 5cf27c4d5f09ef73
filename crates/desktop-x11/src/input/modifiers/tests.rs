use xkeysym::key;

use super::super::keymap::Key;
use super::super::keymap::tests::{group, key as with_groups, letters, modifier};
use super::*;

const CONTROL: Mods = Mods(4);
const ALTGR: Mods = Mods(0x80);

/// Shift, Control and AltGr at 10 to 12, then the given keys.
fn keyboard(keys: Vec<Key>) -> Keymap {
    let mut all = vec![
        modifier(key::Shift_L, 1),
        modifier(key::Control_L, 4),
        modifier(key::ISO_Level3_Shift, 0x80),
    ];
    all.extend(keys);
    Keymap::new(10, all)
}

fn with(mods: Mods) -> Standing {
    Standing {
        mods,
        liftable: mods,
        group: 0,
    }
}

fn pressed(code: u8, add: Mods, lift: Mods) -> Option<Way> {
    Some(Way {
        code: Keycode(code),
        group: 0,
        add,
        lift,
    })
}

fn two_scripts() -> Key {
    let symbols = |text: &str| {
        text.chars()
            .map(|c| Some(Symbol::of(c)))
            .collect::<Vec<_>>()
    };
    with_groups(vec![group(&symbols("cC")), group(&symbols("сС"))])
}

#[test]
fn modifiers_are_added_that_are_missing() {
    let map = keyboard(vec![letters("qQ@Ω")]);
    let none = with(Mods::NONE);
    assert_eq!(
        way(&map, Symbol::of('q'), none),
        pressed(13, Mods::NONE, Mods::NONE)
    );
    assert_eq!(
        way(&map, Symbol::of('Q'), none),
        pressed(13, Mods::SHIFT, Mods::NONE)
    );
    assert_eq!(
        way(&map, Symbol::of('@'), none),
        pressed(13, ALTGR, Mods::NONE)
    );
    assert_eq!(
        way(&map, Symbol::of('Ω'), none),
        pressed(13, ALTGR | Mods::SHIFT, Mods::NONE)
    );
    assert_eq!(way(&map, Symbol::of('é'), none), None);
}

#[test]
fn modifiers_are_lifted_that_are_in_the_way() {
    let map = keyboard(vec![letters("qQ@Ω"), letters("1!")]);
    let shift = with(Mods::SHIFT);
    assert_eq!(
        way(&map, Symbol::of('1'), shift),
        pressed(14, Mods::NONE, Mods::SHIFT)
    );
    assert_eq!(
        way(&map, Symbol::of('@'), shift),
        pressed(13, ALTGR, Mods::SHIFT)
    );
    assert_eq!(
        way(&map, Symbol::of('!'), shift),
        pressed(14, Mods::NONE, Mods::NONE)
    );
    let altgr = with(ALTGR);
    assert_eq!(
        way(&map, Symbol::of('1'), altgr),
        pressed(14, Mods::NONE, Mods::NONE)
    );
    assert_eq!(
        way(&map, Symbol::of('q'), altgr),
        pressed(13, Mods::NONE, ALTGR)
    );
}

#[test]
fn what_cannot_be_lifted_or_added_is_no_way() {
    let map = keyboard(vec![letters("1!")]);
    let stuck = Standing {
        mods: Mods::SHIFT,
        ..Standing::default()
    };
    assert_eq!(way(&map, Symbol::of('1'), stuck), None);
    let bare = Keymap::new(10, vec![letters("1!")]);
    assert_eq!(way(&bare, Symbol::of('!'), with(Mods::NONE)), None);
}

#[test]
fn the_way_with_the_fewest_changes_wins() {
    let map = keyboard(vec![letters("aé"), letters("é")]);
    assert_eq!(
        way(&map, Symbol::of('é'), with(Mods::NONE)),
        pressed(14, Mods::NONE, Mods::NONE)
    );
}

#[test]
fn commands_keep_the_modifiers_as_they_are() {
    let map = keyboard(vec![letters("tT"), letters("7/")]);
    for mods in [CONTROL, CONTROL | Mods::SHIFT] {
        assert_eq!(
            way(&map, Symbol::of('T'), with(mods)),
            pressed(13, Mods::NONE, Mods::NONE)
        );
        assert_eq!(
            way(&map, Symbol::of('/'), with(mods)),
            pressed(14, Mods::NONE, Mods::NONE)
        );
    }
}

#[test]
fn keys_that_write_nothing_keep_the_modifiers_too() {
    let tab = group(&[Symbol::in_map(key::Tab), Symbol::in_map(key::ISO_Left_Tab)]);
    let map = keyboard(vec![with_groups(vec![tab])]);
    let tab = Symbol::in_map(key::Tab).expect("a symbol");
    assert_eq!(
        way(&map, tab, with(Mods::SHIFT)),
        pressed(13, Mods::NONE, Mods::NONE)
    );
    let back = Symbol::in_map(key::ISO_Left_Tab).expect("a symbol");
    assert_eq!(
        way(&map, back, with(Mods::NONE)),
        pressed(13, Mods::SHIFT, Mods::NONE)
    );
}

#[test]
fn a_modifier_is_pressed_where_it_comes_first_or_by_its_stand_in() {
    let alt = group(&[Symbol::in_map(key::Alt_L), Symbol::in_map(key::Meta_L)]);
    let map = keyboard(vec![with_groups(vec![alt])]);
    let meta = Symbol::in_map(key::Meta_L).expect("a symbol");
    assert_eq!(
        way(&map, meta, with(Mods::NONE)),
        pressed(13, Mods::NONE, Mods::NONE)
    );
    let right = Symbol::in_map(key::Shift_R).expect("a symbol");
    assert_eq!(
        way(&map, right, with(CONTROL)),
        pressed(10, Mods::NONE, Mods::NONE)
    );
    let caps = Symbol::in_map(key::Caps_Lock).expect("a symbol");
    assert_eq!(way(&map, caps, with(Mods::NONE)), None);
}

#[test]
fn another_group_is_used_when_the_present_one_lacks_the_symbol() {
    let map = keyboard(vec![two_scripts()]);
    let found = way(&map, Symbol::of('С'), with(Mods::NONE)).expect("it is there");
    assert_eq!((found.group, found.add), (1, Mods::SHIFT));
    let there = Standing {
        group: 1,
        ..Standing::default()
    };
    assert_eq!(
        way(&map, Symbol::of('с'), there).map(|way| way.group),
        Some(1)
    );
    assert_eq!(
        way(&map, Symbol::of('c'), there).map(|way| way.group),
        Some(0)
    );
}

#[test]
fn commands_in_another_script_are_those_of_the_latin_key() {
    let map = keyboard(vec![two_scripts()]);
    for group in [0, 1] {
        let standing = Standing {
            group,
            ..with(CONTROL)
        };
        let found = way(&map, Symbol::of('с'), standing).expect("it is there");
        assert_eq!((found.code, found.group), (Keycode(13), 0));
    }
    let latin = keyboard(vec![letters("cC")]);
    for letter in ['с', 'С', 'ψ', 'ב'] {
        assert_eq!(
            way(&latin, Symbol::of(letter), with(CONTROL)),
            pressed(13, Mods::NONE, Mods::NONE)
        );
    }
    let russian = keyboard(vec![letters("сС")]);
    assert_eq!(way(&russian, Symbol::of('с'), with(CONTROL)), None);
    assert_eq!(
        meant(&russian, Symbol::of('с'), with(CONTROL)),
        Symbol::of('c'),
        "which a spare key may get"
    );
    assert_eq!(
        meant(&russian, Symbol::of('с'), with(Mods::SHIFT)),
        Symbol::of('с')
    );
}
