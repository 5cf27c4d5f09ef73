use super::super::keymap::tests::{group, key};
use super::*;

fn keyboard(spares: u8) -> Keymap {
    Keymap::new(10, (0..spares).map(|_| key(vec![])).collect())
}

fn pool(spares: u8) -> Pool {
    let mut pool = Pool::default();
    pool.adopt(&keyboard(spares));
    pool
}

fn symbol(number: u32) -> Symbol {
    Symbol::of(char::from_u32(0x4e00 + number).expect("a character"))
}

fn free(_: Keycode, _: Option<Symbol>) -> bool {
    false
}

#[test]
fn all_keys_but_one_are_lent_before_one_changes_its_meaning() {
    let mut pool = pool(4);
    let start = Instant::now();
    let lent: Vec<_> = (0..3)
        .map(|number| pool.lend(symbol(number), start, free))
        .collect();
    assert_eq!(lent, [10, 11, 12].map(|code| Loan::Key(Keycode(code))));
    pool.pressed(Keycode(10), start);
    assert_eq!(
        pool.lend(symbol(3), start, free),
        Loan::Key(Keycode(11)),
        "the oldest"
    );
    assert_eq!(pool.blank(), Some(Keycode(13)));
}

#[test]
fn a_key_is_settled_ten_milliseconds_after_it_was_lent() {
    let mut pool = pool(1);
    let start = Instant::now();
    pool.lend(symbol(0), start, free);
    assert_eq!(pool.unsettled(Keycode(10), start), Some(start + SETTLE));
    assert_eq!(pool.unsettled(Keycode(10), start + SETTLE), None);
    assert_eq!(pool.unsettled(Keycode(99), start), None);
}

#[test]
fn a_pressed_key_keeps_its_meaning_for_a_while() {
    let mut pool = pool(1);
    let start = Instant::now();
    pool.lend(symbol(0), start, free);
    pool.pressed(Keycode(10), start);
    assert_eq!(
        pool.lend(symbol(1), start, free),
        Loan::Later(start + GRACE)
    );
    assert_eq!(
        pool.lend(symbol(1), start + GRACE, free),
        Loan::Key(Keycode(10))
    );
}

#[test]
fn busy_keys_are_never_lent() {
    let mut pool = pool(3);
    let now = Instant::now();
    let loan = pool.lend(symbol(0), now, |code, _| code == Keycode(10));
    assert_eq!(loan, Loan::Key(Keycode(11)));
    assert_eq!(pool.lend(symbol(1), now, |_, _| true), Loan::AllBusy);
    let awaited = |_, meaning| meaning == Some(symbol(0));
    assert_eq!(pool.lend(symbol(1), now, awaited), Loan::Key(Keycode(10)));
}

#[test]
fn a_keyboard_without_spare_keys_lends_none() {
    assert_eq!(pool(0).lend(symbol(0), Instant::now(), free), Loan::AllBusy);
}

#[test]
fn a_map_read_again_keeps_the_order_and_forgets_what_others_changed() {
    let mut pool = pool(4);
    let now = Instant::now();
    for number in 0..3 {
        pool.lend(symbol(number), now, free);
    }
    let lent = |number| key(vec![group(&[Some(symbol(number))])]);
    let plain = key(vec![group(&[Some(Symbol::of('a')), Some(Symbol::of('A'))])]);
    pool.adopt(&Keymap::new(10, vec![lent(0), plain, key(vec![])]));
    assert_eq!(pool.blank(), Some(Keycode(12)), "it was emptied");
    assert!(!pool.has(Keycode(11)), "a layout has it now");
    assert_eq!(pool.lend(symbol(8), now, free), Loan::Key(Keycode(10)));
}

#[test]
fn keys_lent_by_a_process_that_died_are_taken_over() {
    let mut pool = Pool::default();
    pool.adopt(&Keymap::new(
        10,
        vec![
            key(vec![group(&[Some(symbol(5)); 2])]),
            key(vec![]),
            key(vec![]),
        ],
    ));
    let now = Instant::now();
    assert_eq!(pool.lend(symbol(0), now, free), Loan::Key(Keycode(11)));
    assert_eq!(pool.lend(symbol(1), now, free), Loan::Key(Keycode(10)));
}

#[test]
fn ten_thousand_symbols_need_no_more_keys_than_there_are() {
    let mut pool = pool(19);
    let mut now = Instant::now();
    for number in 0..10_000 {
        match pool.lend(symbol(number), now, free) {
            Loan::Key(code) => pool.pressed(code, now),
            Loan::Later(then) => now = then,
            Loan::AllBusy => panic!("none is busy"),
        }
    }
    assert_eq!(pool.spares.len(), 19);
}
