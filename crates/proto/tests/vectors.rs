//! Both ends agree byte for byte: the vectors of `vectors/`, from the server's side.

mod vector_files;

use selkies_proto::client::{ClientBinary, GamepadEvent, Proposal, ProposedValue};
use selkies_proto::clip::Data;
use selkies_proto::server::{ClipRefusal, Cursor, DesktopState, InputTrace, PictureTrace, Rumble};
use selkies_proto::sound::{Earlier, Sound, decode_sound, sound_message};
use selkies_proto::video::{
    ChunkArea, KEEP_ALIVE, VideoChunk, decode_chunk, h264_header, jpeg_header,
};
use selkies_proto::{
    ClientMessage, DecodeError, DisplayId, ServerMessage, client, decode_binary, decode_text,
    server,
};
use serde_json::{Map, Value, json};
use vector_files::{
    CLIENT_BINARY, CLIENT_TEXT, FILES, SERVER_BINARY, SERVER_SOUND, SERVER_TEXT, hex, read, unhex,
};

#[test]
fn names_are_unique_in_each_file() {
    for (file, vectors) in FILES {
        let mut names: Vec<_> = read(vectors)
            .into_iter()
            .map(|vector| vector.name)
            .collect();
        let all = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), all, "{file}");
    }
}

#[test]
fn text_of_pages_decodes_as_the_vectors_say() {
    for vector in read(CLIENT_TEXT) {
        let found = decode_text(vector.text()).map(|message| client_json(&message));
        assert_eq!(
            found.map_err(|error| error_name(&error)),
            vector.expected(),
            "{}",
            vector.name
        );
    }
}

#[test]
fn binary_frames_of_pages_decode_as_the_vectors_say() {
    for vector in read(CLIENT_BINARY) {
        let bytes = vector.bytes();
        let found = decode_binary(&bytes).map(|frame| match frame {
            ClientBinary::GzipText(content) => {
                json!({"type": "gzip_text", "payload": hex(content)})
            }
            ClientBinary::Microphone(content) => {
                json!({"type": "microphone", "payload": hex(content)})
            }
        });
        assert_eq!(
            found.map_err(|error| error_name(&error)),
            vector.expected(),
            "{}",
            vector.name
        );
    }
}

#[test]
fn text_to_pages_is_encoded_as_the_vectors_say() {
    for vector in read(SERVER_TEXT) {
        if let (Some(message), false) = (&vector.message, vector.decode_only) {
            assert_eq!(
                server_message(message).encode(),
                vector.text(),
                "{}",
                vector.name
            );
        }
    }
}

#[test]
fn chunks_decode_as_the_vectors_say() {
    for vector in read(SERVER_BINARY) {
        let bytes = vector.bytes();
        let found = decode_chunk(&bytes).map(|chunk| chunk_json(&chunk));
        assert_eq!(
            found.map_err(|error| error_name(&error)),
            vector.expected(),
            "{}",
            vector.name
        );
    }
}

#[test]
fn chunks_are_encoded_as_the_vectors_say() {
    for vector in read(SERVER_BINARY) {
        if let (Some(message), false) = (&vector.message, vector.decode_only) {
            let picture = vector
                .picture
                .unwrap_or_else(|| number(message, "id").into());
            assert_eq!(
                hex(&chunk(message, picture)),
                hex(&vector.bytes()),
                "{}",
                vector.name
            );
        }
    }
}

#[test]
fn sound_decodes_as_the_vectors_say() {
    for vector in read(SERVER_SOUND) {
        let bytes = vector.bytes();
        let found = decode_sound(&bytes).map(|sound| sound_json(&sound));
        assert_eq!(
            found.map_err(|error| error_name(&error)),
            vector.expected(),
            "{}",
            vector.name
        );
    }
}

#[test]
fn sound_is_encoded_as_the_vectors_say() {
    for vector in read(SERVER_SOUND) {
        if let (Some(message), false) = (&vector.message, vector.decode_only) {
            let pts = number(message, "pts");
            let all = message["redundant"].as_array().expect("a list");
            let packets: Vec<_> = all
                .iter()
                .map(|one| (number(one, "offset"), unhex(string(one, "payload"))))
                .collect();
            let earlier: Vec<_> = packets
                .iter()
                .map(|(offset, packet)| Earlier {
                    offset: *offset,
                    packet,
                })
                .collect();
            let packet = unhex(string(message, "payload"));
            let sound = sound_message(pts, &earlier, &packet);
            assert_eq!(hex(&sound), hex(&vector.bytes()), "{}", vector.name);
        }
    }
}

