//! Opus (RFC 6716) by libopus.

use opus::{Application, Bitrate as Rate, Decoder, Encoder, MSEncoder};
use selkies_media::Bitrate;
use selkies_media::sound::{
    AudioCodecs, AudioDecoder, AudioEncoder, Channels, CodecError, RATE, SoundShape,
};

/// The largest packet of one stream (RFC 6716, 3.4: 1275 bytes for every frame of at most 20 ms, and
/// their lengths), so that no bitrate can fail.
const LARGEST: usize = 3 * 1277 + 3;

/// The longest packet, 120 ms (RFC 6716, 3.2.5), in samples of one channel.
const LONGEST: usize = RATE as usize * 120 / 1000;

/// How hard libopus tries, 0 to 10. Measured in `docs/sound.md`: above it the bits are hardly spent
/// better at the rates of a desktop, below it nothing is saved that counts.
const COMPLEXITY: i32 = 5;

/// What libopus takes, in bits per second for one channel.
const RATES: std::ops::RangeInclusive<u64> = 500..=512_000;

/// The codecs of libopus, which is part of this program.
#[derive(Clone, Copy, Debug, Default)]
pub struct OpusCodecs;

impl AudioCodecs for OpusCodecs {
    fn encoder(
        &self,
        shape: SoundShape,
        bitrate: Bitrate,
    ) -> Result<Box<dyn AudioEncoder>, CodecError> {
        let coder = Coder::open(shape.channels).map_err(failed)?;
        let mut encoder = OpusEncoder {
            coder,
            shape,
            room: LARGEST * shape.channels.count(),
        };
        encoder.set_bitrate(bitrate)?;
        encoder.set_complexity(COMPLEXITY)?;
        Ok(Box::new(encoder))
    }

    fn decoder(&self) -> Result<Box<dyn AudioDecoder>, CodecError> {
        let decoder = Decoder::new(RATE, opus::Channels::Mono).map_err(failed)?;
        Ok(Box::new(OpusDecoder(decoder)))
    }
}

/// One stream, or several in one packet.
enum Coder {
    One(Encoder),
    Several(MSEncoder),
}

/// How channels are spread over streams (RFC 7845, 5.1.1.2): streams, how many of them hold two
/// channels, and which decoded channel each channel is.
fn mapping(channels: Channels) -> Option<(u8, u8, &'static [u8])> {
    match channels {
        Channels::Mono | Channels::Stereo => None,
        Channels::Surround51 => Some((4, 2, &[0, 4, 1, 2, 3, 5])),
        Channels::Surround71 => Some((5, 3, &[0, 6, 1, 2, 3, 4, 5, 7])),
    }
}

impl Coder {
    fn open(channels: Channels) -> Result<Self, opus::Error> {
        // Without the parts that look ahead.
        let application = Application::LowDelay;
        match mapping(channels) {
            Some((streams, coupled, mapping)) => {
                MSEncoder::new(RATE, streams, coupled, mapping, application).map(Self::Several)
            }
            None if channels == Channels::Mono => {
                Encoder::new(RATE, opus::Channels::Mono, application).map(Self::One)
            }
            None => Encoder::new(RATE, opus::Channels::Stereo, application).map(Self::One),
        }
    }
}

struct OpusEncoder {
    coder: Coder,
    shape: SoundShape,
    /// Bytes the largest packet can have.
    room: usize,
}

impl OpusEncoder {
    fn set_complexity(&mut self, complexity: i32) -> Result<(), CodecError> {
        match &mut self.coder {
            Coder::One(encoder) => encoder.set_complexity(complexity),
            Coder::Several(encoder) => encoder.set_complexity(complexity),
        }
        .map_err(failed)
    }
}

impl AudioEncoder for OpusEncoder {
    fn encode(&mut self, samples: &[i16], out: &mut Vec<u8>) -> Result<(), CodecError> {
        if samples.len() != self.shape.values() {
            return Err(CodecError {
                codec: "libopus",
                why: format!("{} samples are not one frame", samples.len()),
            });
        }
        out.resize(self.room, 0);
        let length = match &mut self.coder {
            Coder::One(encoder) => encoder.encode(samples, out),
            Coder::Several(encoder) => encoder.encode(samples, out),
        }
        .map_err(failed)?;
        out.truncate(length);
        Ok(())
    }

    fn set_bitrate(&mut self, bitrate: Bitrate) -> Result<(), CodecError> {
        let channels = self.shape.channels.count() as u64;
        let bits = bitrate
            .bits_per_second()
            .clamp(*RATES.start(), *RATES.end() * channels);
        let rate = Rate::Bits(i32::try_from(bits).unwrap_or(i32::MAX));
        match &mut self.coder {
            Coder::One(encoder) => encoder.set_bitrate(rate),
            Coder::Several(encoder) => encoder.set_bitrate(rate),
        }
        .map_err(failed)
    }
}

struct OpusDecoder(Decoder);

impl AudioDecoder for OpusDecoder {
    fn decode(&mut self, packet: &[u8], out: &mut Vec<i16>) -> Result<(), CodecError> {
        // An empty one would stand for a lost one and be made up.
        if packet.is_empty() {
            return Err(CodecError {
                codec: "libopus",
                why: "an empty packet".to_owned(),
            });
        }
        let before = out.len();
        out.resize(before + LONGEST, 0);
        let room = out.get_mut(before..).unwrap_or_default();
        let decoded = self.0.decode(packet, room, false);
        out.truncate(before + decoded.as_ref().copied().unwrap_or(0));
        decoded.map(|_| ()).map_err(failed)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "a callee of map_err")]
fn failed(error: opus::Error) -> CodecError {
    CodecError {
        codec: "libopus",
        why: error.to_string(),
    }
}

#[cfg(test)]
mod tests;
