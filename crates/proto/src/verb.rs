//! The first words of text messages, each written once.

/// What follows a verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Nothing: the verb is the message.
    Bare,
    /// This character and then the content.
    Then(char),
}

use Form::{Bare, Then};

macro_rules! verbs {
    ($($table:ident { $($name:ident = $text:literal $form:expr;)* })*) => {
        $(
            $(pub(crate) const $name: &str = $text;)*
            /// Name for generated code, text, form.
            pub(crate) const $table: &[(&str, &str, Form)] = &[$((stringify!($name), $text, $form)),*];
        )*
    };
}

verbs! {
    SHARED {
        GZIP = "_gz" Then(',');
        OURS = "_selkies" Then(',');
        CLIP_FORMS = "_clip" Then(',');
    }
    CLIENT {
        SETTINGS = "SETTINGS" Then(',');
        FRAME_ACK = "CLIENT_FRAME_ACK" Then(' ');
        REQUEST_KEYFRAME = "REQUEST_KEYFRAME" Bare;
        START_VIDEO = "START_VIDEO" Bare;
        STOP_VIDEO = "STOP_VIDEO" Bare;
        START_AUDIO = "START_AUDIO" Bare;
        STOP_AUDIO = "STOP_AUDIO" Bare;
        RESIZE = "r" Then(',');
        KEY_DOWN = "kd" Then(',');
        KEY_UP = "ku" Then(',');
        KEYS_HELD = "kh" Then(',');
        RELEASE_KEYS = "kr" Bare;
        POINTER_AT = "m" Then(',');
        POINTER_MOVED = "m2" Then(',');
        POINTER_VISIBLE = "p" Then(',');
        NATIVE_CURSOR = "SET_NATIVE_CURSOR_RENDERING" Then(',');
        FETCH_CLIPBOARD = "cr" Bare;
        CLIPBOARD_NOW = "REQUEST_CLIPBOARD" Bare;
        CLIPBOARD_TEXT = "cw" Then(',');
        CLIPBOARD_BINARY = "cb" Then(',');
        CLIPBOARD_TEXT_START = "cws" Then(',');
        CLIPBOARD_TEXT_DATA = "cwd" Then(',');
        CLIPBOARD_TEXT_END = "cwe" Then(',');
        CLIPBOARD_BINARY_START = "cbs" Then(',');
        CLIPBOARD_BINARY_DATA = "cbd" Then(',');
        CLIPBOARD_BINARY_END = "cbe" Then(',');
        BINARY_CLIPBOARD = "_ebc" Then(',');
        LIVE_FRAMERATE = "_arg_fps" Then(',');
        LIVE_BITRATE = "vb" Then(',');
        LIVE_RATE_CONTROL = "_rc" Then(',');
        LIVE_CRF = "_crf" Then(',');
        LIVE_AUDIO_BITRATE = "ab" Then(',');
        GAMEPAD = "js" Then(',');
        PING = "_ping" Then(',');
        MARK_INPUT = "_input" Then(',');
    }
    UNBUILT {
        COMMAND = "cmd" Then(',');
        TYPE_TEXT = "co" Then(',');
        SCALE = "s" Then(',');
        SHOWN_FPS = "_f" Then(',');
        SHOWN_LATENCY = "_l" Then(',');
        AUTO_RESIZE = "_arg_resize" Then(',');
        CLOCK_ANSWER = "pong" Then(',');
        UPLOAD_START = "FILE_UPLOAD_START" Then(':');
        UPLOAD_END = "FILE_UPLOAD_END" Then(':');
        UPLOAD_ERROR = "FILE_UPLOAD_ERROR" Then(':');
    }
    SERVER {
        MODE = "MODE" Then(' ');
        DISPLAYS = "DISPLAY_CONFIG_UPDATE" Then(',');
        PIPELINE_RESETTING = "PIPELINE_RESETTING" Then(' ');
        VIDEO_STARTED = "VIDEO_STARTED" Bare;
        VIDEO_STOPPED = "VIDEO_STOPPED" Bare;
        AUDIO_STARTED = "AUDIO_STARTED" Bare;
        AUDIO_STOPPED = "AUDIO_STOPPED" Bare;
        AUDIO_DISABLED = "AUDIO_DISABLED" Bare;
        MICROPHONE_DISABLED = "MICROPHONE_DISABLED" Bare;
        KILL = "KILL" Then(' ');
        SYSTEM = "system" Then(',');
        CURSOR = "cursor" Then(',');
        CLIP_REPLY = "clipboard_reply" Then(',');
        CLIP_TEXT = "clipboard" Then(',');
        CLIP_BINARY = "clipboard_binary" Then(',');
        CLIP_START = "clipboard_start" Then(',');
        CLIP_DATA = "clipboard_data" Then(',');
        CLIP_FINISH = "clipboard_finish" Bare;
        PONG = "_pong" Then(',');
        TRACE = "_trace" Then(',');
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::{CLIENT, SHARED, UNBUILT};

    #[test]
    fn every_verb_of_a_page_has_good_and_malformed_vectors() {
        let file = include_str!("../vectors/client-text.json");
        let vectors: Vec<Value> = serde_json::from_str(file).expect("the vectors are JSON");
        for (_, verb, _) in [CLIENT, SHARED, UNBUILT].concat() {
            let of_verb = |vector: &&Value| {
                let text = vector["text"].as_str().expect("a vector has a text");
                text.split([',', ' ', ':']).next() == Some(verb)
            };
            let has =
                |outcome: &dyn Fn(&Value) -> bool| vectors.iter().filter(of_verb).any(outcome);
            assert!(
                has(&|vector| vector.get("message").is_some()),
                "no good {verb}"
            );
            assert!(
                has(&|vector| vector["error"] == "malformed"),
                "no malformed {verb}"
            );
        }
    }
}
