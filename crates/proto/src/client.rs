//! What pages say.

mod binary;
mod clip;
mod decode;
mod fields;
mod gamepad;
mod pointer;
mod settings;
mod unbuilt;

use std::num::NonZeroU8;

pub use binary::decode_binary;
pub use clip::{ClipPiece, clip_bytes};
pub use decode::decode_text;
pub use gamepad::GamepadEvent;

pub use crate::display::DisplayId;

/// One message of a page, checked for form only.
#[derive(Clone, Debug, PartialEq)]
pub enum ClientMessage {
    /// `_gz,1`: the page can inflate and may be told that we can.
    OffersGzip,
    /// `_selkies,<json>`: our own page names what it understands beyond the common wire.
    Capabilities(Capabilities),
    /// `SETTINGS,<json>`: who the page is and what its user chose.
    Settings(Box<Proposal>),
    /// `CLIENT_FRAME_ACK <id>`.
    FrameAck(u16),
    /// `REQUEST_KEYFRAME`.
    RequestKeyframe,
    /// `START_VIDEO`.
    StartVideo,
    /// `STOP_VIDEO`.
    StopVideo,
    /// `START_AUDIO`.
    StartAudio,
    /// `STOP_AUDIO`.
    StopAudio,
    /// `r,<W>x<H>,<display>`.
    Resize {
        /// Pixels per row, as sent.
        width: u32,
        /// Rows, as sent.
        height: u32,
        /// Which output.
        display: DisplayId,
    },
    /// `kd,<keysym>`.
    KeyDown(u32),
    /// `ku,<keysym>`.
    KeyUp(u32),
    /// `kh,<keysym>[,…]`: keys still held; at most 64 of them are read.
    KeysHeld(Vec<u32>),
    /// `kr`.
    ReleaseKeys,
    /// `m,…`: the pointer is at a place.
    PointerAt {
        /// Pixels from the left of the sender's display.
        x: i32,
        /// Pixels from its top.
        y: i32,
        /// Buttons and wheel.
        buttons: PointerButtons,
    },
    /// `m2,…`: the pointer moved by an amount, each side within ±32767.
    PointerMoved {
        /// Pixels to the right.
        dx: i32,
        /// Pixels down.
        dy: i32,
        /// Buttons and wheel.
        buttons: PointerButtons,
    },
    /// `SET_NATIVE_CURSOR_RENDERING,0|1` and the older `p,0|1`: the pointer is to be in the picture,
    /// for the page shows none of its own.
    DrawCursor(bool),
    /// `cw`, `cb`, `cws`, …: a piece of what was copied on the page.
    Clip(ClipPiece),
    /// `_clip,<n>` of our own page: the next transfers are forms of one thing.
    ClipForms(u8),
    /// `cr`: the page wants to know what is copied.
    FetchClipboard,
    /// `REQUEST_CLIPBOARD`: the page wants what is copied in its browser's clipboard.
    RequestClipboard,
    /// `_arg_fps`, `vb`, `ab`, `_rc`, `_crf`, `_ebc`: one setting, at once.
    LiveValue {
        /// The setting by its name on the wire: `framerate`, `video_bitrate`, `audio_bitrate`,
        /// `rate_control_mode`, `video_crf`, `enable_binary_clipboard`.
        key: &'static str,
        /// Not yet compared with any bound.
        value: ProposedValue,
    },
    /// `_ping,<number>` of our own page: it wants the number and our time back at once.
    Ping(u64),
    /// `_input,<id>` of our own page: the next message of its hands is to be traced under this id.
    MarkInput(u32),
    /// `js,…`: a game controller does something.
    Gamepad {
        /// Which of the desktop's, from 0.
        slot: u8,
        /// What.
        event: GamepadEvent,
    },
    /// A well-formed message whose feature this server does not have (command, upload…).
    /// The verb is kept for counting; it is one of a closed set.
    NotBuilt(&'static str),
}

/// What our own page understands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// It shows the state of the desktop (`_selkies,{"event":"desktop",…}`).
    pub desktop_state: bool,
    /// It acknowledges every picture, when it has been decoded.
    pub each_ack: bool,
    /// It wants to know how long each step took (`_trace,…`).
    pub trace: bool,
    /// It takes and sends several forms of what was copied (`_clip,…`), and hears of refusals.
    pub clips: bool,
    /// It can shake the controllers of its user (`_selkies,{"event":"rumble",…}`).
    pub rumble: bool,
}

/// `mask` and `mag` of a pointer message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PointerButtons {
    /// Bits 0 to 7 as sent.
    pub mask: u8,
    /// Wheel notches, 0 to 64: 0 says that bits 3 and 4 are the thumb buttons.
    pub notches: u8,
}

/// The content of `SETTINGS`. Absent: keep what is. A value that is not of its type counts as
/// absent and never poisons the rest. The one exception is `displayId`: a page that names a display
/// we cannot read must not be taken for one that names none, so the whole message is malformed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Proposal {
    /// `displayId`.
    pub display: Option<DisplayId>,
    /// `initialClientWidth`, `initialClientHeight`; only when both are there.
    pub initial_size: Option<(u32, u32)>,
    /// `is_manual_resolution_mode`.
    pub manual_resolution: Option<bool>,
    /// `manual_width`, `manual_height`; only when both are there and positive.
    pub manual_size: Option<(u32, u32)>,
    /// `audioRedundancy`.
    pub audio_redundancy: Option<bool>,
    /// Every other key by the name it has on the wire (`video_crf`, `encoder`, …), as plain values.
    /// At most 64 of them. Names of both generations are accepted (`h264_crf` arrives as `video_crf`).
    pub values: Vec<(String, ProposedValue)>,
}

/// One proposed value.
#[derive(Clone, Debug, PartialEq)]
pub enum ProposedValue {
    /// JSON true or false.
    Bool(bool),
    /// A finite JSON number.
    Number(f64),
    /// A JSON string, at most 256 bytes.
    Text(String),
}

/// A player's slot, 1 to 4.
pub type Slot = NonZeroU8;

/// Why bytes are not a message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// No message of ours begins like this.
    #[error("unknown verb")]
    UnknownVerb,
    /// The verb is known, what follows is not of its form.
    #[error("malformed {0}")]
    Malformed(&'static str),
    /// A binary frame of a kind a page never sends.
    #[error("unknown binary kind {0:#04x}")]
    UnknownKind(u8),
    /// A binary frame without content.
    #[error("empty binary frame")]
    Empty,
}

/// A binary frame of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientBinary<'a> {
    /// `0x05`: a gzip stream holding one text message.
    GzipText(&'a [u8]),
    /// `0x02`: a packet of the microphone, at most [`SPEECH`](crate::limits::SPEECH) bytes.
    Microphone(&'a [u8]),
}
