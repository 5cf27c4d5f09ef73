//! What a device answers to the requests of `ioctl`.

use crate::events::{ABS, FF, KEY, Seen};
use crate::identity::{AXES, BUTTONS, IDS, NAME, range};
use crate::nodes::Interface;
use crate::rumble::{EFFECTS, GAIN, RUMBLE};

/// A request's number taken apart (`asm-generic/ioctl.h`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) kind: u8,
    pub(crate) number: u8,
    pub(crate) size: usize,
}

impl Request {
    pub(crate) fn new(request: u64) -> Self {
        Self {
            kind: (request >> 8 & 0xff) as u8,
            number: (request & 0xff) as u8,
            size: (request >> 16 & 0x3fff) as usize,
        }
    }
}

/// What to do about a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It was answered into the buffer, with this result.
    Done(i32),
    /// The same, but the kernel writes more than the request's number says: so many zeros.
    Zeros(usize),
    /// It succeeds and needs nothing.
    Fine,
    /// It fails with this number of the system.
    Fails(i32),
    /// `EVIOCSFF`: the effect is in the buffer.
    Upload,
    /// `EVIOCRMFF`: the argument is the effect's number.
    Erase,
    /// `EVIOCSCLOCKID`: the clock is in the buffer.
    Clock,
    /// It is not about input.
    NotOurs,
}

/// What the device is asked about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Device<'a> {
    pub(crate) interface: Interface,
    pub(crate) slot: u8,
    pub(crate) rumbles: bool,
    pub(crate) seen: &'a Seen,
}

/// Answers into `out`, which is as long as the request says.
pub(crate) fn answer(device: Device<'_>, request: Request, out: &mut [u8]) -> Answer {
    match (request.kind, device.interface) {
        (b'j', Interface::Joystick) => joystick(request.number, out),
        (b'E', Interface::Evdev) => evdev(device, request.number, out),
        (b'j' | b'E', _) => Answer::Fails(libc::ENOTTY),
        _ => Answer::NotOurs,
    }
}

/// `linux/joystick.h`.
fn joystick(number: u8, out: &mut [u8]) -> Answer {
    let count = |list: usize| u8::try_from(list).unwrap_or(u8::MAX);
    match number {
        0x01 => fixed(out, &0x0002_0100_u32.to_ne_bytes()),
        0x11 => fixed(out, &[count(AXES.len())]),
        0x12 => fixed(out, &[count(BUTTONS.len())]),
        0x13 => copied(out, NAME),
        0x21 | 0x31 | 0x33 => Answer::Fine,
        // One `struct js_corr` per axis: no correction.
        0x22 if out.len() == 36 => Answer::Zeros(36 * AXES.len()),
        0x32 => {
            let mut map = [0; 64];
            for (place, code) in map.iter_mut().zip(AXES) {
                *place = count(code.into());
            }
            copied(out, &map)
        }
        0x34 => {
            let mut map = [0; 1024];
            for (place, code) in map.chunks_exact_mut(2).zip(BUTTONS) {
                place.copy_from_slice(&code.to_ne_bytes());
            }
            copied(out, &map)
        }
        _ => Answer::Fails(libc::EINVAL),
    }
}

/// `linux/input.h`.
fn evdev(device: Device<'_>, number: u8, out: &mut [u8]) -> Answer {
    match number {
        0x01 => fixed(out, &0x0001_0001_u32.to_ne_bytes()),
        0x02 => fixed(out, IDS.map(u16::to_ne_bytes).as_flattened()),
        0x03 => Answer::Fails(libc::ENOSYS),
        0x06 => copied(out, NAME),
        0x07 => {
            let mut place = *b"selkies/input0\0";
            let [.., digit, _] = &mut place;
            *digit += device.slot;
            copied(out, &place)
        }
        // It has no serial number.
        0x08 => Answer::Fails(libc::ENOENT),
        // Properties, lights, sounds, switches: none.
        0x09 | 0x19..=0x1b => bits(out, 8, []),
        0x18 => {
            let pressed = BUTTONS.iter().zip(device.seen.pressed);
            bits(
                out,
                96,
                pressed.filter_map(|(code, held)| held.then_some(*code)),
            )
        }
        0x20..=0x3f => capabilities(device, number - 0x20, out),
        0x40..=0x7f => axis(device.seen, number - 0x40, out),
        0x80 if device.rumbles => Answer::Upload,
        0x81 if device.rumbles => Answer::Erase,
        0x84 => fixed(
            out,
            &i32::from(if device.rumbles { EFFECTS } else { 0 }).to_ne_bytes(),
        ),
        // Grabbing, revoking, masks and new ranges concern other readers, of which there are none.
        0x90 | 0x91 | 0x93 | 0xc0..=0xff => Answer::Fine,
        0xa0 => Answer::Clock,
        _ => Answer::Fails(libc::EINVAL),
    }
}

