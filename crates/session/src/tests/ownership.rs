//! Who has the display.

use super::bench::{Bench, HELLO, NOTHING};

#[test]
fn the_newest_page_takes_the_display_and_the_old_one_is_told_for_good() {
    let mut bench = Bench::new();
    let old = bench.owner();
    bench.spectator();
    bench.say(old, "kd,65505");
    bench.say(old, "m,7,8,1,0");
    let new = bench.controller();
    assert_eq!(
        bench.say(new, HELLO),
        [
            "Left up",
            "all keys up",
            "1 unwatches",
            "1< KILL a new primary client connected connection killed",
            "1 closed 1000 Superseded by new client",
            "3< displays [primary]",
            "3< PIPELINE_RESETTING primary",
            "3< resolution 1280x720",
            "3 watches"
        ]
    );
    assert_eq!(bench.say(old, "kd,66"), NOTHING);
    assert_eq!(bench.leave(old), NOTHING);
}

#[test]
fn a_page_that_only_joined_takes_nothing() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    let other = bench.controller();
    for text in ["_gz,1", "r,800x600,primary", "START_VIDEO"] {
        let told = bench.say(other, text);
        assert!(told.iter().all(|told| told.starts_with("2")), "{told:?}");
    }
    assert_eq!(bench.say(owner, "kd,65"), ["key 65 down"]);
}

#[test]
fn a_layout_report_of_the_owner_changes_nothing() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    let report = r#"SETTINGS,{"keyboardLayout":"de"}"#;
    assert_eq!(bench.say(owner, report), NOTHING);
}

#[test]
fn settings_without_a_display_take_the_one_there_is() {
    let mut bench = Bench::new();
    let page = bench.controller();
    let report = r#"SETTINGS,{"keyboardLayout":"de"}"#;
    let told = bench.say(page, report);
    assert_eq!(
        told.first().map(String::as_str),
        Some("1< displays [primary]")
    );
    // The size of its window has not come yet, so it counts when it does.
    let whole = r#"SETTINGS,{"initialClientWidth":800,"initialClientHeight":600}"#;
    assert_eq!(bench.say(page, whole), ["resize 800x600"]);
}

#[test]
fn a_second_screen_is_refused_for_good() {
    let mut bench = Bench::new();
    bench.owner();
    let page = bench.controller();
    let hello = r#"SETTINGS,{"displayId":"display2","displayPosition":"left"}"#;
    assert_eq!(
        bench.say(page, hello),
        [
            "2< KILL this desktop has one screen",
            "2 closed 1008 refused"
        ]
    );
    assert_eq!(bench.viewers(), 1);
}

#[test]
fn an_owner_that_asks_for_a_second_screen_loses_the_first() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    bench.observer();
    bench.say(owner, "kd,65");
    assert_eq!(
        bench.say(owner, r#"SETTINGS,{"displayId":"display2"}"#),
        [
            "all keys up",
            "1 unwatches",
            "1< KILL this desktop has one screen",
            "1 closed 1008 refused",
            "2< displays []"
        ]
    );
    assert_eq!(bench.pass(3000), ["2< PIPELINE_RESETTING primary", "stop"]);
}

#[test]
fn a_take_over_with_another_encoder_tells_those_who_watch() {
    let mut bench = Bench::new();
    bench.owner();
    bench.spectator();
    let new = bench.controller();
    assert_eq!(
        bench.say(new, r#"SETTINGS,{"encoder":"jpeg"}"#),
        [
            "1 unwatches",
            "1< KILL a new primary client connected connection killed",
            "1 closed 1000 Superseded by new client",
            "2 unwatches",
            "2< PIPELINE_RESETTING primary",
            "3< PIPELINE_RESETTING primary",
            "stop",
            "2< settings again jpeg",
            "3< settings again jpeg",
            "start 2 Jpeg 1280x720",
            "2 watches, kept alive",
            "3< displays [primary]",
            "3< PIPELINE_RESETTING primary",
            "3< resolution 1280x720",
            "3 watches"
        ]
    );
}
