//! The encode thread: takes the newest frame, encodes it once, hands it to everyone.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;

use selkies_media::encoder::VideoEncoder;
use selkies_media::trace::Marks;
use selkies_media::{
    AccessUnit, Clock, Damage, Directive, EncodeError, EncoderFactory, Frame, Picture, Size,
    Timestamp,
};

use crate::fanout::Fanout;
use crate::mailbox::{Mailbox, Work};
use crate::{Notice, Spec};

pub(crate) struct Encode {
    pub(crate) spec: Spec,
    pub(crate) encoders: Arc<dyn EncoderFactory>,
    pub(crate) clock: Clock,
    pub(crate) mailbox: Arc<Mailbox>,
    pub(crate) marks: Arc<Mutex<Marks>>,
    pub(crate) fanout: Arc<Fanout>,
    pub(crate) tell: Arc<dyn Fn(Notice) + Send + Sync>,
}

/// What the thread remembers from picture to picture.
struct Progress {
    encoder: Box<dyn VideoEncoder>,
    last: Option<Frame>,
    number: u64,
    tuned: u64,
    keyframe_at: Timestamp,
}

impl Encode {
    pub(crate) fn run(self) {
        if let Err(error) = self.encode() {
            self.mailbox.close();
            (self.tell)(Notice::EncoderFailed(error));
        }
        self.fanout.close();
    }

    fn encode(&self) -> Result<(), EncodeError> {
        let mut progress = Progress {
            encoder: self
                .encoders
                .open(self.spec.encoder, self.spec.shape, &self.spec.tuning)?,
            last: None,
            number: 0,
            tuned: 0,
            keyframe_at: Timestamp::ZERO,
        };
        while let Some(work) = self.mailbox.take() {
            if let Some(picture) = self.encode_one(&mut progress, work)? {
                self.fanout.publish(&Arc::new(picture), &self.mailbox);
            }
        }
        Ok(())
    }

    fn encode_one(
        &self,
        progress: &mut Progress,
        work: Work,
    ) -> Result<Option<Picture>, EncodeError> {
        if work.tuned != progress.tuned {
            progress.tuned = work.tuned;
            if let Err(error) = progress.encoder.tune(&work.tuning) {
                let EncodeError::Unsupported { .. } = error else {
                    return Err(error);
                };
                tracing::warn!(%error, "kept the old tuning");
            }
        }
        let encode_started = self.now();
        let again = || unchanged(progress.last.take(), encode_started);
        let Some(frame) = work.frame.or_else(again) else {
            // A keyframe was asked for before the first frame, which is one anyway.
            return Ok(None);
        };
        let keyframe =
            work.keyframe || progress.number == 0 || self.keyframe_is_due(progress, encode_started);
        let units = self.encode_with_retry(progress, &frame, keyframe, &work.tuning)?;
        let (damaged, captured, size) = (frame.damaged, frame.captured, frame.size());
        let answers = if frame.damage.is_empty() {
            // It shows nothing new: the answer is still to come.
            Vec::new()
        } else {
            let mut marks = self.marks.lock().unwrap_or_else(PoisonError::into_inner);
            marks.answered(damaged)
        };
        progress.last = Some(frame);
        if units.is_empty() {
            return Ok(None);
        }
        let number = progress.number;
        progress.number += 1;
        let complete = covers(&units, size);
        if complete {
            progress.keyframe_at = encode_started;
        }
        Ok(Some(Picture {
            number,
            size,
            keyframe: complete,
            units: units.into(),
            damaged,
            captured,
            encode_started,
            encoded: self.now(),
            answers,
            framed: OnceLock::new(),
        }))
    }

    /// An encoder whose device went away is opened once more; the picture is then a keyframe.
    fn encode_with_retry(
        &self,
        progress: &mut Progress,
        frame: &Frame,
        keyframe: bool,
        tuning: &selkies_media::encoder::Tuning,
    ) -> Result<Vec<AccessUnit>, EncodeError> {
        let mut units = Vec::new();
        match progress
            .encoder
            .encode(frame, Directive { keyframe }, &mut units)
        {
            Ok(()) => return Ok(units),
            Err(error) => tracing::warn!(%error, "the encoder failed and is opened again"),
        }
        units.clear();
        progress.encoder = self
            .encoders
            .open(self.spec.encoder, self.spec.shape, tuning)?;
        progress
            .encoder
            .encode(frame, Directive { keyframe: true }, &mut units)?;
        Ok(units)
    }

    fn keyframe_is_due(&self, progress: &Progress, now: Timestamp) -> bool {
        self.spec
            .keyframe_interval
            .is_some_and(|interval| now.since(progress.keyframe_at) >= interval)
    }

    fn now(&self) -> Timestamp {
        self.clock.stamp(Instant::now())
    }
}

/// The same picture again, as if it had been read `now`: how long it has stood there is no delay.
fn unchanged(frame: Option<Frame>, now: Timestamp) -> Option<Frame> {
    Some(Frame {
        damage: Damage::none(),
        damaged: now,
        captured: now,
        ..frame?
    })
}

/// Whether `units` decode on their own and hold every row.
fn covers(units: &[AccessUnit], size: Size) -> bool {
    let mut row = 0;
    for unit in units {
        if !unit.keyframe || unit.area.y > row {
            return false;
        }
        row = row.max(unit.area.bottom());
    }
    row >= size.height
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use selkies_media::Rect;
    use selkies_media::picture::Codec;

    use super::*;

    fn stripe(y: u32, height: u32, keyframe: bool) -> AccessUnit {
        AccessUnit {
            codec: Codec::H264,
            keyframe,
            area: Rect::new(0, y, 64, height),
            data: Bytes::new(),
        }
    }

    #[test]
    fn a_viewer_may_start_where_every_stripe_is_there_and_decodes_on_its_own() {
        let size = Size::new(64, 129);
        let both = [stripe(0, 64, true), stripe(64, 65, true)];
        assert!(covers(&both, size));
        assert!(!covers(&both[..1], size));
        assert!(!covers(&both[1..], size));
        assert!(!covers(&[stripe(0, 64, true), stripe(64, 65, false)], size));
        assert!(!covers(&[stripe(0, 62, true), stripe(64, 65, true)], size));
    }
}
