//! What travels on the road of sound, and the ports of those who work on it.
//!
//! Samples are 16 bit at [`RATE`], those of all channels interleaved. An [`AudioSource`] hears the
//! desktop, an [`AudioEncoder`] makes packets of it; an [`AudioDecoder`] makes samples of what a
//! viewer's microphone sent and an [`AudioSink`] plays them to the programs of the desktop.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use bytes::Bytes;

use crate::time::{Clock, Timestamp};
use crate::units::Bitrate;

/// Samples per second of every channel, everywhere.
pub const RATE: u32 = 48_000;

/// How many channels, in the order of the Vorbis mapping that Opus uses (RFC 7845, 5.1.1.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Channels {
    /// One.
    Mono,
    /// Left, right.
    #[default]
    Stereo,
    /// 5.1: front left, centre, front right, rear left, rear right, low frequencies.
    Surround51,
    /// 7.1: front left, centre, front right, side left, side right, rear left, rear right, low
    /// frequencies.
    Surround71,
}

impl Channels {
    /// The arrangement of `count` channels; there is one for 1, 2, 6 and 8.
    #[must_use]
    pub const fn of(count: u8) -> Option<Self> {
        match count {
            1 => Some(Self::Mono),
            2 => Some(Self::Stereo),
            6 => Some(Self::Surround51),
            8 => Some(Self::Surround71),
            _ => None,
        }
    }

    /// How many there are.
    #[must_use]
    pub const fn count(self) -> usize {
        match self {
            Self::Mono => 1,
            Self::Stereo => 2,
            Self::Surround51 => 6,
            Self::Surround71 => 8,
        }
    }
}

/// How much sound one packet holds: the lengths an Opus frame can have (RFC 6716, 2.1.4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum FrameDuration {
    /// 2.5 ms.
    Ms2_5,
    /// 5 ms.
    Ms5,
    /// 10 ms.
    #[default]
    Ms10,
    /// 20 ms.
    Ms20,
    /// 40 ms.
    Ms40,
    /// 60 ms.
    Ms60,
}

impl FrameDuration {
    /// Samples per channel.
    #[must_use]
    pub const fn samples(self) -> u32 {
        match self {
            Self::Ms2_5 => 120,
            Self::Ms5 => 240,
            Self::Ms10 => 480,
            Self::Ms20 => 960,
            Self::Ms40 => 1920,
            Self::Ms60 => 2880,
        }
    }

    /// The time it takes.
    #[must_use]
    pub fn span(self) -> Duration {
        span_of(self.samples())
    }
}

/// As the setting says it, in milliseconds: `2.5`, `5`, `10`, `20`, `40` or `60`.
impl FromStr for FrameDuration {
    type Err = NoSuchDuration;

    fn from_str(text: &str) -> Result<Self, NoSuchDuration> {
        match text {
            "2.5" => Ok(Self::Ms2_5),
            "5" => Ok(Self::Ms5),
            "10" => Ok(Self::Ms10),
            "20" => Ok(Self::Ms20),
            "40" => Ok(Self::Ms40),
            "60" => Ok(Self::Ms60),
            _ => Err(NoSuchDuration),
        }
    }
}

/// Opus has no frames of this length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoSuchDuration;

impl fmt::Display for NoSuchDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a packet of sound holds 2.5, 5, 10, 20, 40 or 60 ms")
    }
}

impl std::error::Error for NoSuchDuration {}

/// How long `samples` of one channel sound.
#[must_use]
pub fn span_of(samples: u32) -> Duration {
    Duration::from_micros(u64::from(samples) * 1_000_000 / u64::from(RATE))
}

/// What a stream of sound is made with and cannot change later.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SoundShape {
    /// Channels of the samples and of the packets.
    pub channels: Channels,
    /// Length of every packet.
    pub frame: FrameDuration,
}

impl SoundShape {
    /// Values in the samples of one packet, all channels counted.
    #[must_use]
    pub const fn values(self) -> usize {
        self.frame.samples() as usize * self.channels.count()
    }
}

/// One encoded frame of sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AudioPacket {
    /// Where it begins, in samples of one channel since the stream began, modulo 2³². What was not
    /// sent because it was silent is counted, so a step says how long the silence was.
    pub pts: u32,
    /// An Opus packet (RFC 6716); with more than two channels a multistream one (RFC 7845, 5.1.1).
    pub data: Bytes,
    /// When its last sample was taken from the sound server.
    pub captured: Timestamp,
    /// Nothing is heard in it.
    pub silent: bool,
}

/// Hears what the desktop plays. Lives on one thread.
pub trait AudioSource: Send {
    /// Appends what was played since the last call, and waits up to `patience` for it. The answer is
    /// the moment of the last sample; `None`: nothing was played.
    ///
    /// # Errors
    /// [`SoundError`]; open another source then.
    fn next(
        &mut self,
        into: &mut Vec<i16>,
        patience: Duration,
    ) -> Result<Option<Timestamp>, SoundError>;
}

