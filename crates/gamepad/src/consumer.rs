//! One program that reads one controller.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use crate::model::{Change, State};
use crate::motors::{Motors, Shake};
use crate::wire::{self, Event, Interface, Long, RUMBLE_SIZE, Request};

/// How many events wait for a program that does not read.
const QUEUE: usize = 4096;
/// How long it may stay that way, and how long an answer may take at first.
const PATIENCE: Duration = Duration::from_secs(1);
const HANDSHAKE: Duration = Duration::from_secs(5);
/// How often a program is listened to before the others have their turn.
const READS: usize = 8;

/// The connection is over.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Gone;

pub(crate) struct Consumer {
    pub(crate) slot: u8,
    interface: Interface,
    stream: UnixStream,
    long: Option<Long>,
    queue: VecDeque<Event>,
    /// How much of the first in the queue, or of the description, is written.
    written: usize,
    described: bool,
    /// When it is given up unless something moves.
    deadline: Option<Instant>,
    heard: [u8; RUMBLE_SIZE],
    heard_len: usize,
    motors: Motors,
}

impl Consumer {
    pub(crate) fn new(
        slot: u8,
        interface: Interface,
        stream: UnixStream,
        now: Instant,
    ) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Ok(Self {
            slot,
            interface,
            stream,
            long: None,
            queue: VecDeque::new(),
            written: 0,
            described: false,
            deadline: Some(now + HANDSHAKE),
            heard: [0; RUMBLE_SIZE],
            heard_len: 0,
            motors: Motors::default(),
        })
    }

    pub(crate) fn stream(&self) -> &UnixStream {
        &self.stream
    }

    /// When it has to be looked at although nothing happened.
    pub(crate) fn next_wakeup(&self) -> Option<Instant> {
        self.deadline.into_iter().chain(self.motors.due()).min()
    }

    /// What the motors do otherwise from now on. It may also be over: nothing moves for too long.
    pub(crate) fn wake(&mut self, now: Instant) -> Result<Option<Shake>, Gone> {
        if self.deadline.is_some_and(|deadline| deadline <= now) {
            return Err(Gone);
        }
        Ok(self
            .motors
            .due()
            .is_some_and(|due| due <= now)
            .then(|| self.motors.wake(now)))
    }

    /// Whether it set the motors going.
    pub(crate) fn shakes(&self, now: Instant) -> bool {
        self.motors.is_playing(now)
    }

    /// Whether it waits for room in the socket.
    pub(crate) fn is_behind(&self) -> bool {
        !self.described || !self.queue.is_empty()
    }

    /// Takes one change in; [`Self::write`] sends it.
    pub(crate) fn push(&mut self, change: Change, wall: Duration) {
        let Some(long) = self.long else {
            // It has not answered yet and gets the state as it is then.
            return;
        };
        let event = match self.interface {
            Interface::Joystick => Event::joystick(change, wall, false),
            Interface::Evdev => Event::evdev(change, wall, long),
        };
        self.enqueue(event);
    }

    fn enqueue(&mut self, event: Event) {
        if self.queue.len() >= QUEUE {
            // The first may be half written, and the rest of it has to follow.
            let oldest = usize::from(self.written > 0);
            self.queue.remove(oldest);
        }
        self.queue.push_back(event);
    }

    /// Writes what there is room for.
    pub(crate) fn write(&mut self, now: Instant) -> Result<(), Gone> {
        if !self.described {
            let description = wire::description();
            if !self.send(&description)? {
                return Ok(());
            }
            self.described = true;
        }
        let mut moved = false;
        while let Some(event) = self.queue.front().copied() {
            let before = self.written;
            let done = self.send(event.bytes())?;
            moved |= done || self.written > before;
            if !done {
                break;
            }
            self.queue.pop_front();
        }
        if self.long.is_some() {
            self.deadline = match self.deadline {
                _ if self.queue.is_empty() => None,
                Some(deadline) if !moved => Some(deadline),
                _ => Some(now + PATIENCE),
            };
        }
        Ok(())
    }

    /// Whether all of `bytes`, of which `written` are through, is through.
    fn send(&mut self, bytes: &[u8]) -> Result<bool, Gone> {
        while let Some(rest) = bytes.get(self.written..).filter(|rest| !rest.is_empty()) {
            match (&self.stream).write(rest) {
                Ok(0) => return Err(Gone),
                Ok(count) => self.written += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
                Err(_) => return Err(Gone),
            }
        }
        self.written = 0;
        Ok(true)
    }

    /// Reads some of what it says: first its `long`, which is answered with the state, then rumble.
    /// One that never stops talking keeps nobody waiting: the rest is for the next time.
    pub(crate) fn read(
        &mut self,
        state: &State,
        now: Instant,
        wall: Duration,
        mut shake: impl FnMut(Shake),
    ) -> Result<(), Gone> {
        let mut buffer = [0; 512];
        for _ in 0..READS {
            let count = match (&self.stream).read(&mut buffer) {
                Ok(0) => return Err(Gone),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(_) => return Err(Gone),
            };
            for byte in buffer.iter().take(count) {
                if self.long.is_some() {
                    self.hear(*byte, now, &mut shake)?;
                } else {
                    let long = Long::from_byte(*byte).ok_or(Gone)?;
                    self.long = Some(long);
                    self.welcome(state, wall, long);
                }
            }
        }
        Ok(())
    }

    fn hear(&mut self, byte: u8, now: Instant, shake: &mut impl FnMut(Shake)) -> Result<(), Gone> {
        if let Some(place) = self.heard.get_mut(self.heard_len) {
            *place = byte;
            self.heard_len += 1;
        }
        if self.heard_len == RUMBLE_SIZE {
            self.heard_len = 0;
            let asked = Request::from_bytes(&self.heard).ok_or(Gone)?;
            if let Some(new) = self.motors.obey(asked, now) {
                shake(new);
            }
        }
        Ok(())
    }

    /// A joystick is told everything. An evdev device tells its state when it is asked, so here it
    /// is told what differs from rest, which is what programs assume of a new one.
    fn welcome(&mut self, state: &State, wall: Duration, long: Long) {
        match self.interface {
            Interface::Joystick => {
                for change in state.all() {
                    self.enqueue(Event::joystick(change, wall, true));
                }
            }
            Interface::Evdev => {
                for change in state.since(&State::default()) {
                    self.enqueue(Event::evdev(change, wall, long));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A consumer with a 64-bit `long`, and the program's end of its socket.
    fn pair(now: Instant) -> (Consumer, UnixStream) {
        let (ours, theirs) = UnixStream::pair().expect("a pair of sockets");
        let mut consumer = Consumer::new(0, Interface::Evdev, ours, now).expect("a socket");
        consumer.write(now).expect("it is there");
        (&theirs).write_all(&[8]).expect("it is there");
        let state = State::default();
        let heard = consumer.read(&state, now, Duration::ZERO, |_| {});
        heard.expect("it is there");
        consumer.write(now).expect("it is there");
        (&theirs)
            .read_exact(&mut [0; wire::DESCRIPTION_SIZE])
            .expect("a description");
        (consumer, theirs)
    }

    fn axis(value: i16) -> Change {
        Change::Axis { number: 0, value }
    }

    #[test]
    fn one_that_never_stops_talking_is_heard_a_part_at_a_time() {
        let now = Instant::now();
        let (mut consumer, theirs) = pair(now);
        let mut stop = [0; RUMBLE_SIZE];
        stop[0] = 4;
        stop[2..4].copy_from_slice(&wire::RUMBLE_CHECK.to_ne_bytes());
        let said = 2 * READS * 512;
        let words: Vec<u8> = stop.iter().copied().cycle().take(said).collect();
        (&theirs).write_all(&words).expect("it fits");
        let left = |consumer: &Consumer| {
            rustix::io::ioctl_fionread(consumer.stream()).expect("it is open")
        };
        let state = State::default();
        let heard = consumer.read(&state, now, Duration::ZERO, |_| {});
        assert_eq!(heard, Ok(()));
        assert_eq!(left(&consumer), said as u64 / 2);
        let heard = consumer.read(&state, now, Duration::ZERO, |_| {});
        assert_eq!(heard, Ok(()));
        assert_eq!(left(&consumer), 0);
    }

    #[test]
    fn of_too_many_events_the_oldest_go_and_none_is_torn() {
        let now = Instant::now();
        let (mut consumer, theirs) = pair(now);
        let mut pushed = 0;
        while !consumer.is_behind() {
            consumer.push(axis(pushed), Duration::ZERO);
            consumer.write(now).expect("it is there");
            pushed += 1;
        }
        for _ in 0..QUEUE + 1000 {
            consumer.push(axis(pushed), Duration::ZERO);
            pushed += 1;
        }
        assert_eq!(consumer.queue.len(), QUEUE);
        theirs.set_nonblocking(true).expect("a flag");
        let (mut read, mut buffer) = (Vec::new(), [0; 65536]);
        while consumer.is_behind() {
            consumer.write(now).expect("it is there");
            while let Ok(count) = (&theirs).read(&mut buffer) {
                read.extend_from_slice(&buffer[..count]);
            }
        }
        assert_eq!(read.len() % 48, 0);
        let value = |event: &[u8]| i32::from_ne_bytes(event[20..24].try_into().expect("four"));
        let values: Vec<_> = read.chunks(48).map(value).collect();
        assert_eq!(values.last(), Some(&(i32::from(pushed) - 1)));
        let gaps = values.windows(2).filter(|two| two[1] != two[0] + 1);
        assert_eq!(gaps.count(), 1, "what is lost is lost in one place");
        assert_eq!(values[0], 0);
    }

    #[test]
    fn patience_ends_a_second_after_the_last_progress() {
        let now = Instant::now();
        let (mut consumer, theirs) = pair(now);
        assert_eq!(consumer.next_wakeup(), None, "nobody waits for it");
        while !consumer.is_behind() {
            consumer.push(axis(1), Duration::ZERO);
            consumer.write(now).expect("it is there");
        }
        assert_eq!(consumer.next_wakeup(), Some(now + PATIENCE));
        let later = now + Duration::from_millis(900);
        consumer.write(later).expect("it is there");
        assert_eq!(consumer.wake(later), Ok(None));
        assert_eq!(consumer.wake(now + PATIENCE), Err(Gone), "nothing moved");
        drop(theirs);
    }
}
