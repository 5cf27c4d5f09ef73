//! The server's keyboard as a table: which key means what, and which modifiers that needs.
//!
//! A key has up to four groups (layouts), each of a type; the type says which modifiers select
//! which level, and a level holds a symbol (X Keyboard Extension, protocol specification, 2.2).

use std::collections::HashMap;
use std::ops::{BitAnd, BitOr, BitOrAssign, Not};

use x11rb::protocol::xkb::{Action, GetMapReply, KeySymMap, SAType};
use x11rb::x11_utils::Serialize;
use xkeysym::key;

use super::symbol::Symbol;

/// A key of the server's keyboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Keycode(pub(super) u8);

/// A set of the eight real modifiers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mods(pub(super) u8);

impl Mods {
    pub(super) const NONE: Self = Self(0);
    pub(super) const SHIFT: Self = Self(1);
    pub(super) const LOCK: Self = Self(2);

    /// Whether it has none.
    pub(super) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether all of `other` are in it.
    pub(super) const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// One by one.
    pub(super) fn each(self) -> impl Iterator<Item = Self> {
        (0..8)
            .map(|bit| Self(1 << bit))
            .filter(move |one| self.has(*one))
    }

    /// How many.
    pub(super) const fn count(self) -> u32 {
        self.0.count_ones()
    }
}

impl BitAnd for Mods {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl BitOr for Mods {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for Mods {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl Not for Mods {
    type Output = Self;
    fn not(self) -> Self {
        Self(!self.0)
    }
}

/// How modifiers select a level.
#[derive(Clone, Debug, Default)]
pub(super) struct KeyType {
    /// The modifiers that count.
    pub(super) mods: Mods,
    /// Which of them, exactly, select which level. All other combinations select the first.
    pub(super) levels: Vec<(Mods, u8)>,
}

impl KeyType {
    /// The level that these modifiers select.
    pub(super) fn level(&self, held: Mods) -> u8 {
        let counting = held & self.mods;
        self.levels
            .iter()
            .find(|(mods, _)| *mods == counting)
            .map_or(0, |(_, level)| *level)
    }

    /// The combinations that select a level.
    pub(super) fn ways(&self, level: u8) -> impl Iterator<Item = Mods> {
        let plain = self.level(Mods::NONE) == level;
        let listed = self.levels.iter();
        let listed = listed.filter(move |(_, other)| *other == level);
        plain
            .then_some(Mods::NONE)
            .into_iter()
            .chain(listed.map(|(mods, _)| *mods))
    }
}

/// What a key does to the modifiers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Effect {
    /// Set while it is down.
    pub(super) sets: Mods,
    /// It does something else that lasts: locks, latches, changes the group, and so on.
    pub(super) lasts: bool,
}

/// One group of one key.
#[derive(Clone, Debug, Default)]
pub(super) struct Group {
    pub(super) kind: KeyType,
    pub(super) symbols: Vec<Option<Symbol>>,
    /// What it does when no modifier is held.
    pub(super) effect: Effect,
    /// The levels at which the server keeps the key to itself and shows another console.
    pub(super) consoles: Vec<u8>,
}

/// One key.
#[derive(Clone, Debug, Default)]
pub(super) struct Key {
    pub(super) groups: Vec<Group>,
    /// What happens to a group the key does not have; see [`Key::group`].
    pub(super) out_of_range: u8,
    /// Whether the server's modifier map lists it.
    pub(super) modifies: bool,
    /// Whether the server does something when it is pressed, with whatever modifiers.
    pub(super) acts: bool,
}

impl Key {
    /// The group it is in while the keyboard is in `group` (X Keyboard Extension, protocol
    /// specification, 7.2.2: wrap, clamp or redirect).
    pub(super) fn group(&self, group: u8) -> u8 {
        let Ok(count @ 1..) = u8::try_from(self.groups.len()) else {
            return 0;
        };
        match self.out_of_range & 0xc0 {
            _ if group < count => group,
            0x40 => count - 1,
            0x80 => Some(self.out_of_range >> 4 & 3)
                .filter(|to| *to < count)
                .unwrap_or(0),
            _ => group % count,
        }
    }

