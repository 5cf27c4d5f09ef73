//! How large the desktop is.

use super::bench::{Bench, HD, HELLO, NOTHING};
use crate::{Input, ViewerId};
use selkies_media::Size;

fn asked(bench: &mut Bench, page: ViewerId, size: &str) -> Vec<String> {
    bench.say(page, &format!("r,{size},primary"))
}

#[test]
fn another_size_resets_the_pages_when_the_desktop_has_it() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    bench.spectator();
    assert_eq!(asked(&mut bench, owner, "1000x700"), ["resize 1000x700"]);
    assert_eq!(
        bench.answer(1000, 700),
        [
            "1 unwatches",
            "2 unwatches",
            "1< PIPELINE_RESETTING primary",
            "2< PIPELINE_RESETTING primary",
            "stop",
            "1< displays [primary]",
            "2< displays [primary]",
            "1< resolution 1000x700",
            "2< resolution 1000x700",
            "start 2 H264 1000x700",
            "1 watches",
            "2 watches, kept alive"
        ]
    );
}

#[test]
fn the_size_in_force_is_no_news() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    assert_eq!(asked(&mut bench, owner, "1280x720"), NOTHING);
    assert_eq!(asked(&mut bench, owner, "1281x721"), NOTHING);
    assert!(bench.is_asleep());
}

#[test]
fn odd_sizes_become_even_and_huge_ones_fit() {
    let cases = [
        ("801x451", "resize 800x450"),
        ("1x1", "resize 2x2"),
        ("99999x100", "resize 7680x100"),
        ("4294967295x4294967295", "resize 7680x4320"),
    ];
    for (size, order) in cases {
        let mut bench = Bench::new();
        let owner = bench.owner();
        assert_eq!(asked(&mut bench, owner, size), [order]);
    }
}

#[test]
fn of_many_sizes_only_the_last_is_carried_out() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    assert_eq!(asked(&mut bench, owner, "1000x700"), ["resize 1000x700"]);
    for width in 500..600 {
        let size = format!("{width}x600");
        assert_eq!(asked(&mut bench, owner, &size), NOTHING);
    }
    assert_eq!(
        bench.answer(1000, 700),
        [
            "1 unwatches",
            "1< PIPELINE_RESETTING primary",
            "stop",
            "resize 598x600"
        ]
    );
    assert_eq!(
        bench.answer(598, 600),
        [
            "1< displays [primary]",
            "1< resolution 598x600",
            "start 2 H264 598x600",
            "1 watches"
        ]
    );
}

#[test]
fn a_size_that_returns_to_the_one_under_way_needs_no_other() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    asked(&mut bench, owner, "1000x700");
    asked(&mut bench, owner, "640x480");
    asked(&mut bench, owner, "1000x700");
    let told = bench.answer(1000, 700);
    assert!(
        told.contains(&"start 2 H264 1000x700".to_owned()),
        "{told:?}"
    );
    assert!(
        !told.iter().any(|told| told.starts_with("resize")),
        "{told:?}"
    );
}

#[test]
fn a_desktop_that_keeps_its_size_keeps_its_stream() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    asked(&mut bench, owner, "1000x700");
    assert_eq!(bench.answer(1280, 720), ["1< resolution 1280x720"]);
    assert_eq!(
        bench.say(owner, "_crf,30"),
        ["tune crf 30, jpeg 40, 60 fps"]
    );
}

#[test]
fn a_desktop_that_keeps_its_size_at_first_is_streamed_as_it_is() {
    let mut bench = Bench::new();
    let page = bench.controller();
    let hello = r#"SETTINGS,{"initialClientWidth":1000,"initialClientHeight":700}"#;
    bench.say(page, hello);
    assert_eq!(
        bench.answer(1280, 720),
        [
            "1< displays [primary]",
            "1< resolution 1280x720",
            "start 1 H264 1280x720",
            "1 watches"
        ]
    );
}

#[test]
fn a_notice_before_the_answer_stops_the_stream_and_the_answer_starts_it() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    asked(&mut bench, owner, "1000x700");
    let size = Size::new(1000, 700);
    let notice = Input::Resized {
        size,
        answer: false,
    };
    assert_eq!(
        bench.give(&notice),
        ["1 unwatches", "1< PIPELINE_RESETTING primary", "stop"]
    );
    assert_eq!(
        bench.answer(1000, 700),
        [
            "1< displays [primary]",
            "1< resolution 1000x700",
            "start 2 H264 1000x700",
            "1 watches"
        ]
    );
    // The same notice once more, late.
    assert_eq!(bench.give(&notice), NOTHING);
}

#[test]
fn a_change_by_somebody_else_is_followed() {
    let mut bench = Bench::new();
    bench.owner();
    let size = Size::new(801, 601);
    let told = bench.give(&Input::Resized {
        size,
        answer: false,
    });
    assert_eq!(
        told,
        [
            "1 unwatches",
            "1< PIPELINE_RESETTING primary",
            "stop",
            "1< displays [primary]",
            "1< resolution 801x601",
            "start 2 H264 801x601",
            "1 watches"
        ]
    );
}

