//! How a value of each kind is read.

use super::*;

#[test]
fn a_switch_reads_words_of_either_kind_and_the_lock_behind_them() {
    for (raw, value, locked) in [
        ("true", true, false),
        ("TRUE", true, false),
        ("1", true, false),
        ("yes", true, false),
        ("on", true, false),
        ("false", false, false),
        ("0", false, false),
        ("No", false, false),
        ("off", false, false),
        ("true|locked", true, true),
        ("false|locked", false, true),
        ("1|LOCKED", true, true),
        ("|locked", true, true),
    ] {
        let got = from_env(&[("SELKIES_GAMEPAD_ENABLED", raw)])
            .settings
            .gamepad_enabled;
        assert_eq!(got, Bool { value, locked }, "{raw}");
    }
}

#[test]
fn a_range_is_a_span_or_a_lock_or_a_start_within_a_span() {
    for (raw, initial, min, max) in [
        ("30", 30, 30, 30),
        ("144", 144, 144, 144),
        ("8-240", 60, 8, 240),
        ("10-30", 30, 10, 30),
        ("90-100", 90, 90, 100),
        ("30-10", 30, 10, 30),
        ("45,30-60", 45, 30, 60),
        ("60,8-240", 60, 8, 240),
        (" 24 - 60 ", 60, 24, 60),
        ("29.97", 30, 30, 30),
    ] {
        let resolved = from_flags(&[("framerate", raw)]);
        assert_eq!(resolved.problems, [], "{raw}");
        assert_eq!(
            resolved.settings.framerate,
            Range { initial, min, max },
            "{raw}"
        );
    }
    for raw in [
        "-5", "a-b", "5-", "60,60", ",8-60", "8-60,60", "nan", "1-2-3",
    ] {
        assert_eq!(from_flags(&[("framerate", raw)]).problems.len(), 1, "{raw}");
    }
}

#[test]
fn a_bit_rate_below_a_hundred_is_in_megabits() {
    for (raw, initial, min, max) in [
        ("8", 8_000, 8_000, 8_000),
        ("1-100", 8_000, 1_000, 100_000),
        ("100", 100, 100, 100),
        ("500-20000", 8_000, 500, 20_000),
    ] {
        let got = from_env(&[("SELKIES_VIDEO_BITRATE", raw)])
            .settings
            .video_bitrate;
        assert_eq!(got, Range { initial, min, max }, "{raw}");
    }
}

#[test]
fn a_choice_keeps_the_order_given_drops_strangers_and_reads_both_generations() {
    for (raw, wanted) in [
        ("jpeg", choice("jpeg", &["jpeg"])),
        ("jpeg,h264enc", choice("jpeg", &["jpeg", "h264enc"])),
        ("x264enc", choice("h264enc", &["h264enc"])),
        (
            "x264enc,x264enc-striped,jpeg",
            choice("h264enc", &["h264enc", "h264enc-striped", "jpeg"]),
        ),
        (
            "X264ENC-Striped",
            choice("h264enc-striped", &["h264enc-striped"]),
        ),
        (
            "nvh264enc,vah264enc,x264enc",
            choice("h264enc", &["h264enc"]),
        ),
        ("openh264enc", choice("openh264enc", &["openh264enc"])),
        ("jpeg,banana", choice("jpeg", &["jpeg"])),
    ] {
        assert_eq!(
            from_env(&[("SELKIES_ENCODER", raw)]).settings.encoder,
            wanted,
            "{raw}"
        );
    }
    assert_eq!(from_flags(&[("encoder", "jpeg,banana")]).problems.len(), 1);
}

#[test]
fn all_fifteen_encoders_of_earlier_servers_are_accepted() {
    let names = "nvh264enc vah264enc x264enc openh264enc nvh265enc vah265enc x265enc vp8enc vavp9enc vp9enc nvav1enc \
                 vaav1enc svtav1enc av1enc rav1enc";
    assert_eq!(names.split_whitespace().count(), 15);
    for name in names.split_whitespace() {
        let resolved = from_flags(&[("encoder", name)]);
        assert_eq!(resolved.problems, [], "{name}");
        assert!(
            resolved.settings.encoder.value.contains("h264enc"),
            "{name}"
        );
        let is_other_codec = !name.contains("264");
        let warned = resolved
            .notices
            .iter()
            .any(|notice| notice.level == Level::Warn && notice.text.contains(name));
        assert_eq!(warned, is_other_codec, "{name}: {:?}", resolved.notices);
        assert_eq!(
            resolved.settings.is_set("encoder"),
            !is_other_codec,
            "{name}"
        );
    }
}

#[test]
fn a_number_off_the_menu_of_an_open_choice_joins_it_in_its_place() {
    let got = from_flags(&[("audio_bitrate", "100000")])
        .settings
        .audio_bitrate;
    assert_eq!(got.value, "100000");
    let place = got.allowed.iter().position(|word| word == "100000");
    assert_eq!((place, got.allowed.len()), (Some(4), 11));
    assert_eq!(
        from_flags(&[("audio_bitrate", "128000")])
            .settings
            .audio_bitrate,
        choice("128000", &["128000"])
    );
    for raw in ["5999", "510001"] {
        assert_eq!(
            from_flags(&[("audio_bitrate", raw)]).problems.len(),
            1,
            "{raw}"
        );
    }
}
