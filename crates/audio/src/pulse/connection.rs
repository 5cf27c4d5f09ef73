//! One conversation with a sound server, without a thread of its own.

use std::collections::VecDeque;
use std::ffi::CString;
use std::fmt;
use std::io::{self, BufRead, Cursor};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use pulseaudio::protocol::{
    AuthParams, AuthReply, Command, DESCRIPTOR_SIZE, Descriptor, DescriptorFlags, MAX_VERSION,
    MIN_VERSION, Prop, Props, ProtocolError, Request, ServerInfo, TagStructRead, TagStructReader,
    encode_descriptor, read_descriptor, write_command_message,
};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recv, send};
use selkies_media::sound::SoundError;

use super::address::Server;
use super::c_string;

/// How long a server may take to answer. One that hangs is as good as gone.
const ANSWER: Duration = Duration::from_secs(2);

/// The longest message that is believed: the largest block of samples there can be, and to spare.
const LONGEST: usize = 8 << 20;

/// Bytes read at once: several blocks of samples.
const READ: usize = 64 << 10;

/// What may wait to be sent before the server counts as one that does not read.
const UNSENT: usize = 256 << 10;

/// Events that may wait to be taken; a server that says more while we ask it something is broken.
const EVENTS: usize = 4096;

/// What every client sends as its cookie, even one that has none.
const COOKIE: usize = 256;

/// What a server says without being asked, or answers later.
pub(super) enum Event {
    /// Samples of the stream `.0`.
    Samples(u32, Vec<u8>),
    /// A reply to the question `.0`: whether it was granted.
    Answer(u32, bool),
    /// The stream `channel` can take so many bytes more.
    Wanted { channel: u32, bytes: u32 },
    /// The stream `.0` is no more.
    Killed(u32),
}

/// What was heard is nobody's business: it prints as its length.
impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Samples(channel, samples) => {
                write!(f, "{} bytes of stream {channel}", samples.len())
            }
            Self::Answer(number, granted) => write!(f, "answer {number}: {granted}"),
            Self::Wanted { channel, bytes } => write!(f, "stream {channel} wants {bytes} bytes"),
            Self::Killed(channel) => write!(f, "stream {channel} is no more"),
        }
    }
}

#[derive(Debug)]
pub(super) struct Connection {
    socket: OwnedFd,
    version: u16,
    sequence: u32,
    /// What was read: `taken` bytes of it are dealt with.
    read: Vec<u8>,
    taken: usize,
    unsent: Vec<u8>,
    events: VecDeque<Event>,
    /// Tells one run of a server from another.
    pub(super) run: u32,
}

impl Connection {
    pub(super) fn open(server: &Server) -> Result<Self, SoundError> {
        let socket = server.connect().map_err(|error| unreachable(&error))?;
        rustix::io::ioctl_fionbio(&socket, true).map_err(|error| unreachable(&error))?;
        let mut connection = Self {
            socket,
            version: MAX_VERSION,
            sequence: 0,
            read: Vec::new(),
            taken: 0,
            unsent: Vec::new(),
            events: VecDeque::new(),
            run: 0,
        };
        let mut cookie = server.cookie().unwrap_or_default();
        cookie.resize(COOKIE, 0);
        let auth = Command::Auth(AuthParams {
            version: MAX_VERSION,
            supports_shm: false,
            supports_memfd: false,
            cookie,
        });
        let reply: AuthReply = connection.ask("to be let in", &auth)?;
        connection.version = reply.version.min(MAX_VERSION);
        if connection.version < MIN_VERSION {
            return Err(SoundError::Refused {
                what: "to be understood",
                why: format!("its protocol {} is too old", reply.version),
            });
        }
        let mut names = Props::new();
        names.set(Prop::ApplicationName, c"Selkies");
        names.set(
            Prop::ApplicationProcessId,
            c_string(&std::process::id().to_string()),
        );
        connection.tell("a name", &Command::SetClientName(names))?;
        connection.run = connection.server()?.cookie;
        Ok(connection)
    }

    pub(super) fn server(&mut self) -> Result<ServerInfo, SoundError> {
        self.ask("what it is", &Command::GetServerInfo)
    }

    /// Whether there is a sink of that name.
    pub(super) fn has_sink(&mut self, name: &str) -> Result<bool, SoundError> {
        self.has(&Command::LookupSink(c_string(name)))
    }

    /// Whether there is a source of that name.
    pub(super) fn has_source(&mut self, name: &str) -> Result<bool, SoundError> {
        self.has(&Command::LookupSource(c_string(name)))
    }

