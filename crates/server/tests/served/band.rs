//! A sound server that plays without end, and codecs that can be seen through.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use selkies_media::sound::{
    AudioCodecs, AudioDecoder, AudioEncoder, AudioSink, AudioSource, Channels, CodecError, Sound,
    SoundError, SoundShape, Voice,
};
use selkies_media::{Bitrate, Clock, Timestamp};
use selkies_server::SoundParts;

/// What every packet begins with; the number of the packet follows.
pub(crate) const TUNE: [u8; 4] = *b"tune";

#[derive(Clone, Default)]
pub(crate) struct Band(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    gone: bool,
    listeners: usize,
    packets: u32,
    bitrate: Option<Bitrate>,
    microphones: usize,
    said: Vec<(Voice, Vec<u8>)>,
    ended: Vec<Voice>,
}

impl Band {
    pub(crate) fn parts(&self) -> SoundParts {
        SoundParts {
            sound: Arc::new(self.clone()),
            codecs: Arc::new(self.clone()),
        }
    }

    /// The sound server dies.
    pub(crate) fn lose(&self) {
        self.lock().gone = true;
    }

    pub(crate) fn restore(&self) {
        self.lock().gone = false;
    }

    /// How many hear what is played.
    pub(crate) fn listeners(&self) -> usize {
        self.lock().listeners
    }

    pub(crate) fn bitrate(&self) -> Option<u64> {
        self.lock().bitrate.map(Bitrate::bits_per_second)
    }

    /// How many packets were made.
    pub(crate) fn packets(&self) -> u32 {
        self.lock().packets
    }

    /// How many microphones there are.
    pub(crate) fn microphones(&self) -> usize {
        self.lock().microphones
    }

    /// What programs have heard from microphones.
    pub(crate) fn said(&self) -> Vec<(Voice, Vec<u8>)> {
        self.lock().said.clone()
    }

    /// Who has fallen silent.
    pub(crate) fn ended(&self) -> Vec<Voice> {
        self.lock().ended.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check(&self) -> Result<(), SoundError> {
        if self.lock().gone {
            let why = "it was told to go".to_owned();
            return Err(SoundError::Unreachable { why });
        }
        Ok(())
    }
}

impl Sound for Band {
    fn prepare(&self, _: Channels) -> Result<(), SoundError> {
        self.check()
    }

    fn source(&self, shape: SoundShape, clock: Clock) -> Result<Box<dyn AudioSource>, SoundError> {
        self.check()?;
        self.lock().listeners += 1;
        Ok(Box::new(Playing {
            band: self.clone(),
            shape,
            clock,
        }))
    }

    fn microphone(&self) -> Result<Box<dyn AudioSink>, SoundError> {
        self.check()?;
        self.lock().microphones += 1;
        Ok(Box::new(Heard(self.clone())))
    }
}

struct Playing {
    band: Band,
    shape: SoundShape,
    clock: Clock,
}

impl AudioSource for Playing {
    fn next(
        &mut self,
        into: &mut Vec<i16>,
        patience: Duration,
    ) -> Result<Option<Timestamp>, SoundError> {
        self.band.check()?;
        thread::sleep(self.shape.frame.span().min(patience));
        into.extend(vec![1000; self.shape.values()]);
        Ok(Some(self.clock.stamp(Instant::now())))
    }
}

impl Drop for Playing {
    fn drop(&mut self) {
        self.band.lock().listeners -= 1;
    }
}

struct Heard(Band);

impl AudioSink for Heard {
    fn play(&mut self, voice: Voice, samples: &[i16]) -> Result<usize, SoundError> {
        self.0.check()?;
        let bytes = samples.iter().filter_map(|it| u8::try_from(*it).ok());
        self.0.lock().said.push((voice, bytes.collect()));
        Ok(samples.len())
    }

    fn end(&mut self, voice: Voice) -> Result<(), SoundError> {
        self.0.lock().ended.push(voice);
        Ok(())
    }

    fn check(&mut self) -> Result<(), SoundError> {
        self.0.check()
    }
}

impl Drop for Heard {
    fn drop(&mut self) {
        self.0.lock().microphones -= 1;
    }
}

impl AudioCodecs for Band {
    fn encoder(&self, _: SoundShape, rate: Bitrate) -> Result<Box<dyn AudioEncoder>, CodecError> {
        self.lock().bitrate = Some(rate);
        Ok(Box::new(Counting(self.clone())))
    }

    fn decoder(&self) -> Result<Box<dyn AudioDecoder>, CodecError> {
        Ok(Box::new(Bytewise))
    }
}

struct Counting(Band);

impl AudioEncoder for Counting {
    fn encode(&mut self, _: &[i16], out: &mut Vec<u8>) -> Result<(), CodecError> {
        let mut state = self.0.lock();
        state.packets += 1;
        out.clear();
        out.extend(TUNE);
        out.extend(state.packets.to_be_bytes());
        Ok(())
    }

    fn set_bitrate(&mut self, bitrate: Bitrate) -> Result<(), CodecError> {
        self.0.lock().bitrate = Some(bitrate);
        Ok(())
    }
}

/// Every byte is a sample.
struct Bytewise;

impl AudioDecoder for Bytewise {
    fn decode(&mut self, packet: &[u8], out: &mut Vec<i16>) -> Result<(), CodecError> {
        out.extend(packet.iter().map(|byte| i16::from(*byte)));
        Ok(())
    }
}
