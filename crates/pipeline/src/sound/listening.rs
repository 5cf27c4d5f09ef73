//! The thread that hears and encodes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use selkies_media::sound::{
    AudioCodecs, AudioEncoder, AudioPacket, AudioSource, CodecError, Sound, SoundError, SoundShape,
};
use selkies_media::{Bitrate, Clock};

use super::SoundNotice;
use super::chunks::{Chunks, Frame};
use super::fanout::{Fanout, Wish};
use super::hush::{Hush, Verdict};
use super::trouble::Trouble;

/// So often a sound server is looked for that is starting, or starting again.
const RETRY: Duration = Duration::from_millis(500);

/// So often afterwards: there may be none at all.
const SEARCH: Duration = Duration::from_secs(2);

/// How long the thread waits for sound before it looks whether anybody still listens.
const PATIENCE: Duration = Duration::from_millis(500);

pub(super) struct Listening {
    pub(super) shape: SoundShape,
    pub(super) sound: Arc<dyn Sound>,
    pub(super) codecs: Arc<dyn AudioCodecs>,
    pub(super) clock: Clock,
    pub(super) fanout: Arc<Fanout>,
}

impl Listening {
    pub(super) fn run(self, tell: &dyn Fn(SoundNotice)) {
        let mut trouble = Trouble::new(Instant::now());
        let mut chunks = Chunks::new(self.shape);
        let mut prepared = false;
        loop {
            match self.fanout.wish() {
                Wish::End => return,
                Wish::Rest if prepared => {
                    self.fanout.wait_while(Wish::Rest, None);
                }
                Wish::Rest => match self.sound.prepare(self.shape.channels) {
                    Ok(()) => {
                        prepared = true;
                        trouble.over(tell);
                    }
                    Err(error) => {
                        let now = Instant::now();
                        let pause = if trouble.is_early(now) { RETRY } else { SEARCH };
                        trouble.lost(&error, now, tell);
                        self.fanout.wait_while(Wish::Rest, Some(pause));
                    }
                },
                Wish::Listen => {
                    let end = self.listen(&mut chunks, &mut trouble, tell);
                    chunks.interrupted();
                    if let Err(why) = end {
                        tracing::debug!(%why, "the sound is interrupted");
                        let now = Instant::now();
                        let pause = if trouble.is_early(now) { RETRY } else { SEARCH };
                        trouble.lost(&why, now, tell);
                        prepared = false;
                        self.fanout.wait_while(Wish::Listen, Some(pause));
                    }
                }
            }
        }
    }

    /// Hears and encodes until nobody listens.
    fn listen(
        &self,
        chunks: &mut Chunks,
        trouble: &mut Trouble,
        tell: &dyn Fn(SoundNotice),
    ) -> Result<(), Silenced> {
        let mut voice = Encoding::new(self)?;
        let mut source = self.sound.source(self.shape, self.clock)?;
        trouble.over(tell);
        while self.fanout.wish() == Wish::Listen {
            self.hear(&mut *source, chunks)?;
            while let Some(frame) = chunks.next() {
                voice.take(frame)?;
            }
        }
        Ok(())
    }

    fn hear(&self, source: &mut dyn AudioSource, chunks: &mut Chunks) -> Result<(), SoundError> {
        let before = chunks.waiting();
        if let Some(moment) = source.next(chunks.inlet(), PATIENCE)? {
            chunks.heard(before, moment);
        }
        Ok(())
    }
}

/// Why nothing is heard any more.
#[derive(Debug, thiserror::Error)]
enum Silenced {
    #[error(transparent)]
    Sound(#[from] SoundError),
    #[error(transparent)]
    Codec(#[from] CodecError),
}

/// From frames to what viewers get.
struct Encoding<'a> {
    fanout: &'a Fanout,
    encoder: Box<dyn AudioEncoder>,
    bitrate: Bitrate,
    hush: Hush,
    /// The last one that was not sent.
    kept: Option<Frame>,
    packet: Vec<u8>,
}

impl<'a> Encoding<'a> {
    fn new(from: &'a Listening) -> Result<Self, CodecError> {
        let bitrate = from.fanout.bitrate();
        Ok(Self {
            fanout: &from.fanout,
            encoder: from.codecs.encoder(from.shape, bitrate)?,
            bitrate,
            hush: Hush::new(from.shape.frame),
            kept: None,
            packet: Vec::new(),
        })
    }

    fn take(&mut self, frame: Frame) -> Result<(), CodecError> {
        let silent = frame.is_silent();
        match self.hush.judge(silent) {
            Verdict::Keep => {
                self.kept = Some(frame);
                return Ok(());
            }
            Verdict::Resume => {
                if let Some(before) = self.kept.take() {
                    self.send(&before, true)?;
                }
            }
            Verdict::Send => {}
        }
        self.send(&frame, silent)
    }

    fn send(&mut self, frame: &Frame, silent: bool) -> Result<(), CodecError> {
        let wanted = self.fanout.bitrate();
        if wanted != self.bitrate {
            // What an encoder refuses once it refuses with every packet.
            self.bitrate = wanted;
            if let Err(error) = self.encoder.set_bitrate(wanted) {
                tracing::warn!(%error, "the sound keeps its bitrate");
            }
        }
        self.encoder.encode(&frame.samples, &mut self.packet)?;
        self.fanout.publish(&Arc::new(AudioPacket {
            pts: frame.pts,
            data: Bytes::copy_from_slice(&self.packet),
            captured: frame.captured,
            silent,
        }));
        Ok(())
    }
}
