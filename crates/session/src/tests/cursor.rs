//! What the pointer looks like, and who has it in the picture.

use selkies_proto::server::Cursor;

use super::bench::{Bench, HELLO, NOTHING, player};
use crate::{Input, Role};

/// A shape, and how a page is told of it.
fn shape(handle: u32) -> (Input, String) {
    let cursor = Cursor {
        png: "iVBO".into(),
        width: 7,
        height: 9,
        hot_x: 1,
        hot_y: 2,
        handle,
    };
    let told = format!(
        "cursor,{{\"curdata\":\"iVBO\",\"width\":7,\"height\":9,\"hotx\":1,\"hoty\":2,\"handle\":{handle}}}"
    );
    (Input::Cursor(cursor), told)
}

#[test]
fn everyone_is_told_of_another_shape() {
    let mut bench = Bench::new();
    let (owner, spectator) = (bench.owner(), bench.spectator());
    let fresh = bench.observer();
    let (input, told) = shape(5);
    let expected = [owner, spectator, fresh].map(|viewer| format!("{}< {told}", viewer.0));
    assert_eq!(bench.give(&input), expected);
}

#[test]
fn who_comes_later_is_told_between_the_displays_and_the_settings() {
    let mut bench = Bench::new();
    let (input, told) = shape(5);
    assert_eq!(bench.give(&input), NOTHING);
    for role in [Role::Controller, player(2)] {
        let (viewer, words) = bench.join(role);
        let expected = ["MODE websockets", "displays []", &told, "settings h264enc"]
            .map(|words| format!("{}< {words}", viewer.0));
        assert_eq!(words[..4], expected);
    }
}

#[test]
fn a_hidden_page_is_spared_and_told_when_it_is_back() {
    let mut bench = Bench::new();
    let (owner, spectator) = (bench.owner(), bench.spectator());
    for viewer in [owner, spectator] {
        bench.say(viewer, "STOP_VIDEO");
    }
    let (input, told) = shape(6);
    assert_eq!(bench.give(&input), NOTHING);
    let words = bench.say(owner, "START_VIDEO");
    let after_started = [
        format!("{}< VIDEO_STARTED", owner.0),
        format!("{}< {told}", owner.0),
    ];
    assert_eq!(words[words.len() - 2..], after_started);
    // An observer's video starts when its time has come.
    let mut words = bench.say(spectator, "START_VIDEO");
    words.extend(bench.pass(6000));
    assert_eq!(words.last(), Some(&format!("{}< {told}", spectator.0)));
    let times = words.iter().filter(|words| words.contains("cursor,"));
    assert_eq!(times.count(), 1);
}

#[test]
fn a_lost_desktop_leaves_the_last_shape() {
    let mut bench = Bench::new();
    let (input, told) = shape(7);
    bench.give(&input);
    bench.give(&Input::DesktopLost);
    let (viewer, words) = bench.join(Role::Controller);
    assert!(
        words.contains(&format!("{}< {told}", viewer.0)),
        "{words:?}"
    );
}

#[test]
fn the_pointer_is_drawn_while_somebody_who_drives_wants_it() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    let second = bench.controller();
    bench.say(second, "START_VIDEO");
    let on = "SET_NATIVE_CURSOR_RENDERING,1";
    assert_eq!(bench.say(owner, on), ["draw the cursor"]);
    assert_eq!(bench.say(owner, "p,1"), NOTHING, "the older word for it");
    assert_eq!(bench.say(second, on), NOTHING);
    assert_eq!(bench.say(owner, "p,0"), NOTHING, "the other one wants it");
    let last = bench.say(second, "SET_NATIVE_CURSOR_RENDERING,0");
    assert_eq!(last, ["draw no cursor"]);
}

#[test]
fn who_only_watches_has_no_say_in_it() {
    let mut bench = Bench::new();
    bench.owner();
    let spectator = bench.spectator();
    for word in ["SET_NATIVE_CURSOR_RENDERING,1", "p,1"] {
        assert_eq!(bench.say(spectator, word), NOTHING);
    }
    assert_eq!(bench.counts(spectator).refused, 2);
}

#[test]
fn a_wish_ends_with_the_page_and_rests_with_its_video() {
    let mut bench = Bench::new();
    let owner = bench.controller();
    let on = "SET_NATIVE_CURSOR_RENDERING,1";
    assert_eq!(bench.say(owner, on), NOTHING, "it does not watch yet");
    assert_eq!(
        bench.say(owner, HELLO).last().map(String::as_str),
        Some("draw the cursor")
    );
    assert_eq!(
        bench.say(owner, "STOP_VIDEO").last().map(String::as_str),
        Some("draw no cursor")
    );
    assert_eq!(
        bench.say(owner, "START_VIDEO").last().map(String::as_str),
        Some("draw the cursor")
    );
    assert!(bench.leave(owner).contains(&"draw no cursor".to_owned()));
    let next = bench.owner();
    assert_eq!(bench.say(next, on), ["draw the cursor"]);
    assert!(
        bench
            .give(&Input::ShutDown)
            .contains(&"draw no cursor".to_owned())
    );
}
