//! Nothing a page sends makes the decoders panic or keep more than the limits say.

mod vector_files;

#[path = "fuzzed/decode.rs"]
mod fuzzed;

use proptest::prelude::*;
use selkies_proto::client::GamepadEvent;
use selkies_proto::clip::Data;
use selkies_proto::sound::{Earlier, Sound, Speech, decode_sound, sound_message};
use selkies_proto::video::{
    ChunkArea, VideoChunk, decode_chunk, frame_id, h264_header, jpeg_header,
};
use selkies_proto::{
    ClientMessage, DecodeError, ServerMessage, client, decode_binary, decode_text, limits, server,
};

/// A vector's frame with a few bytes replaced, inserted or cut.
fn mutated_vector() -> impl Strategy<Value = Vec<u8>> {
    let frames: Vec<Vec<u8>> = vector_files::FILES
        .iter()
        .flat_map(|(_, file)| vector_files::read(file))
        .map(|vector| vector.bytes())
        .collect();
    let change = (any::<prop::sample::Index>(), any::<u8>(), 0..3_u8);
    let changes = prop::collection::vec(change, 1..6);
    (prop::sample::select(frames), changes).prop_map(|(mut frame, changes)| {
        for (place, byte, how) in changes {
            let place = place.index(frame.len() + 1);
            match how {
                0 => frame.insert(place, byte),
                1 if place < frame.len() => frame[place] = byte,
                _ => frame.truncate(place.max(1)),
            }
        }
        frame
    })
}

/// A known verb with a content that is nearly one.
fn near_message() -> impl Strategy<Value = String> {
    let verbs = "(kd|ku|kh|m|m2|r|js|ab|cw|cb|cws|cbs|cwd|cbd|cwe|_clip|_ebc|_crf|_arg_fps|_arg_resize|CLIENT_FRAME_ACK|SETTINGS|_selkies)";
    (verbs, "[, :]", "[-+0-9x,.eE{}\":a-z]{0,40}")
        .prop_map(|(verb, end, content)| verb + &end + &content)
}

/// Objects of plain and nested values under known and unknown keys.
fn settings_json() -> impl Strategy<Value = String> {
    let key = prop_oneof![
        Just("displayId".to_owned()),
        Just("initialClientWidth".to_owned()),
        Just("manual_height".to_owned()),
        Just("is_manual_resolution_mode".to_owned()),
        Just("h264_crf".to_owned()),
        Just("video_crf".to_owned()),
        "[a-zA-Z_]{0,70}",
    ];
    let value = prop_oneof![
        Just("null".to_owned()),
        Just("\"primary\"".to_owned()),
        Just("1e999".to_owned()),
        Just("[[[{\"a\":1}]]]".to_owned()),
        "(true|false)",
        "-?[1-9][0-9]{0,30}(\\.[0-9]{1,5})?",
        "\"[a-zA-Z0-9 ]{0,300}\"",
    ];
    prop::collection::vec((key, value), 0..90).prop_map(|members| {
        let members: Vec<_> = members
            .iter()
            .map(|(key, value)| format!("\"{key}\":{value}"))
            .collect();
        format!("SETTINGS,{{{}}}", members.join(","))
    })
}

