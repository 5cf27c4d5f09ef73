//! The sound server: PulseAudio, or PipeWire in its place.

mod address;
mod connection;
mod furniture;
mod look;
mod sink;
mod source;

use std::ffi::CString;
use std::sync::Mutex;

use pulseaudio::protocol::{ChannelMap, ChannelPosition, SampleFormat, SampleSpec};
use selkies_media::Clock;
use selkies_media::sound::{AudioSink, AudioSource, Channels, RATE, Sound, SoundError, SoundShape};

pub use address::Server;
use connection::Connection;
use furniture::{Made, Names};
pub use look::Look;
use sink::VirtualMicrophone;
use source::Recording;

/// The sound of the programs that play to one source of a sound server.
///
/// What is missing there is made: the sink that the source is the monitor of, and the virtual
/// microphone while it is used. What was made is taken away when this is dropped, what was there
/// stays.
#[derive(Debug)]
pub struct PulseSound {
    server: Server,
    names: Names,
    /// The sinks we made, for as long as programs may play to them.
    made: Mutex<Vec<Made>>,
}

impl PulseSound {
    /// The sound of the source `device`, such as `output.monitor`, on `server`. Connects to nothing
    /// yet.
    ///
    /// # Errors
    /// When sound servers cannot have a device of that name.
    pub fn new(server: Server, device: &str) -> Result<Self, BadName> {
        Ok(Self {
            server,
            names: Names::of(device).ok_or(BadName)?,
            made: Mutex::default(),
        })
    }

    /// Arguments of `module-null-sink` for the sink this one would make, for whoever starts a sound
    /// server. `None`: it would make none.
    #[must_use]
    pub fn sink_arguments(&self, channels: Channels) -> Option<String> {
        self.names.sink_arguments(channels)
    }

    fn connect(&self) -> Result<Connection, SoundError> {
        Connection::open(&self.server)
    }

    fn furnish(&self, connection: &mut Connection, channels: Channels) -> Result<(), SoundError> {
        if let Some(made) = furniture::ensure_source(connection, &self.names, channels)? {
            // A server that is gone took what we made along.
            self.made().retain(|old| old.is_on(connection));
            self.made().push(made);
        }
        Ok(())
    }

    fn made(&self) -> std::sync::MutexGuard<'_, Vec<Made>> {
        self.made
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// No name for a device of a sound server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadName;

impl std::fmt::Display for BadName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the name of a device is up to 100 letters, digits and the signs - . _ : +")
    }
}

impl std::error::Error for BadName {}

impl Sound for PulseSound {
    fn prepare(&self, channels: Channels) -> Result<(), SoundError> {
        self.furnish(&mut self.connect()?, channels)
    }

    fn source(&self, shape: SoundShape, clock: Clock) -> Result<Box<dyn AudioSource>, SoundError> {
        let mut connection = self.connect()?;
        self.furnish(&mut connection, shape.channels)?;
        let recording = Recording::start(connection, &self.names.device, shape, clock)?;
        Ok(Box::new(recording))
    }

    fn microphone(&self) -> Result<Box<dyn AudioSink>, SoundError> {
        let microphone = VirtualMicrophone::open(self.connect()?, &self.names)?;
        Ok(Box::new(microphone))
    }
}

impl Drop for PulseSound {
    fn drop(&mut self) {
        let made = std::mem::take(&mut *self.made());
        if made.is_empty() {
            return;
        }
        match self.connect() {
            Ok(mut connection) => {
                for one in made.into_iter().rev() {
                    one.undo(&mut connection);
                }
            }
            // Then what we made is gone as well.
            Err(error) => tracing::debug!(%error, "nothing to tidy up at the sound server"),
        }
    }
}

fn samples_of(channels: Channels) -> SampleSpec {
    SampleSpec {
        format: SampleFormat::S16Le,
        channels: u8::try_from(channels.count()).expect("there are eight channels at most"),
        sample_rate: RATE,
    }
}

fn positions(channels: Channels) -> ChannelMap {
    ChannelMap::new(speakers(channels).iter().map(|(position, _)| *position))
}

/// The speakers in the order of [`Channels`], with their names in arguments of modules.
fn speakers(channels: Channels) -> &'static [(ChannelPosition, &'static str)] {
    use ChannelPosition as At;
    match channels {
        Channels::Mono => &[(At::Mono, "mono")],
        Channels::Stereo => &[
            (At::FrontLeft, "front-left"),
            (At::FrontRight, "front-right"),
        ],
        Channels::Surround51 => &[
            (At::FrontLeft, "front-left"),
            (At::FrontCenter, "front-center"),
            (At::FrontRight, "front-right"),
            (At::RearLeft, "rear-left"),
            (At::RearRight, "rear-right"),
            (At::Lfe, "lfe"),
        ],
        Channels::Surround71 => &[
            (At::FrontLeft, "front-left"),
            (At::FrontCenter, "front-center"),
            (At::FrontRight, "front-right"),
            (At::SideLeft, "side-left"),
            (At::SideRight, "side-right"),
            (At::RearLeft, "rear-left"),
            (At::RearRight, "rear-right"),
            (At::Lfe, "lfe"),
        ],
    }
}

/// Names were checked when they came in; ours have no zero bytes.
fn c_string(text: &str) -> CString {
    CString::new(text.replace('\0', "")).unwrap_or_default()
}