fn sound_json(sound: &Sound<'_>) -> Value {
    let earlier = sound.earlier.iter();
    let redundant: Vec<_> = earlier
        .map(|one| json!({"offset": one.offset, "payload": hex(one.packet)}))
        .collect();
    let mut message =
        json!({"type": "audio", "redundant": redundant, "payload": hex(sound.packet)});
    if let Some(pts) = sound.pts {
        message["pts"] = pts.into();
    }
    message
}

fn error_name(error: &DecodeError) -> String {
    let name = match error {
        DecodeError::UnknownVerb => "unknown_verb",
        DecodeError::Malformed(_) => "malformed",
        DecodeError::UnknownKind(_) => "unknown_kind",
        DecodeError::Empty => "empty",
    };
    name.to_owned()
}

fn client_json(message: &ClientMessage) -> Value {
    match message {
        ClientMessage::OffersGzip => json!({"type": "offers_gzip"}),
        ClientMessage::Capabilities(known) => {
            json!({
                "type": "capabilities", "desktop_state": known.desktop_state,
                "each_ack": known.each_ack, "trace": known.trace, "clips": known.clips,
                "rumble": known.rumble,
            })
        }
        ClientMessage::Settings(proposal) => proposal_json(proposal),
        ClientMessage::FrameAck(id) => json!({"type": "frame_ack", "id": id}),
        ClientMessage::RequestKeyframe => json!({"type": "request_keyframe"}),
        ClientMessage::StartVideo => json!({"type": "start_video"}),
        ClientMessage::StopVideo => json!({"type": "stop_video"}),
        ClientMessage::StartAudio => json!({"type": "start_audio"}),
        ClientMessage::Gamepad { slot, event } => gamepad_json(*slot, event),
        ClientMessage::StopAudio => json!({"type": "stop_audio"}),
        ClientMessage::Resize {
            width,
            height,
            display,
        } => {
            json!({"type": "resize", "width": width, "height": height, "display": display.as_str()})
        }
        ClientMessage::KeyDown(keysym) => json!({"type": "key_down", "keysym": keysym}),
        ClientMessage::KeyUp(keysym) => json!({"type": "key_up", "keysym": keysym}),
        ClientMessage::KeysHeld(keysyms) => json!({"type": "keys_held", "keysyms": keysyms}),
        ClientMessage::ReleaseKeys => json!({"type": "release_keys"}),
        ClientMessage::PointerAt { x, y, buttons } => {
            let (mask, notches) = (buttons.mask, buttons.notches);
            json!({"type": "pointer_at", "x": x, "y": y, "mask": mask, "notches": notches})
        }
        ClientMessage::PointerMoved { dx, dy, buttons } => {
            let (mask, notches) = (buttons.mask, buttons.notches);
            json!({"type": "pointer_moved", "dx": dx, "dy": dy, "mask": mask, "notches": notches})
        }
        ClientMessage::Clip(piece) => piece_json(piece),
        ClientMessage::ClipForms(count) => json!({"type": "clip_forms", "count": count}),
        ClientMessage::DrawCursor(on) => json!({"type": "draw_cursor", "on": on}),
        ClientMessage::FetchClipboard => json!({"type": "fetch_clipboard"}),
        ClientMessage::RequestClipboard => json!({"type": "request_clipboard"}),
        ClientMessage::LiveValue { key, value } => {
            json!({"type": "live_value", "key": key, "value": value_json(value)})
        }
        ClientMessage::Ping(number) => json!({"type": "ping", "number": number}),
        ClientMessage::MarkInput(id) => json!({"type": "mark_input", "id": id}),
        ClientMessage::NotBuilt(verb) => json!({"type": "not_built", "verb": verb}),
    }
}

fn piece_json(piece: &client::ClipPiece) -> Value {
    match piece {
        client::ClipPiece::Whole { mime, data } => {
            json!({"type": "clip_whole", "mime": mime, "payload": hex(&data.0)})
        }
        client::ClipPiece::Start { id, mime, bytes } => {
            json!({"type": "clip_start", "id": id, "mime": mime, "bytes": bytes})
        }
        client::ClipPiece::Part { id, binary, data } => {
            json!({"type": "clip_part", "id": id, "binary": binary, "payload": hex(&data.0)})
        }
        client::ClipPiece::End { id, binary } => {
            json!({"type": "clip_end", "id": id, "binary": binary})
        }
    }
}

