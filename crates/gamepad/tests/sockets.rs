//! What programs get over the sockets, byte by byte.

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

use selkies_desktop::{Gamepads, PadEvent, Rumble};
use selkies_gamepad::sockets::Sockets;
use selkies_gamepad::{Place, PlaceError, wire};

const PATIENCE: Duration = Duration::from_secs(30);

struct Desk {
    sockets: Sockets,
    rumbles: Receiver<Rumble>,
    base: tempfile::TempDir,
}

fn desk() -> Desk {
    let base = tempfile::tempdir().expect("a directory");
    let (tell, rumbles) = sync_channel(64);
    let tell = Arc::new(move |rumble| tell.try_send(rumble).expect("there is room"));
    let sockets = Sockets::open_below(&Place::Private, base.path(), tell).expect("sockets");
    Desk {
        sockets,
        rumbles,
        base,
    }
}

fn other(place: &Place, base: &Path) -> Result<Sockets, PlaceError> {
    Sockets::open_below(place, base, Arc::new(|_| {}))
}

impl Desk {
    /// Connects as a program does whose `long` is so large.
    fn open(&self, name: &str, long: u8) -> UnixStream {
        let mut stream = self.knock(name);
        stream.write_all(&[long]).expect("it listens");
        stream
    }

    fn knock(&self, name: &str) -> UnixStream {
        let path = self.sockets.directory().join(name);
        let mut stream = UnixStream::connect(path).expect("it is there");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        let mut description = [0; 1360];
        stream.read_exact(&mut description).expect("a description");
        assert_eq!(description, wire::description());
        stream
    }

    fn does(&mut self, slot: u8, event: &PadEvent) {
        self.sockets.apply(slot, event).expect("the thread runs");
    }

    fn presses(&mut self, slot: u8, index: u8, value: f32) {
        self.does(slot, &PadEvent::Button { index, value });
    }
}

fn read<const N: usize>(stream: &mut UnixStream) -> [u8; N] {
    let mut bytes = [0; N];
    stream.read_exact(&mut bytes).expect("so many bytes");
    bytes
}

/// Value, type and number: everything but the time.
fn joystick(stream: &mut UnixStream) -> (i16, u8, u8) {
    let [_, _, _, _, a, b, kind, number] = read(stream);
    (i16::from_ne_bytes([a, b]), kind, number)
}

/// Type, code and value of an event and of the report behind it, without the times.
fn evdev(stream: &mut UnixStream, stamp: usize) -> [(u16, u16, i32); 2] {
    [(); 2].map(|()| {
        let mut time = vec![0; stamp];
        stream.read_exact(&mut time).expect("a time");
        assert!(time.iter().any(|byte| *byte != 0));
        let [a, b, c, d, e, f, g, h] = read(stream);
        let word = |a, b| u16::from_ne_bytes([a, b]);
        (word(a, b), word(c, d), i32::from_ne_bytes([e, f, g, h]))
    })
}

#[test]
fn a_joystick_is_told_the_whole_state_and_then_what_changes() {
    for long in [4, 8] {
        let mut desk = desk();
        desk.presses(1, 1, 1.0);
        desk.presses(1, 12, 1.0);
        let mut stream = desk.open("selkies_js1.sock", long);
        for number in 0..11 {
            assert_eq!(
                joystick(&mut stream),
                (i16::from(number == 1), 0x81, number)
            );
        }
        for (number, value) in (0..8).zip([0, 0, -32767, 0, 0, -32767, 0, -32767]) {
            assert_eq!(joystick(&mut stream), (value, 0x82, number));
        }
        desk.presses(1, 1, 0.0);
        desk.presses(1, 7, 1.0);
        desk.does(
            1,
            &PadEvent::Axis {
                index: 2,
                value: -1.0,
            },
        );
        desk.presses(0, 0, 1.0);
        desk.does(1, &PadEvent::Neutral);
        assert_eq!(joystick(&mut stream), (0, 1, 1));
        assert_eq!(joystick(&mut stream), (32767, 2, 5));
        assert_eq!(joystick(&mut stream), (-32767, 2, 3));
        assert_eq!(joystick(&mut stream), (0, 2, 3));
        assert_eq!(joystick(&mut stream), (-32767, 2, 5));
        assert_eq!(joystick(&mut stream), (0, 2, 7));
    }
}

#[test]
fn an_event_device_is_told_what_changes_with_times_of_its_size() {
    for (long, stamp) in [(4, 8), (8, 16)] {
        let mut desk = desk();
        let mut stream = desk.open("selkies_event1003.sock", long);
        let report = (0, 0, 0);
        // What it does comes after the handshake: before it, nobody reads.
        desk.presses(3, 16, 1.0);
        let first = evdev(&mut stream, stamp);
        assert_eq!(first, [(1, 0x13c, 1), report]);
        desk.presses(3, 15, 1.0);
        assert_eq!(evdev(&mut stream, stamp), [(3, 0x10, 1), report]);
        desk.does(3, &PadEvent::Disconnect);
        assert_eq!(evdev(&mut stream, stamp), [(1, 0x13c, 0), report]);
        assert_eq!(evdev(&mut stream, stamp), [(3, 0x10, 0), report]);
    }
}

