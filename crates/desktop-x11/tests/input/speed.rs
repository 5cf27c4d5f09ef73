//! Typing for long, at the speed of hands.

use std::time::{Duration, Instant};

use selkies_testkit::full;

use super::app::{Stage, keysym};
use super::keys::{Random, everything};

/// Types random characters at a rate, each key held for half of the time until the next one or,
/// now and then, a little longer than that, and reads them back.
fn types_at_random(layout: &str, count: usize, rate: u32, seed: u64) {
    let Some(mut stage) = Stage::set(layout) else {
        return;
    };
    let mut random = Random::new(seed);
    let known: Vec<char> = everything().chars().collect();
    let mut text = String::new();
    let half = Duration::from_secs(1) / rate / 2;
    let mut due = Instant::now();
    let mut held = None;
    for _ in 0..count {
        // Half of them are ASCII, as in most texts; some are on no keyboard at all.
        let character = match random.below(8) {
            0..4 => known[random.below(95)],
            4..7 => known[random.below(known.len())],
            _ => char::from_u32(0x4e00 + random.below(20_000) as u32).expect("a character"),
        };
        text.push(character);
        // A key that is down cannot be pressed; it can be up later than the next one is down.
        if held == Some(keysym(character)) {
            stage.up(keysym(character));
        }
        stage.down(keysym(character));
        if let Some(held) = held.take().filter(|held| *held != keysym(character)) {
            stage.up(held);
        }
        due += half;
        stage.serve_until(due);
        if random.below(4) == 0 {
            held = Some(keysym(character));
        } else {
            stage.up(keysym(character));
        }
        due += half;
        stage.serve_until(due);
    }
    if let Some(held) = held {
        stage.up(held);
    }
    stage.catch_up();
    let typed: String = stage
        .presses(count)
        .into_iter()
        .map(|(_, symbol, _)| {
            xkeysym::Keysym::new(symbol)
                .key_char()
                .unwrap_or('\u{fffd}')
        })
        .collect();
    assert_eq!(typed, text, "{layout}, seed {seed}");
    let rest = stage.all();
    assert_eq!(stage.keys_down(), [], "{layout}, seed {seed}: {rest:?}");
}

#[test]
fn three_hundred_random_characters_in_five_seconds_are_all_right() {
    types_at_random("us", 300, 60, u64::from(std::process::id()));
}

#[test]
fn ten_times_a_thousand_random_characters_at_fifteen_a_second_are_all_right() {
    if !full() {
        return;
    }
    std::thread::scope(|scope| {
        for (seed, layout) in (1..).zip(["us", "de", "fr", "ru", "us,ru"].repeat(2)) {
            scope.spawn(move || types_at_random(layout, 1000, 15, seed));
        }
    });
}
