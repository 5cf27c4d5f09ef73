//! The encode thread: takes the newest frame, encodes it once, hands it to everyone. While nothing is
//! new it paints over what has come to rest.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use selkies_media::encoder::{Tuning, VideoEncoder};
use selkies_media::rest::Rest;
use selkies_media::trace::Marks;
use selkies_media::{
    AccessUnit, Clock, Damage, Directive, EncodeError, EncoderFactory, Frame, Picture, Rect, Size,
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
    tuning: Tuning,
    keyframe_at: Timestamp,
    rest: Rest,
    /// Nothing is painted over before: frames have their turn first.
    paint_after: Timestamp,
}

/// What an encoder is to do with a frame.
#[derive(Clone, Copy)]
enum How<'a> {
    Encode(Directive),
    /// The damage and these parts, sharp.
    PaintOver(&'a [Rect]),
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
        let encoder = self
            .encoders
            .open(self.spec.encoder, self.spec.shape, &self.spec.tuning)?;
        let mut progress = Progress {
            rest: Rest::new(&encoder.parts()),
            encoder,
            last: None,
            number: 0,
            tuned: 0,
            tuning: self.spec.tuning,
            keyframe_at: Timestamp::ZERO,
            paint_after: Timestamp::ZERO,
        };
        while let Some(work) = self.mailbox.take(self.next_paint(&progress)) {
            follow(&mut progress, &work)?;
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
        let encode_started = self.now();
        let parts = if work.paint_over {
            let pictures = work.tuning.paint_over.map_or(1, |paint| paint.pictures);
            progress.rest.take(encode_started, pictures)
        } else {
            Vec::new()
        };
        if work.frame.is_none() && !work.keyframe && parts.is_empty() {
            return Ok(None);
        }
        let again = || unchanged(progress.last.take(), encode_started);
        let Some(frame) = work.frame.or_else(again) else {
            // A keyframe was asked for before the first frame, which is one anyway.
            return Ok(None);
        };
        let keyframe = work.keyframe
            || progress.number == 0
            || parts.is_empty() && self.keyframe_is_due(progress, encode_started);
        let at_once = work.tuning.paint_over.is_some()
            && progress.rest.sharp_at_once(encode_started, &frame.damage);
        let how = if !keyframe && (at_once || !parts.is_empty()) {
            How::PaintOver(&parts)
        } else {
            How::Encode(Directive { keyframe })
        };
        let units = self.encode_with_retry(progress, &frame, how)?;
        // What was taken to be painted over is known already, unless it did not become sharp.
        let told = |unit: &&AccessUnit| parts.is_empty() || !unit.sharp;
        let noted = units.iter().filter(told);
        note(&mut progress.rest, noted, &frame.damage, encode_started);
        progress.paint_after = encode_started + self.pause(&work.tuning, !parts.is_empty());
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
        how: How<'_>,
    ) -> Result<Vec<AccessUnit>, EncodeError> {
        let mut units = Vec::new();
        let encoder = &mut progress.encoder;
        let encoded = match how {
            How::Encode(how) => encoder.encode(frame, how, &mut units),
            How::PaintOver(parts) => encoder.paint_over(frame, parts, &mut units),
        };
        match encoded {
            Ok(()) => return Ok(units),
            Err(error) => tracing::warn!(%error, "the encoder failed and is opened again"),
        }
        units.clear();
        progress.encoder =
            self.encoders
                .open(self.spec.encoder, self.spec.shape, &progress.tuning)?;
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

    /// When to paint over what has come to rest; `None`: everything is sharp, or nothing may be.
    fn next_paint(&self, progress: &Progress) -> Option<Instant> {
        progress.tuning.paint_over?;
        progress.last.as_ref()?;
        let due = progress.rest.due()?.max(progress.paint_after);
        let now = Instant::now();
        Some(now + due.since(self.clock.stamp(now)))
    }

    /// How long nothing is painted over after a picture. Those that paint keep to the frame rate;
    /// after others half of that must do, or a program that draws at the full rate would leave no gap.
    fn pause(&self, tuning: &Tuning, painted: bool) -> Duration {
        let share = if painted { 1.0 } else { 0.5 };
        Duration::from_secs_f64(share / tuning.framerate.max(1.0))
    }

    fn now(&self) -> Timestamp {
        self.clock.stamp(Instant::now())
    }
}

/// Does what was asked for since the last work.
fn follow(progress: &mut Progress, work: &Work) -> Result<(), EncodeError> {
    if work.tuned == progress.tuned {
        return Ok(());
    }
    progress.tuned = work.tuned;
    if progress.tuning.paint_over != work.tuning.paint_over {
        progress.rest.all_stale();
    }
    progress.tuning = work.tuning;
    if let Err(error) = progress.encoder.tune(&work.tuning) {
        let EncodeError::Unsupported { .. } = error else {
            return Err(error);
        };
        tracing::warn!(%error, "kept the old tuning");
    }
    Ok(())
}

/// Remembers how well what `units` hold of the `damage` was encoded.
fn note<'a>(
    rest: &mut Rest,
    units: impl Iterator<Item = &'a AccessUnit>,
    damage: &Damage,
    now: Timestamp,
) {
    for unit in units {
        if unit.keyframe {
            rest.encoded(now, unit.area, unit.sharp);
            continue;
        }
        for rect in damage
            .rects()
            .iter()
            .filter(|rect| rect.overlaps(unit.area))
        {
            rest.encoded(now, *rect, unit.sharp);
        }
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
            sharp: true,
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
