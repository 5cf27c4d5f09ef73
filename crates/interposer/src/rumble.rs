//! What a program asks of the motors, and how the server is told.
//!
//! Only a server that says in the padding of its description that it understands is told anything.

use crate::events::{FF, parts};

/// The length of what a server says first, and where it says that it understands rumble.
pub(crate) const DESCRIPTION_SIZE: usize = 1360;
const MARK_AT: usize = 1354;
const MARK: &[u8] = b"FFv1";
const CHECK: u16 = 0x4646;
/// How many effects a program may upload.
pub(crate) const EFFECTS: u8 = 16;
/// Codes of `EV_FF`.
pub(crate) const RUMBLE: u16 = 0x50;
pub(crate) const GAIN: u16 = 0x60;

/// One message to the server.
pub(crate) type Message = [u8; 16];

pub(crate) fn is_understood(description: &[u8; DESCRIPTION_SIZE]) -> bool {
    description
        .get(MARK_AT..)
        .is_some_and(|padding| padding.starts_with(MARK))
}

fn message(kind: u8, id: u8, effect: [u16; 4], count: u32) -> Message {
    let [c0, c1] = CHECK.to_ne_bytes();
    let [a, b, c, d] = effect.map(u16::to_ne_bytes);
    let [n0, n1, n2, n3] = count.to_ne_bytes();
    [
        kind, id, c0, c1, a[0], a[1], b[0], b[1], c[0], c[1], d[0], d[1], n0, n1, n2, n3,
    ]
}

/// Which effects are uploaded, as bits.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Effects(u16);

impl Effects {
    /// `EVIOCSFF`: the effect's number and what the server has to know. Negative numbers of the
    /// system say what is wrong.
    pub(crate) fn upload(&mut self, effect: &[u8]) -> Result<(u8, Message), i32> {
        // struct ff_effect: type, id, direction, trigger (2), replay (length, delay), padding, and
        // the union, of which the rumble effect has the strong and the weak magnitude.
        let word = |at: usize| {
            let bytes = effect.get(2 * at..)?.first_chunk()?;
            Some(u16::from_ne_bytes(*bytes))
        };
        let fields = || {
            let strengths = [word(8)?, word(9)?, word(5)?, word(6)?];
            Some((word(0)?, word(1)?.cast_signed(), strengths))
        };
        let (kind, id, strengths) = fields().ok_or(libc::EINVAL)?;
        if kind != RUMBLE {
            return Err(libc::EINVAL);
        }
        let id = match id {
            -1 => (0..EFFECTS)
                .find(|id| self.0 & 1 << id == 0)
                .ok_or(libc::ENOSPC)?,
            given => u8::try_from(given)
                .ok()
                .filter(|id| self.has(*id))
                .ok_or(libc::EINVAL)?,
        };
        self.0 |= 1 << id;
        Ok((id, message(1, id, strengths, 0)))
    }

    /// `EVIOCRMFF`.
    pub(crate) fn erase(&mut self, id: i32) -> Result<Message, i32> {
        let id = u8::try_from(id)
            .ok()
            .filter(|id| self.has(*id))
            .ok_or(libc::EINVAL)?;
        self.0 &= !(1 << id);
        Ok(message(2, id, [0; 4], 0))
    }

    fn has(self, id: u8) -> bool {
        id < EFFECTS && self.0 & 1 << id != 0
    }
}

/// What an event written to the device means for the motors.
pub(crate) fn written(event: &[u8]) -> Option<Message> {
    let (FF, code, value) = parts(event)? else {
        return None;
    };
    let count = u32::try_from(value).unwrap_or_default();
    match u8::try_from(code) {
        _ if code == GAIN => Some(message(4, 0, [0; 4], count)),
        Ok(id) if id < EFFECTS => Some(message(3, id, [0; 4], count)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::event;

    fn effect(kind: u16, id: i16) -> Vec<u8> {
        let words = [
            kind,
            id.cast_unsigned(),
            0,
            0,
            0,
            300,
            20,
            0,
            0xffff,
            0x1234,
        ];
        let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
        bytes.resize(48, 0);
        bytes
    }

    #[test]
    fn effects_get_the_lowest_free_number() {
        let mut effects = Effects::default();
        for wanted in 0..EFFECTS {
            let (id, _) = effects.upload(&effect(RUMBLE, -1)).expect("there is room");
            assert_eq!(id, wanted);
        }
        assert_eq!(effects.upload(&effect(RUMBLE, -1)), Err(libc::ENOSPC));
        effects.erase(5).expect("it is there");
        assert_eq!(effects.erase(5), Err(libc::EINVAL));
        assert_eq!(effects.upload(&effect(RUMBLE, 5)), Err(libc::EINVAL));
        let (id, _) = effects.upload(&effect(RUMBLE, -1)).expect("there is room");
        assert_eq!(id, 5);
        effects.upload(&effect(RUMBLE, 5)).expect("a new version");
        assert_eq!(effects.erase(-1), Err(libc::EINVAL));
        assert_eq!(effects.erase(16), Err(libc::EINVAL));
    }

    #[test]
    fn the_server_is_told_strengths_and_times() {
        let (_, told) = Effects::default()
            .upload(&effect(RUMBLE, -1))
            .expect("there is room");
        assert_eq!(told, message(1, 0, [0xffff, 0x1234, 300, 20], 0));
        assert_eq!(told[2..4], CHECK.to_ne_bytes());
    }

    #[test]
    fn only_rumble_is_an_effect() {
        assert_eq!(
            Effects::default().upload(&effect(0x51, -1)),
            Err(libc::EINVAL)
        );
        assert_eq!(Effects::default().upload(&[0; 4]), Err(libc::EINVAL));
    }

    #[test]
    fn playing_and_gain_are_written_events() {
        assert_eq!(written(&event(FF, 3, 2)), Some(message(3, 3, [0; 4], 2)));
        assert_eq!(written(&event(FF, 3, -2)), Some(message(3, 3, [0; 4], 0)));
        assert_eq!(written(&event(FF, GAIN, 9)), Some(message(4, 0, [0; 4], 9)));
        assert_eq!(written(&event(FF, 16, 1)), None);
        assert_eq!(written(&event(1, 3, 1)), None);
    }

    #[test]
    fn a_server_that_does_not_say_so_does_not_understand() {
        let mut description = [0; DESCRIPTION_SIZE];
        assert!(!is_understood(&description));
        description[MARK_AT..MARK_AT + 4].copy_from_slice(MARK);
        assert!(is_understood(&description));
    }
}