proptest! {
    #[test]
    fn any_bytes_are_survived(data in prop::collection::vec(any::<u8>(), 0..300)) {
        fuzzed::decode(&data);
    }

    #[test]
    fn any_text_is_survived(text in any::<String>()) {
        fuzzed::decode(text.as_bytes());
    }

    #[test]
    fn mutated_vectors_are_survived(frame in mutated_vector()) {
        fuzzed::decode(&frame);
    }

    #[test]
    fn nearly_right_messages_are_survived(text in near_message()) {
        fuzzed::decode(text.as_bytes());
    }

    #[test]
    fn settings_keep_within_their_limits(text in settings_json()) {
        fuzzed::decode(text.as_bytes());
        // Only a display without a readable name spoils an object.
        prop_assert!(text.contains("displayId") || decode_text(&text).is_ok());
    }

    #[test]
    fn keysyms_arrive_as_they_were_sent(keysym in 1..=limits::KEYSYM) {
        prop_assert_eq!(decode_text(&format!("kd,{keysym}")), Ok(ClientMessage::KeyDown(keysym)));
    }

    #[test]
    fn what_gamepads_do_stays_within_its_bounds(
        action in "[abcdh]", slot in 0..6_u8, index in 0..300_u16, value in "[-+]?[0-9]{0,3}(\\.[0-9]{0,20})?(e[0-9]{1,3})?",
    ) {
        let text = match action.as_str() {
            "a" | "b" => format!("js,{action},{slot},{index},{value}"),
            "c" => format!("js,c,{slot},{},4,17", "QUJD".repeat(index.into())),
            _ => format!("js,{action},{slot}"),
        };
        if let Ok(ClientMessage::Gamepad { slot: read, event }) = decode_text(&text) {
            prop_assert_eq!(read, slot);
            prop_assert!(slot < limits::GAMEPADS);
            match event {
                GamepadEvent::Button { value, .. } => prop_assert!((0.0..=1.0).contains(&value)),
                GamepadEvent::Axis { value, .. } => prop_assert!((-1.0..=1.0).contains(&value)),
                GamepadEvent::Connected { name, .. } => {
                    prop_assert!(name.chars().count() <= limits::GAMEPAD_NAME);
                }
                GamepadEvent::Held | GamepadEvent::Disconnected => {}
            }
        }
    }

    #[test]
    fn positions_of_gamepads_come_back(slot in 0..limits::GAMEPADS, index: u8, value in -1.0..=1.0_f32) {
        let event = GamepadEvent::Axis { index, value: value + 0.0 };
        prop_assert_eq!(decode_text(&format!("js,a,{slot},{index},{value}")), Ok(ClientMessage::Gamepad { slot, event }));
    }

    #[test]
    fn h264_headers_come_back(keyframe: bool, picture: u64, y: u16, width in 1..=u16::MAX, height in 1..=u16::MAX) {
        let area = ChunkArea::new(y.into(), width.into(), height.into()).expect("16 bits fit");
        let bytes = [h264_header(keyframe, picture, area).as_slice(), &[7]].concat();
        let chunk = VideoChunk::H264 { keyframe, id: frame_id(picture), area, data: &[7] };
        prop_assert_eq!(decode_chunk(&bytes), Ok(chunk));
    }

    #[test]
    fn jpeg_headers_come_back(picture: u64, y: u16) {
        let bytes = [jpeg_header(picture, y).as_slice(), &[7]].concat();
        prop_assert_eq!(decode_chunk(&bytes), Ok(VideoChunk::Jpeg { id: frame_id(picture), y, data: &[7] }));
    }

    #[test]
    fn sound_comes_back_with_what_fits_into_its_blocks(
        pts: u32,
        earlier in prop::collection::vec((0..20_000_u32, prop::collection::vec(any::<u8>(), 0..1100)), 0..7),
        packet in prop::collection::vec(any::<u8>(), 1..100),
    ) {
        let earlier: Vec<_> = earlier.iter().map(|(offset, packet)| Earlier { offset: *offset, packet }).collect();
        let bytes = sound_message(pts, &earlier, &packet);
        let newest = &earlier[earlier.len().saturating_sub(4)..];
        let fits = |earlier: &&Earlier<'_>| earlier.offset < 16_384 && (1..1024).contains(&earlier.packet.len());
        let earlier: Vec<_> = newest.iter().filter(fits).copied().collect();
        let pts = (!earlier.is_empty()).then_some(pts);
        prop_assert_eq!(decode_sound(&bytes), Ok(Sound { pts, earlier, packet: &packet }));
    }

    #[test]
    fn ids_count_modulo_65536(picture in 0..u64::MAX - 65_536) {
        prop_assert_eq!(frame_id(picture), frame_id(picture + 65_536));
        prop_assert_eq!(frame_id(picture + 1), frame_id(picture).wrapping_add(1));
    }

    #[test]
    fn what_is_copied_comes_back(bytes in prop::collection::vec(any::<u8>(), 0..200), id: u64) {
        let data = Data(bytes.into());
        let whole = server::ClipPiece::Whole { mime: "text/plain".to_owned(), data: data.clone() };
        let sent = ServerMessage::Clip(whole).encode();
        let base64 = sent.strip_prefix("clipboard,").expect("text is the plain one");
        let text = format!("cbd,{id},{base64}");
        let bytes = client::clip_bytes(&text);
        prop_assert!((data.0.len()..=data.0.len() + 2).contains(&bytes), "room for {bytes}");
        let part = client::ClipPiece::Part { id, binary: true, data };
        prop_assert_eq!(decode_text(&text), Ok(ClientMessage::Clip(part)));
    }

    #[test]
    fn parts_joined_are_the_base64_of_the_whole(bytes in prop::collection::vec(any::<u8>(), 0..900), cut in 0..300_usize) {
        let cut = (cut * 3).min(bytes.len() / 3 * 3);
        let part = |bytes: &[u8]| {
            let data = Data(bytes.to_vec().into());
            let text = ServerMessage::Clip(server::ClipPiece::Part(data)).encode();
            text.strip_prefix("clipboard_data,").expect("a part").to_owned()
        };
        prop_assert_eq!(part(&bytes[..cut]) + &part(&bytes[cut..]), part(&bytes));
    }

    #[test]
    fn what_is_copied_is_not_printed(text in "[a-z]{12,40}") {
        let whole = server::ClipPiece::Whole { mime: "text/plain".to_owned(), data: Data(text.clone().into()) };
        let sent = ServerMessage::Clip(whole);
        let base64 = sent.encode().replace("clipboard,", "cw,");
        let heard = decode_text(&base64).expect("it is as a page sends it");
        for shown in [format!("{sent:?}"), format!("{heard:?}")] {
            prop_assert!(!shown.contains(&text) && !shown.contains(&base64[3..]), "{}", shown);
        }
    }

    #[test]
    fn what_is_spoken_is_not_printed(packet in prop::collection::vec(20..250_u8, 8..60)) {
        let speech = Speech(packet.clone().into());
        prop_assert_eq!(format!("{speech:?}"), format!("{} bytes", packet.len()));
    }

    #[test]
    fn a_kill_is_one_line_whatever_the_reason(reason in any::<String>()) {
        prop_assert!(!ServerMessage::Kill(reason).encode().contains(char::is_control));
    }
}

