//! The road of sound: one thread hears, encodes and fans out; another plays what microphones say.
//!
//! One [`SoundPipeline`] however many viewers listen. While nobody does, nothing is open; while
//! nothing is played, nothing is encoded or sent. Sound that is late is worthless, so a viewer that
//! reads slowly loses the oldest packets, and nobody waits for it. A sound server that goes away is
//! looked for until it is there again. Start with [`listening`], then [`fanout`].

mod chunks;
mod fanout;
mod hush;
mod listening;
mod microphone;
mod trouble;

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use selkies_media::sound::{AudioCodecs, Sound, SoundShape};
use selkies_media::{Bitrate, Clock};

use fanout::Fanout;
use listening::Listening;

pub use fanout::SoundSubscription;
pub use microphone::Microphone;

/// What a pipeline of sound does, fixed for its life but for the bitrate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SoundSpec {
    /// What its packets are.
    pub shape: SoundShape,
    /// What it starts with.
    pub bitrate: Bitrate,
}

/// What became of the sound. It goes on by itself in any case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SoundNotice {
    /// There is none now, for the reason given.
    Lost(String),
    /// There is some again.
    Back,
}

/// A running pipeline of sound. Dropping it stops it without waiting; see [`SoundStopped`].
pub struct SoundPipeline {
    fanout: Arc<Fanout>,
    thread: Option<JoinHandle<()>>,
}

impl SoundPipeline {
    /// Starts its thread and returns at once, whether there is a sound server or not. `tell` is
    /// called from the thread, with [`SoundNotice::Lost`] and [`SoundNotice::Back`] in turn; a server
    /// that is only just starting is not missed.
    ///
    /// # Errors
    /// When the operating system refuses a thread.
    pub fn start(
        spec: SoundSpec,
        sound: Arc<dyn Sound>,
        codecs: Arc<dyn AudioCodecs>,
        clock: Clock,
        tell: impl Fn(SoundNotice) + Send + 'static,
    ) -> io::Result<Self> {
        let fanout = Arc::new(Fanout::new(spec.shape.frame, spec.bitrate));
        let listening = Listening {
            shape: spec.shape,
            sound,
            codecs,
            clock,
            fanout: fanout.clone(),
        };
        let thread = thread::Builder::new()
            .name("sound".to_owned())
            .spawn(move || listening.run(&tell))?;
        Ok(Self {
            fanout,
            thread: Some(thread),
        })
    }

    /// A queue of this pipeline's packets, beginning with the next one.
    #[must_use]
    pub fn subscribe(&self) -> SoundSubscription {
        Fanout::subscribe(&self.fanout)
    }

    /// Takes effect with the next packet.
    pub fn set_bitrate(&self, bitrate: Bitrate) {
        self.fanout.set_bitrate(bitrate);
    }

    /// Tells the thread to end and every subscription that nothing follows.
    pub fn stop(mut self) -> SoundStopped {
        self.fanout.close();
        SoundStopped(self.thread.take())
    }
}

impl Drop for SoundPipeline {
    fn drop(&mut self) {
        self.fanout.close();
    }
}

/// The thread of something stopped. It ends within a quarter of a second, unless the sound server
/// hangs.
#[must_use = "join it, off the asynchronous threads"]
pub struct SoundStopped(Option<JoinHandle<()>>);

impl SoundStopped {
    /// Waits for the thread. Blocks.
    pub fn join(self) {
        if self.0.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("a thread of the sound panicked");
        }
    }
}

#[cfg(test)]
mod tests;
