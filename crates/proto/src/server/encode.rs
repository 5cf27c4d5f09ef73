use serde::Serialize;
use serde_json::{Map, Value};

use super::{Cursor, DesktopState, PictureTrace, Rumble, ServerMessage};
use crate::display::DisplayId;
use crate::verb;

impl ServerMessage {
    /// The message as the page reads it.
    #[must_use]
    pub fn encode(&self) -> String {
        match self {
            Self::Mode => format!("{} websockets", verb::MODE),
            Self::GzipAccepted => format!("{},1", verb::GZIP),
            Self::Displays(displays) => {
                let displays = displays.iter().map(DisplayId::as_str).collect();
                tagged(
                    verb::DISPLAYS,
                    &Displays {
                        kind: "display_config_update",
                        displays,
                    },
                )
            }
            Self::Settings { settings, display } => json(&Settings {
                kind: "server_settings",
                settings,
                display: display.as_ref().map(DisplayId::as_str),
            }),
            Self::StreamResolution {
                width,
                height,
                display,
            } => json(&StreamResolution {
                kind: "stream_resolution",
                width: *width,
                height: *height,
                display: display.as_str(),
            }),
            Self::PipelineResetting(display) => format!("{} {display}", verb::PIPELINE_RESETTING),
            Self::VideoStarted => verb::VIDEO_STARTED.to_owned(),
            Self::VideoStopped => verb::VIDEO_STOPPED.to_owned(),
            Self::AudioStarted => verb::AUDIO_STARTED.to_owned(),
            Self::AudioStopped => verb::AUDIO_STOPPED.to_owned(),
            Self::AudioDisabled => verb::AUDIO_DISABLED.to_owned(),
            Self::MicrophoneDisabled => verb::MICROPHONE_DISABLED.to_owned(),
            Self::Kill(reason) => format!("{} {}", verb::KILL, one_line(reason)),
            Self::Cursor(cursor) => tagged(verb::CURSOR, &CursorShape::of(cursor)),
            Self::Reload => tagged(verb::SYSTEM, &System { action: "reload" }),
            Self::DesktopState(state) => {
                let state = match state {
                    DesktopState::Lost => "lost",
                    DesktopState::Restarted => "restarted",
                };
                tagged(verb::OURS, &Event::Desktop { state })
            }
            Self::StreamInfo { encoder, fallback } => {
                let fallback = fallback.as_deref();
                tagged(verb::OURS, &Event::Stream { encoder, fallback })
            }
            Self::Clip(piece) => piece.encode(),
            Self::ClipForms { count, primary } => {
                let which = if *primary { ",primary" } else { "" };
                format!("{},{count}{which}", verb::CLIP_FORMS)
            }
            Self::ClipReply => format!("{},{}", verb::CLIP_REPLY, verb::FETCH_CLIPBOARD),
            Self::ClipRefused(why) => {
                let refused = why.word();
                tagged(verb::OURS, &Event::Clipboard { refused })
            }
            Self::Rumble(rumble) => tagged(verb::OURS, &Event::from(rumble)),
            Self::Pong { echo, now } => format!("{},{echo},{now}", verb::PONG),
            Self::Trace(trace) => trace_text(trace),
        }
    }
}

#[derive(Serialize)]
struct Displays<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    displays: Vec<&'a str>,
}

#[derive(Serialize)]
struct Settings<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    settings: &'a Map<String, Value>,
    #[serde(rename = "displayId", skip_serializing_if = "Option::is_none")]
    display: Option<&'a str>,
}

#[derive(Serialize)]
struct StreamResolution<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    width: u32,
    height: u32,
    #[serde(rename = "displayId")]
    display: &'a str,
}

#[derive(Serialize)]
struct CursorShape<'a> {
    curdata: &'a str,
    width: u32,
    height: u32,
    hotx: u32,
    hoty: u32,
    handle: u32,
}

impl<'a> CursorShape<'a> {
    fn of(cursor: &'a Cursor) -> Self {
        Self {
            curdata: &cursor.png,
            width: cursor.width,
            height: cursor.height,
            hotx: cursor.hot_x,
            hoty: cursor.hot_y,
            handle: cursor.handle,
        }
    }
}

#[derive(Serialize)]
struct System {
    action: &'static str,
}

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Event<'a> {
    Desktop {
        state: &'static str,
    },
    Clipboard {
        refused: &'static str,
    },
    Stream {
        encoder: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        fallback: Option<&'a str>,
    },
    Rumble {
        pad: u8,
        strong: f32,
        weak: f32,
        ms: u16,
    },
}

impl From<&Rumble> for Event<'_> {
    fn from(rumble: &Rumble) -> Self {
        let Rumble {
            pad,
            strong,
            weak,
            ms,
        } = *rumble;
        Self::Rumble {
            pad,
            strong,
            weak,
            ms,
        }
    }
}

fn tagged(verb: &str, content: &impl Serialize) -> String {
    format!("{verb},{}", json(content))
}

fn json(content: &impl Serialize) -> String {
    serde_json::to_string(content).expect("text keys and plain values always have a JSON form")
}

/// Numbers with commas between: the picture, then three for every answered input.
fn trace_text(trace: &PictureTrace) -> String {
    let picture = [
        trace.frame.into(),
        trace.damaged,
        trace.captured,
        trace.encode_started,
        trace.encoded,
        trace.taken,
        trace.sent,
    ];
    let answers = trace
        .answers
        .iter()
        .flat_map(|input| [input.id.into(), input.received, input.injected]);
    picture
        .into_iter()
        .chain(answers)
        .fold(verb::TRACE.to_owned(), |text, number| {
            format!("{text},{number}")
        })
}

fn one_line(reason: &str) -> String {
    let words = reason
        .split(char::is_control)
        .filter(|part| !part.is_empty());
    words.collect::<Vec<_>>().join(" ")
}
