//! What pages are told, and what they may ask for.

use selkies_settings::{
    MAX_MESSAGE_BYTES, OutputValues, Overlay, Proposed, Scope, Settings, Sources, Spec, Verdict,
    definitions, resolve,
};
use serde_json::{Value as Json, json};

fn settings(pairs: &[(&str, &str)]) -> Settings {
    let pairs = pairs
        .iter()
        .map(|(name, raw)| ((*name).to_owned(), (*raw).to_owned()));
    resolve(&Sources::new().environment(pairs)).settings
}

fn keys(entry: &Json) -> Vec<&str> {
    let mut keys: Vec<&str> = entry
        .as_object()
        .into_iter()
        .flat_map(|entry| entry.keys().map(String::as_str))
        .collect();
    keys.sort_unstable();
    keys
}

/// The settings a page of the newest protocol was seen to receive, by the shape of their entries.
const SWITCHES: &str = "ui_show_logo ui_show_sidebar ui_show_core_buttons ui_sidebar_show_video_settings \
    ui_sidebar_show_screen_settings ui_sidebar_show_audio_settings ui_sidebar_show_stats ui_sidebar_show_clipboard \
    ui_sidebar_show_files ui_sidebar_show_apps ui_sidebar_show_sharing ui_sidebar_show_gamepads \
    ui_sidebar_show_fullscreen ui_sidebar_show_gaming_mode ui_sidebar_show_trackpad ui_sidebar_show_keyboard_button \
    ui_sidebar_show_soft_buttons ui_sidebar_show_shortcuts audio_enabled gamepad_enabled command_enabled second_screen \
    enable_sharing enable_collab enable_shared enable_player2 enable_player3 enable_player4 enable_binary_clipboard \
    use_browser_cursors use_paint_over_quality enable_resize enable_cursors audio_redundancy enable_rate_control \
    video_streaming_mode enable_dual_mode microphone_enabled video_fullcolor use_cpu is_manual_resolution_mode \
    use_css_scaling force_aligned_resolution enable_https wayland";
const RANGES: &str = "framerate video_crf jpeg_quality paint_over_jpeg_quality video_paintover_crf \
    video_paintover_burst_frames video_bitrate";
const CHOICES: &str = "encoder audio_bitrate scaling_dpi rate_control_mode audio_frame_duration_ms";
const NUMBERS: &str = "manual_width manual_height audio_channels watermark_location";
const TEXTS: &str = "ui_title mode";
const FACTS: &str =
    "clipboard_enabled clipboard_in_enabled clipboard_out_enabled ws_max_message_bytes";

#[test]
fn every_entry_has_the_shape_pages_know() {
    let published = settings(&[]).published(&Overlay::default());
    let entry = |name: &str| {
        published
            .get(name)
            .unwrap_or_else(|| panic!("{name} is not published"))
            .clone()
    };
    for name in SWITCHES.split_whitespace() {
        assert_eq!(
            keys(&entry(name)),
            ["locked", "overridden", "value"],
            "{name}"
        );
        assert!(
            entry(name)["value"].is_boolean() && entry(name)["locked"].is_boolean(),
            "{name}"
        );
    }
    for name in RANGES.split_whitespace() {
        let entry = entry(name);
        assert_eq!(
            keys(&entry),
            ["default", "max", "min", "overridden", "value"],
            "{name}"
        );
        assert_eq!(
            entry["value"],
            json!([entry["min"], entry["max"]]),
            "{name}"
        );
        assert!(entry["default"].is_u64(), "{name}");
    }
    for name in CHOICES.split_whitespace() {
        let entry = entry(name);
        assert_eq!(keys(&entry), ["allowed", "overridden", "value"], "{name}");
        let allowed = entry["allowed"].as_array().expect("a menu").clone();
        assert!(
            allowed.iter().all(Json::is_string) && allowed.contains(&entry["value"]),
            "{name}"
        );
    }
    for name in NUMBERS.split_whitespace() {
        assert_eq!(keys(&entry(name)), ["overridden", "value"], "{name}");
        assert!(entry(name)["value"].is_i64(), "{name}");
    }
    for name in TEXTS.split_whitespace() {
        assert_eq!(keys(&entry(name)), ["overridden", "value"], "{name}");
        assert!(entry(name)["value"].is_string(), "{name}");
    }
    for name in FACTS.split_whitespace() {
        assert_eq!(keys(&entry(name)), ["value"], "{name}");
    }
    assert_eq!(
        entry("file_transfers"),
        json!({"value": ["upload", "download"], "allowed": ["upload", "download"], "overridden": false})
    );
    assert_eq!(
        entry("ws_max_message_bytes"),
        json!({"value": MAX_MESSAGE_BYTES})
    );
    assert_eq!(MAX_MESSAGE_BYTES, 8_388_608);
    assert_eq!(
        entry("keyframe_interval"),
        json!({"value": 0, "overridden": false})
    );
}

