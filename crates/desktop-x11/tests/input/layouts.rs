//! Every symbol of every layout comes out on every other one.

use std::collections::BTreeSet;

use selkies_testkit::{XServer, full};
use x11rb::protocol::xkb::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;

use super::app::{SCREEN, Stage, fetch, keysym, set_layout};
use super::keys::everything;

/// The keyboards that `make test` types on, and whose symbols it types.
const FEW: [&str; 5] = ["us", "de", "fr", "ru", "gr"];

const ALL: [&str; 24] = [
    "us", "gb", "de", "fr", "be", "ch", "ch(fr)", "es", "it", "br", "pt", "se", "no", "pl", "cz",
    "hu", "tr", "ru", "ua", "gr", "jp", "kr", "us(intl)", "ca",
];

fn layouts() -> &'static [&'static str] {
    if full() { &ALL } else { &FEW }
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

fn all_that_is_typed() -> Option<Vec<u32>> {
    let mut symbols = symbols_of(layouts())?;
    symbols.extend(everything().chars().map(keysym));
    Some(symbols.into_iter().collect())
}

#[test]
fn every_symbol_of_every_layout_comes_out_on_every_layout() {
    let Some(symbols) = all_that_is_typed() else {
        return;
    };
    for layout in layouts() {
        let Some(mut stage) = Stage::set(layout) else {
            return;
        };
        comes_out(&mut stage, &symbols, layout);
    }
}