fn proposal_json(proposal: &Proposal) -> Value {
    let mut fields = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            fields.insert(name.to_owned(), value);
        }
    };
    put("type", Some(json!("settings")));
    put(
        "display",
        proposal
            .display
            .as_ref()
            .map(|display| json!(display.as_str())),
    );
    put(
        "initial_size",
        proposal
            .initial_size
            .map(|(width, height)| json!([width, height])),
    );
    put(
        "manual_resolution",
        proposal.manual_resolution.map(Value::from),
    );
    put(
        "manual_size",
        proposal
            .manual_size
            .map(|(width, height)| json!([width, height])),
    );
    put(
        "audio_redundancy",
        proposal.audio_redundancy.map(Value::from),
    );
    let values = proposal
        .values
        .iter()
        .map(|(key, value)| (key.clone(), value_json(value)));
    put("values", Some(Value::Object(values.collect())));
    Value::Object(fields)
}

fn value_json(value: &ProposedValue) -> Value {
    match value {
        ProposedValue::Bool(on) => json!(on),
        ProposedValue::Text(text) => json!(text),
        // The vectors write whole numbers without a point.
        ProposedValue::Number(number) => {
            serde_json::from_str(&number.to_string()).expect("a finite number is JSON")
        }
    }
}

fn server_message(message: &Value) -> ServerMessage {
    match string(message, "type") {
        "mode" => ServerMessage::Mode,
        "gzip_accepted" => ServerMessage::GzipAccepted,
        "displays" => {
            let names = message["displays"]
                .as_array()
                .expect("displays are a list")
                .iter();
            let parse = |name: &Value| DisplayId::parse(name.as_str()?);
            ServerMessage::Displays(
                names
                    .map(|name| parse(name).expect("a display's name"))
                    .collect(),
            )
        }
        "settings" => ServerMessage::Settings {
            settings: message["settings"]
                .as_object()
                .expect("settings are an object")
                .clone(),
            display: message.get("display").map(|_| display(message)),
        },
        "stream_resolution" => ServerMessage::StreamResolution {
            width: number(message, "width"),
            height: number(message, "height"),
            display: display(message),
        },
        "pipeline_resetting" => ServerMessage::PipelineResetting(display(message)),
        "video_started" => ServerMessage::VideoStarted,
        "video_stopped" => ServerMessage::VideoStopped,
        "audio_started" => ServerMessage::AudioStarted,
        "audio_stopped" => ServerMessage::AudioStopped,
        "audio_disabled" => ServerMessage::AudioDisabled,
        "microphone_disabled" => ServerMessage::MicrophoneDisabled,
        "kill" => ServerMessage::Kill(string(message, "reason").to_owned()),
        "reload" => ServerMessage::Reload,
        "cursor" => ServerMessage::Cursor(Cursor {
            png: string(message, "png").into(),
            width: number(message, "width"),
            height: number(message, "height"),
            hot_x: number(message, "hot_x"),
            hot_y: number(message, "hot_y"),
            handle: number(message, "handle"),
        }),
        "desktop_state" => ServerMessage::DesktopState(match string(message, "state") {
            "lost" => DesktopState::Lost,
            "restarted" => DesktopState::Restarted,
            other => panic!("no such state: {other}"),
        }),
        "stream_info" => ServerMessage::StreamInfo {
            encoder: string(message, "encoder").to_owned(),
            fallback: message
                .get("fallback")
                .map(|_| string(message, "fallback").to_owned()),
        },
        "clip_whole" => ServerMessage::Clip(server::ClipPiece::Whole {
            mime: string(message, "mime").to_owned(),
            data: data(message),
        }),
        "clip_start" => ServerMessage::Clip(server::ClipPiece::Start {
            mime: string(message, "mime").to_owned(),
            bytes: number(message, "bytes").into(),
        }),
        "clip_part" => ServerMessage::Clip(server::ClipPiece::Part(data(message))),
        "clip_void" => ServerMessage::Clip(server::ClipPiece::Void),
        "clip_end" => ServerMessage::Clip(server::ClipPiece::End),
        "clip_forms" => ServerMessage::ClipForms {
            count: number(message, "count")
                .try_into()
                .expect("a count of forms"),
            primary: message["primary"] == true,
        },
        "clip_reply" => ServerMessage::ClipReply,
        "clip_refused" => ServerMessage::ClipRefused(match string(message, "why") {
            "too_large" => ClipRefusal::TooLarge,
            "broken" => ClipRefusal::Broken,
            "forbidden" => ClipRefusal::Forbidden,
            "failed" => ClipRefusal::Failed,
            other => panic!("no such refusal: {other}"),
        }),
        "rumble" => ServerMessage::Rumble(Rumble {
            pad: number(message, "pad").try_into().expect("a slot"),
            strong: part(message, "strong"),
            weak: part(message, "weak"),
            ms: number(message, "ms").try_into().expect("milliseconds"),
        }),
        "pong" => ServerMessage::Pong {
            echo: micros(message, "echo"),
            now: micros(message, "now"),
        },
        "trace" => ServerMessage::Trace(trace(message)),
        other => panic!("no such message: {other}"),
    }
}