#[test]
fn the_examples_of_the_protocol_come_out_as_written() {
    let published = settings(&[]).published(&Overlay::default());
    assert_eq!(
        published["audio_enabled"],
        json!({"value": true, "locked": false, "overridden": false})
    );
    assert_eq!(
        published["framerate"],
        json!({"value": [8, 120], "overridden": false, "min": 8, "max": 120, "default": 60})
    );
    assert_eq!(
        published["encoder"],
        json!({"value": "h264enc", "overridden": false, "allowed": ["h264enc", "openh264enc", "h264enc-striped", "jpeg"]})
    );
    assert_eq!(
        published["manual_width"],
        json!({"value": 0, "overridden": false})
    );
    assert_eq!(published["clipboard_in_enabled"], json!({"value": true}));
}

#[test]
fn what_an_operator_set_is_marked_and_what_runs_is_laid_over() {
    let settings = settings(&[
        ("SELKIES_FRAMERATE", "30"),
        ("SELKIES_USE_CPU", "true|locked"),
        ("SELKIES_ENABLE_CLIPBOARD", "in"),
    ]);
    let overlay = Overlay {
        encoder: Some("jpeg"),
        rate_control_mode: Some("cbr"),
        second_screen: Some(false),
    };
    let published = settings.published(&overlay);
    assert_eq!(
        published["framerate"],
        json!({"value": [30, 30], "overridden": true, "min": 30, "max": 30, "default": 30})
    );
    assert_eq!(
        published["use_cpu"],
        json!({"value": true, "locked": true, "overridden": true})
    );
    assert_eq!(
        (
            &published["encoder"]["value"],
            &published["encoder"]["overridden"]
        ),
        (&json!("jpeg"), &json!(false))
    );
    assert_eq!(published["rate_control_mode"]["value"], json!("cbr"));
    assert_eq!(published["second_screen"]["value"], json!(false));
    assert_eq!(published["clipboard_in_enabled"], json!({"value": true}));
    assert_eq!(published["clipboard_out_enabled"], json!({"value": false}));
    assert_eq!(published["clipboard_enabled"], json!({"value": true}));
}

#[test]
fn what_pages_must_not_know_is_not_published() {
    let published = settings(&[]).published(&Overlay::default());
    let private = "port addr unix_socket web_root encode_dri render_dri dri_node debug audio_device_name watermark_path \
        recording_socket file_manager_path run_after_connect run_after_disconnect https_cert https_key rtc_config_json \
        app_ready_file js_socket_path uinput_mouse_socket webrtc_statistics_dir computer_use_bind wayland_host_display \
        app_wayland_display master_token basic_auth_user basic_auth_password basic_auth_viewonly_password \
        turn_shared_secret turn_password turn_rest_api_key cloudflare_turn_token_id cloudflare_turn_api_token \
        control_port control_addr display embedded";
    for name in private.split_whitespace() {
        assert!(!published.contains_key(name), "{name}");
    }
}

#[test]
fn the_values_of_an_output_are_the_rows_that_say_so() {
    let mut of_table: Vec<&str> = definitions()
        .iter()
        .filter(|definition| definition.scope == Scope::Output && definition.client)
        .map(|definition| definition.name)
        .collect();
    let mut of_struct = OutputValues::NAMES.to_vec();
    of_table.sort_unstable();
    of_struct.sort_unstable();
    assert_eq!(of_struct, of_table);
}

fn text(text: &str) -> Proposed {
    Proposed::Text(text.to_owned())
}

#[test]
fn a_wish_within_bounds_is_taken_in_whatever_form_it_comes() {
    let settings = settings(&[]);
    let mut values = settings.output_values();
    for (key, proposed) in [
        ("framerate", Proposed::Number(30.0)),
        ("video_crf", text("20")),
        ("h264_paintover_crf", Proposed::Number(10.4)),
        ("video_fullcolor", text("True")),
        ("use_cpu", Proposed::Bool(true)),
        ("encoder", text("x264enc-striped")),
        ("rate_control_mode", text("CBR")),
        ("video_bitrate", Proposed::Number(4000.0)),
        ("manual_width", Proposed::Number(800.0)),
    ] {
        assert_eq!(
            settings.propose(&mut values, key, &proposed),
            Verdict::Changed,
            "{key}"
        );
        assert_eq!(
            settings.propose(&mut values, key, &proposed),
            Verdict::Unchanged,
            "{key}"
        );
    }
    assert_eq!(
        (
            values.framerate,
            values.video_crf,
            values.video_paintover_crf
        ),
        (30, 20, 10)
    );
    assert!(values.video_fullcolor && values.use_cpu && values.is_constant_bitrate());
    assert_eq!(
        (
            values.encoder.as_str(),
            values.video_bitrate,
            values.manual_width
        ),
        ("h264enc-striped", 4000, 800)
    );
}

