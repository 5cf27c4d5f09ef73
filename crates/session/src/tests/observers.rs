//! Those who only watch.

use super::bench::{Bench, HELLO, NOTHING, player};

/// A running stream with its owner, who is number 1.
fn show() -> Bench {
    let mut bench = Bench::new();
    bench.owner();
    bench
}

const BEGIN: [&str; 3] = [
    "2< PIPELINE_RESETTING primary",
    "2< resolution 1280x720",
    "2 watches, kept alive",
];
const BEGIN_AGAIN: [&str; 4] = [
    "2 unwatches",
    "2< PIPELINE_RESETTING primary",
    "2< resolution 1280x720",
    "2 watches, kept alive",
];

#[test]
fn an_observer_can_do_nothing_but_watch() {
    let mut bench = show();
    let observer = bench.spectator();
    let denied = [
        "kd,65",
        "ku,65",
        "kh,65",
        "kr",
        "m,5,5,1,0",
        "m2,5,5,1,0",
        "r,640x480,primary",
        "START_AUDIO",
        "STOP_AUDIO",
        "cr",
        "_arg_fps,30",
        "_crf,10",
        "_rc,cbr",
        "vb,5000",
    ];
    for text in denied {
        assert_eq!(bench.say(observer, text), NOTHING, "{text}");
    }
    assert_eq!(bench.counts(observer).refused, denied.len() as u64);
    assert_eq!(bench.say(observer, "CLIENT_FRAME_ACK 5"), NOTHING);
    assert_eq!(bench.say(observer, "cmd,ls"), NOTHING);
    assert_eq!(bench.counts(observer).not_built, 1);
    assert!(bench.is_asleep());
}

#[test]
fn an_observers_settings_only_say_that_it_wants_to_see() {
    let mut bench = show();
    let observer = bench.observer();
    let settings = r#"SETTINGS,{"encoder":"jpeg","initialClientWidth":500,"initialClientHeight":500,"displayId":"primary"}"#;
    assert_eq!(bench.say(observer, settings), BEGIN);
    // The owner still is who it was.
    assert_eq!(bench.say(crate::ViewerId(1), "kd,65"), ["key 65 down"]);
}

#[test]
fn an_observer_that_has_stopped_is_not_started_by_its_settings() {
    let mut bench = show();
    let observer = bench.spectator();
    bench.say(observer, "STOP_VIDEO");
    assert_eq!(bench.say(observer, HELLO), NOTHING);
    assert_eq!(bench.pass(10_000), NOTHING);
}

#[test]
fn a_page_that_stops_and_starts_when_it_connects_sees_at_once() {
    let mut bench = show();
    let observer = bench.observer();
    bench.say(observer, "kr");
    assert_eq!(bench.say(observer, "STOP_VIDEO"), ["2< VIDEO_STOPPED"]);
    bench.pass(250);
    assert_eq!(bench.say(observer, "START_VIDEO"), BEGIN);
}

#[test]
fn starting_again_within_five_seconds_waits_for_them() {
    let mut bench = show();
    let observer = bench.spectator();
    bench.pass(3000);
    for _ in 0..10 {
        assert_eq!(bench.say(observer, "START_VIDEO"), NOTHING);
    }
    assert_eq!(bench.pass(1999), NOTHING);
    assert_eq!(bench.pass(1), BEGIN_AGAIN);
    assert_eq!(bench.pass(60_000), NOTHING);
    assert_eq!(bench.say(observer, "START_VIDEO"), BEGIN_AGAIN);
}

#[test]
fn stopping_and_starting_waits_for_a_second_between_two_starts() {
    let mut bench = show();
    let observer = bench.spectator();
    for _ in 0..10 {
        bench.say(observer, "STOP_VIDEO");
        assert_eq!(bench.say(observer, "START_VIDEO"), NOTHING);
    }
    assert_eq!(bench.pass(1000), BEGIN);
    bench.pass(1000);
    bench.say(observer, "STOP_VIDEO");
    assert_eq!(bench.say(observer, "START_VIDEO"), BEGIN);
}

#[test]
fn a_start_that_waits_can_be_taken_back() {
    let mut bench = show();
    let observer = bench.spectator();
    bench.say(observer, "STOP_VIDEO");
    bench.say(observer, "START_VIDEO");
    assert_eq!(bench.say(observer, "STOP_VIDEO"), ["2< VIDEO_STOPPED"]);
    assert!(bench.is_asleep());
}

#[test]
fn an_observer_can_watch_a_desktop_that_nobody_drives() {
    let mut bench = Bench::new();
    let (observer, _) = bench.join(player(2));
    assert_eq!(
        bench.say(observer, "START_VIDEO"),
        [
            "1< resolution 1280x720",
            "start 1 H264 1280x720",
            "1 watches, kept alive"
        ]
    );
    assert_eq!(
        bench.say(observer, "STOP_VIDEO"),
        [
            "1 unwatches",
            "1< PIPELINE_RESETTING primary",
            "stop",
            "1< VIDEO_STOPPED"
        ]
    );
}

#[test]
fn a_page_that_shows_the_state_of_the_desktop_needs_no_sign_of_life() {
    let mut bench = show();
    let observer = bench.observer();
    bench.say(observer, r#"_selkies,{"desktop_state":true}"#);
    let told = bench.say(observer, "START_VIDEO");
    assert_eq!(told.last().map(String::as_str), Some("2 watches"));
}

#[test]
fn compression_is_accepted() {
    let mut bench = show();
    let page = bench.controller();
    assert_eq!(bench.say(page, "_gz,1"), ["2< _gz,1"]);
}
