//! Every symbol of every layout comes out on every other one.

use std::collections::BTreeSet;

use selkies_testkit::{XServer, full};
use x11rb::protocol::xkb::{ConnectionExt as _, Group, ID};
use x11rb::protocol::xproto::ModMask;
use x11rb::rust_connection::RustConnection;

use super::app::{SCREEN, Stage, fetch, keysym, set_layout};
use super::keys::everything;

/// The keyboards that `make test` types on, and whose symbols it types.
const FEW: [&str; 5] = ["us", "de", "fr", "ru", "gr"];

/// The others of `make test-full`.
const OTHERS: [&str; 19] = [
    "gb", "be", "ch", "ch(fr)", "es", "it", "br", "pt", "se", "no", "pl", "cz", "hu", "tr", "ua",
    "jp", "kr", "ca", "us(intl)",
];

pub(crate) fn layouts() -> Vec<&'static str> {
    let others = OTHERS.iter().filter(|_| full());
    FEW.iter().chain(others).copied().collect()
}

/// What the keys of these layouts write, dead keys included, as the X server's own tables say:
/// plain, with Shift, with AltGr, with both. `None`: a program is missing.
fn symbols_of(layouts: &[&str]) -> Option<BTreeSet<u32>> {
    let server = XServer::start(SCREEN, &[])?;
    let (connection, _) =
        RustConnection::connect(Some(server.display())).expect("the server is there");
    let xkb = connection.xkb_use_extension(1, 0).expect("sent");
    assert!(xkb.reply().expect("a reply").supported);
    let mut symbols = BTreeSet::new();
    for layout in layouts {
        set_layout(&server, layout)?;
        let keys = fetch(&connection).map.syms_rtrn.expect("symbols");
        let written = keys.iter().flat_map(|key| {
            // The keypad's keys write nothing of their own.
            key.syms.iter().copied().filter(|symbol| writes(*symbol))
        });
        let before = symbols.len();
        symbols.extend(written.map(canonical));
        assert!(symbols.len() >= 90.max(before), "{layout} is a keyboard");
    }
    Some(symbols)
}

fn writes(symbol: u32) -> bool {
    let dead = matches!(symbol, 0xfe50..=0xfe6f | 0xfe80..=0xfe93);
    let character = xkeysym::Keysym::new(symbol).key_char();
    dead || !matches!(symbol, 0xff00..=0xffff) && character.is_some_and(|c| !c.is_control())
}

/// As a page would ask for it.
fn canonical(symbol: u32) -> u32 {
    let character = xkeysym::Keysym::new(symbol).key_char();
    character.map_or(symbol, keysym)
}

