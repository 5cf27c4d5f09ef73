//! The bytes between the sockets and the preload library that programs open them with.
//!
//! Whoever connects gets a description of the controller, answers with the size of its `long`, and
//! from then on reads events as the kernel would write them: those of the joystick API on one kind
//! of socket, those of evdev on the other. All numbers are in the machine's byte order.
//!
//! In its last bytes, which are padding, the description says that rumble is understood. A library
//! that knows the mark may write [`RUMBLE_SIZE`] bytes at a time; others neither see it nor write.

use std::time::Duration;

use crate::model::{AXES, BUTTONS, Change, FIRST_HAT, FURTHEST, NAME, PRODUCT, VENDOR, VERSION};
use crate::motors::Effect;

/// Length of the description.
pub const DESCRIPTION_SIZE: usize = 1360;
const IDS_AT: usize = 256;
const BUTTONS_AT: usize = 266;
const AXES_AT: usize = 1290;
/// Where the padding begins.
pub const MARK_AT: usize = 1354;
/// Rumble is understood.
pub const RUMBLE_MARK: [u8; 4] = *b"FFv1";
/// Length of a message about rumble: see [`Request::from_bytes`].
pub const RUMBLE_SIZE: usize = 16;
/// What every message about rumble has behind its kind and number.
pub const RUMBLE_CHECK: u16 = 0x4646;

/// What a consumer is told first.
#[must_use]
pub fn description() -> [u8; DESCRIPTION_SIZE] {
    let mut bytes = [0; DESCRIPTION_SIZE];
    put(&mut bytes, 0, NAME.as_bytes());
    let counts = [BUTTONS.len(), AXES.len()]
        .map(|count| u16::try_from(count).expect("a pad has a handful of controls"));
    let ids = [VENDOR, PRODUCT, VERSION, counts[0], counts[1]];
    put_words(&mut bytes, IDS_AT, &ids);
    put_words(&mut bytes, BUTTONS_AT, &BUTTONS);
    put(&mut bytes, AXES_AT, &AXES);
    put(&mut bytes, MARK_AT, &RUMBLE_MARK);
    bytes
}

fn put_words(bytes: &mut [u8], at: usize, words: &[u16]) {
    for (place, word) in (at..).step_by(2).zip(words) {
        put(bytes, place, &word.to_ne_bytes());
    }
}

fn put(bytes: &mut [u8], at: usize, part: &[u8]) {
    bytes[at..at + part.len()].copy_from_slice(part);
}

/// Which of the two interfaces of the kernel a consumer reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interface {
    /// `/dev/input/js*` (`linux/joystick.h`).
    Joystick,
    /// `/dev/input/event*` (`linux/input.h`).
    Evdev,
}

/// The size of a consumer's `long`, which decides how large a time stamp is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Long {
    /// 32 bits.
    Four,
    /// 64 bits.
    Eight,
}

impl Long {
    /// From what a consumer answered.
    #[must_use]
    pub fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            4 => Some(Self::Four),
            8 => Some(Self::Eight),
            _ => None,
        }
    }
}

/// One change as a consumer reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    bytes: [u8; 48],
    len: u8,
}

impl Event {
    /// For [`Interface::Joystick`]. `first` marks what was so before the consumer came.
    #[must_use]
    pub fn joystick(change: Change, now: Duration, first: bool) -> Self {
        const BUTTON: u8 = 1;
        const AXIS: u8 = 2;
        const FIRST: u8 = 0x80;
        let (kind, number, value) = match change {
            Change::Button { number, pressed } => (BUTTON, number, i16::from(pressed)),
            Change::Axis { number, value } if number >= FIRST_HAT => {
                (AXIS, number, value.signum() * FURTHEST)
            }
            Change::Axis { number, value } => (AXIS, number, value),
        };
        let mut event = Self::empty();
        event.push(&low_word(now.as_millis()).to_ne_bytes());
        event.push(&value.to_ne_bytes());
        event.push(&[kind | if first { FIRST } else { 0 }, number]);
        event
    }

    /// For [`Interface::Evdev`]: the change and the report that ends it.
    #[must_use]
    pub fn evdev(change: Change, now: Duration, long: Long) -> Self {
        const SYN: u16 = 0;
        const KEY: u16 = 1;
        const ABS: u16 = 3;
        let (kind, code, value) = match change {
            Change::Button { number, pressed } => {
                let code = BUTTONS.get(usize::from(number)).copied();
                (KEY, code.unwrap_or_default(), i32::from(pressed))
            }
            Change::Axis { number, value } => {
                let code = AXES.get(usize::from(number)).copied();
                (ABS, code.unwrap_or_default().into(), i32::from(value))
            }
        };
        let mut event = Self::empty();
        for (kind, code, value) in [(kind, code, value), (SYN, 0, 0)] {
            match long {
                Long::Eight => {
                    event.push(&now.as_secs().to_ne_bytes());
                    event.push(&u64::from(now.subsec_micros()).to_ne_bytes());
                }
                Long::Four => {
                    event.push(&low_word(now.as_secs().into()).to_ne_bytes());
                    event.push(&now.subsec_micros().to_ne_bytes());
                }
            }
            event.push(&kind.to_ne_bytes());
            event.push(&code.to_ne_bytes());
            event.push(&value.to_ne_bytes());
        }
        event
    }

    fn empty() -> Self {
        Self {
            bytes: [0; 48],
            len: 0,
        }
    }

    fn push(&mut self, part: &[u8]) {
        put(&mut self.bytes, self.len.into(), part);
        self.len += u8::try_from(part.len()).expect("fields are a few bytes long");
    }

    /// What goes over the socket.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes[..self.len.into()]
    }
}

/// The kernel's millisecond counters wrap around, too.
#[expect(clippy::cast_possible_truncation, reason = "wraps around on purpose")]
fn low_word(number: u128) -> u32 {
    number as u32
}

/// What a program asks of the motors, as it would of `/dev/input/event*` (`linux/input.h`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// Remember an effect under this number.
    Upload {
        /// The number.
        id: u8,
        /// The effect.
        effect: Effect,
    },
    /// Forget it.
    Erase {
        /// The number.
        id: u8,
    },
    /// Play it so many times, or stop it.
    Play {
        /// The number.
        id: u8,
        /// Zero stops.
        times: u32,
    },
    /// How much of everything is meant, of 65535.
    Gain(u16),
}

impl Request {
    /// Kind, number, check; strong, weak, milliseconds, delay (16 bits each); a count (32 bits).
    /// `None`: this is no request.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; RUMBLE_SIZE]) -> Option<Self> {
        let [kind, id, a, b, c, d, e, f, g, h, i, j, k, l, m, n] = *bytes;
        if u16::from_ne_bytes([a, b]) != RUMBLE_CHECK {
            return None;
        }
        let count = u32::from_ne_bytes([k, l, m, n]);
        match kind {
            1 => Some(Self::Upload {
                id,
                effect: Effect {
                    strong: u16::from_ne_bytes([c, d]),
                    weak: u16::from_ne_bytes([e, f]),
                    milliseconds: u16::from_ne_bytes([g, h]),
                    delay: u16::from_ne_bytes([i, j]),
                },
            }),
            2 => Some(Self::Erase { id }),
            3 => Some(Self::Play { id, times: count }),
            4 => Some(Self::Gain(u16::try_from(count).unwrap_or(u16::MAX))),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
