//! Which encoder it is.

use super::bench::{Bench, NOTHING};
use crate::{Input, ViewerId};
use selkies_media::Size;

const JPEG: &str = r#"SETTINGS,{"encoder":"jpeg"}"#;
const H264: &str = r#"SETTINGS,{"encoder":"h264enc"}"#;

/// An owner whose page knows our extensions, and somebody who watches.
fn show() -> (Bench, ViewerId) {
    let mut bench = Bench::new();
    let owner = bench.owner();
    bench.say(owner, r#"_selkies,{"desktop_state":true}"#);
    bench.spectator();
    (bench, owner)
}

#[test]
fn another_encoder_resets_the_pages_and_then_tells_them_its_name() {
    let (mut bench, owner) = show();
    assert_eq!(
        bench.say(owner, JPEG),
        [
            "1 unwatches",
            "2 unwatches",
            "1< PIPELINE_RESETTING primary",
            "2< PIPELINE_RESETTING primary",
            "stop",
            "1< settings again jpeg",
            "2< settings again jpeg",
            "start 2 Jpeg 1280x720",
            "1 watches",
            "2 watches, kept alive",
            "1< stream JPEG"
        ]
    );
    let told = bench.say(owner, H264);
    assert!(told.contains(&"2< settings again h264enc".to_owned()));
    assert!(told.contains(&"start 3 H264 1280x720".to_owned()));
    assert_eq!(bench.say(owner, H264), NOTHING);
}

#[test]
fn an_encoder_may_change_while_nobody_watches() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    bench.say(owner, "STOP_VIDEO");
    assert_eq!(bench.say(owner, JPEG), ["1< settings again jpeg"]);
    let told = bench.say(owner, "START_VIDEO");
    assert!(told.contains(&"start 2 Jpeg 1280x720".to_owned()));
}

#[test]
fn an_encoder_that_changes_together_with_the_size_starts_once() {
    let mut bench = Bench::new();
    let page = bench.owner();
    bench.say(page, "r,1000x700,primary");
    assert_eq!(
        bench.say(page, JPEG),
        [
            "1 unwatches",
            "1< PIPELINE_RESETTING primary",
            "stop",
            "1< settings again jpeg"
        ]
    );
    assert_eq!(
        bench.answer(1000, 700),
        [
            "1< displays [primary]",
            "1< resolution 1000x700",
            "start 2 Jpeg 1000x700",
            "1 watches"
        ]
    );
}

#[test]
fn an_encoder_that_fails_gives_way_to_jpeg_and_says_why() {
    let (mut bench, _) = show();
    assert_eq!(
        bench.fail(1),
        [
            "1 unwatches",
            "2 unwatches",
            "1< PIPELINE_RESETTING primary",
            "2< PIPELINE_RESETTING primary",
            "stop",
            "1< settings again jpeg",
            "2< settings again jpeg",
            "start 2 Jpeg 1280x720",
            "1 watches",
            "2 watches, kept alive",
            "1< stream JPEG, because it broke"
        ]
    );
}

#[test]
fn an_encoder_that_failed_is_not_to_be_had_until_the_size_is_another() {
    let (mut bench, owner) = show();
    bench.fail(1);
    for _ in 0..100 {
        assert_eq!(bench.say(owner, H264), NOTHING);
    }
    assert_eq!(bench.counts(owner).unsuitable, 100);
    bench.say(owner, "r,640x480,primary");
    let told = bench.answer(640, 480);
    assert!(
        told.contains(&"start 3 Jpeg 640x480".to_owned()),
        "{told:?}"
    );
    let told = bench.say(owner, H264);
    assert!(
        told.contains(&"start 4 H264 640x480".to_owned()),
        "{told:?}"
    );
    assert!(told.contains(&"1< stream H.264, by the processor".to_owned()));
}

#[test]
fn when_both_fail_nothing_is_started_until_something_changes() {
    let (mut bench, owner) = show();
    bench.fail(1);
    assert_eq!(
        bench.fail(2),
        [
            "1 unwatches",
            "2 unwatches",
            "1< PIPELINE_RESETTING primary",
            "2< PIPELINE_RESETTING primary",
            "stop",
            "1< stream none, because it broke"
        ]
    );
    assert!(bench.is_asleep());
    assert_eq!(
        bench.say(owner, "START_VIDEO"),
        ["1< resolution 1280x720"],
        "and no word of a start"
    );
    assert_eq!(bench.say(owner, JPEG), NOTHING);
    assert_eq!(bench.say(owner, "_crf,20"), NOTHING);
    bench.say(owner, "r,640x480,primary");
    let told = bench.answer(640, 480);
    assert!(
        told.contains(&"start 3 Jpeg 640x480".to_owned()),
        "{told:?}"
    );
    assert!(told.contains(&"1< VIDEO_STARTED".to_owned()), "{told:?}");
}

#[test]
fn a_desktop_that_comes_back_gives_the_encoders_another_chance() {
    let (mut bench, owner) = show();
    bench.fail(1);
    bench.fail(2);
    bench.give(&Input::DesktopLost);
    let size = Size::new(1280, 720);
    let told = bench.give(&Input::DesktopUp { size });
    assert!(
        told.contains(&"start 3 Jpeg 1280x720".to_owned()),
        "{told:?}"
    );
    let told = bench.say(owner, H264);
    assert!(
        told.contains(&"start 4 H264 1280x720".to_owned()),
        "{told:?}"
    );
}

#[test]
fn without_jpeg_on_the_menu_there_is_nothing_to_fall_back_to() {
    let mut bench = Bench::set(&[("SELKIES_ENCODER", "h264enc")]);
    bench.owner();
    assert_eq!(
        bench.fail(1),
        ["1 unwatches", "1< PIPELINE_RESETTING primary", "stop"]
    );
}

#[test]
fn what_an_earlier_pipeline_reports_is_of_no_interest() {
    let (mut bench, owner) = show();
    bench.say(owner, JPEG);
    for generation in [0, 1, 3, u64::MAX] {
        assert_eq!(bench.fail(generation), NOTHING);
    }
    bench.say(owner, "STOP_VIDEO");
    bench.say(ViewerId(2), "STOP_VIDEO");
    assert_eq!(bench.fail(2), NOTHING);
}

#[test]
fn a_pipeline_that_was_tuned_is_still_the_same() {
    let (mut bench, owner) = show();
    assert_eq!(
        bench.say(owner, "_crf,30"),
        ["tune crf 30, jpeg 40, 60 fps"]
    );
    assert_eq!(bench.fail(1).len(), 11);
}
