//! Values pages may change.

use super::bench::{Bench, NOTHING};

#[test]
fn quality_and_frame_rate_change_while_the_stream_runs() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    let cases = [
        (r#"{"video_crf":18}"#, "tune crf 18, jpeg 40, 60 fps"),
        (r#"{"framerate":30}"#, "tune crf 18, jpeg 40, 30 fps"),
        (r#"{"jpeg_quality":"75"}"#, "tune crf 18, jpeg 75, 30 fps"),
        (
            r#"{"h264_crf":20,"framerate":25}"#,
            "tune crf 20, jpeg 75, 25 fps",
        ),
    ];
    for (values, tuned) in cases {
        assert_eq!(bench.say(owner, &format!("SETTINGS,{values}")), [tuned]);
        assert_eq!(bench.say(owner, &format!("SETTINGS,{values}")), NOTHING);
    }
}

#[test]
fn what_was_changed_before_the_stream_holds_when_it_starts() {
    let mut bench = Bench::new();
    let page = bench.controller();
    bench.say(page, "_crf,20");
    bench.say(page, "START_VIDEO");
    assert_eq!(bench.say(page, "_crf,20"), NOTHING);
    assert_eq!(bench.say(page, "_crf,21"), ["tune crf 21, jpeg 40, 60 fps"]);
}

#[test]
fn full_colour_and_rate_control_need_another_pipeline_and_are_announced() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    let reset = ["1 unwatches", "1< PIPELINE_RESETTING primary", "stop"];
    let told = bench.say(owner, r#"SETTINGS,{"video_fullcolor":true}"#);
    assert_eq!(told[..3], reset);
    assert_eq!(
        told[3..],
        [
            "1< settings again h264enc",
            "start 2 H264 1280x720 4:4:4",
            "1 watches"
        ]
    );
    let told = bench.say(owner, "_rc,cbr");
    assert_eq!(told[..3], reset);
    assert_eq!(
        told[3..],
        [
            "1< settings again h264enc",
            "start 3 H264 1280x720 4:4:4",
            "1 watches"
        ]
    );
    assert_eq!(
        bench.say(owner, "vb,5000"),
        ["tune 5000 kbit/s, jpeg 40, 60 fps, at rest the same"]
    );
}

#[test]
fn what_becomes_of_what_rests_changes_while_the_stream_runs() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    let cases = [
        (
            r#"{"video_paintover_crf":12,"video_paintover_burst_frames":3}"#,
            "tune crf 25, jpeg 40, 60 fps, at rest crf 12, jpeg 90 in 3",
        ),
        (
            r#"{"h264_paintover_crf":20,"paint_over_jpeg_quality":95}"#,
            "tune crf 25, jpeg 40, 60 fps, at rest crf 20, jpeg 95 in 3",
        ),
        (
            r#"{"use_paint_over_quality":false}"#,
            "tune crf 25, jpeg 40, 60 fps, at rest the same",
        ),
    ];
    for (values, tuned) in cases {
        assert_eq!(bench.say(owner, &format!("SETTINGS,{values}")), [tuned]);
    }
}

#[test]
fn a_constant_bit_rate_is_spent_on_what_rests_only_if_somebody_wants_that() {
    let sharper = [("SELKIES_USE_PAINT_OVER_QUALITY", "true")];
    let constant = [("SELKIES_RATE_CONTROL_MODE", "cbr")];
    let both = [sharper[0], constant[0]];
    let cases: [(&[(&str, &str)], &str); 4] = [
        (&[], ", at rest the same"),
        (&sharper, ""),
        (&constant, ", at rest the same"),
        (&both, ""),
    ];
    for (set, at_rest) in cases {
        let mut bench = Bench::set(set);
        let owner = bench.owner();
        bench.say(owner, "_rc,cbr");
        let tuned = bench.say(owner, "vb,5000");
        let expected = format!("tune 5000 kbit/s, jpeg 40, 60 fps{at_rest}");
        assert_eq!(tuned, [expected], "{set:?}");
    }
    let mut bench = Bench::set(&constant);
    let owner = bench.owner();
    let wish = r#"SETTINGS,{"use_paint_over_quality":true,"video_bitrate":5000}"#;
    assert_eq!(
        bench.say(owner, wish),
        ["tune 5000 kbit/s, jpeg 40, 60 fps"]
    );
}

#[test]
fn a_value_out_of_bounds_counts_as_not_said_and_spoils_nothing() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    let values = r#"SETTINGS,{"framerate":100000,"video_crf":-1,"encoder":"av1enc","jpeg_quality":"x","jpeg_quality":0}"#;
    assert_eq!(bench.say(owner, values), NOTHING);
    assert_eq!(bench.counts(owner).unsuitable, 4);
    let mixed = r#"SETTINGS,{"framerate":100000,"video_crf":30}"#;
    assert_eq!(bench.say(owner, mixed), ["tune crf 30, jpeg 40, 60 fps"]);
    assert_eq!(bench.counts(owner).unsuitable, 5);
}

#[test]
fn a_value_the_operator_has_locked_stays() {
    let mut bench = Bench::set(&[
        ("SELKIES_FRAMERATE", "30"),
        ("SELKIES_VIDEO_FULLCOLOR", "false|locked"),
        ("SELKIES_ENCODER", "jpeg"),
        ("SELKIES_ENABLE_RATE_CONTROL", "false"),
    ]);
    let owner = bench.owner();
    let values = r#"SETTINGS,{"framerate":60,"video_fullcolor":true,"encoder":"h264enc","rate_control_mode":"cbr"}"#;
    assert_eq!(bench.say(owner, values), NOTHING);
    assert_eq!(bench.counts(owner).unsuitable, 4);
    assert_eq!(bench.say(owner, "_arg_fps,60"), NOTHING);
    assert_eq!(bench.say(owner, "_rc,cbr"), NOTHING);
}

#[test]
fn a_single_value_out_of_bounds_becomes_the_nearest_bound() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    assert_eq!(
        bench.say(owner, "_arg_fps,100000"),
        ["tune crf 25, jpeg 40, 120 fps"]
    );
    assert_eq!(
        bench.say(owner, "_arg_fps,-5"),
        ["tune crf 25, jpeg 40, 8 fps"]
    );
}

#[test]
fn a_value_that_changes_while_the_desktop_is_resized_is_not_lost() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    bench.say(owner, "r,1000x700,primary");
    assert_eq!(
        bench.say(owner, "_crf,30"),
        ["tune crf 30, jpeg 40, 60 fps"]
    );
    assert_eq!(bench.answer(1280, 720), ["1< resolution 1280x720"]);
    assert_eq!(bench.say(owner, "_crf,30"), NOTHING);
}

#[test]
fn settings_that_are_not_ours_to_change_are_counted() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    let values = r#"SETTINGS,{"port":1,"command_enabled":true,"nonsense":"x"}"#;
    assert_eq!(bench.say(owner, values), NOTHING);
    assert_eq!(bench.counts(owner).unsuitable, 3);
}