fn data(message: &Value) -> Data {
    Data(unhex(string(message, "payload")).into())
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "vectors have round numbers"
)]
fn part(message: &Value, name: &str) -> f32 {
    message[name].as_f64().expect("a part of the whole") as f32
}

fn micros(message: &Value, name: &str) -> u64 {
    message[name].as_u64().expect("a whole number")
}

fn trace(message: &Value) -> PictureTrace {
    let answers = message["answers"].as_array().expect("a list of inputs");
    PictureTrace {
        frame: u16::try_from(number(message, "frame")).expect("an id fits 16 bits"),
        damaged: micros(message, "damaged"),
        captured: micros(message, "captured"),
        encode_started: micros(message, "encode_started"),
        encoded: micros(message, "encoded"),
        taken: micros(message, "taken"),
        sent: micros(message, "sent"),
        answers: answers
            .iter()
            .map(|input| InputTrace {
                id: number(input, "id"),
                received: micros(input, "received"),
                injected: micros(input, "injected"),
            })
            .collect(),
    }
}

fn gamepad_json(slot: u8, event: &GamepadEvent) -> Value {
    let mut json = match event {
        GamepadEvent::Connected {
            name,
            axes,
            buttons,
        } => json!({"event": "connected", "name": name, "axes": axes, "buttons": buttons}),
        GamepadEvent::Button { index, value } => {
            json!({"event": "button", "index": index, "value": value})
        }
        GamepadEvent::Axis { index, value } => {
            json!({"event": "axis", "index": index, "value": value})
        }
        GamepadEvent::Held => json!({"event": "held"}),
        GamepadEvent::Disconnected => json!({"event": "disconnected"}),
    };
    json["type"] = json!("gamepad");
    json["slot"] = json!(slot);
    json
}

fn chunk_json(chunk: &VideoChunk<'_>) -> Value {
    match chunk {
        VideoChunk::KeepAlive => json!({"type": "keep_alive"}),
        VideoChunk::Jpeg { id, y, data } => {
            json!({"type": "jpeg", "id": id, "y": y, "payload": hex(data)})
        }
        VideoChunk::H264 {
            keyframe,
            id,
            area,
            data,
        } => json!({
            "type": "h264", "keyframe": keyframe, "id": id, "y": area.y(),
            "width": area.width(), "height": area.height(), "payload": hex(data),
        }),
    }
}

fn chunk(message: &Value, picture: u64) -> Vec<u8> {
    let payload = || unhex(string(message, "payload"));
    match string(message, "type") {
        "keep_alive" => KEEP_ALIVE.to_vec(),
        "jpeg" => {
            let y = number(message, "y").try_into().expect("a row fits 16 bits");
            [jpeg_header(picture, y).to_vec(), payload()].concat()
        }
        "h264" => {
            let side = |name| number(message, name);
            let area = ChunkArea::new(side("y"), side("width"), side("height"))
                .expect("an area that fits");
            let keyframe = message["keyframe"]
                .as_bool()
                .expect("keyframe is a boolean");
            [h264_header(keyframe, picture, area).to_vec(), payload()].concat()
        }
        other => panic!("no such chunk: {other}"),
    }
}

fn string<'a>(message: &'a Value, name: &str) -> &'a str {
    message[name]
        .as_str()
        .unwrap_or_else(|| panic!("{name} is text in {message}"))
}

/// Absent: 0, which is what a message without an id has.
fn number(message: &Value, name: &str) -> u32 {
    let number = message[name].as_u64().unwrap_or_default();
    number.try_into().expect("numbers of vectors fit 32 bits")
}

fn display(message: &Value) -> DisplayId {
    DisplayId::parse(string(message, "display")).expect("a display's name")
}
