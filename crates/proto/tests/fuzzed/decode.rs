//! What the fuzz target `decode` does with its input, so that ordinary tests replay its corpus.

use selkies_proto::client::{ClientBinary, ClipPiece, ProposedValue, clip_bytes};
use selkies_proto::sound::{decode_sound, sound_message};
use selkies_proto::video::{VideoChunk, decode_chunk, h264_header, jpeg_header};
use selkies_proto::{ClientMessage, decode_binary, decode_text, limits};

/// Reads `data` as every kind of frame there is.
///
/// # Panics
/// When a decoder panics, or lets through more than the limits allow.
pub(crate) fn decode(data: &[u8]) {
    if let Ok(text) = std::str::from_utf8(data) {
        check_text(text);
    }
    if let Ok(ClientBinary::GzipText(content) | ClientBinary::Microphone(content)) =
        decode_binary(data)
    {
        assert_eq!(content.len() + 1, data.len(), "all but the kind is content");
    }
    if let Ok(sound) = decode_sound(data) {
        assert!(sound.earlier.len() <= limits::EARLIER_SOUND.into());
        let again = sound_message(sound.pts.unwrap_or(0), &sound.earlier, sound.packet);
        // Payload types are read over.
        assert_eq!(again.len(), data.len());
        assert_eq!(decode_sound(&again), Ok(sound), "what is read is written");
    }
    match decode_chunk(data) {
        Ok(VideoChunk::H264 {
            keyframe,
            id,
            area,
            data: rest,
        }) => {
            let mut header = h264_header(keyframe, u64::from(id), area);
            if data.get(1) == Some(&2) {
                header[1] = 2;
            }
            assert_eq!(
                [&header, rest].concat(),
                data,
                "a header read is the header written"
            );
        }
        Ok(VideoChunk::Jpeg { id, y, data: rest }) => {
            let header = jpeg_header(u64::from(id), y);
            assert_eq!(
                [&header, rest].concat(),
                data,
                "a header read is the header written"
            );
        }
        Ok(VideoChunk::KeepAlive) | Err(_) => {}
    }
}

fn check_text(text: &str) {
    match decode_text(text) {
        Ok(ClientMessage::KeysHeld(keys)) => {
            assert!(
                (1..=limits::HELD_KEYS).contains(&keys.len()),
                "{} keys",
                keys.len()
            );
            assert!(keys.iter().all(|key| (1..=limits::KEYSYM).contains(key)));
        }
        Ok(ClientMessage::PointerMoved { dx, dy, buttons }) => {
            let near = -limits::RELATIVE..=limits::RELATIVE;
            assert!(
                near.contains(&dx) && near.contains(&dy),
                "moved by {dx}, {dy}"
            );
            assert!(buttons.notches <= limits::NOTCHES);
        }
        Ok(ClientMessage::PointerAt { buttons, .. }) => assert!(buttons.notches <= limits::NOTCHES),
        Ok(ClientMessage::Resize { width, height, .. }) => assert!(width > 0 && height > 0),
        Ok(ClientMessage::LiveValue { value, .. }) => check_value(&value),
        Ok(ClientMessage::Settings(proposal)) => {
            assert!(proposal.values.len() <= limits::VALUES);
            for (index, (key, value)) in proposal.values.iter().enumerate() {
                assert!((1..=limits::KEY).contains(&key.len()));
                let again = proposal
                    .values
                    .iter()
                    .skip(index + 1)
                    .any(|(other, _)| other == key);
                assert!(!again, "{key} is there twice");
                check_value(value);
            }
            for (width, height) in [proposal.initial_size, proposal.manual_size]
                .into_iter()
                .flatten()
            {
                assert!(width > 0 && height > 0);
            }
        }
        Ok(ClientMessage::Clip(piece)) => check_clip(text, &piece),
        Ok(ClientMessage::ClipForms(count)) => assert!((1..=limits::CLIP_FORMS).contains(&count)),
        Ok(_) | Err(_) => {}
    }
}

fn check_clip(text: &str, piece: &ClipPiece) {
    match piece {
        ClipPiece::Whole { mime, .. } | ClipPiece::Start { mime, .. } => {
            assert!(mime.len() <= limits::MIME && mime.contains('/'));
            assert!(mime.is_ascii() && *mime == mime.to_ascii_lowercase());
        }
        ClipPiece::Part { .. } | ClipPiece::End { .. } => {}
    }
    let bytes = match piece {
        ClipPiece::Whole { data, .. } | ClipPiece::Part { data, .. } => data.0.len(),
        ClipPiece::Start { .. } | ClipPiece::End { .. } => 0,
    };
    assert!(bytes <= clip_bytes(text), "{bytes} bytes had no room");
}

fn check_value(value: &ProposedValue) {
    match value {
        ProposedValue::Bool(_) => {}
        ProposedValue::Number(number) => assert!(number.is_finite()),
        ProposedValue::Text(text) => assert!(text.len() <= limits::TEXT),
    }
}
