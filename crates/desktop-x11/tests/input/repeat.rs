//! Held keys repeat, as long as somebody is known to hold them.

use std::time::{Duration, Instant};

use selkies_desktop::{InputEvent, Keysym};
use xkeysym::key;

use super::app::{Stage, keysym};

#[test]
fn a_held_key_repeats_with_its_own_symbol() {
    let Some(mut stage) = Stage::set_repeating("us", 100, 20) else {
        return;
    };
    // One that Shift is added for, one that Shift is lifted for, and one on a spare key.
    for (held, symbol) in [(None, 'A'), (Some(key::Shift_L), '1'), (None, '漢')] {
        if let Some(held) = held {
            stage.down(held);
        }
        stage.down(keysym(symbol));
        stage.catch_up();
        let presses = stage.presses(4);
        assert!(
            presses
                .iter()
                .all(|(_, keysym_, _)| *keysym_ == keysym(symbol)),
            "{presses:?}"
        );
        stage.up(keysym(symbol));
        stage.inject(InputEvent::ReleaseKeys);
        stage.all();
    }
}

#[test]
fn a_paused_repeat_ends_while_the_key_stays_down_and_goes_on_when_it_may() {
    let Some(mut stage) = Stage::set_repeating("us", 100, 20) else {
        return;
    };
    for symbol in ['a', 'A', '漢'] {
        let held = Keysym(keysym(symbol));
        let is_it = |presses: &[(u8, u32, u16)]| presses.iter().all(|(_, seen, _)| *seen == held.0);
        stage.inject(InputEvent::KeyDown(held));
        stage.catch_up();
        assert!(is_it(&stage.presses(4)));
        stage.inject(InputEvent::PauseRepeat(held));
        stage.all();
        let code = stage.keys_down();
        let still = stage.lasts(Duration::from_millis(300));
        assert_eq!(still, [], "{symbol} is paused");
        assert_eq!(stage.keys_down(), code, "{symbol} stays down");
        stage.inject(InputEvent::ResumeRepeat(held));
        assert!(is_it(&stage.presses(4)), "{symbol} repeats again");
        // What the viewer does next is as if nothing had been.
        stage.inject(InputEvent::PauseRepeat(held));
        stage.all();
        stage.inject(InputEvent::KeyUp(held));
        stage.all();
        assert_eq!(stage.keys_down(), []);
        let text = "bB漢";
        assert_eq!(stage.types(text), text);
        stage.all();
    }
}

#[test]
fn only_the_key_that_repeats_can_be_paused() {
    let Some(mut stage) = Stage::set_repeating("us", 100, 20) else {
        return;
    };
    let [old, new] = [keysym('a'), keysym('b')];
    stage.down(old);
    stage.down(key::Shift_L);
    stage.inject(InputEvent::PauseRepeat(Keysym(key::Shift_L)));
    stage.inject(InputEvent::PauseRepeat(Keysym(keysym('z'))));
    stage.presses(1);
    let capitals = stage.presses(4);
    assert!(capitals.iter().all(|(_, seen, _)| *seen == keysym('A')));
    stage.up(key::Shift_L);
    stage.down(new);
    stage.inject(InputEvent::PauseRepeat(Keysym(old)));
    stage.inject(InputEvent::ResumeRepeat(Keysym(old)));
    stage.all();
    assert!(stage.presses(4).iter().all(|(_, seen, _)| *seen == new));
    stage.inject(InputEvent::ReleaseKeys);
    stage.all();
    assert_eq!(stage.lasts(Duration::from_millis(300)), []);
}

#[test]
fn a_held_key_repeats_at_the_servers_own_rate() {
    for (delay, interval) in [(100, 20), (300, 50)] {
        let Some(mut stage) = Stage::set_repeating("us", delay, interval) else {
            return;
        };
        let pressed = Instant::now();
        stage.down(keysym('a'));
        stage.presses(2);
        let first = pressed.elapsed();
        // The server counts whole milliseconds.
        assert!(first > Duration::from_millis(delay - 2), "{first:?}");
        stage.presses(10);
        let rest = pressed.elapsed();
        // Half of the intervals: a server that was held up makes up for it.
        let least = Duration::from_millis(delay + 5 * interval);
        assert!(rest >= least, "{rest:?}");
    }
}