    fn symbols(&self) -> impl Iterator<Item = Option<Symbol>> {
        self.groups
            .iter()
            .flat_map(|group| group.symbols.iter().copied())
    }
}

/// Where a symbol is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) code: Keycode,
    pub(super) group: u8,
    pub(super) level: u8,
}

/// The whole keyboard.
#[derive(Debug, Default)]
pub(super) struct Keymap {
    first: u8,
    keys: Vec<Key>,
    places: HashMap<Symbol, Vec<Place>>,
    commands: Mods,
}

impl Keymap {
    /// Reads the server's answer, which must have types, symbols, actions and the modifier map.
    /// What contradicts itself in it is left out.
    pub(super) fn from_reply(reply: &GetMapReply) -> Self {
        let types: Vec<_> = reply
            .map
            .types_rtrn
            .iter()
            .flatten()
            .map(read_type)
            .collect();
        let mut actions = read_actions(reply);
        let keys = reply
            .map
            .syms_rtrn
            .iter()
            .flatten()
            .zip(u16::from(reply.first_key_sym)..);
        let keys = keys.map(|(symbols, code)| {
            let actions = u8::try_from(code)
                .ok()
                .and_then(|code| actions.remove(&code));
            let modifies = reply.map.modmap_rtrn.iter().flatten();
            let modifies = modifies.filter(|entry| u16::from(entry.mods) != 0);
            let actions = actions.unwrap_or_default();
            let idle = u8::from(SAType::NO_ACTION);
            Key {
                groups: read_groups(symbols, &types, &actions),
                acts: actions.iter().any(|action| kind_of(action) != idle),
                out_of_range: symbols.group_info,
                modifies: modifies
                    .map(|entry| u16::from(entry.keycode))
                    .any(|key| key == code),
            }
        });
        Self::new(reply.first_key_sym, keys.collect())
    }

    /// The keyboard whose first key has the code `first`.
    pub(super) fn new(first: u8, keys: Vec<Key>) -> Self {
        let mut map = Self {
            first,
            keys,
            ..Self::default()
        };
        let mut places: HashMap<_, Vec<_>> = HashMap::new();
        let mut commands = Mods::NONE;
        let mut others = Mods::SHIFT | Mods::LOCK;
        for (code, key) in map.each() {
            for (group, number) in key.groups.iter().zip(0..) {
                for (symbol, level) in group.symbols.iter().zip(0..) {
                    let place = Place {
                        code,
                        group: number,
                        level,
                    };
                    if let Some(symbol) = symbol {
                        places.entry(*symbol).or_default().push(place);
                    }
                }
                match group.symbols.first() {
                    Some(Some(symbol)) if symbol.commands() => commands |= group.effect.sets,
                    Some(Some(symbol)) if symbol.is_modifier() => others |= group.effect.sets,
                    _ => {}
                }
            }
        }
        map.places = places;
        map.commands = commands & !others;
        map
    }

    fn each(&self) -> impl Iterator<Item = (Keycode, &Key)> {
        self.keys
            .iter()
            .zip(self.first..=u8::MAX)
            .map(|(key, code)| (Keycode(code), key))
    }

    /// The key with this code.
    pub(super) fn key(&self, code: Keycode) -> Option<&Key> {
        self.keys.get(usize::from(code.0.checked_sub(self.first)?))
    }

    /// The modifiers that a key sets while it is down and the keyboard is in `group`.
    pub(super) fn sets(&self, code: Keycode, group: u8) -> Mods {
        let key = self.key(code);
        let group = key.and_then(|key| key.groups.get(usize::from(key.group(group))));
        group.map_or(Mods::NONE, |group| group.effect.sets)
    }

    /// The keys whose presses leave modifiers and groups as they are.
    pub(super) fn passive(&self) -> impl Iterator<Item = Keycode> {
        let passive = self.each().filter(|(_, key)| !key.acts && !key.modifies);
        passive.map(|(code, _)| code)
    }

    /// All places of a symbol, by rising code.
    pub(super) fn places(&self, symbol: Symbol) -> &[Place] {
        self.places.get(&symbol).map_or(&[], Vec::as_slice)
    }

    /// The modifiers that make commands of keys: Control, Alt, Super and the like.
    pub(super) const fn commands(&self) -> Mods {
        self.commands
    }