/// Types all `symbols` and compares what a program sees, symbol by symbol.
fn comes_out(stage: &mut Stage, symbols: &[u32], circumstances: &str) {
    for symbol in symbols {
        stage.tap(*symbol);
    }
    stage.catch_up();
    let presses = stage.presses(symbols.len());
    let wrong: Vec<_> = symbols
        .iter()
        .zip(&presses)
        .filter(|(symbol, (_, seen, _))| canonical(*seen) != **symbol)
        .map(|(symbol, (code, seen, state))| {
            format!("{symbol:#x} came as {seen:#x} from key {code} in state {state:#x}")
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "{circumstances}: {} of {} are wrong: {wrong:#?}",
        wrong.len(),
        symbols.len()
    );
    stage.all();
    assert_eq!(stage.keys_down(), [], "{circumstances}");
}

pub(crate) fn all_that_is_typed() -> Option<Vec<u32>> {
    let mut symbols = symbols_of(&layouts())?;
    symbols.extend(everything().chars().map(keysym));
    Some(symbols.into_iter().collect())
}

fn types_every_layout_on(layout: &str) {
    let (Some(symbols), Some(mut stage)) = (all_that_is_typed(), Stage::set(layout)) else {
        return;
    };
    comes_out(&mut stage, &symbols, layout);
}

#[test]
fn every_layouts_symbols_come_out_on_a_us_keyboard() {
    types_every_layout_on("us");
}

#[test]
fn every_layouts_symbols_come_out_on_a_german_keyboard() {
    types_every_layout_on("de");
}

#[test]
fn every_layouts_symbols_come_out_on_a_french_keyboard() {
    types_every_layout_on("fr");
}

#[test]
fn every_layouts_symbols_come_out_on_a_russian_keyboard() {
    types_every_layout_on("ru");
}

#[test]
fn every_layouts_symbols_come_out_on_a_greek_keyboard() {
    types_every_layout_on("gr");
}

#[test]
fn every_layouts_symbols_come_out_on_every_other_keyboard() {
    if full() {
        OTHERS
            .iter()
            .for_each(|layout| types_every_layout_on(layout));
    }
}

#[test]
fn every_layouts_symbols_come_out_while_the_second_of_two_layouts_is_on() {
    let (Some(symbols), Some(mut stage)) = (all_that_is_typed(), Stage::set("us,ru")) else {
        return;
    };
    lock_group(&mut stage, Group::M2);
    comes_out(&mut stage, &symbols, "us,ru in the second group");
    assert_eq!(locked_group(&stage), Group::M2, "it is on again");
    // The key that a person switches layouts with.
    let Some(mut stage) = Stage::set("us,de,gr") else {
        return;
    };
    let text: Vec<_> = "yzYZ?/äωςß@€ё".chars().map(keysym).collect();
    for group in [Group::M1, Group::M2, Group::M3, Group::M1] {
        lock_group(&mut stage, group);
        comes_out(&mut stage, &text, "us,de,gr");
        assert_eq!(locked_group(&stage), group);
    }
}

#[test]
fn every_layouts_symbols_come_out_whatever_is_locked() {
    let (Some(symbols), Some(mut stage)) = (all_that_is_typed(), Stage::set("de")) else {
        return;
    };
    let few: Vec<_> = symbols.iter().copied().step_by(7).collect();
    for locked in [ModMask::LOCK, ModMask::M2, ModMask::LOCK | ModMask::M2] {
        lock(&mut stage, locked);
        comes_out(&mut stage, &few, "Caps Lock, Num Lock");
    }
    // Where keys for other levels are locked there is no way but spare keys.
    for locked in [ModMask::SHIFT, ModMask::M5, ModMask::SHIFT | ModMask::M5] {
        lock(&mut stage, locked);
        comes_out(&mut stage, &few, "Shift or AltGr locked");
    }
}

#[test]
fn every_layouts_symbols_come_out_while_the_layout_changes() {
    let (Some(symbols), Some(mut stage)) = (all_that_is_typed(), Stage::set("us")) else {
        return;
    };
    let share = symbols.len().div_ceil(layouts().len());
    for (symbols, layout) in symbols.chunks(share).zip(layouts()) {
        comes_out(&mut stage, symbols, "before a change");
        stage.set_layout(layout);
        comes_out(&mut stage, symbols, layout);
    }
}

pub(crate) fn lock(stage: &mut Stage, mods: ModMask) {
    latch_lock(stage, mods, None);
    assert_eq!(stage.locked_mods(), u16::from(mods));
}

fn lock_group(stage: &mut Stage, group: Group) {
    latch_lock(stage, ModMask::from(0_u16), Some(group));
    assert_eq!(locked_group(stage), group);
}

fn latch_lock(stage: &mut Stage, mods: ModMask, group: Option<Group>) {
    let none = ModMask::from(0_u16);
    let all = ModMask::from(0xff_u16);
    let affected = if group.is_some() { none } else { all };
    stage.uses_xkb();
    stage
        .control
        .xkb_latch_lock_state(
            ID::USE_CORE_KBD.into(),
            affected,
            mods,
            group.is_some(),
            group.unwrap_or(Group::M1),
            none,
            false,
            0,
        )
        .expect("sent");
    stage.settle();
}

fn locked_group(stage: &Stage) -> Group {
    stage.uses_xkb();
    let state = stage.control.xkb_get_state(ID::USE_CORE_KBD.into());
    let state = state.expect("sent").reply().expect("a reply");
    state.locked_group
}