/// Who speaks into the microphone. Each is heard on its own, all of them together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Voice(pub u64);

/// The microphone that programs of the desktop hear. It is there as long as this value is.
pub trait AudioSink: Send {
    /// Plays `samples` of one channel after those of the same voice before, and returns how many
    /// were taken: what would be heard too late is not. Never waits.
    ///
    /// # Errors
    /// [`SoundError`]; open another sink then.
    fn play(&mut self, voice: Voice, samples: &[i16]) -> Result<usize, SoundError>;

    /// `voice` says nothing more.
    ///
    /// # Errors
    /// As those of [`Self::play`].
    fn end(&mut self, voice: Voice) -> Result<(), SoundError>;

    /// Whether programs can still hear it. To be asked now and then while nobody speaks.
    ///
    /// # Errors
    /// As those of [`Self::play`].
    fn check(&mut self) -> Result<(), SoundError>;
}

/// The sound of one desktop.
pub trait Sound: Send + Sync {
    /// Makes sure that programs have something to play to, even before anyone listens.
    ///
    /// # Errors
    /// [`SoundError`], when there is no sound server or it refuses.
    fn prepare(&self, channels: Channels) -> Result<(), SoundError>;

    /// What is played from now on, in blocks about as long as `shape.frame`. Times are those of
    /// `clock`.
    ///
    /// # Errors
    /// As those of [`Self::prepare`].
    fn source(&self, shape: SoundShape, clock: Clock) -> Result<Box<dyn AudioSource>, SoundError>;

    /// A microphone, the default one while it is there.
    ///
    /// # Errors
    /// As those of [`Self::prepare`].
    fn microphone(&self) -> Result<Box<dyn AudioSink>, SoundError>;
}

/// Why there is no sound. Trying again in a while can help.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SoundError {
    /// No sound server answers.
    #[error("no sound server: {why}")]
    Unreachable {
        /// Its silence, for people.
        why: String,
    },
    /// The sound server is there and says no.
    #[error("the sound server refuses {what}: {why}")]
    Refused {
        /// What it was asked.
        what: &'static str,
        /// Its answer.
        why: String,
    },
    /// What was open is gone: the server ended, or the device was taken away.
    #[error("the sound server is gone: {why}")]
    Lost {
        /// How it went.
        why: String,
    },
}

/// Turns samples into packets. Lives on one thread.
pub trait AudioEncoder: Send {
    /// Makes one packet of exactly one frame of `samples` and puts it in the place of what `out`
    /// held.
    ///
    /// # Errors
    /// [`CodecError`]; open another encoder then.
    fn encode(&mut self, samples: &[i16], out: &mut Vec<u8>) -> Result<(), CodecError>;

    /// Takes effect with the next packet.
    ///
    /// # Errors
    /// [`CodecError`] when it cannot; the old rate holds.
    fn set_bitrate(&mut self, bitrate: Bitrate) -> Result<(), CodecError>;
}

/// Turns packets of one voice, of any rate, into samples at [`RATE`].
pub trait AudioDecoder: Send {
    /// Appends the samples of `packet`.
    ///
    /// # Errors
    /// [`CodecError`] when it is not a packet; the next one can be.
    fn decode(&mut self, packet: &[u8], out: &mut Vec<i16>) -> Result<(), CodecError>;
}

/// Opens encoders and decoders.
pub trait AudioCodecs: Send + Sync {
    /// An encoder ready for its first frame.
    ///
    /// # Errors
    /// [`CodecError`] when there is none for `shape`.
    fn encoder(
        &self,
        shape: SoundShape,
        bitrate: Bitrate,
    ) -> Result<Box<dyn AudioEncoder>, CodecError>;

    /// A decoder of one channel, for a microphone.
    ///
    /// # Errors
    /// [`CodecError`] when there is none.
    fn decoder(&self) -> Result<Box<dyn AudioDecoder>, CodecError>;
}

/// A codec did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{codec}: {why}")]
pub struct CodecError {
    /// Which.
    pub codec: &'static str,
    /// What it says.
    pub why: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_of_a_packet_is_what_its_name_says() {
        for (text, micros) in [
            ("2.5", 2_500),
            ("5", 5_000),
            ("10", 10_000),
            ("20", 20_000),
            ("40", 40_000),
            ("60", 60_000),
        ] {
            let frame: FrameDuration = text.parse().expect("a length of the menu");
            assert_eq!(frame.span(), Duration::from_micros(micros));
        }
        assert_eq!("15".parse::<FrameDuration>(), Err(NoSuchDuration));
    }

    #[test]
    fn counts_of_channels_without_an_arrangement_are_refused() {
        for count in 0..=u8::MAX {
            match Channels::of(count) {
                Some(channels) => assert_eq!(channels.count(), usize::from(count)),
                None => assert!(![1, 2, 6, 8].contains(&count)),
            }
        }
    }
}