    fn has(&mut self, lookup: &Command) -> Result<bool, SoundError> {
        match self.tell("a name", lookup) {
            Ok(()) => Ok(true),
            Err(SoundError::Refused { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Sends `command` and waits for the answer.
    pub(super) fn ask<R: TagStructRead>(
        &mut self,
        what: &'static str,
        command: &Command,
    ) -> Result<R, SoundError> {
        self.exchange(what, command, |payload, version| {
            TagStructReader::new(payload, version).read()
        })
    }

    /// As [`Self::ask`], for an answer that is a number.
    pub(super) fn ask_number(
        &mut self,
        what: &'static str,
        command: &Command,
    ) -> Result<u32, SoundError> {
        self.exchange(what, command, |payload, version| {
            TagStructReader::new(payload, version).read_u32()
        })
    }

    /// As [`Self::ask`], for an answer that says no more than that it was done.
    pub(super) fn tell(&mut self, what: &'static str, command: &Command) -> Result<(), SoundError> {
        self.exchange(what, command, |_, _| Ok(()))
    }

    fn exchange<R>(
        &mut self,
        what: &'static str,
        command: &Command,
        read: impl FnOnce(&mut dyn BufRead, u16) -> Result<R, ProtocolError>,
    ) -> Result<R, SoundError> {
        let number = self.send(command)?;
        let deadline = Instant::now() + ANSWER;
        loop {
            while let Some(message) = self.next_message()? {
                let version = self.version;
                let mut payload = Cursor::new(message.payload(&self.read));
                if message.channel != u32::MAX {
                    let samples = payload.into_inner().to_vec();
                    self.keep(Event::Samples(message.channel, samples))?;
                    continue;
                }
                match Command::read_tag_prefixed(&mut payload, version) {
                    Ok((sequence, Command::Reply)) if sequence == number => {
                        // What came after it is whole: only this answer is of no use.
                        return read(&mut payload, version).map_err(|error| SoundError::Refused {
                            what,
                            why: error.to_string(),
                        });
                    }
                    Ok((sequence, Command::Error(error))) if sequence == number => {
                        let why = error.to_string();
                        return Err(SoundError::Refused { what, why });
                    }
                    other => {
                        if let Some(event) = event(other) {
                            self.keep(event)?;
                        }
                    }
                }
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(SoundError::Lost {
                    why: "it does not answer".to_owned(),
                });
            }
            self.wait(left)?;
        }
    }

    /// Sends `command` without waiting. Its answer comes as an [`Event::Answer`] with the number.
    pub(super) fn send(&mut self, command: &Command) -> Result<u32, SoundError> {
        let number = self.sequence;
        // Sequence numbers count up and never reach the one that stands for none.
        self.sequence = (self.sequence + 1) % (u32::MAX - 1);
        write_command_message(&mut self.unsent, number, command, self.version)
            .map_err(|error| garbled(&error))?;
        self.flush()?;
        Ok(number)
    }

    /// Sends samples to the stream `channel`; `false` when the server does not read.
    pub(super) fn send_samples(
        &mut self,
        channel: u32,
        samples: &[i16],
    ) -> Result<bool, SoundError> {
        self.flush()?;
        if self.unsent.len() > UNSENT {
            return Ok(false);
        }
        let descriptor = Descriptor {
            length: u32::try_from(samples.len() * 2).unwrap_or(u32::MAX),
            channel,
            offset: 0,
            flags: DescriptorFlags::empty(),
        };
        let mut head = [0; DESCRIPTOR_SIZE];
        encode_descriptor(&mut head, &descriptor);
        self.unsent.extend_from_slice(&head);
        self.unsent
            .extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
        self.flush()?;
        Ok(true)
    }

    /// The next event, waiting up to `patience` for it.
    pub(super) fn event(&mut self, patience: Duration) -> Result<Option<Event>, SoundError> {
        let deadline = Instant::now() + patience;
        loop {
            if let Some(event) = self.events.pop_front() {
                return Ok(Some(event));
            }
            while let Some(message) = self.next_message()? {
                let mut payload = Cursor::new(message.payload(&self.read));
                if message.channel != u32::MAX {
                    let samples = payload.into_inner().to_vec();
                    return Ok(Some(Event::Samples(message.channel, samples)));
                }
                let command = Command::read_tag_prefixed(&mut payload, self.version);
                if let Some(event) = event(command) {
                    return Ok(Some(event));
                }
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if !self.wait(left)? && Instant::now() >= deadline {
                return Ok(None);
            }
        }
    }

    fn keep(&mut self, event: Event) -> Result<(), SoundError> {
        if self.events.len() >= EVENTS {
            return Err(SoundError::Lost {
                why: "it says too much".to_owned(),
            });
        }
        self.events.push_back(event);
        Ok(())
    }

    /// The next whole message of what was read; it counts as dealt with.
    fn next_message(&mut self) -> Result<Option<Message>, SoundError> {
        let unread = self.read.get(self.taken..).unwrap_or_default();
        if unread.len() < DESCRIPTOR_SIZE {
            return Ok(None);
        }
        let head = read_descriptor(&mut Cursor::new(unread)).map_err(|error| garbled(&error))?;
        let length = head.length as usize;
        if length > LONGEST {
            return Err(SoundError::Lost {
                why: format!("a message of {length} bytes"),
            });
        }
        if unread.len() < DESCRIPTOR_SIZE + length {
            return Ok(None);
        }
        let start = self.taken + DESCRIPTOR_SIZE;
        self.taken = start + length;
        Ok(Some(Message {
            channel: head.channel,
            start,
            end: self.taken,
        }))
    }

    /// Waits for bytes and reads them, and sends what is still to be sent. Whether any came.
    fn wait(&mut self, patience: Duration) -> Result<bool, SoundError> {
        let mut flags = PollFlags::IN;
        flags.set(PollFlags::OUT, !self.unsent.is_empty());
        let mut fds = [PollFd::new(&self.socket, flags)];
        let timeout = Timespec::try_from(patience).ok();
        match poll(&mut fds, timeout.as_ref()) {
            Ok(0) => return Ok(false),
            Ok(_) => {}
            Err(Errno::INTR) => return Ok(false),
            Err(error) => return Err(lost(&error.into())),
        }
        self.flush()?;
        self.fill()
    }

    fn fill(&mut self) -> Result<bool, SoundError> {
        self.read.drain(..self.taken);
        self.taken = 0;
        let before = self.read.len();
        self.read.resize(before + READ, 0);
        let room = self.read.get_mut(before..).unwrap_or_default();
        let came = recv(&self.socket, room, RecvFlags::empty());
        let length = came.map_or(0, |(length, _)| length);
        self.read.truncate(before + length);
        match came {
            Ok((0, _)) => Err(SoundError::Lost {
                why: "it hung up".to_owned(),
            }),
            Ok(_) => Ok(true),
            Err(Errno::AGAIN | Errno::INTR) => Ok(false),
            Err(error) => Err(lost(&error.into())),
        }
    }

    /// Sends as much as the server takes.
    fn flush(&mut self) -> Result<(), SoundError> {
        while !self.unsent.is_empty() {
            match send(&self.socket, &self.unsent, SendFlags::NOSIGNAL) {
                Ok(sent) => drop(self.unsent.drain(..sent)),
                Err(Errno::AGAIN) => return Ok(()),
                Err(Errno::INTR) => {}
                Err(error) => return Err(lost(&error.into())),
            }
        }
        Ok(())
    }
}

struct Message {
    channel: u32,
    start: usize,
    end: usize,
}

impl Message {
    fn payload<'a>(&self, read: &'a [u8]) -> &'a [u8] {
        read.get(self.start..self.end).unwrap_or_default()
    }
}

/// What a message means that is not the answer somebody waits for. Servers say much that need not be
/// known, and newer ones what cannot be understood.
fn event(read: Result<(u32, Command), ProtocolError>) -> Option<Event> {
    match read.ok()? {
        (sequence, Command::Reply) => Some(Event::Answer(sequence, true)),
        (sequence, Command::Error(_)) => Some(Event::Answer(sequence, false)),
        (_, Command::Request(Request { channel, length })) => Some(Event::Wanted {
            channel,
            bytes: length,
        }),
        (_, Command::PlaybackStreamKilled(channel) | Command::RecordStreamKilled(channel)) => {
            Some(Event::Killed(channel))
        }
        _ => None,
    }
}

fn unreachable(error: &dyn ToString) -> SoundError {
    SoundError::Unreachable {
        why: error.to_string(),
    }
}

fn lost(error: &io::Error) -> SoundError {
    SoundError::Lost {
        why: error.to_string(),
    }
}

fn garbled(error: &ProtocolError) -> SoundError {
    SoundError::Lost {
        why: format!("it is not understood: {error}"),
    }
}

/// A name the server may have given.
pub(super) fn text(name: Option<&CString>) -> Option<String> {
    name.map(|name| name.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::os::unix::net::UnixListener;

    use super::*;

    /// What becomes of a conversation with a server that says `bytes` and hangs up.
    fn talk(bytes: &[u8]) -> SoundError {
        let folder = tempfile::tempdir().expect("a folder");
        let socket = folder.path().join("native");
        let listener = UnixListener::bind(&socket).expect("a socket");
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let (mut client, _) = listener.accept().expect("somebody comes");
                // It may have hung up already.
                let _ = client.write_all(bytes);
            });
            Connection::open(&Server::At(socket.clone())).expect_err("no sound server says that")
        })
    }