    /// A key that does nothing but hold this one modifier while it is down.
    pub(super) fn shifter(&self, one: Mods, group: u8) -> Option<Keycode> {
        let proper = Symbol::in_map(if one == Mods::SHIFT {
            key::Shift_L
        } else {
            key::ISO_Level3_Shift
        });
        let shifters = self.each().filter(|(_, key)| {
            let group = key.groups.get(usize::from(key.group(group)));
            group.is_some_and(|group| {
                group.effect
                    == Effect {
                        sets: one,
                        lasts: false,
                    }
            })
        });
        let shifters: Vec<_> = shifters.collect();
        let named = shifters
            .iter()
            .find(|(_, key)| key.symbols().next().flatten() == proper);
        named.or(shifters.first()).map(|(code, _)| *code)
    }

    /// The keys that mean nothing, and those that mean nothing but a symbol which they were
    /// `lent` to, as far as we know or as it seems.
    pub(super) fn spares(
        &self,
        lent: impl Fn(Keycode, Symbol) -> bool,
    ) -> impl Iterator<Item = (Keycode, Option<Symbol>)> {
        self.each().filter_map(move |(code, key)| {
            let acts = key
                .groups
                .iter()
                .any(|group| group.effect != Effect::default());
            let symbol = key.symbols().flatten().next();
            let alike = key.groups.len() <= 1 && key.symbols().all(|other| other == symbol);
            let lent = |symbol: Symbol| alike && (symbol.looks_lent() || lent(code, symbol));
            let spare = symbol.is_none_or(lent) && !acts && !key.modifies;
            spare.then_some((code, symbol))
        })
    }
}

fn read_type(reply: &x11rb::protocol::xkb::KeyType) -> KeyType {
    let active = reply.map.iter().filter(|entry| entry.active);
    KeyType {
        mods: real(reply.mods_mask),
        levels: active
            .map(|entry| (real(entry.mods_mask), entry.level))
            .collect(),
    }
}

fn real(mask: x11rb::protocol::xproto::ModMask) -> Mods {
    // The high byte of the mask holds no modifier.
    Mods(u16::from(mask).to_le_bytes()[0])
}

fn read_groups(key: &KeySymMap, types: &[KeyType], actions: &[Action]) -> Vec<Group> {
    let width = usize::from(key.width).max(1);
    let count = usize::from(key.group_info & 0x0f);
    let symbols = key.syms.chunks_exact(width).take(count);
    let groups = symbols.zip(key.kt_index).enumerate();
    groups
        .map(|(number, (symbols, kind))| Group {
            kind: types.get(usize::from(kind)).cloned().unwrap_or_default(),
            symbols: symbols
                .iter()
                .map(|symbol| Symbol::in_map(*symbol))
                .collect(),
            effect: actions
                .get(number * width)
                .map_or_else(Effect::default, read_effect),
            consoles: actions
                .iter()
                .skip(number * width)
                .take(width)
                .zip(0..)
                .filter(|(action, _)| kind_of(action) == u8::from(SAType::SWITCH_SCREEN))
                .map(|(_, level)| level)
                .collect(),
        })
        .collect()
}

fn kind_of(action: &Action) -> u8 {
    let [kind, ..] = action.serialize();
    kind
}

fn read_effect(action: &Action) -> Effect {
    let [kind, _, mods, ..] = action.serialize();
    if kind == u8::from(SAType::SET_MODS) {
        return Effect {
            sets: Mods(mods),
            lasts: false,
        };
    }
    Effect {
        sets: Mods::NONE,
        lasts: kind != u8::from(SAType::NO_ACTION),
    }
}

fn read_actions(reply: &GetMapReply) -> HashMap<u8, Vec<Action>> {
    let Some(listed) = &reply.map.key_actions else {
        return HashMap::new();
    };
    let mut actions = listed.acts_rtrn_acts.iter();
    let counts = listed
        .acts_rtrn_count
        .iter()
        .zip(reply.first_key_action..=u8::MAX);
    counts
        .map(|(count, code)| {
            (
                code,
                actions
                    .by_ref()
                    .take(usize::from(*count))
                    .copied()
                    .collect(),
            )
        })
        .collect()
}

#[cfg(test)]
pub(super) mod tests;
