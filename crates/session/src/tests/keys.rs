//! Keys, and that none is ever stuck.

use selkies_proto::decode_text;

use super::bench::{Bench, HELLO, NOTHING};
use crate::Input;

#[test]
fn keys_go_down_and_up_as_they_are_said() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    assert_eq!(bench.say(owner, "kd,65505"), ["key 65505 down"]);
    assert_eq!(bench.say(owner, "kd,65"), ["key 65 down"]);
    assert_eq!(bench.say(owner, "ku,65"), ["key 65 up"]);
    assert_eq!(bench.say(owner, "ku,65505"), ["key 65505 up"]);
}

#[test]
fn a_key_is_pressed_once_and_one_that_is_up_is_not_released() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    bench.say(owner, "kd,65");
    assert_eq!(bench.say(owner, "kd,65"), NOTHING);
    bench.say(owner, "ku,65");
    assert_eq!(bench.say(owner, "ku,65"), NOTHING);
    assert_eq!(bench.say(owner, "kh,65"), NOTHING);
}

#[test]
fn without_heartbeats_a_key_stays_down_for_as_long_as_it_takes() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    bench.say(owner, "kd,65");
    assert_eq!(bench.pass(3_600_000), NOTHING);
    assert_eq!(bench.say(owner, "ku,65"), ["key 65 up"]);
}

#[test]
fn with_heartbeats_a_key_that_falls_silent_goes_up_after_two_seconds() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    bench.say(owner, "kd,65");
    bench.say(owner, "kd,66");
    for _ in 0..50 {
        bench.pass(100);
        assert_eq!(bench.say(owner, "kh,65,66"), NOTHING);
    }
    for _ in 0..19 {
        bench.pass(100);
        assert_eq!(bench.say(owner, "kh,65"), NOTHING);
    }
    assert_eq!(bench.pass(100), ["key 66 up"]);
    assert_eq!(bench.pass(200), ["key 65 pauses"]);
    assert_eq!(bench.pass(1700), ["key 65 up"]);
    assert_eq!(bench.say(owner, "ku,65"), NOTHING);
    assert!(bench.is_asleep());
}

#[test]
fn the_first_heartbeat_lets_go_of_what_has_been_silent_for_long() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    bench.say(owner, "kd,65");
    bench.say(owner, "kd,66");
    bench.pass(10_000);
    assert_eq!(bench.say(owner, "kh,66"), ["key 65 up"]);
}

#[test]
fn a_key_whose_heartbeat_is_late_stays_down_but_repeats_no_more_until_the_next_one() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    bench.say(owner, "kd,65505");
    bench.say(owner, "kd,65");
    assert_eq!(bench.say(owner, "kh,65505,65"), NOTHING);
    assert_eq!(bench.pass(299), NOTHING);
    assert_eq!(bench.pass(1), ["key 65 pauses", "key 65505 pauses"]);
    assert_eq!(bench.pass(1000), NOTHING);
    assert_eq!(bench.say(owner, "kh,65"), ["key 65 repeats"]);
    assert_eq!(bench.say(owner, "kh,65"), NOTHING);
    assert_eq!(bench.pass(300), ["key 65 pauses"]);
    assert_eq!(bench.say(owner, "kd,65"), ["key 65 repeats"]);
    assert_eq!(bench.say(owner, "ku,65"), ["key 65 up"]);
    assert_eq!(bench.pass(400), ["key 65505 up"]);
    assert!(bench.is_asleep());
}

#[test]
fn a_key_that_two_hold_repeats_while_one_of_them_says_so() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    let other = bench.controller();
    for page in [owner, other] {
        bench.say(page, "kd,65");
        bench.say(page, "kh,65");
    }
    bench.pass(200);
    assert_eq!(bench.say(other, "kh,65"), NOTHING);
    assert_eq!(bench.pass(200), NOTHING);
    assert_eq!(bench.say(other, "ku,65"), ["key 65 pauses"]);
    assert_eq!(bench.say(owner, "kh,65"), ["key 65 repeats"]);
    assert_eq!(bench.say(owner, "ku,65"), ["key 65 up"]);
    bench.expect_hands_off();
}

#[test]
fn what_is_no_key_is_dropped_and_counted() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    let absurd = [
        "kd,",
        "kd,0",
        "kd,-1",
        "kd,+65",
        "kd,NaN",
        "kd,1e3",
        "kd,65.0",
        "kd,536870912",
        "kd,4294967361",
        "kd,99999999999999999999",
        "kd,65,66",
        "ku,Infinity",
        "kh,65,NaN",
        "kd, 65",
    ];
    for text in absurd {
        assert!(decode_text(text).is_err(), "{text}");
        let viewer = owner;
        assert_eq!(bench.give(&Input::Malformed { viewer }), NOTHING);
    }
    let counted = u64::try_from(absurd.len()).expect("a few");
    assert_eq!(bench.counts(owner).malformed, counted);
    assert_eq!(bench.leave(owner), NOTHING);
}