    #[test]
    fn sound_is_not_printed() {
        let event = Event::Samples(7, vec![0x5a; 3]);
        assert_eq!(format!("{event:?}"), "3 bytes of stream 7");
    }

    fn message(length: u32, channel: u32, payload: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend(length.to_be_bytes());
        bytes.extend(channel.to_be_bytes());
        bytes.extend([0; 12]);
        bytes.extend(payload);
        bytes
    }

    #[test]
    fn what_is_no_sound_server_is_left_alone() {
        let control = u32::MAX;
        let mut state = 1_u32;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .take(100_000)
        .collect();
        for bytes in [
            Vec::new(),
            b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(),
            noise.clone(),
            message(u32::MAX, control, &noise),
            message(0, control, &[]),
            message(0, 7, &[]).repeat(5000),
            // A reply, tagged as its numbers are, that breaks off.
            message(10, control, b"L\0\0\0\x02L\0\0\0\0"),
            // An error nobody knows.
            message(15, control, b"L\0\0\0\0L\0\0\0\0L\xFF\xFF\xFF\xFF"),
        ] {
            // No panic, no waiting for what cannot come.
            let begun = Instant::now();
            let error = talk(&bytes);
            assert!(begun.elapsed() < ANSWER, "{error}");
        }
    }
}
