//! Follows the events that a program reads, so that it can be told the state when it asks for it.

use std::mem::size_of;

use crate::identity::{AXES, BUTTONS, at_rest};

const LONG: usize = size_of::<std::ffi::c_long>();
/// `struct input_event`: a time stamp of two longs, type, code, value.
pub(crate) const EVDEV_SIZE: usize = 2 * LONG + 8;
/// `struct js_event`.
pub(crate) const JOYSTICK_SIZE: usize = 8;

pub(crate) const KEY: u16 = 0x01;
pub(crate) const ABS: u16 = 0x03;
pub(crate) const FF: u16 = 0x15;

/// The state of a device as far as its reader has read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    pub(crate) pressed: [bool; BUTTONS.len()],
    pub(crate) axes: [i32; AXES.len()],
}

impl Seen {
    pub(crate) fn new() -> Self {
        Self {
            pressed: [false; BUTTONS.len()],
            axes: at_rest(),
        }
    }

    /// Takes in one event.
    pub(crate) fn note(&mut self, event: &[u8]) {
        let Some((kind, code, value)) = parts(event) else {
            return;
        };
        match kind {
            KEY => {
                let at = BUTTONS.iter().position(|button| *button == code);
                if let Some(pressed) = at.and_then(|at| self.pressed.get_mut(at)) {
                    *pressed = value != 0;
                }
            }
            ABS => {
                let at = AXES.iter().position(|axis| *axis == code);
                if let Some(axis) = at.and_then(|at| self.axes.get_mut(at)) {
                    *axis = value;
                }
            }
            _ => {}
        }
    }
}

/// Type, code and value of an evdev event.
pub(crate) fn parts(event: &[u8]) -> Option<(u16, u16, i32)> {
    let [a, b, c, d, e, f, g, h] = *event.get(2 * LONG..)?.first_chunk()?;
    Some((
        u16::from_ne_bytes([a, b]),
        u16::from_ne_bytes([c, d]),
        i32::from_ne_bytes([e, f, g, h]),
    ))
}

/// Gives an evdev event another time.
pub(crate) fn restamp(event: &mut [u8], seconds: i64, microseconds: i64) {
    for (place, number) in event.chunks_exact_mut(LONG).zip([seconds, microseconds]) {
        // The low bytes of a number are its first ones, or its last ones.
        let bytes = number.to_ne_bytes();
        let low = if cfg!(target_endian = "little") {
            bytes.get(..LONG)
        } else {
            bytes.get(8 - LONG..)
        };
        if let Some(low) = low {
            place.copy_from_slice(low);
        }
    }
}

/// The beginning of an event whose end is still on its way.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Remainder {
    bytes: [u8; EVDEV_SIZE],
    len: usize,
}

impl Remainder {
    /// Moves it to the front of `buffer` and returns its length.
    pub(crate) fn give(&mut self, buffer: &mut [u8]) -> usize {
        let len = std::mem::take(&mut self.len);
        if let (Some(to), Some(from)) = (buffer.get_mut(..len), self.bytes.get(..len)) {
            to.copy_from_slice(from);
        }
        len
    }

    /// Keeps what is behind the last whole event and returns the length of what is before.
    pub(crate) fn keep(&mut self, buffer: &[u8], size: usize) -> usize {
        let whole = buffer.len() - buffer.len() % size;
        let rest = buffer.get(whole..).unwrap_or_default();
        if let Some(to) = self.bytes.get_mut(..rest.len()) {
            to.copy_from_slice(rest);
            self.len = rest.len();
        }
        whole
    }
}

#[cfg(test)]
pub(crate) fn event(kind: u16, code: u16, value: i32) -> Vec<u8> {
    let mut bytes = vec![0; 2 * LONG];
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(code.to_ne_bytes());
    bytes.extend(value.to_ne_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_is_the_state() {
        let mut seen = Seen::new();
        assert_eq!(seen.axes, [0, 0, -32767, 0, 0, -32767, 0, 0]);
        seen.note(&event(KEY, 0x13e, 1));
        seen.note(&event(ABS, 0x10, -1));
        seen.note(&event(ABS, 0x0f, 5));
        seen.note(&event(0, 0, 0));
        seen.note(b"short");
        assert!(seen.pressed[10]);
        assert_eq!(seen.axes[6], -1);
        seen.note(&event(KEY, 0x13e, 0));
        assert!(!seen.pressed[10]);
    }

    #[test]
    fn a_torn_event_is_put_together() {
        let one = event(KEY, 0x130, 1);
        let two = event(KEY, 0x131, 1);
        let stream = [one, two.clone()].concat();
        let mut remainder = Remainder::default();
        let (first, second) = stream.split_at(EVDEV_SIZE + 5);
        assert_eq!(remainder.keep(first, EVDEV_SIZE), EVDEV_SIZE);
        let mut buffer = vec![0; 2 * EVDEV_SIZE];
        let begun = remainder.give(&mut buffer);
        assert_eq!(begun, 5);
        buffer[begun..begun + second.len()].copy_from_slice(second);
        assert_eq!(
            remainder.keep(&buffer[..begun + second.len()], EVDEV_SIZE),
            EVDEV_SIZE
        );
        assert_eq!(buffer[..EVDEV_SIZE], two);
        assert_eq!(remainder.give(&mut buffer), 0);
    }

    #[test]
    fn a_time_is_replaced() {
        let mut one = event(KEY, 0x130, 1);
        restamp(&mut one, 7, 8);
        let long = |at: usize| {
            let bytes = one[at * LONG..(at + 1) * LONG].try_into().expect("a long");
            std::ffi::c_long::from_ne_bytes(bytes)
        };
        assert_eq!((long(0), long(1)), (7, 8));
        assert_eq!(parts(&one), Some((KEY, 0x130, 1)));
    }
}