#[test]
fn who_only_watches_presses_nothing_and_it_is_counted() {
    let mut bench = Bench::new();
    bench.owner();
    let spectator = bench.spectator();
    for text in ["kd,65", "ku,65", "kh,65", "kr", "m,5,5,1,0", "m2,5,5,1,0"] {
        assert_eq!(bench.say(spectator, text), NOTHING, "{text}");
    }
    assert_eq!(bench.counts(spectator).refused, 6);
}

#[test]
fn one_pages_heartbeats_are_no_concern_of_another() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    let other = bench.controller();
    bench.say(owner, "kd,65");
    bench.say(other, "kh,70");
    assert_eq!(bench.pass(60_000), NOTHING);
}

#[test]
fn letting_go_of_all_keys_also_frees_a_stuck_lock() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    assert_eq!(bench.say(owner, "kr"), ["all keys up"]);
    bench.say(owner, "kd,65");
    bench.say(owner, "kd,66");
    assert_eq!(bench.say(owner, "kr"), ["all keys up"]);
    assert_eq!(bench.say(owner, "ku,65"), NOTHING);
}

#[test]
fn letting_go_leaves_others_their_keys() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    let other = bench.controller();
    bench.say(owner, "kd,65");
    bench.say(other, "kd,65");
    bench.say(other, "kd,66");
    assert_eq!(bench.say(other, "kr"), ["key 66 up"]);
    assert_eq!(bench.say(owner, "ku,65"), ["key 65 up"]);
}

#[test]
fn a_key_that_two_hold_goes_up_with_the_second() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    let other = bench.controller();
    bench.say(owner, "kd,65");
    assert_eq!(bench.say(other, "kd,65"), ["key 65 down"]);
    assert_eq!(bench.say(owner, "ku,65"), NOTHING);
    assert_eq!(bench.leave(other), ["all keys up"]);
}

#[test]
fn who_leaves_holds_nothing() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    bench.say(owner, "kd,65");
    bench.say(owner, "m,5,5,7,0");
    assert_eq!(
        bench.leave(owner),
        ["Left up", "Middle up", "Right up", "all keys up"]
    );
    bench.expect_hands_off();
}

#[test]
fn who_leaves_with_empty_hands_disturbs_nobody() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    bench.say(owner, "kd,65");
    bench.say(owner, "ku,65");
    assert_eq!(bench.leave(owner), NOTHING);
}

#[test]
fn no_more_keys_are_held_than_anyone_has_fingers_for() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    for key in 1..=1024 {
        let down = format!("key {key} down");
        assert_eq!(bench.say(owner, &format!("kd,{key}")), [down]);
    }
    bench.pass(10);
    // The oldest makes room, though all of them are equally old: never the newest.
    for key in (1025..=10_000).rev() {
        let told = bench.say(owner, &format!("kd,{key}"));
        assert_eq!(told.len(), 2, "{told:?}");
        assert_eq!(told[1], format!("key {key} down"));
        assert_ne!(told[0], format!("key {key} up"));
    }
    assert_eq!(bench.leave(owner), ["all keys up"]);
    bench.expect_hands_off();
}

#[test]
fn a_thousand_keys_of_one_go_up_one_by_one_when_another_types() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    for key in 1..=1000 {
        bench.say(owner, &format!("kd,{key}"));
    }
    let other = bench.controller();
    bench.say(other, "kd,5000");
    let told = bench.leave(owner);
    assert_eq!(told.len(), 1000 + 1, "and the displays");
    assert_eq!(bench.say(other, "ku,5000"), ["key 5000 up"]);
    bench.expect_hands_off();
}

#[test]
fn keys_pressed_before_the_desktop_is_there_are_lost() {
    let mut bench = Bench::without_desktop();
    let page = bench.controller();
    assert_eq!(bench.say(page, "kd,65"), NOTHING);
    let size = super::bench::HD;
    assert_eq!(
        bench.give(&Input::DesktopUp { size }),
        ["1< displays []", "1< resolution 1280x720"]
    );
    assert_eq!(bench.say(page, "ku,65"), NOTHING);
    bench.say(page, HELLO);
    assert_eq!(bench.leave(page), NOTHING);
}

#[test]
fn an_input_that_is_to_be_traced_is_marked_when_it_has_an_effect() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    assert_eq!(bench.say(owner, "_input,7"), NOTHING);
    bench.pass(5);
    assert_eq!(
        bench.say(owner, "kd,65"),
        ["mark 7 of 1 at 1.000000", "key 65 down"]
    );
    assert_eq!(bench.say(owner, "ku,65"), ["key 65 up"]);
    bench.say(owner, "_input,8");
    assert_eq!(bench.say(owner, "m2,0,0,0,0"), NOTHING);
    assert_eq!(bench.say(owner, "m2,1,0,0,0"), ["by 1,0"]);
}