/// `EVIOCGBIT`.
fn capabilities(device: Device<'_>, kind: u8, out: &mut [u8]) -> Answer {
    let motors = |codes: &'static [u16]| if device.rumbles { codes } else { &[] };
    match u16::from(kind) {
        0 => {
            let kinds = [0, KEY, ABS].into_iter();
            bits(out, 8, kinds.chain(motors(&[FF]).iter().copied()))
        }
        KEY => bits(out, 96, BUTTONS),
        ABS => bits(out, 8, AXES),
        FF => bits(out, 16, motors(&[RUMBLE, GAIN]).iter().copied()),
        _ => bits(out, 8, []),
    }
}

/// `EVIOCGABS`: `struct input_absinfo`.
fn axis(seen: &Seen, code: u8, out: &mut [u8]) -> Answer {
    let mut info = [0; 6];
    let at = AXES.iter().position(|axis| *axis == u16::from(code));
    if let Some((at, value)) = at.and_then(|at| Some((at, seen.axes.get(at)?))) {
        let [minimum, maximum, fuzz, flat, resolution] = range(at);
        info = [*value, minimum, maximum, fuzz, flat, resolution];
    }
    // Before Linux 2.6.31 it had no resolution, and some programs still leave no room for one.
    let bytes = info.map(i32::to_ne_bytes);
    copied(out, bytes.as_flattened());
    Answer::Done(0)
}

fn fixed(out: &mut [u8], bytes: &[u8]) -> Answer {
    match out.get_mut(..bytes.len()) {
        Some(out) => {
            out.copy_from_slice(bytes);
            Answer::Done(0)
        }
        None => Answer::Fails(libc::EINVAL),
    }
}

/// As much as there is room for; its length is the result.
fn copied(out: &mut [u8], bytes: &[u8]) -> Answer {
    let len = out.len().min(bytes.len());
    for (place, byte) in out.iter_mut().zip(bytes) {
        *place = *byte;
    }
    Answer::Done(i32::try_from(len).unwrap_or(i32::MAX))
}

