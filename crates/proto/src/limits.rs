//! How large things on the wire may be, and how often they come.

/// A message of either direction, also after inflating: both ends count on it.
pub const MESSAGE: usize = 8 << 20;

/// The JSON of `SETTINGS` and `_selkies`. A full page sends under 1 KiB.
pub const JSON: usize = 64 << 10;

/// Keys of one `SETTINGS` that have no field of their own; the rest is not read.
pub const VALUES: usize = 64;

/// Bytes of a key in `SETTINGS`; a longer one is nobody's.
pub const KEY: usize = 64;

/// Bytes of one text in `SETTINGS`.
pub const TEXT: usize = 256;

/// Bytes of a display's name.
pub const DISPLAY_NAME: usize = 32;

/// Keysyms of one `kh` that are read; nobody has more fingers.
pub const HELD_KEYS: usize = 64;

/// Wheel notches of one message; more are cut to this.
pub const NOTCHES: u8 = 64;

/// A relative move to either side; a farther one is cut to this.
pub const RELATIVE: i32 = 32_767;

/// X11 keysyms have 29 bits (X protocol, appendix A).
pub const KEYSYM: u32 = 0x1FFF_FFFF;

/// Game controllers of a desktop.
pub const GAMEPADS: u8 = 4;

/// Characters of a game controller's name; more are cut off.
pub const GAMEPAD_NAME: usize = 120;

/// Bytes of the name of a form of what was copied.
pub const MIME: usize = 64;

/// Forms of one thing that was copied.
pub const CLIP_FORMS: u8 = 8;

/// Bytes of one part of what was copied, before encoding: a multiple of three, and so few that a
/// link of 10 Mbit/s, over which it takes 26 ms, still carries twenty pictures a second beside it.
pub const CLIP_PART: usize = 24 << 10;

/// Packets that a message of sound can repeat.
pub const EARLIER_SOUND: u8 = 4;

/// Bytes of one packet of a microphone: six of the longest frames of 20 ms, and a byte for each
/// (RFC 6716, 3.2).
pub const SPEECH: usize = 6 * 1276;

/// Packets of a microphone in a second; what comes faster for long is dropped.
pub const SPEECH_RATE: u32 = 100;

/// Characters from which a text message may travel as a gzip frame.
pub const GZIP_FROM: usize = 512;

/// Milliseconds between two `CLIENT_FRAME_ACK` of a page.
pub const ACK_INTERVAL_MS: u32 = 50;

/// Milliseconds between two `kh` of a page.
pub const HEARTBEAT_MS: u32 = 100;
