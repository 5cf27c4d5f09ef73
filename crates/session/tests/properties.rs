//! Whatever happens in whatever order: what must hold holds after every step.

#[path = "fuzzed/model.rs"]
mod model;
#[path = "fuzzed/op.rs"]
mod op;

use op::{Op, SEATS, World};
use proptest::prelude::*;
use selkies_session::{Action, Input, Role, ViewerId};

/// What pages say, with numbers that collide often.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => plain(),
        3 => settings(),
        2 => "(kd|ku|kh),[1-4]",
        1 => "kh,[1-4],[1-4]",
        3 => "m,-?[0-9]{1,4},[0-9]{1,4},[0-9]{1,2},[0-2]",
        2 => "m2,-?[0-9],[0-9],[0-9]{1,2},[0-2]",
        2 => "r,[0-9]{1,4}x[0-9]{1,4},(primary|primary|primary|display2)",
        6 => clip(),
        1 => "(_arg_fps|vb|_crf),-?[0-9]{1,6}",
        4 => gamepad(),
    ]
}

/// What controllers do.
fn gamepad() -> impl Strategy<Value = String> {
    prop_oneof![
        2 => "js,c,[0-3],UGFk,4,17",
        3 => "js,b,[0-3],[0-9]{1,2},(0|1|0\\.5)",
        3 => "js,a,[0-3],[0-5],(0|1|-1|0\\.25)",
        2 => "js,[hd],[0-3]",
        1 => Just("_selkies,{\"rumble\":true}".to_owned()),
    ]
}

/// What is copied, in pieces that sometimes fit.
fn clip() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("cw,YWJj".to_owned()),
        "cb,(text/html|image/png|text/uri-list|video/mp4),YWJj",
        "_clip,[1-3]",
        "cws,[12],[036]",
        "cbs,[12],(image/png|text/html),[03]",
        "cws,1,(1048577|1073741824)",
        "c[wb]d,[12],(YWJj)?",
        "c[wb]d,[12],YWJj",
        "c[wb]e,[12]",
        "_ebc,(true|false)",
    ]
}

fn plain() -> impl Strategy<Value = String> {
    const WORDS: &[&str] = &[
        "START_VIDEO",
        "START_VIDEO",
        "STOP_VIDEO",
        "REQUEST_KEYFRAME",
        "r,640x480,primary",
        "r,1280x720,primary",
        "kr",
        "_gz,1",
        "_selkies,{\"desktop_state\":true}",
        "START_AUDIO",
        "STOP_AUDIO",
        "ab,64000",
        "ab,5",
        "CLIENT_FRAME_ACK 7",
        "_input,5",
        "_ping,5",
        "cr",
        "REQUEST_CLIPBOARD",
        "_selkies,{\"clips\":true}",
        "js,d,0",
        "SET_NATIVE_CURSOR_RENDERING,1",
        "SET_NATIVE_CURSOR_RENDERING,0",
        "_rc,cbr",
        "_rc,crf",
    ];
    prop::sample::select(WORDS).prop_map(str::to_owned)
}

fn settings() -> impl Strategy<Value = String> {
    const ENTRIES: &[&str] = &[
        "\"displayId\":\"primary\"",
        "\"displayId\":\"primary\"",
        "\"displayId\":\"display2\"",
        "\"initialClientWidth\":1000,\"initialClientHeight\":701",
        "\"initialClientWidth\":1280,\"initialClientHeight\":720",
        "\"is_manual_resolution_mode\":true,\"manual_width\":800,\"manual_height\":600",
        "\"is_manual_resolution_mode\":false",
        "\"encoder\":\"jpeg\"",
        "\"encoder\":\"h264enc\"",
        "\"encoder\":\"h264enc-striped\"",
        "\"encoder\":\"nonsense\"",
        "\"video_fullcolor\":true",
        "\"video_fullcolor\":false",
        "\"rate_control_mode\":\"cbr\"",
        "\"rate_control_mode\":\"crf\"",
        "\"force_aligned_resolution\":true",
        "\"force_aligned_resolution\":false",
        "\"framerate\":30",
        "\"framerate\":99999",
        "\"video_crf\":20",
        "\"jpeg_quality\":80",
        "\"keyboardLayout\":\"de\"",
        "\"audioRedundancy\":true",
        "\"audioRedundancy\":true",
        "\"audioRedundancy\":false",
        "\"audio_bitrate\":\"96000\"",
    ];
    prop::collection::vec(prop::sample::select(ENTRIES), 0..4)
        .prop_map(|entries| format!("SETTINGS,{{{}}}", entries.join(",")))
}