#[test]
fn an_event_device_is_told_at_first_what_is_not_at_rest() {
    let mut desk = desk();
    desk.presses(0, 0, 1.0);
    let mut stream = desk.open("selkies_event1000.sock", 8);
    assert_eq!(evdev(&mut stream, 16)[0], (1, 0x130, 1));
}

#[test]
fn who_does_not_say_a_possible_size_is_sent_away() {
    let desk = desk();
    let mut stream = desk.open("selkies_js0.sock", 5);
    assert_eq!(stream.read(&mut [0; 8]).expect("an end"), 0);
    let mut stream = desk.open("selkies_event1000.sock", 8);
    stream.write_all(&[0; 16]).expect("it listens");
    assert_eq!(stream.read(&mut [0; 8]).expect("an end"), 0);
}

#[test]
fn rumble_comes_back_and_ends_with_the_program() {
    let desk = desk();
    let mut stream = desk.open("selkies_event1002.sock", 8);
    let message = |kind: u8, count: u32| {
        let words = [wire::RUMBLE_CHECK, 0xffff, 0, 300, 0].map(u16::to_ne_bytes);
        [&[kind, 0], words.as_flattened(), &count.to_ne_bytes()].concat()
    };
    stream.write_all(&message(1, 0)).expect("it listens");
    // Torn messages are put together.
    let play = message(3, 1);
    stream.write_all(&play[..7]).expect("it listens");
    stream.write_all(&play[7..]).expect("it listens");
    let rumble = desk.rumbles.recv_timeout(PATIENCE).expect("a rumble");
    assert_eq!(
        rumble,
        Rumble {
            slot: 2,
            strong: 1.0,
            weak: 0.0,
            duration: Duration::from_millis(300),
        }
    );
    drop(stream);
    let rumble = desk.rumbles.recv_timeout(PATIENCE).expect("its end");
    assert_eq!((rumble.slot, rumble.strong), (2, 0.0));
}

#[test]
fn who_does_not_read_is_closed_and_holds_up_nobody() {
    let mut desk = desk();
    let mut stuck = desk.open("selkies_js0.sock", 8);
    let mut good = desk.open("selkies_js0.sock", 8);
    for _ in 0..19 {
        joystick(&mut good);
    }
    let (mut turn, deadline) = (0u32, Instant::now() + PATIENCE);
    let mut closed_after = None;
    let began = Instant::now();
    // Plays on until nothing more can be in the socket of the one that does not read.
    while closed_after.is_none() {
        assert!(Instant::now() < deadline, "it is never closed");
        for _ in 0..200 {
            turn += 1;
            let value = if turn.is_multiple_of(2) { 0.0 } else { 1.0 };
            desk.presses(0, 0, value);
            assert_eq!(joystick(&mut good).0, i16::from(turn % 2 == 1));
        }
        if peer_is_gone(&stuck) {
            closed_after = Some(began.elapsed());
        }
    }
    assert!(closed_after.expect("it is over") >= Duration::from_secs(1));
    let mut left = Vec::new();
    // The end may come as one or as an error; what was in the socket before it is whole events.
    let _ = stuck.read_to_end(&mut left);
    assert!(left.len() >= 19 * 8);
}

/// Whether the other side has closed, without reading.
fn peer_is_gone(stream: &UnixStream) -> bool {
    let mut fds = [rustix::event::PollFd::new(
        stream,
        rustix::event::PollFlags::RDHUP,
    )];
    let now = rustix::event::Timespec::default();
    rustix::event::poll(&mut fds, Some(&now)).expect("poll works") > 0
        && !fds[0].revents().is_empty()
}

#[test]
fn only_the_user_can_open_the_sockets() {
    let desk = desk();
    let mode = |path: &Path| path.metadata().expect("it is there").permissions().mode() & 0o777;
    let directory = desk.sockets.directory();
    assert_eq!(mode(directory), 0o700);
    let names: Vec<_> = directory
        .read_dir()
        .expect("a directory")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    assert_eq!(names.len(), 8);
    for path in names {
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[test]
fn servers_without_a_place_of_their_own_do_not_meet() {
    let desk = desk();
    let second = other(&Place::Private, desk.base.path()).expect("another place");
    assert_ne!(second.directory(), desk.sockets.directory());
    drop(second);
    desk.open("selkies_js0.sock", 8);
}

#[test]
fn a_place_that_a_live_server_has_is_taken_and_that_of_a_dead_one_is_not() {
    let base = tempfile::tempdir().expect("a directory");
    let place = Place::At(base.path().to_owned());
    let first = other(&place, base.path()).expect("sockets");
    let Err(error) = other(&place, base.path()) else {
        panic!("it is taken");
    };
    assert!(
        error.to_string().contains("another running server"),
        "{error}"
    );
    UnixStream::connect(base.path().join("selkies_js0.sock")).expect("the first one lives on");
    drop(first);
    assert_eq!(base.path().read_dir().expect("a directory").count(), 0);
    let stale = base.path().join("selkies_event1000.sock");
    drop(std::os::unix::net::UnixListener::bind(&stale).expect("a socket"));
    other(&place, base.path()).expect("nobody answers there");
}
