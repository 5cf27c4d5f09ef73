//! The thread that plays what microphones say.
//!
//! Each voice is decoded on its own and played as a stream of its own; the sound server mixes them
//! and evens out how unevenly packets come.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use bytes::Bytes;
use selkies_media::sound::{AudioCodecs, AudioDecoder, AudioSink, RATE, Sound, SoundError, Voice};

use super::trouble::Trouble;
use super::{SoundNotice, SoundStopped};

/// Packets of all voices that may wait for the thread: half a second of a few.
const QUEUE: usize = 64;

/// Voices that can speak at once.
const VOICES: usize = 8;

/// A voice that has said nothing for so long gives its place up.
const FORGOTTEN: Duration = Duration::from_secs(10);

/// The longest Opus packet (RFC 6716, 3.2.1, at the rate of one channel): a longer one is none.
const LONGEST: usize = 1276 * 6;

/// So often a sound server is looked for that is not there, or asked whether it still is.
const RETRY: Duration = Duration::from_millis(500);

/// A microphone that programs of the desktop hear, there from [`Self::start`] to [`Self::stop`].
/// Dropping it stops it without waiting.
pub struct Microphone {
    inbox: Arc<Inbox>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Inbox {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Said>,
    closed: bool,
    dropped: u64,
}

enum Said {
    Packet(Voice, Bytes),
    Left(Voice),
}

impl Microphone {
    /// Starts its thread and returns at once, whether there is a sound server or not. `tell` is
    /// called from the thread, with [`SoundNotice::Lost`] and [`SoundNotice::Back`] in turn.
    ///
    /// # Errors
    /// When the operating system refuses a thread.
    pub fn start(
        sound: Arc<dyn Sound>,
        codecs: Arc<dyn AudioCodecs>,
        tell: impl Fn(SoundNotice) + Send + 'static,
    ) -> io::Result<Self> {
        let inbox = Arc::new(Inbox::default());
        let playing = Playing {
            sound,
            codecs,
            inbox: inbox.clone(),
        };
        let thread = thread::Builder::new()
            .name("microphone".to_owned())
            .spawn(move || playing.run(&tell))?;
        Ok(Self {
            inbox,
            thread: Some(thread),
        })
    }

    /// One Opus packet (RFC 6716) of one channel, of any rate. Never waits; what is not a packet is
    /// dropped, and so is the oldest when too many wait.
    pub fn push(&self, voice: Voice, packet: Bytes) {
        if packet.is_empty() || packet.len() > LONGEST {
            self.inbox.lock().dropped += 1;
            return;
        }
        self.inbox.put(Said::Packet(voice, packet));
    }

    /// `voice` says nothing more.
    pub fn leave(&self, voice: Voice) {
        self.inbox.put(Said::Left(voice));
    }

    /// Packets nobody heard: too many, too late, or not sound.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.inbox.lock().dropped
    }

    /// Tells the thread to end; the microphone goes with it.
    pub fn stop(mut self) -> SoundStopped {
        self.inbox.close();
        SoundStopped(self.thread.take())
    }
}

impl Drop for Microphone {
    fn drop(&mut self) {
        self.inbox.close();
    }
}

impl Inbox {
    fn put(&self, said: Said) {
        let mut state = self.lock();
        if state.closed {
            return;
        }
        if state.waiting.len() >= QUEUE {
            // A voice that left is forgotten in time, even if that is never said.
            state.waiting.pop_front();
            state.dropped += 1;
        }
        state.waiting.push_back(said);
        drop(state);
        self.changed.notify_all();
    }

    /// What was said, in order; empty after `patience`. `None`: the end.
    fn take(&self, patience: Duration) -> Option<VecDeque<Said>> {
        let deadline = Instant::now() + patience;
        let mut state = self.lock();
        loop {
            if state.closed {
                return None;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if !state.waiting.is_empty() || left.is_zero() {
                return Some(std::mem::take(&mut state.waiting));
            }
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits for `patience`; `false`: the end.
    fn pause(&self, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        let mut state = self.lock();
        while !state.closed {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return true;
            }
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        false
    }

    fn count_dropped(&self) {
        self.lock().dropped += 1;
    }

    fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change leaves it whole even if a panic interrupts it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Playing {
    sound: Arc<dyn Sound>,
    codecs: Arc<dyn AudioCodecs>,
    inbox: Arc<Inbox>,
}

struct Speaker {
    decoder: Box<dyn AudioDecoder>,
    last: Instant,
}

impl Playing {
    fn run(self, tell: &dyn Fn(SoundNotice)) {
        let mut trouble = Trouble::new(Instant::now());
        loop {
            let end = self.play(&mut trouble, tell);
            match end {
                Ok(()) => return,
                Err(error) => {
                    tracing::debug!(%error, "the microphone is interrupted");
                    trouble.lost(&error, Instant::now(), tell);
                }
            }
            if !self.inbox.pause(RETRY) {
                return;
            }
        }
    }

    /// Plays until the end.
    fn play(&self, trouble: &mut Trouble, tell: &dyn Fn(SoundNotice)) -> Result<(), SoundError> {
        let mut sink = self.sound.microphone()?;
        trouble.over(tell);
        let mut speakers: HashMap<Voice, Speaker> = HashMap::new();
        let mut samples = Vec::with_capacity(RATE as usize / 8);
        while let Some(said) = self.inbox.take(RETRY) {
            for said in said {
                match said {
                    Said::Packet(voice, packet) => {
                        if !self.say(&mut *sink, &mut speakers, voice, &packet, &mut samples)? {
                            self.inbox.count_dropped();
                        }
                    }
                    Said::Left(voice) => {
                        if speakers.remove(&voice).is_some() {
                            sink.end(voice)?;
                        }
                    }
                }
            }
            sink.check()?;
        }
        Ok(())
    }

    /// Whether all of `packet` will be heard.
    fn say(
        &self,
        sink: &mut dyn AudioSink,
        speakers: &mut HashMap<Voice, Speaker>,
        voice: Voice,
        packet: &Bytes,
        samples: &mut Vec<i16>,
    ) -> Result<bool, SoundError> {
        let now = Instant::now();
        if !speakers.contains_key(&voice) {
            if speakers.len() >= VOICES && !forget(sink, speakers, now)? {
                return Ok(false);
            }
            match self.codecs.decoder() {
                Ok(decoder) => {
                    speakers.insert(voice, Speaker { decoder, last: now });
                }
                Err(error) => {
                    tracing::error!(%error, "no decoder for a microphone");
                    return Ok(false);
                }
            }
        }
        let Some(speaker) = speakers.get_mut(&voice) else {
            return Ok(false);
        };
        speaker.last = now;
        samples.clear();
        if let Err(error) = speaker.decoder.decode(packet, samples) {
            tracing::trace!(%error, "not a packet of sound");
            return Ok(false);
        }
        Ok(sink.play(voice, samples)? == samples.len())
    }
}

/// Makes room by ending a voice that has been silent for long; whether there was one.
fn forget(
    sink: &mut dyn AudioSink,
    speakers: &mut HashMap<Voice, Speaker>,
    now: Instant,
) -> Result<bool, SoundError> {
    let silent = speakers
        .iter()
        .filter(|(_, speaker)| now.duration_since(speaker.last) >= FORGOTTEN)
        .min_by_key(|(_, speaker)| speaker.last)
        .map(|(voice, _)| *voice);
    let Some(voice) = silent else {
        return Ok(false);
    };
    speakers.remove(&voice);
    sink.end(voice)?;
    Ok(true)
}
