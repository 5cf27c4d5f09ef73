//! The constants of the wire as a TypeScript module.

use std::fmt::{Display, Write};

use crate::verb::Form;
use crate::{CloseReason, kind, limits, verb, video};

/// The module the web client imports. The same input gives the same text, byte for byte.
#[must_use]
pub fn wire_typescript() -> String {
    let mut out = String::from(
        "// Generated from crates/proto by `cargo xtask generate`; edits are lost.\n\n\
         /** Every reason to close a socket. The code decides what the page does. */\n",
    );
    let closes = CloseReason::ALL.map(|reason| {
        let value = format!(
            "{{ code: {}, reason: {} }}",
            reason.code(),
            quoted(reason.text())
        );
        (camel(&format!("{reason:?}")), value)
    });
    table(&mut out, "CLOSE", closes);
    out.push_str(
        "/** First words of text messages of a page, with the character that follows them. */\n",
    );
    table(
        &mut out,
        "CLIENT_VERB",
        verbs(&[verb::SHARED, verb::CLIENT].concat()),
    );
    out.push_str("/** First words of text messages of a server, likewise. */\n");
    table(
        &mut out,
        "SERVER_VERB",
        verbs(&[verb::SHARED, verb::SERVER].concat()),
    );
    out.push_str("/** First bytes of binary frames. */\n");
    let kinds = [
        ("audio", kind::AUDIO),
        ("microphone", kind::MICROPHONE),
        ("jpeg", kind::JPEG),
        ("h264", kind::H264),
        ("gzip", kind::GZIP),
    ];
    table(
        &mut out,
        "KIND",
        kinds.map(|(name, kind)| (name.to_owned(), format!("{kind:#04x}"))),
    );
    out.push_str("/** Bytes before the data of a picture chunk. */\n");
    let headers = [("jpeg", video::JPEG_HEADER), ("h264", video::H264_HEADER)];
    table(
        &mut out,
        "HEADER_BYTES",
        headers.map(|(name, bytes)| (name.to_owned(), bytes)),
    );
    out.push_str("/** How large things may be, and how often they come (milliseconds). */\n");
    table(&mut out, "LIMIT", numbers());
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

fn numbers() -> Vec<(String, String)> {
    let row = |name: &str, value: &dyn Display| (name.to_owned(), value.to_string());
    vec![
        row("message", &limits::MESSAGE),
        row("json", &limits::JSON),
        row("values", &limits::VALUES),
        row("text", &limits::TEXT),
        row("displayName", &limits::DISPLAY_NAME),
        row("heldKeys", &limits::HELD_KEYS),
        row("notches", &limits::NOTCHES),
        row("relative", &limits::RELATIVE),
        row("keysym", &limits::KEYSYM),
        row("gamepads", &limits::GAMEPADS),
        row("mime", &limits::MIME),
        row("clipForms", &limits::CLIP_FORMS),
        row("clipPart", &limits::CLIP_PART),
        row("earlierSound", &limits::EARLIER_SOUND),
        row("speech", &limits::SPEECH),
        row("speechRate", &limits::SPEECH_RATE),
        row("gzipFrom", &limits::GZIP_FROM),
        row("ackInterval", &limits::ACK_INTERVAL_MS),
        row("heartbeat", &limits::HEARTBEAT_MS),
    ]
}

fn verbs(rows: &[(&str, &str, Form)]) -> Vec<(String, String)> {
    let text = |word: &str, form: Form| match form {
        Form::Bare => quoted(word),
        Form::Then(separator) => quoted(&format!("{word}{separator}")),
    };
    rows.iter()
        .map(|&(name, word, form)| (camel(name), text(word, form)))
        .collect()
}

fn table<V: Display>(out: &mut String, name: &str, rows: impl IntoIterator<Item = (String, V)>) {
    let mut line = |text: std::fmt::Arguments<'_>| {
        out.write_fmt(text)
            .expect("writing to a String cannot fail");
    };
    line(format_args!("export const {name} = {{\n"));
    for (key, value) in rows {
        line(format_args!("  {key}: {value},\n"));
    }
    line(format_args!("}} as const;\n\n"));
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// `FRAME_ACK` and `ShuttingDown` both begin small and have no underscore.
fn camel(name: &str) -> String {
    let screaming = !name.contains(char::is_lowercase);
    let mut out = String::new();
    let mut begins_word = false;
    for letter in name.chars() {
        match letter {
            '_' => begins_word = true,
            _ if out.is_empty() || (screaming && !begins_word) => {
                out.push(letter.to_ascii_lowercase());
            }
            _ => {
                out.push(letter);
                begins_word = false;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{camel, wire_typescript};

    #[test]
    fn names_become_camel_case() {
        assert_eq!(camel("FRAME_ACK"), "frameAck");
        assert_eq!(camel("MODE"), "mode");
        assert_eq!(camel("ShuttingDown"), "shuttingDown");
    }

    #[test]
    fn the_module_holds_what_both_ends_need() {
        let module = wire_typescript();
        for line in [
            "  shuttingDown: { code: 4000, reason: \"server shutting down\" },",
            "  frameAck: \"CLIENT_FRAME_ACK \",",
            "  pipelineResetting: \"PIPELINE_RESETTING \",",
            "  startVideo: \"START_VIDEO\",",
            "  gzip: 0x05,",
            "  message: 8388608,",
            "  h264: 10,",
        ] {
            assert!(
                module.lines().any(|found| found == line),
                "{line} is missing in\n{module}"
            );
        }
    }
}
