//! Coming and going.

use super::bench::{Bench, HELLO, NOTHING, player};
use crate::{Input, MOST_VIEWERS, Role, ViewerId};

#[test]
fn a_page_learns_the_mode_first_then_the_displays_then_the_settings() {
    let mut bench = Bench::new();
    let (_, told) = bench.join(Role::Controller);
    assert_eq!(
        told,
        [
            "1< MODE websockets",
            "1< displays []",
            "1< settings h264enc"
        ]
    );
}

#[test]
fn a_later_page_learns_that_the_display_is_taken_and_what_encodes_it() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    bench.say(owner, r#"SETTINGS,{"encoder":"jpeg"}"#);
    let (_, told) = bench.join(Role::Observer { slot: None });
    assert_eq!(
        told,
        [
            "2< MODE websockets",
            "2< displays [primary]",
            "2< settings jpeg",
            "2 listens, 0"
        ]
    );
}

#[test]
fn the_first_settings_at_the_size_in_force_start_the_stream() {
    let mut bench = Bench::new();
    let page = bench.controller();
    assert_eq!(
        bench.say(page, HELLO),
        [
            "1< displays [primary]",
            "1< resolution 1280x720",
            "start 1 H264 1280x720",
            "1 watches"
        ]
    );
}

#[test]
fn the_first_settings_at_another_size_start_the_stream_when_the_desktop_has_it() {
    let mut bench = Bench::new();
    let page = bench.controller();
    let hello = r#"SETTINGS,{"initialClientWidth":1000,"initialClientHeight":700}"#;
    assert_eq!(
        bench.say(page, hello),
        ["resize 1000x700", "1< displays [primary]"]
    );
    assert_eq!(
        bench.answer(1000, 700),
        [
            "1< displays [primary]",
            "1< resolution 1000x700",
            "start 1 H264 1000x700",
            "1 watches"
        ]
    );
}

#[test]
fn settings_that_come_before_the_desktop_are_kept_for_it() {
    let mut bench = Bench::without_desktop();
    let page = bench.controller();
    assert_eq!(bench.say(page, HELLO), ["1< displays [primary]"]);
    let size = super::bench::HD;
    assert_eq!(
        bench.give(&Input::DesktopUp { size }),
        [
            "1< displays [primary]",
            "1< resolution 1280x720",
            "start 1 H264 1280x720",
            "1 watches"
        ]
    );
}

#[test]
fn a_chosen_encoder_is_announced_before_its_first_picture() {
    let mut bench = Bench::new();
    bench.observer();
    let page = bench.controller();
    let hello = r#"SETTINGS,{"encoder":"jpeg","displayId":"primary"}"#;
    assert_eq!(
        bench.say(page, hello),
        [
            "1< settings again jpeg",
            "2< settings again jpeg",
            "1< displays [primary]",
            "2< displays [primary]",
            "2< resolution 1280x720",
            "start 1 Jpeg 1280x720",
            "2 watches"
        ]
    );
}

#[test]
fn the_stream_outlives_its_last_viewer_by_three_seconds() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    assert_eq!(bench.leave(owner), NOTHING);
    assert_eq!(bench.pass(2999), NOTHING);
    assert_eq!(bench.pass(1), ["stop"]);
    assert!(bench.is_asleep());
}

#[test]
fn a_page_that_reloads_takes_the_running_stream_over() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    bench.leave(owner);
    bench.pass(2500);
    let page = bench.controller();
    assert_eq!(
        bench.say(page, HELLO),
        [
            "2< displays [primary]",
            "2< PIPELINE_RESETTING primary",
            "2< resolution 1280x720",
            "2 watches"
        ]
    );
    assert_eq!(bench.pass(10_000), NOTHING);
}

