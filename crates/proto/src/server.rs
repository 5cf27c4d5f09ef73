//! What we say.

mod close;
mod encode;

use serde_json::{Map, Value};

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
    /// `AUDIO_DISABLED`.
    AudioDisabled,
    /// `MICROPHONE_DISABLED`.
    MicrophoneDisabled,
    /// `KILL <reason>`: final for the page. Line breaks in the reason are written as spaces.
    Kill(String),
    /// `system,{"action":"reload"}`.
    Reload,
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
