//! Which key to press for a symbol, and what has to happen to the modifiers meanwhile.

use super::keymap::{Keycode, Keymap, Mods, Place};
use super::latin::{is_other_script, same_place};
use super::symbol::Symbol;

/// The keyboard as it stands.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Standing {
    /// The modifiers in force.
    pub(super) mods: Mods,
    /// Those of them that end when keys go up which we hold.
    pub(super) liftable: Mods,
    /// The group in force.
    pub(super) group: u8,
}

/// A key and the circumstances in which it means what is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Way {
    pub(super) code: Keycode,
    /// The group the keyboard has to be in.
    pub(super) group: u8,
    /// Modifiers to hold as well.
    pub(super) add: Mods,
    /// Modifiers to let go of.
    pub(super) lift: Mods,
}

impl Way {
    const fn plain(code: Keycode, group: u8) -> Self {
        Self {
            code,
            group,
            add: Mods::NONE,
            lift: Mods::NONE,
        }
    }
}

/// The way to a symbol that changes least. `None`: no key means it in these circumstances.
///
/// With a modifier of commands down the modifiers stay as they are, because `Ctrl+Shift+T` is a
/// key with Control and Shift rather than the letter that Shift selects.
pub(super) fn way(map: &Keymap, symbol: Symbol, now: Standing) -> Option<Way> {
    if symbol.is_modifier() || map.places(symbol).is_empty() {
        let found = plain(map, symbol, now).or_else(|| plain(map, symbol.stand_in()?, now));
        if symbol.is_modifier() || found.is_some() {
            return found;
        }
    }
    // `Shift+Tab` and `Alt+Print` are keys with Shift and Alt, whatever those make of the symbol.
    let key = (!symbol.writes())
        .then(|| plain(map, symbol, now))
        .flatten();
    if key.is_some() {
        return key;
    }
    if (now.mods & map.commands()).is_empty() {
        return writing(map, symbol, now);
    }
    match meant(map, symbol, now) {
        meant if meant != symbol => command(map, meant, now),
        symbol if symbol.character().is_some_and(is_other_script) => {
            latin(map, symbol, now).or_else(|| command(map, symbol, now))
        }
        symbol => command(map, symbol, now),
    }
}

/// What the viewer wants: for a command with a letter of another script the Latin one at the same
/// place, unless a key has both.
pub(super) fn meant(map: &Keymap, symbol: Symbol, now: Standing) -> Symbol {
    let letter = symbol.character().filter(|letter| is_other_script(*letter));
    let Some(letter) = letter.filter(|_| !(now.mods & map.commands()).is_empty()) else {
        return symbol;
    };
    if latin(map, symbol, now).is_some() {
        return symbol;
    }
    same_place(letter).map_or(symbol, Symbol::of)
}

/// A key that has the symbol first, whatever modifiers are held.
fn plain(map: &Keymap, symbol: Symbol, now: Standing) -> Option<Way> {
    let firsts = map.places(symbol).iter().filter(|place| place.level == 0);
    // Consoles are the business of who sits at the machine, and programs would not hear of it.
    let firsts = firsts.filter(|place| !switches_console(map, place, now.mods));
    let best = firsts.min_by_key(|place| (!reached(map, place, now.group), place.code))?;
    Some(Way::plain(best.code, group_for(map, best, now.group)))
}

fn command(map: &Keymap, symbol: Symbol, now: Standing) -> Option<Way> {
    let places = map.places(symbol).iter();
    let places = places.filter(|place| !switches_console(map, place, now.mods));
    let best = places.min_by_key(|place| {
        let shown = level(map, place, now.mods) == Some(place.level);
        (
            !reached(map, place, now.group),
            !shown,
            place.level,
            place.code,
        )
    })?;
    Some(Way::plain(best.code, group_for(map, best, now.group)))
}

/// The key that has a letter of another script and, in another group, a Latin one.
fn latin(map: &Keymap, symbol: Symbol, now: Standing) -> Option<Way> {
    map.places(symbol).iter().find_map(|place| {
        let groups = map.key(place.code)?.groups.iter().zip(0..);
        let mut latin = groups.filter(|(group, _)| {
            let first = group.symbols.first().copied().flatten();
            first
                .and_then(Symbol::character)
                .is_some_and(|first| first.is_ascii())
        });
        let (_, group) = latin.next()?;
        let place = Place { group, ..*place };
        Some(Way::plain(place.code, group_for(map, &place, now.group)))
    })
}

fn writing(map: &Keymap, symbol: Symbol, now: Standing) -> Option<Way> {
    let ways = map
        .places(symbol)
        .iter()
        .flat_map(|place| to_place(map, place, now));
    ways.min_by_key(|(way, level)| {
        let changes = way.add.count() + way.lift.count();
        (way.group != now.group, changes, *level, way.code)
    })
    .map(|(way, _)| way)
}

fn to_place(map: &Keymap, place: &Place, now: Standing) -> Vec<(Way, u8)> {
    let group = group_for(map, place, now.group);
    let Some(kind) = map
        .key(place.code)
        .and_then(|key| key.groups.get(usize::from(place.group)))
        .map(|group| &group.kind)
    else {
        return Vec::new();
    };
    let counting = now.mods & kind.mods;
    // Combinations that the type does not list select the first level too, such as NumLock alone.
    let as_it_is = (kind.level(now.mods) == place.level).then_some(counting);
    let ways = as_it_is.into_iter().chain(kind.ways(place.level));
    ways.filter_map(|wanted| {
        let way = Way {
            code: place.code,
            group,
            add: wanted & !now.mods,
            lift: counting & !wanted,
        };
        let addable = (way.add & map.commands()).is_empty()
            && way.add.each().all(|one| map.shifter(one, group).is_some());
        (addable && now.liftable.has(way.lift)).then_some((way, place.level))
    })
    .collect()
}

fn switches_console(map: &Keymap, place: &Place, mods: Mods) -> bool {
    let key = map.key(place.code);
    let group = key.and_then(|key| key.groups.get(usize::from(place.group)));
    group.is_some_and(|group| group.consoles.contains(&group.kind.level(mods)))
}

fn level(map: &Keymap, place: &Place, mods: Mods) -> Option<u8> {
    let group = map.key(place.code)?.groups.get(usize::from(place.group))?;
    Some(group.kind.level(mods))
}

/// Whether a key shows the group of this place while the keyboard is in `group`.
fn reached(map: &Keymap, place: &Place, group: u8) -> bool {
    map.key(place.code)
        .is_some_and(|key| key.group(group) == place.group)
}

/// The group the keyboard has to be in to reach a place: the present one if that will do.
fn group_for(map: &Keymap, place: &Place, group: u8) -> u8 {
    if reached(map, place, group) {
        group
    } else {
        place.group
    }
}

#[cfg(test)]
mod tests;