#[test]
fn an_area_beyond_16_bits_has_no_header() {
    assert_eq!(ChunkArea::new(65_536, 16, 16), None);
    assert_eq!(ChunkArea::new(0, 65_536, 16), None);
    assert_eq!(ChunkArea::new(0, 16, 65_536), None);
    assert_eq!(ChunkArea::new(0, 0, 16), None);
}

#[test]
fn a_microphone_has_packets_of_a_bounded_length() {
    let frame = |bytes: usize| [vec![2], vec![7; bytes]].concat();
    assert!(decode_binary(&frame(limits::SPEECH)).is_ok());
    assert_eq!(
        decode_binary(&frame(limits::SPEECH + 1)),
        Err(DecodeError::Malformed("microphone"))
    );
}

#[test]
fn settings_beyond_their_ceiling_are_refused() {
    let padded = |spaces: usize| decode_text(&format!("SETTINGS,{{{}}}", " ".repeat(spaces)));
    assert!(padded(limits::JSON - 2).is_ok());
    assert_eq!(
        padded(limits::JSON - 1),
        Err(DecodeError::Malformed("SETTINGS"))
    );
}

#[test]
fn deeply_nested_settings_cost_no_stack() {
    let deep = "[".repeat(20_000) + &"]".repeat(20_000);
    let text = format!("SETTINGS,{{\"a\":{deep},\"framerate\":30}}");
    assert!(
        matches!(decode_text(&text), Ok(ClientMessage::Settings(proposal)) if proposal.values.len() == 1)
    );
}

#[test]
fn more_values_than_are_kept_leave_the_first() {
    let members: Vec<_> = (0..200).map(|n| format!("\"key{n}\":{n}")).collect();
    let text = format!("SETTINGS,{{{}}}", members.join(","));
    let Ok(ClientMessage::Settings(proposal)) = decode_text(&text) else {
        panic!("a long object is still an object");
    };
    assert_eq!(proposal.values.len(), limits::VALUES);
    assert_eq!(
        proposal.values.last().map(|(key, _)| key.as_str()),
        Some("key63")
    );
}

#[test]
fn room_is_asked_for_before_anything_is_read() {
    let bytes = |text: &str| client::clip_bytes(text);
    assert_eq!(bytes("cw,YWJj"), 3);
    assert_eq!(bytes("cb,image/png,YWJjYWJj"), 6);
    assert_eq!(bytes("cwd,1,YWJj"), 3);
    assert_eq!(bytes("cbd,1,YQ"), 3);
    for none in [
        "cr",
        "cw",
        "cwd,YWJj",
        "cws,1,1000000",
        "cbe,1",
        "kd,65",
        "SETTINGS,{}",
    ] {
        assert_eq!(bytes(none), 0, "{none}");
    }
}