/// A bitmap of at most `len` bytes, in words as the kernel has it.
fn bits(out: &mut [u8], len: usize, set: impl IntoIterator<Item = u16>) -> Answer {
    const WORD: usize = size_of::<std::ffi::c_ulong>();
    let mut map = [0; 96];
    for bit in set {
        let at = usize::from(bit / 8);
        let at = if cfg!(target_endian = "little") {
            at
        } else {
            at ^ (WORD - 1)
        };
        if let Some(byte) = map.get_mut(at) {
            *byte |= 1 << (bit % 8);
        }
    }
    copied(out, map.get(..len).unwrap_or(&map))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(interface: Interface, rumbles: bool, request: u64) -> (Answer, Vec<u8>) {
        let request = Request::new(request);
        let mut seen = Seen::new();
        seen.pressed[1] = true;
        seen.axes[0] = -5;
        let device = Device {
            interface,
            slot: 2,
            rumbles,
            seen: &seen,
        };
        let mut out = vec![0xee; request.size];
        (answer(device, request, &mut out), out)
    }

    fn evdev(request: u64) -> (Answer, Vec<u8>) {
        ask(Interface::Evdev, true, request)
    }

    fn read(kind: u8, number: u8, size: u64) -> u64 {
        2 << 30 | size << 16 | u64::from(kind) << 8 | u64::from(number)
    }

    #[test]
    fn a_request_s_number_is_taken_apart() {
        // JSIOCGAXES and EVIOCGID, as a C compiler has them.
        let request = Request::new(0x8001_6a11);
        assert_eq!(
            (request.kind, request.number, request.size),
            (b'j', 0x11, 1)
        );
        let request = Request::new(0x8008_4502);
        assert_eq!((request.kind, request.number, request.size), (b'E', 2, 8));
    }

    #[test]
    fn a_joystick_tells_its_controls() {
        let joystick = |number, size| ask(Interface::Joystick, true, read(b'j', number, size));
        assert_eq!(joystick(0x11, 1), (Answer::Done(0), vec![8]));
        assert_eq!(joystick(0x12, 1), (Answer::Done(0), vec![11]));
        assert_eq!(joystick(0x01, 4).1, 0x020100u32.to_ne_bytes());
        assert_eq!(joystick(0x13, 128).0, Answer::Done(24));
        assert_eq!(joystick(0x13, 4), (Answer::Done(4), b"Micr".to_vec()));
        let (answer, map) = joystick(0x32, 64);
        assert_eq!(answer, Answer::Done(64));
        assert_eq!(map[..9], [0, 1, 2, 3, 4, 5, 16, 17, 0]);
        let (answer, map) = joystick(0x34, 1024);
        assert_eq!(answer, Answer::Done(1024));
        assert_eq!(map[20..22], 0x13eu16.to_ne_bytes());
        assert_eq!(joystick(0x22, 36).0, Answer::Zeros(288));
        assert_eq!(joystick(0x22, 0).0, Answer::Fails(libc::EINVAL));
        assert_eq!(joystick(0x02, 4).0, Answer::Fails(libc::EINVAL));
        let evdev = ask(Interface::Joystick, true, read(b'E', 2, 8));
        assert_eq!(evdev.0, Answer::Fails(libc::ENOTTY));
    }

    #[test]
    fn an_evdev_device_tells_who_it_is() {
        let (answer, ids) = evdev(read(b'E', 2, 8));
        assert_eq!(answer, Answer::Done(0));
        let wanted = [3u16, 0x45e, 0x28e, 0x114].map(u16::to_ne_bytes);
        assert_eq!(ids, wanted.as_flattened());
        let (answer, name) = evdev(read(b'E', 6, 256));
        assert_eq!(answer, Answer::Done(24));
        assert!(name.starts_with(NAME));
        assert!(evdev(read(b'E', 7, 32)).1.starts_with(b"selkies/input2\0"));
        assert_eq!(evdev(read(b'E', 8, 32)).0, Answer::Fails(libc::ENOENT));
        assert_eq!(evdev(read(b'E', 2, 4)).0, Answer::Fails(libc::EINVAL));
    }

    #[test]
    fn an_evdev_device_tells_its_state() {
        let (answer, keys) = evdev(read(b'E', 0x18, 96));
        assert_eq!(answer, Answer::Done(96));
        let set: Vec<_> = (0..768u16).filter(|bit| has(&keys, *bit)).collect();
        assert_eq!(set, [0x131]);
        let info = |code: u8| {
            let (answer, bytes) = evdev(read(b'E', 0x40 + code, 24));
            assert_eq!(answer, Answer::Done(0));
            let words = bytes.chunks_exact(4);
            let number = |word: &[u8]| i32::from_ne_bytes(word.try_into().expect("four bytes"));
            words.map(number).collect::<Vec<_>>()
        };
        assert_eq!(info(0), [-5, -32767, 32767, 16, 128, 1]);
        assert_eq!(info(2)[0], -32767);
        assert_eq!(info(0x11), [0, -1, 1, 0, 0, 0]);
        assert_eq!(info(0x20), [0; 6]);
    }

    #[test]
    fn force_feedback_is_there_only_if_the_server_understands() {
        let kinds = |rumbles| ask(Interface::Evdev, rumbles, read(b'E', 0x20, 8)).1;
        assert!(has(&kinds(true), FF) && has(&kinds(true), ABS) && has(&kinds(true), KEY));
        assert!(!has(&kinds(false), FF));
        let effects = |rumbles| ask(Interface::Evdev, rumbles, read(b'E', 0x35, 16));
        assert_eq!(effects(true).0, Answer::Done(16));
        assert!(has(&effects(true).1, RUMBLE));
        assert_eq!(effects(false).1, [0; 16]);
        let count = |rumbles| ask(Interface::Evdev, rumbles, read(b'E', 0x84, 4)).1;
        assert_eq!(count(true), 16i32.to_ne_bytes());
        assert_eq!(count(false), 0i32.to_ne_bytes());
        let upload = ask(Interface::Evdev, false, read(b'E', 0x80, 48)).0;
        assert_eq!(upload, Answer::Fails(libc::EINVAL));
        assert_eq!(evdev(read(b'E', 0x80, 48)).0, Answer::Upload);
    }

    #[test]
    fn requests_about_other_things_are_not_ours() {
        assert_eq!(evdev(0x541b).0, Answer::NotOurs);
    }

    fn has(map: &[u8], bit: u16) -> bool {
        let words = map.chunks(size_of::<std::ffi::c_ulong>());
        let bytes: Vec<u8> = words
            .flat_map(|word| {
                let mut word = word.to_vec();
                if cfg!(target_endian = "big") {
                    word.reverse();
                }
                word
            })
            .collect();
        bytes[usize::from(bit / 8)] & 1 << (bit % 8) != 0
    }
}
