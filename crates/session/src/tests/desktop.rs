//! The display server goes and comes back.

use super::bench::{Bench, HD, HELLO, NOTHING};
use crate::Input;
use selkies_media::Size;

const CAPABLE: &str = r#"_selkies,{"desktop_state":true}"#;

#[test]
fn only_pages_that_understand_it_learn_that_the_desktop_is_gone_and_back() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    bench.spectator();
    bench.say(owner, CAPABLE);
    assert_eq!(
        bench.give(&Input::DesktopLost),
        [
            "1 unwatches",
            "2 unwatches",
            "1< PIPELINE_RESETTING primary",
            "2< PIPELINE_RESETTING primary",
            "stop",
            "1< desktop Lost"
        ]
    );
    assert_eq!(bench.give(&Input::DesktopLost), NOTHING);
    assert_eq!(
        bench.give(&Input::DesktopUp { size: HD }),
        [
            "1< desktop Restarted",
            "1< displays [primary]",
            "2< displays [primary]",
            "1< resolution 1280x720",
            "2< resolution 1280x720",
            "start 2 H264 1280x720",
            "1 watches",
            "2 watches, kept alive"
        ]
    );
}

#[test]
fn a_page_that_comes_meanwhile_is_told_when_it_says_that_it_understands() {
    let mut bench = Bench::new();
    bench.give(&Input::DesktopLost);
    let page = bench.controller();
    assert_eq!(
        bench.say(page, CAPABLE),
        ["1< stream H.264, by the processor", "1< desktop Lost"]
    );
    assert_eq!(bench.say(page, HELLO), ["1< displays [primary]"]);
    assert_eq!(bench.say(page, "START_VIDEO"), NOTHING);
    let told = bench.give(&Input::DesktopUp { size: HD });
    assert_eq!(
        told,
        [
            "1< desktop Restarted",
            "1< displays [primary]",
            "1< resolution 1280x720",
            "start 1 H264 1280x720",
            "1 watches",
            "1< VIDEO_STARTED"
        ]
    );
}

#[test]
fn a_desktop_that_comes_back_gets_the_size_it_had() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    bench.say(owner, "r,1000x700,primary");
    bench.answer(1000, 700);
    bench.give(&Input::DesktopLost);
    assert_eq!(
        bench.give(&Input::DesktopUp { size: HD }),
        ["resize 1000x700"]
    );
    assert_eq!(
        bench.answer(1000, 700),
        [
            "1< displays [primary]",
            "1< resolution 1000x700",
            "start 3 H264 1000x700",
            "1 watches"
        ]
    );
}

#[test]
fn a_size_asked_for_while_it_is_gone_is_set_when_it_is_back() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    bench.give(&Input::DesktopLost);
    assert_eq!(bench.say(owner, "r,1000x700,primary"), NOTHING);
    assert_eq!(
        bench.give(&Input::DesktopUp { size: HD }),
        ["resize 1000x700"]
    );
}

#[test]
fn a_desktop_lost_in_the_middle_of_a_resize_is_asked_again() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    bench.say(owner, "r,1000x700,primary");
    bench.give(&Input::DesktopLost);
    assert_eq!(
        bench.give(&Input::DesktopUp { size: HD }),
        ["resize 1000x700"]
    );
}

#[test]
fn what_a_desktop_reports_that_is_gone_is_of_no_interest() {
    let mut bench = Bench::new();
    bench.owner();
    bench.give(&Input::DesktopLost);
    let size = Size::new(640, 480);
    for answer in [true, false] {
        assert_eq!(bench.give(&Input::Resized { size, answer }), NOTHING);
    }
}

#[test]
fn input_is_dropped_while_it_is_gone_and_forgotten_when_it_is_back() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    bench.say(owner, "kd,65");
    bench.say(owner, "m,5,5,1,0");
    bench.give(&Input::DesktopLost);
    for text in ["kd,66", "m,9,9,3,0", "m2,1,1,1,0", "m2,0,0,8,1", "kr"] {
        assert_eq!(bench.say(owner, text), NOTHING, "{text}");
    }
    bench.give(&Input::DesktopUp { size: HD });
    for text in ["ku,65", "ku,66", "m2,0,0,0,0"] {
        assert_eq!(bench.say(owner, text), NOTHING, "{text}");
    }
    assert_eq!(bench.say(owner, "kd,65"), ["key 65 down"]);
}

#[test]
fn a_desktop_that_reports_itself_again_is_let_go_of() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    bench.say(owner, "kd,65");
    bench.say(owner, "m,5,5,5,0");
    let told = bench.give(&Input::DesktopUp { size: HD });
    assert_eq!(told[..3], ["Left up", "Right up", "all keys up"]);
    bench.expect_hands_off();
}

#[test]
fn a_stream_that_nobody_watches_is_not_started_again() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    bench.say(owner, "STOP_VIDEO");
    bench.give(&Input::DesktopLost);
    assert_eq!(
        bench.give(&Input::DesktopUp { size: HD }),
        ["1< displays [primary]", "1< resolution 1280x720"]
    );
}
