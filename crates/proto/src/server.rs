//! What we say.

mod clip;
mod close;
mod encode;

use std::sync::Arc;

use serde_json::{Map, Value};

pub use clip::{ClipPiece, ClipRefusal};

use crate::display::DisplayId;

/// One text message to a page.
#[derive(Clone, Debug, PartialEq)]
pub enum ServerMessage {
    /// `MODE websockets`: comes before any JSON.
    Mode,
    /// `_gz,1`.
    GzipAccepted,
    /// `DISPLAY_CONFIG_UPDATE,…`.
    Displays(Vec<DisplayId>),
    /// `server_settings`, with `displayId` when it is an announcement after a change.
    Settings {
        /// Name to entry, in the order they are shown.
        settings: Map<String, Value>,
        /// Set on announcements after a change.
        display: Option<DisplayId>,
    },
    /// `stream_resolution`.
    StreamResolution {
        /// Pixels per row.
        width: u32,
        /// Rows.
        height: u32,
        /// Of which output.
        display: DisplayId,
    },
    /// `PIPELINE_RESETTING <display>`.
    PipelineResetting(DisplayId),
    /// `VIDEO_STARTED`.
    VideoStarted,
    /// `VIDEO_STOPPED`.
    VideoStopped,
    /// `AUDIO_STARTED`: the page that asked hears from now on what is played.
    AudioStarted,
    /// `AUDIO_STOPPED`: it hears nothing more.
    AudioStopped,
    /// `AUDIO_DISABLED`.
    AudioDisabled,
    /// `MICROPHONE_DISABLED`.
    MicrophoneDisabled,
    /// `KILL <reason>`: final for the page. Line breaks in the reason are written as spaces.
    Kill(String),
    /// `system,{"action":"reload"}`.
    Reload,
    /// `cursor,{…}`: what the pointer looks like.
    Cursor(Cursor),
    /// `_selkies,{"event":"desktop","state":…}`: for pages that announced [`Capabilities::desktop_state`].
    ///
    /// [`Capabilities::desktop_state`]: crate::client::Capabilities::desktop_state
    DesktopState(DesktopState),
    /// `_selkies,{"event":"stream",…}`: which encoder runs and why, for our own page.
    StreamInfo {
        /// What encodes, in words for a person.
        encoder: String,
        /// Why it is not what was asked for, if so.
        fallback: Option<String>,
    },
    /// A piece of what was copied on the desktop.
    Clip(ClipPiece),
    /// `_clip,<n>[,primary]`, for pages that announced [`Capabilities::clips`]: the next transfers
    /// are forms of one thing.
    ///
    /// [`Capabilities::clips`]: crate::client::Capabilities::clips
    ClipForms {
        /// How many, from 1 to [`CLIP_FORMS`](crate::limits::CLIP_FORMS).
        count: u8,
        /// It was marked with the mouse, not copied.
        primary: bool,
    },
    /// `clipboard_reply,cr`: the next transfer is the answer to `cr`.
    ClipReply,
    /// `_selkies,{"event":"clipboard","refused":…}`, for pages that announced
    /// [`Capabilities::clips`].
    ///
    /// [`Capabilities::clips`]: crate::client::Capabilities::clips
    ClipRefused(ClipRefusal),
    /// `_selkies,{"event":"rumble",…}`, for pages that announced [`Capabilities::rumble`]: a program
    /// shakes a controller. Each one replaces what the same controller did before.
    ///
    /// [`Capabilities::rumble`]: crate::client::Capabilities::rumble
    Rumble(Rumble),
    /// `_pong,<number>,<now>`: the answer to a ping.
    Pong {
        /// As the page sent it.
        echo: u64,
        /// Microseconds of our clock.
        now: u64,
    },
    /// `_trace,…`: when the steps of a picture happened, for pages that announced
    /// [`Capabilities::trace`]. Follows the picture.
    ///
    /// [`Capabilities::trace`]: crate::client::Capabilities::trace
    Trace(PictureTrace),
}

/// One shape of the pointer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// A PNG file in base64. Empty: the desktop hides its pointer, and everything else is 0.
    pub png: Arc<str>,
    /// Pixels per row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// The pixel that points, from the left.
    pub hot_x: u32,
    /// The same, from the top.
    pub hot_y: u32,
    /// Names pixels and hotspot together: the same for the same shape, and never 0.
    pub handle: u32,
}

impl Cursor {
    /// The desktop hides its pointer.
    #[must_use]
    pub fn hidden() -> Self {
        Self {
            png: Arc::from(""),
            width: 0,
            height: 0,
            hot_x: 0,
            hot_y: 0,
            handle: 0,
        }
    }
}

/// How a controller is to shake.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rumble {
    /// Which: the slot its page has it in.
    pub pad: u8,
    /// The heavy, slow motor, 0 to 1.
    pub strong: f32,
    /// The light, fast motor, 0 to 1.
    pub weak: f32,
    /// For how long, in milliseconds.
    pub ms: u16,
}

/// When the steps of one picture happened, in microseconds of our clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PictureTrace {
    /// The picture's id on the wire.
    pub frame: u16,
    /// The display server said that something changed.
    pub damaged: u64,
    /// Its pixels were read.
    pub captured: u64,
    /// The encoder began.
    pub encode_started: u64,
    /// The encoder was done.
    pub encoded: u64,
    /// This viewer's link took it.
    pub taken: u64,
    /// The kernel had all of it.
    pub sent: u64,
    /// The viewer's inputs that it is the first answer to.
    pub answers: Vec<InputTrace>,
}

/// One traced input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputTrace {
    /// What the page calls it.
    pub id: u32,
    /// It arrived here.
    pub received: u64,
    /// The display server had it.
    pub injected: u64,
}

/// What became of the display server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DesktopState {
    /// It is gone; the page keeps the last picture.
    Lost,
    /// It is there again; programs that were open are gone.
    Restarted,
}

/// Why we close a socket. The number decides what the page does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// 4000: the server stops or changes its mode; the page comes back by itself.
    ShuttingDown,
    /// 1000 `Superseded by new client`: another page took the display.
    Superseded,
    /// 1008: refused, after a `KILL` that says why.
    Refused,
    /// 1009: a message was larger than the ceiling.
    TooLarge,
    /// 1013: as many viewers as this server admits are here.
    Full,
}
