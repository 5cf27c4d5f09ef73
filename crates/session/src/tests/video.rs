//! Starting and stopping pictures, and keyframes.

use super::bench::{Bench, HELLO, NOTHING};

#[test]
fn an_owner_that_stops_alone_ends_the_stream() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    assert_eq!(
        bench.say(owner, "STOP_VIDEO"),
        [
            "1 unwatches",
            "1< PIPELINE_RESETTING primary",
            "stop",
            "1< VIDEO_STOPPED"
        ]
    );
    assert_eq!(
        bench.say(owner, "START_VIDEO"),
        [
            "1< resolution 1280x720",
            "start 2 H264 1280x720",
            "1 watches",
            "1< VIDEO_STARTED"
        ]
    );
}

#[test]
fn an_owner_that_stops_leaves_the_stream_to_the_others() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    bench.spectator();
    assert_eq!(
        bench.say(owner, "STOP_VIDEO"),
        ["1 unwatches", "1< VIDEO_STOPPED"]
    );
    assert_eq!(
        bench.say(owner, "START_VIDEO"),
        [
            "1< PIPELINE_RESETTING primary",
            "1< resolution 1280x720",
            "1 watches",
            "1< VIDEO_STARTED"
        ]
    );
}

#[test]
fn an_owner_that_starts_what_runs_begins_anew() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    assert_eq!(
        bench.say(owner, "START_VIDEO"),
        [
            "1 unwatches",
            "1< PIPELINE_RESETTING primary",
            "1< resolution 1280x720",
            "1 watches",
            "1< VIDEO_STARTED"
        ]
    );
}

#[test]
fn stopping_twice_is_answered_twice() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    bench.say(owner, "STOP_VIDEO");
    assert_eq!(bench.say(owner, "STOP_VIDEO"), ["1< VIDEO_STOPPED"]);
}

#[test]
fn a_start_is_confirmed_only_when_pictures_follow() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    bench.say(owner, "STOP_VIDEO");
    bench.say(owner, "r,1000x700,primary");
    assert_eq!(bench.say(owner, "START_VIDEO"), NOTHING);
    assert_eq!(
        bench.answer(1000, 700),
        [
            "1< displays [primary]",
            "1< resolution 1000x700",
            "start 2 H264 1000x700",
            "1 watches",
            "1< VIDEO_STARTED"
        ]
    );
}

#[test]
fn a_start_that_was_taken_back_is_not_confirmed() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    bench.say(owner, "STOP_VIDEO");
    bench.say(owner, "r,1000x700,primary");
    bench.say(owner, "START_VIDEO");
    bench.say(owner, "STOP_VIDEO");
    assert_eq!(
        bench.answer(1000, 700),
        ["1< displays [primary]", "1< resolution 1000x700"]
    );
}

#[test]
fn a_tab_that_is_hidden_when_it_connects_costs_nothing_until_it_is_shown() {
    let mut bench = Bench::new();
    let page = bench.controller();
    assert_eq!(bench.say(page, "STOP_VIDEO"), ["1< VIDEO_STOPPED"]);
    assert_eq!(bench.say(page, HELLO), ["1< displays [primary]"]);
    assert_eq!(bench.say(page, "r,1280x720,primary"), NOTHING);
    assert_eq!(
        bench.say(page, "START_VIDEO"),
        [
            "1< resolution 1280x720",
            "start 1 H264 1280x720",
            "1 watches",
            "1< VIDEO_STARTED"
        ]
    );
}

#[test]
fn a_controller_may_watch_without_ever_saying_who_it_is() {
    let mut bench = Bench::new();
    let page = bench.controller();
    assert_eq!(
        bench.say(page, "START_VIDEO"),
        [
            "1< resolution 1280x720",
            "start 1 H264 1280x720",
            "1 watches",
            "1< VIDEO_STARTED"
        ]
    );
    // When it does say so, its pictures go on.
    assert_eq!(bench.say(page, HELLO), ["1< displays [primary]"]);
}

#[test]
fn a_keyframe_is_asked_for_at_most_four_times_a_second() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    // The first picture is one.
    for _ in 0..20 {
        assert_eq!(bench.say(owner, "REQUEST_KEYFRAME"), NOTHING);
    }
    assert_eq!(bench.pass(249), NOTHING);
    assert_eq!(bench.pass(1), ["keyframe"]);
    assert_eq!(bench.pass(1000), NOTHING);
    assert_eq!(bench.say(owner, "REQUEST_KEYFRAME"), ["keyframe"]);
    assert_eq!(bench.say(owner, "REQUEST_KEYFRAME"), NOTHING);
    assert_eq!(bench.pass(1000), ["keyframe"]);
    assert!(bench.is_asleep());
}

#[test]
fn an_observer_gets_one_a_second_and_never_runs_up_a_debt() {
    let mut bench = Bench::new();
    bench.owner();
    let observer = bench.spectator();
    bench.pass(5000);
    assert_eq!(bench.say(observer, "REQUEST_KEYFRAME"), ["keyframe"]);
    for _ in 0..1000 {
        assert_eq!(bench.say(observer, "REQUEST_KEYFRAME"), NOTHING);
    }
    assert_eq!(bench.pass(999), NOTHING);
    assert_eq!(bench.pass(1), ["keyframe"]);
    assert_eq!(bench.pass(60_000), NOTHING);
    assert_eq!(bench.say(observer, "REQUEST_KEYFRAME"), ["keyframe"]);
}

#[test]
fn a_keyframe_that_somebody_else_asked_for_serves_those_who_wait() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    let observer = bench.spectator();
    bench.pass(5000);
    bench.say(observer, "REQUEST_KEYFRAME");
    bench.say(observer, "REQUEST_KEYFRAME");
    bench.pass(300);
    assert_eq!(bench.say(owner, "REQUEST_KEYFRAME"), ["keyframe"]);
    assert_eq!(bench.pass(10_000), NOTHING);
}

#[test]
fn who_does_not_watch_gets_no_keyframe() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    let observer = bench.observer();
    bench.pass(5000);
    assert_eq!(bench.say(observer, "REQUEST_KEYFRAME"), NOTHING);
    bench.say(owner, "STOP_VIDEO");
    assert_eq!(bench.say(owner, "REQUEST_KEYFRAME"), NOTHING);
    assert_eq!(bench.pass(5000), NOTHING);
}

#[test]
fn a_keyframe_that_waits_ends_with_its_stream() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    bench.say(owner, "REQUEST_KEYFRAME");
    bench.say(owner, "STOP_VIDEO");
    assert!(bench.is_asleep());
}