fn op() -> impl Strategy<Value = Op> {
    let seat = 0..SEATS;
    let size = || (1..3000_u16, 1..3000_u16);
    prop_oneof![
        4 => (seat.clone(), 0..6_u8).prop_map(|(seat, role)| Op::Join { seat, role }),
        2 => seat.clone().prop_map(|seat| Op::Leave { seat }),
        24 => (seat.clone(), text()).prop_map(|(seat, text)| Op::Say { seat, text }),
        1 => seat.clone().prop_map(|seat| Op::Malformed { seat }),
        3 => seat.prop_map(|seat| Op::Microphone { seat }),
        2 => size().prop_map(|(width, height)| Op::DesktopUp { width, height }),
        1 => Just(Op::DesktopLost),
        6 => Just(Op::Obey),
        2 => Just(Op::Refuse),
        1 => size().prop_map(|(width, height)| Op::Resized { width, height }),
        2 => prop::bool::ANY.prop_map(|current| Op::EncoderFailed { current }),
        8 => (0..7000_u16).prop_map(|millis| Op::Pass { millis }),
        2 => (prop::bool::ANY, any::<u8>()).prop_map(|(primary, forms)| Op::Copied { primary, forms }),
        1 => (0..SEATS, any::<u8>()).prop_map(|(seat, forms)| Op::Offered { seat, forms }),
        1 => (0..SEATS, any::<u8>()).prop_map(|(seat, why)| Op::ClipRefused { seat, why }),
        1 => (any::<u8>(), any::<u8>()).prop_map(|(slot, strong)| Op::Rumble { slot, strong }),
    ]
}

/// What the operator may have set.
fn operator() -> impl Strategy<Value = Vec<(&'static str, &'static str)>> {
    prop_oneof![
        3 => Just(Vec::new()),
        1 => Just(vec![("SELKIES_ENABLE_SHARED", "false"), ("SELKIES_ENABLE_PLAYER3", "false")]),
        1 => Just(vec![("SELKIES_MANUAL_WIDTH", "1001"), ("SELKIES_MANUAL_HEIGHT", "701")]),
        1 => Just(vec![("SELKIES_ENABLE_RESIZE", "false"), ("SELKIES_ENCODER", "h264enc")]),
        1 => Just(vec![("SELKIES_ENCODER", "jpeg"), ("SELKIES_FRAMERATE", "30")]),
        1 => Just(vec![("SELKIES_ENABLE_CLIPBOARD", "in"), ("SELKIES_ENABLE_BINARY_CLIPBOARD", "false")]),
        1 => Just(vec![("SELKIES_CLIPBOARD_PRIMARY", "true"), ("SELKIES_CLIPBOARD_LIMIT", "1")]),
        1 => Just(vec![("SELKIES_ENABLE_CLIPBOARD", "out"), ("SELKIES_GAMEPAD_ENABLED", "false")]),
        1 => Just(vec![("SELKIES_AUDIO_ENABLED", "false")]),
        1 => Just(vec![("SELKIES_MICROPHONE_ENABLED", "false|locked"), ("SELKIES_AUDIO_REDUNDANCY_DISTANCE", "4")]),
    ]
}

proptest! {
    #[test]
    fn what_must_hold_holds_after_every_step(
        operator in operator(),
        ops in prop::collection::vec(op(), 0..120),
    ) {
        let mut world = World::new(&operator);
        for op in &ops {
            world.run(op);
        }
        world.end();
    }

    #[test]
    fn the_same_inputs_have_the_same_consequences(ops in prop::collection::vec(op(), 0..60)) {
        let run = || {
            let mut world = World::new(&[]);
            ops.iter().map(|op| world.run(op)).collect::<Vec<_>>()
        };
        prop_assert_eq!(run(), run());
    }

    #[test]
    fn what_is_not_to_be_had_changes_nothing(
        ops in prop::collection::vec(op(), 0..40),
        wishes in prop::collection::vec(impossible(), 1..5),
    ) {
        let mut world = World::new(&[("SELKIES_VIDEO_FULLCOLOR", "false|locked")]);
        for op in &ops {
            world.run(op);
        }
        world.run(&Op::DesktopUp { width: 1280, height: 720 });
        let viewer = ViewerId(u64::MAX);
        world.give(&Input::Joined { viewer, role: Role::Controller });
        let own = "SETTINGS,{\"displayId\":\"primary\",\"encoder\":\"jpeg\"}";
        world.tell(viewer, own);
        world.run(&Op::Obey);
        let before = world.session().counts(viewer).map_or(0, |counts| counts.unsuitable);
        let actions = world.tell(viewer, &format!("SETTINGS,{{{}}}", wishes.join(",")));
        prop_assert_eq!(actions, Vec::<Action>::new());
        let counted = world.session().counts(viewer).map_or(0, |counts| counts.unsuitable);
        prop_assert!(counted > before);
    }
}

fn impossible() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("\"video_fullcolor\":true".to_owned()),
        "\"encoder\":\"[a-z]{1,8}x\"",
        (121..i64::MAX).prop_map(|fps| format!("\"framerate\":{fps}")),
        (i64::MIN..8).prop_map(|fps| format!("\"framerate\":{fps}")),
        (51..i64::MAX).prop_map(|factor| format!("\"video_crf\":{factor}")),
        (101..i64::MAX).prop_map(|quality| format!("\"jpeg_quality\":{quality}")),
        "\"port\":[1-9]{1,4}",
        "\"x[a-z]{1,10}\":true",
    ]
}