#[test]
fn a_wish_that_is_not_possible_changes_nothing() {
    let settings = settings(&[
        ("SELKIES_USE_CPU", "false|locked"),
        ("SELKIES_JPEG_QUALITY", "50"),
        ("SELKIES_ENABLE_RATE_CONTROL", "false"),
        ("SELKIES_MANUAL_WIDTH", "800"),
    ]);
    let mut values = settings.output_values();
    let before = values.clone();
    for (key, proposed) in [
        ("framerate", Proposed::Number(240.0)),
        ("framerate", Proposed::Number(7.0)),
        ("framerate", Proposed::Number(-1.0)),
        ("framerate", Proposed::Number(f64::NAN)),
        ("framerate", Proposed::Number(f64::INFINITY)),
        ("framerate", Proposed::Number(1e300)),
        ("framerate", Proposed::Bool(true)),
        ("framerate", text("fast")),
        ("jpeg_quality", Proposed::Number(60.0)),
        ("encoder", text("vp8enc")),
        ("encoder", Proposed::Bool(true)),
        ("rate_control_mode", text("cbr")),
        ("use_cpu", Proposed::Bool(true)),
        ("video_fullcolor", text("yes")),
        ("video_fullcolor", Proposed::Number(1.0)),
        ("is_manual_resolution_mode", Proposed::Bool(false)),
        ("manual_width", Proposed::Number(1024.0)),
        ("port", Proposed::Number(1.0)),
        ("scaling_dpi", Proposed::Number(120.0)),
        ("nonsense", text("x")),
    ] {
        assert_eq!(
            settings.propose(&mut values, key, &proposed),
            Verdict::Refused,
            "{key} {proposed:?}"
        );
        assert_eq!(values, before, "{key} {proposed:?}");
    }
}

#[test]
fn a_live_setter_takes_the_nearest_bound_and_else_the_operators_value() {
    let settings = settings(&[]);
    let mut values = settings.output_values();
    for (proposed, wanted) in [
        (Proposed::Number(1000.0), 120),
        (Proposed::Number(-3.0), 8),
        (text("x"), 60),
        (text("30"), 30),
    ] {
        assert_eq!(
            settings.set_clamped(&mut values, "framerate", &proposed),
            Verdict::Changed,
            "{proposed:?}"
        );
        assert_eq!(values.framerate, wanted, "{proposed:?}");
    }
    assert_eq!(
        settings.set_clamped(&mut values, "manual_width", &Proposed::Number(1e12)),
        Verdict::Changed
    );
    assert_eq!(values.manual_width, 16_384);
    assert_eq!(
        settings.set_clamped(&mut values, "rate_control_mode", &text("cbr")),
        Verdict::Changed
    );
    assert_eq!(
        settings.set_clamped(&mut values, "rate_control_mode", &text("vbr")),
        Verdict::Changed
    );
    assert_eq!(values.rate_control_mode, "crf");
    assert_eq!(
        settings.set_clamped(&mut values, "nonsense", &text("x")),
        Verdict::Refused
    );
}

#[test]
fn every_range_pages_may_change_holds_at_its_bounds() {
    let settings = settings(&[]);
    for definition in definitions()
        .iter()
        .filter(|definition| OutputValues::NAMES.contains(&definition.name))
    {
        let Spec::Range { min, max, .. } = definition.spec else {
            continue;
        };
        let mut values = settings.output_values();
        let [min, max] = [min, max].map(f64::from);
        for inside in [min, max] {
            let verdict = settings.propose(&mut values, definition.name, &Proposed::Number(inside));
            assert_eq!(verdict, Verdict::Changed, "{} {inside}", definition.name);
        }
        for outside in [min - 1.0, max + 1.0] {
            let verdict =
                settings.propose(&mut values, definition.name, &Proposed::Number(outside));
            assert_eq!(verdict, Verdict::Refused, "{} {outside}", definition.name);
        }
    }
}

#[test]
fn the_bit_rate_of_the_sound_may_lie_beside_the_menu_unless_it_is_fixed() {
    let open = settings(&[]);
    let mut bits = open.audio_bits();
    assert_eq!(bits, 320_000);
    for (wish, verdict, then) in [
        (text("64000"), Verdict::Changed, 64_000),
        (text("64000"), Verdict::Unchanged, 64_000),
        (Proposed::Number(100_000.0), Verdict::Changed, 100_000),
        (Proposed::Number(6_000.0), Verdict::Changed, 6_000),
        (Proposed::Number(5_999.0), Verdict::Refused, 6_000),
        (Proposed::Number(510_001.0), Verdict::Refused, 6_000),
        (Proposed::Number(64_000.5), Verdict::Refused, 6_000),
        (text("loud"), Verdict::Refused, 6_000),
        (Proposed::Bool(true), Verdict::Refused, 6_000),
    ] {
        assert_eq!(
            open.propose_audio_bits(&mut bits, &wish),
            verdict,
            "{wish:?}"
        );
        assert_eq!(bits, then, "{wish:?}");
    }
    let fixed = settings(&[("SELKIES_AUDIO_BITRATE", "128000")]);
    let mut bits = fixed.audio_bits();
    let wish = Proposed::Number(64_000.0);
    assert_eq!(fixed.propose_audio_bits(&mut bits, &wish), Verdict::Refused);
    assert_eq!(bits, 128_000);
}
