//! Cuts blocks of any length into frames.

use std::time::Duration;

use selkies_media::Timestamp;
use selkies_media::sound::{RATE, SoundShape, span_of};

/// So far may the clocks of the sound server and of this machine be apart before it counts as a
/// pause. Blocks come late by much less, and a pause that is heard is longer.
const PAUSE: Duration = Duration::from_millis(200);

/// One frame, and where it lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) samples: Vec<i16>,
    /// Samples of one channel since the beginning, modulo 2³².
    pub(super) pts: u32,
    /// The moment of its last sample.
    pub(super) captured: Timestamp,
}

impl Frame {
    /// Nothing but zeros: what a sound server gives when nobody plays.
    pub(super) fn is_silent(&self) -> bool {
        self.samples.iter().all(|sample| *sample == 0)
    }
}

pub(super) struct Chunks {
    shape: SoundShape,
    /// What came and is in no frame yet: less than a frame after [`Self::next`] said `None`.
    waiting: Vec<i16>,
    /// Where the next frame lies.
    pts: u32,
    /// A pause that follows the next frame.
    pause: u32,
    /// The moment of the newest sample that came.
    newest: Option<Timestamp>,
}

impl Chunks {
    pub(super) fn new(shape: SoundShape) -> Self {
        Self {
            shape,
            waiting: Vec::with_capacity(2 * shape.values()),
            pts: 0,
            pause: 0,
            newest: None,
        }
    }

    /// Where blocks are appended; say [`Self::heard`] afterwards.
    pub(super) fn inlet(&mut self) -> &mut Vec<i16> {
        &mut self.waiting
    }

    /// How many values wait. Taken before a block is appended and given to [`Self::heard`].
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// The inlet held `before` values, more were appended, and the last one is of `moment`.
    pub(super) fn heard(&mut self, before: usize, moment: Timestamp) {
        let came = self.per_channel(self.waiting.len().saturating_sub(before));
        if let Some(newest) = self.newest {
            let passed = moment.since(newest);
            let sounding = span_of(came);
            if passed > sounding + PAUSE {
                self.skip(passed.saturating_sub(sounding), before);
            }
        }
        self.newest = Some(moment);
    }

    /// The sound server had nothing to say for `pause`, which lies before what came last. The piece
    /// of a frame that was left is filled up with silence.
    fn skip(&mut self, pause: Duration, before: usize) {
        let frame = self.shape.frame.samples();
        let samples = pause.as_micros() * u128::from(RATE) / 1_000_000;
        // Modulo 2³², as the position itself.
        let whole = (samples / u128::from(frame) * u128::from(frame)) & u128::from(u32::MAX);
        let whole = u32::try_from(whole).expect("it was just cut down to the bits of a position");
        if before == 0 {
            self.pts = self.pts.wrapping_add(whole);
            return;
        }
        let fill = self.shape.values().saturating_sub(before);
        self.waiting
            .splice(before..before, std::iter::repeat_n(0, fill));
        self.pause = whole;
    }

    /// The next whole frame.
    pub(super) fn next(&mut self) -> Option<Frame> {
        let values = self.shape.values();
        if self.waiting.len() < values {
            return None;
        }
        let rest = self.waiting.split_off(values);
        let samples = std::mem::replace(&mut self.waiting, rest);
        let behind = span_of(self.per_channel(self.waiting.len()));
        let newest = self.newest.unwrap_or(Timestamp::ZERO);
        let micros = newest.as_micros();
        let behind = u64::try_from(behind.as_micros()).unwrap_or(u64::MAX);
        let pts = self.pts;
        let pause = std::mem::take(&mut self.pause);
        self.pts = pts.wrapping_add(self.shape.frame.samples().wrapping_add(pause));
        Some(Frame {
            samples,
            pts,
            captured: Timestamp::from_micros(micros.saturating_sub(behind)),
        })
    }

    /// The stream was interrupted: what waits belongs to nothing that follows.
    pub(super) fn interrupted(&mut self) {
        self.waiting.clear();
        self.pause = 0;
    }

    fn per_channel(&self, values: usize) -> u32 {
        u32::try_from(values / self.shape.channels.count()).unwrap_or(u32::MAX)
    }
}