#[test]
fn a_hidden_page_in_place_of_the_last_viewer_does_not_keep_the_stream() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    bench.leave(owner);
    let page = bench.controller();
    bench.say(page, "STOP_VIDEO");
    assert_eq!(bench.say(page, HELLO), ["2< displays [primary]"]);
    assert_eq!(bench.pass(3000), ["2< PIPELINE_RESETTING primary", "stop"]);
}

#[test]
fn the_others_learn_that_the_display_has_no_owner() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    bench.spectator();
    assert_eq!(bench.leave(owner), ["2< displays []"]);
    assert_eq!(bench.pass(60_000), NOTHING);
}

#[test]
fn there_is_room_for_so_many_and_then_for_one_more_when_one_goes() {
    let mut bench = Bench::new();
    for _ in 0..MOST_VIEWERS {
        bench.observer();
    }
    let (_, told) = bench.join(Role::Controller);
    assert_eq!(told, ["129 closed 1013 no room for another viewer"]);
    assert_eq!(bench.viewers(), MOST_VIEWERS);
    bench.leave(ViewerId(5));
    let (_, told) = bench.join(Role::Controller);
    assert_eq!(told.len(), 3);
}

#[test]
fn each_way_of_watching_can_be_switched_off() {
    let ways = [
        ("SELKIES_ENABLE_SHARED", player(0)),
        ("SELKIES_ENABLE_SHARED", player(1)),
        ("SELKIES_ENABLE_PLAYER2", player(2)),
        ("SELKIES_ENABLE_PLAYER3", player(3)),
        ("SELKIES_ENABLE_PLAYER4", player(4)),
    ];
    for (switch, role) in ways {
        let mut bench = Bench::set(&[(switch, "false")]);
        let (_, told) = bench.join(role);
        assert_eq!(
            told,
            [
                "1< KILL this way of watching is switched off",
                "1 closed 1008 refused"
            ],
            "{switch}"
        );
        for (other, role) in ways.iter().filter(|(other, _)| *other != switch) {
            let (_, told) = bench.join(*role);
            // Those who only watch also hear.
            assert_eq!(told.len(), 4, "{switch} and {other}");
        }
        let (_, told) = bench.join(Role::Controller);
        assert_eq!(told.len(), 3, "{switch}");
    }
}

#[test]
fn without_sharing_nobody_watches_but_everyone_who_may_drives() {
    let mut bench = Bench::set(&[("SELKIES_ENABLE_SHARING", "false")]);
    for slot in 0..=4 {
        let (_, told) = bench.join(player(slot));
        assert_eq!(told.len(), 2, "{told:?}");
    }
    bench.controller();
    assert_eq!(bench.viewers(), 1);
}

#[test]
fn what_those_who_are_gone_say_is_not_heard() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    bench.leave(owner);
    for text in [HELLO, "kd,65", "START_VIDEO", "r,640x480,primary", "_gz,1"] {
        assert_eq!(bench.say(owner, text), NOTHING, "{text}");
    }
    assert_eq!(bench.leave(owner), NOTHING);
}

#[test]
fn at_the_end_everyone_is_told_to_come_back_and_nobody_is_let_in() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    bench.observer();
    bench.say(owner, "kd,65");
    bench.say(owner, "m,5,5,1,0");
    assert_eq!(
        bench.give(&Input::ShutDown),
        [
            "Left up",
            "all keys up",
            "1 unwatches",
            "1 closed 4000 server shutting down",
            "2 listens no more",
            "2 closed 4000 server shutting down",
            "stop"
        ]
    );
    let (_, told) = bench.join(Role::Controller);
    assert_eq!(told, ["3 closed 4000 server shutting down"]);
    assert!(bench.is_asleep());
}

#[test]
fn bytes_that_are_no_message_are_counted_and_nothing_else() {
    let mut bench = Bench::new();
    let viewer = bench.observer();
    for _ in 0..3 {
        assert_eq!(bench.give(&Input::Malformed { viewer }), NOTHING);
    }
    assert_eq!(bench.counts(viewer).malformed, 3);
}