#[test]
fn who_starts_to_watch_while_the_size_changes_sees_the_old_one_until_then() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    asked(&mut bench, owner, "1000x700");
    let observer = bench.observer();
    assert_eq!(
        bench.say(observer, "START_VIDEO"),
        [
            "2< PIPELINE_RESETTING primary",
            "2< resolution 1280x720",
            "2 watches, kept alive"
        ]
    );
}

#[test]
fn a_size_that_comes_before_the_settings_is_applied_with_them() {
    let mut bench = Bench::new();
    let page = bench.controller();
    assert_eq!(asked(&mut bench, page, "900x600"), NOTHING);
    assert_eq!(
        bench.say(page, HELLO),
        ["resize 900x600", "1< displays [primary]"]
    );
}

#[test]
fn the_size_of_the_window_counts_once_and_later_ones_come_by_themselves() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    asked(&mut bench, owner, "900x600");
    bench.answer(900, 600);
    assert_eq!(bench.say(owner, HELLO), NOTHING);
    let mut bench = Bench::new();
    let owner = bench.owner();
    let smaller = r#"SETTINGS,{"initialClientWidth":900,"initialClientHeight":600}"#;
    assert_eq!(bench.say(owner, smaller), NOTHING);
}

#[test]
fn a_fixed_size_of_the_page_counts_each_time_and_its_window_does_not() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    let fixed = r#"SETTINGS,{"is_manual_resolution_mode":true,"manual_width":1024,"manual_height":768,"initialClientWidth":500,"initialClientHeight":500}"#;
    assert_eq!(bench.say(owner, fixed), ["resize 1024x768"]);
    bench.answer(1024, 768);
    assert_eq!(bench.say(owner, fixed), NOTHING);
    assert_eq!(bench.counts(owner).unsuitable, 0);
}

#[test]
fn a_fixed_size_beyond_all_bounds_is_no_size() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    let fixed =
        r#"SETTINGS,{"is_manual_resolution_mode":true,"manual_width":1024,"manual_height":70000}"#;
    assert_eq!(bench.say(owner, fixed), NOTHING);
    assert_eq!(bench.counts(owner).unsuitable, 1);
}

#[test]
fn the_operators_size_holds_from_the_start_and_no_page_changes_it() {
    let fixed = [
        ("SELKIES_MANUAL_WIDTH", "1001"),
        ("SELKIES_MANUAL_HEIGHT", "701"),
    ];
    let mut bench = Bench::set(&fixed);
    assert_eq!(bench.answer(1000, 700), NOTHING, "there is nobody to tell");
    let page = bench.controller();
    let hello = r#"SETTINGS,{"is_manual_resolution_mode":false,"initialClientWidth":800,"initialClientHeight":600}"#;
    let told = bench.say(page, hello);
    assert!(
        told.contains(&"start 1 H264 1000x700".to_owned()),
        "{told:?}"
    );
    assert_eq!(bench.counts(page).unsuitable, 1);
    assert_eq!(asked(&mut bench, page, "800x600"), NOTHING);
    assert_eq!(bench.counts(page).refused, 1);
}

#[test]
fn without_resizing_the_desktop_stays_as_it_is() {
    let mut bench = Bench::set(&[("SELKIES_ENABLE_RESIZE", "false")]);
    let page = bench.controller();
    let hello = r#"SETTINGS,{"initialClientWidth":800,"initialClientHeight":600}"#;
    let told = bench.say(page, hello);
    assert!(
        told.contains(&"start 1 H264 1280x720".to_owned()),
        "{told:?}"
    );
    assert_eq!(asked(&mut bench, page, "800x600"), NOTHING);
}

#[test]
fn a_size_for_another_screen_is_refused() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    assert_eq!(bench.say(owner, "r,800x600,display2"), NOTHING);
    assert_eq!(bench.counts(owner).refused, 1);
}

#[test]
fn sizes_in_steps_of_sixteen_apply_to_the_size_in_force_and_can_be_taken_back() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    asked(&mut bench, owner, "1366x768");
    bench.answer(1366, 768);
    let aligned = r#"SETTINGS,{"force_aligned_resolution":true}"#;
    assert_eq!(bench.say(owner, aligned), ["resize 1360x768"]);
    bench.answer(1360, 768);
    assert_eq!(bench.say(owner, aligned), NOTHING);
    assert_eq!(asked(&mut bench, owner, "1366x768"), NOTHING);
    let free = r#"SETTINGS,{"force_aligned_resolution":false}"#;
    assert_eq!(bench.say(owner, free), ["resize 1366x768"]);
}

#[test]
fn a_desktop_of_a_crooked_size_is_aligned_when_a_page_says_so() {
    let mut bench = Bench::new();
    let size = Size::new(1366, 768);
    bench.give(&Input::Resized {
        size,
        answer: false,
    });
    let page = bench.controller();
    let told = bench.say(page, r#"SETTINGS,{"force_aligned_resolution":true}"#);
    assert_eq!(told, ["resize 1360x768", "1< displays [primary]"]);
}

#[test]
fn an_answer_that_nobody_waits_for_is_taken_as_news() {
    let mut bench = Bench::new();
    bench.owner();
    assert_eq!(bench.answer(HD.width, HD.height), NOTHING);
    let told = bench.answer(640, 480);
    assert!(
        told.contains(&"start 2 H264 640x480".to_owned()),
        "{told:?}"
    );
}
