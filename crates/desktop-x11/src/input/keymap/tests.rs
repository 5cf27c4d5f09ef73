use super::*;

/// A group of a type with as many levels as there are symbols: none, Shift, Mod5, both.
pub(in super::super) fn group(symbols: &[Option<Symbol>]) -> Group {
    let levels = [(0, 0), (1, 1), (0x80, 2), (0x81, 3)];
    let levels: Vec<_> = levels.into_iter().take(symbols.len()).collect();
    Group {
        kind: KeyType {
            mods: Mods(levels.iter().fold(0, |mods, (more, _)| mods | more)),
            levels: levels
                .into_iter()
                .map(|(mods, level)| (Mods(mods), level))
                .collect(),
        },
        symbols: symbols.to_vec(),
        effect: Effect::default(),
        consoles: Vec::new(),
    }
}

pub(in super::super) fn key(groups: Vec<Group>) -> Key {
    Key {
        groups,
        ..Key::default()
    }
}

/// A key that writes these characters, level by level.
pub(in super::super) fn letters(characters: &str) -> Key {
    let symbols: Vec<_> = characters.chars().map(|c| Some(Symbol::of(c))).collect();
    key(vec![group(&symbols)])
}

/// A key that holds modifiers.
pub(in super::super) fn modifier(keysym: u32, sets: u8) -> Key {
    let mut group = group(&[Symbol::in_map(keysym)]);
    group.effect = Effect {
        sets: Mods(sets),
        lasts: false,
    };
    Key {
        groups: vec![group],
        modifies: true,
        ..Key::default()
    }
}

#[test]
fn modifiers_that_do_not_count_do_not_change_the_level() {
    let group = group(&[None; 2]);
    assert_eq!(group.kind.level(Mods(0x80)), 0);
    assert_eq!(group.kind.level(Mods(0x81)), 1);
    assert_eq!(group.kind.ways(0).next(), Some(Mods::NONE));
    assert_eq!(group.kind.ways(1).collect::<Vec<_>>(), [Mods::SHIFT]);
}

#[test]
fn groups_a_key_lacks_are_wrapped_clamped_or_redirected() {
    let mut key = key(vec![Group::default(); 2]);
    assert_eq!(key.group(3), 1);
    assert_eq!(key.group(2), 0);
    key.out_of_range = 0x40;
    assert_eq!(key.group(2), 1);
    key.out_of_range = 0x90;
    assert_eq!(key.group(2), 1);
    key.out_of_range = 0xb0;
    assert_eq!(key.group(2), 0);
    key.groups.clear();
    assert_eq!(key.group(2), 0);
}

#[test]
fn symbols_are_found_in_whatever_spelling() {
    let e_acute = Symbol::in_map(0xe9);
    let map = Keymap::new(10, vec![key(vec![group(&[e_acute])])]);
    let asked = Symbol::asked(selkies_desktop::Keysym(0x0100_00e9)).expect("a symbol");
    let place = Place {
        code: Keycode(10),
        group: 0,
        level: 0,
    };
    assert_eq!(map.places(asked), [place]);
    assert_eq!(map.places(Symbol::of('x')), []);
}

#[test]
fn only_control_alt_and_super_make_commands() {
    let map = Keymap::new(
        10,
        vec![
            modifier(key::Control_L, 4),
            modifier(key::Alt_L, 8),
            modifier(key::Super_L, 0x40),
            modifier(key::ISO_Level3_Shift, 0x80),
            modifier(key::Shift_L, 1),
        ],
    );
    assert_eq!(map.commands(), Mods(0x4c));
    assert_eq!(map.shifter(Mods::SHIFT, 0), Some(Keycode(14)));
    assert_eq!(map.shifter(Mods(0x80), 0), Some(Keycode(13)));
    assert_eq!(map.shifter(Mods(0x20), 0), None);
}

#[test]
fn keys_that_mean_or_do_something_are_no_spares() {
    let lasting = Effect {
        lasts: true,
        ..Effect::default()
    };
    let locking = Group {
        effect: lasting,
        ..group(&[None])
    };
    let listed = Key {
        modifies: true,
        ..Key::default()
    };
    let map = Keymap::new(
        10,
        vec![
            letters("aA"),
            key(vec![]),
            key(vec![group(&[None, None])]),
            key(vec![locking]),
            listed,
            letters("(("),
            letters("漢漢"),
            key(vec![group(&[Symbol::in_map(key::F20)])]),
        ],
    );
    let spares: Vec<_> = map.spares(|_, _| false).map(|(code, _)| code.0).collect();
    assert_eq!(spares, [11, 12, 16]);
    let known = |code, symbol| (code, Some(symbol)) == (Keycode(17), Symbol::in_map(key::F20));
    let spares: Vec<_> = map.spares(known).map(|(code, _)| code.0).collect();
    assert_eq!(spares, [11, 12, 16, 17]);
}
