use super::fields::{exactly, finite, size, unsigned};
use super::{ClientMessage, DecodeError, ProposedValue, clip, gamepad, pointer, settings, unbuilt};
use crate::display::DisplayId;
use crate::limits;
use crate::verb::{self, Form};

/// Reads a text message. Costs at most one pass over the text and what the message keeps of it.
///
/// # Errors
/// [`DecodeError`] says what was wrong; nothing of the message may be used then.
pub fn decode_text(text: &str) -> Result<ClientMessage, DecodeError> {
    let (word, separator, content) = split(text);
    let rows = [verb::CLIENT, verb::SHARED, verb::UNBUILT]
        .into_iter()
        .flatten();
    let (_, verb, form) = rows
        .copied()
        .find(|(_, verb, _)| *verb == word)
        .ok_or(DecodeError::UnknownVerb)?;
    let fits = match form {
        Form::Bare => separator.is_none(),
        Form::Then(wanted) => separator == Some(wanted),
    };
    let message = if fits { read(verb, content) } else { None };
    message.ok_or(DecodeError::Malformed(verb))
}

/// The verb, the character that ends it, and what follows.
fn split(text: &str) -> (&str, Option<char>, &str) {
    let Some(end) = text.find([',', ' ', ':']) else {
        return (text, None, "");
    };
    let (word, rest) = text.split_at(end);
    let mut rest = rest.chars();
    let separator = rest.next();
    (word, separator, rest.as_str())
}

fn read(verb: &'static str, content: &str) -> Option<ClientMessage> {
    Some(match verb {
        verb::GZIP => (content == "1").then_some(ClientMessage::OffersGzip)?,
        verb::OURS => ClientMessage::Capabilities(settings::capabilities(content)?),
        verb::SETTINGS => ClientMessage::Settings(Box::new(settings::proposal(content)?)),
        verb::FRAME_ACK => ClientMessage::FrameAck(unsigned(content)?),
        verb::REQUEST_KEYFRAME => ClientMessage::RequestKeyframe,
        verb::START_VIDEO => ClientMessage::StartVideo,
        verb::STOP_VIDEO => ClientMessage::StopVideo,
        verb::START_AUDIO => ClientMessage::StartAudio,
        verb::STOP_AUDIO => ClientMessage::StopAudio,
        verb::RESIZE => resize(content)?,
        verb::KEY_DOWN => ClientMessage::KeyDown(keysym(content)?),
        verb::KEY_UP => ClientMessage::KeyUp(keysym(content)?),
        verb::KEYS_HELD => keys_held(content)?,
        verb::RELEASE_KEYS => ClientMessage::ReleaseKeys,
        verb::POINTER_AT => pointer::at(content)?,
        verb::POINTER_MOVED => pointer::moved(content)?,
        verb::POINTER_VISIBLE | verb::NATIVE_CURSOR => ClientMessage::DrawCursor(digit(content)?),
        verb::CLIPBOARD_TEXT
        | verb::CLIPBOARD_BINARY
        | verb::CLIPBOARD_TEXT_START
        | verb::CLIPBOARD_TEXT_DATA
        | verb::CLIPBOARD_TEXT_END
        | verb::CLIPBOARD_BINARY_START
        | verb::CLIPBOARD_BINARY_DATA
        | verb::CLIPBOARD_BINARY_END => clip::read(verb, content)?,
        verb::CLIP_FORMS => clip::forms(content)?,
        verb::FETCH_CLIPBOARD => ClientMessage::FetchClipboard,
        verb::CLIPBOARD_NOW => ClientMessage::RequestClipboard,
        verb::LIVE_FRAMERATE => live("framerate", number(content)?),
        verb::LIVE_BITRATE => live("video_bitrate", number(content)?),
        verb::LIVE_CRF => live("video_crf", number(content)?),
        verb::LIVE_AUDIO_BITRATE => live("audio_bitrate", number(content)?),
        verb::LIVE_RATE_CONTROL => live("rate_control_mode", rate_control(content)?),
        verb::BINARY_CLIPBOARD => live("enable_binary_clipboard", switch(content)?),
        verb::PING => ClientMessage::Ping(unsigned(content)?),
        verb::GAMEPAD => gamepad::read(content)?,
        verb::MARK_INPUT => ClientMessage::MarkInput(unsigned(content)?),
        unbuilt => {
            let well_formed = unbuilt::is_well_formed(unbuilt, content);
            well_formed.then_some(ClientMessage::NotBuilt(unbuilt))?
        }
    })
}

fn resize(content: &str) -> Option<ClientMessage> {
    let [wanted, display] = exactly(content)?;
    let (width, height) = size(wanted)?;
    let display = DisplayId::parse(display)?;
    Some(ClientMessage::Resize {
        width,
        height,
        display,
    })
}

/// Zero is `NoSymbol` (X protocol, appendix A): no key has it.
fn keysym(text: &str) -> Option<u32> {
    unsigned(text).filter(|symbol| (1..=limits::KEYSYM).contains(symbol))
}

fn keys_held(content: &str) -> Option<ClientMessage> {
    let symbols = content.split(',').take(limits::HELD_KEYS).map(keysym);
    symbols.collect::<Option<_>>().map(ClientMessage::KeysHeld)
}

fn live(key: &'static str, value: ProposedValue) -> ClientMessage {
    ClientMessage::LiveValue { key, value }
}

fn digit(content: &str) -> Option<bool> {
    match content {
        "0" => Some(false),
        "1" => Some(true),
        _ => None,
    }
}

fn number(content: &str) -> Option<ProposedValue> {
    finite(content).map(ProposedValue::Number)
}

fn switch(content: &str) -> Option<ProposedValue> {
    content.parse().ok().map(ProposedValue::Bool)
}

fn rate_control(content: &str) -> Option<ProposedValue> {
    let known = matches!(content, "crf" | "cbr");
    known.then(|| ProposedValue::Text(content.to_owned()))
}
