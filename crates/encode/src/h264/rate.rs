//! What libx264 is told so that it spends what it was asked to.

use selkies_media::encoder::{Rate, Tuning};

/// Quality steps by which a keyframe is finer than the pictures after it: what libx264 chooses.
pub(super) const KEYFRAME_STEPS: u8 = 3;

/// Longest burst at a constant bit rate. A keyframe fills all of it and then keeps the link busy
/// for as long. Twice as much doubles that wait and makes the pictures in between no better; half as
/// much leaves half of the bit rate unused on scrolling text.
const BURST_SECONDS: f64 = 0.05;

/// Where one picture is longer than that: a burst must hold a whole one.
const BURST_PICTURES: f64 = 1.5;

/// A stream of constant quality can have quantisers so far from its middle one.
const STEPS: u8 = 20;
/// Reaches from 11, where no eye sees a difference any more, to the coarsest there is.
const MIDDLE: u8 = 31;

/// A gigabit: libx264 counts bits in 32 bits.
const MOST_KBPS: f64 = 1_000_000.0;

/// Mirrors `struct rate` of the shim.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RawRate {
    qp: i32,
    kbps: i32,
    vbv_kbit: i32,
}

/// A rate, and the frame rate the stream was opened with.
///
/// libx264 shares out bits per frame and cannot be told another frame rate later. So when that
/// changes, its bit rate is scaled: bits per frame, and with them bits per second, come out right.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    asked: Rate,
    /// The quantiser of what is painted over.
    paint_over: Option<u8>,
    /// Of the quantisers this stream can have.
    middle: u8,
    /// What part of a bit rate this stream may spend.
    share: f64,
    opened_at: f64,
    framerate: f64,
}

impl Budget {
    pub(super) fn new(tuning: &Tuning, share: f64) -> Self {
        let framerate = sane(tuning.framerate);
        Self {
            asked: tuning.rate,
            paint_over: tuning.paint_over.map(|paint| paint.crf),
            middle: middle(tuning),
            share,
            opened_at: framerate,
            framerate,
        }
    }

    pub(super) fn changed_to(self, tuning: &Tuning) -> Self {
        Self {
            asked: tuning.rate,
            paint_over: tuning.paint_over.map(|paint| paint.crf),
            framerate: sane(tuning.framerate),
            ..self
        }
    }

    pub(super) const fn asked(self) -> Rate {
        self.asked
    }

    /// What was asked for, as far as this stream can have it.
    pub(super) fn quality(self) -> u8 {
        match self.asked {
            Rate::Quality(crf) => self.reach(crf),
            Rate::Bitrate(_) => 0,
        }
    }

    fn reach(self, qp: u8) -> u8 {
        qp.clamp(self.middle - STEPS, (self.middle + STEPS).min(51))
    }

    /// The quantiser of what is painted over, if it is left to us: a bit rate is not exceeded for it.
    pub(super) fn paint_over(self) -> Option<i32> {
        match self.asked {
            Rate::Quality(_) => self.paint_over.map(|qp| i32::from(self.reach(qp))),
            Rate::Bitrate(_) => None,
        }
    }

    /// No picture is finer than this: what is painted over, or a keyframe.
    pub(super) fn finest(self) -> u8 {
        match self.paint_over {
            Some(sharp) if sharp < self.quality() => self.reach(sharp),
            _ => self.reach(self.quality().saturating_sub(KEYFRAME_STEPS)),
        }
    }

    /// Something is painted over, so that nothing else needs to make finer what stands still.
    pub(super) const fn paints_over(self) -> bool {
        self.paint_over.is_some()
    }

    pub(super) const fn framerate(self) -> f64 {
        self.framerate
    }

    /// Whether painting over what was encoded with `qp` would not make it better.
    pub(super) fn is_sharp(self, qp: i32) -> bool {
        let Some(sharp) = self.paint_over else {
            return true;
        };
        let in_vain = match self.asked {
            Rate::Quality(_) => sharp >= self.quality(),
            Rate::Bitrate(_) => false,
        };
        in_vain || qp <= i32::from(self.reach(sharp))
    }

    pub(super) fn millihertz(self) -> i32 {
        (self.opened_at * 1000.0).round() as i32
    }

    pub(super) fn rate(self) -> RawRate {
        match self.asked {
            Rate::Quality(_) => RawRate {
                qp: i32::from(self.middle),
                kbps: 0,
                vbv_kbit: 0,
            },
            Rate::Bitrate(bitrate) => {
                let kbps = bitrate.bits_per_second() as f64 / 1000.0 * self.share;
                let kbps = kbps.clamp(1.0, MOST_KBPS);
                let burst = BURST_SECONDS.max(BURST_PICTURES / self.framerate);
                let scaled = (kbps * self.opened_at / self.framerate).clamp(1.0, MOST_KBPS);
                RawRate {
                    qp: -1,
                    kbps: scaled.round() as i32,
                    vbv_kbit: (kbps * burst).ceil() as i32,
                }
            }
        }
    }
}

/// Finer ones than usual are within reach if they are asked for when the stream is opened. Zero never is:
/// it means lossless, which is another profile that few decoders have.
fn middle(tuning: &Tuning) -> u8 {
    let asked = match tuning.rate {
        Rate::Quality(crf) => crf.saturating_sub(KEYFRAME_STEPS),
        Rate::Bitrate(_) => u8::MAX,
    };
    let finest = tuning
        .paint_over
        .map_or(asked, |paint| paint.crf.min(asked));
    finest.clamp(1, MIDDLE - STEPS) + STEPS
}

fn sane(framerate: f64) -> f64 {
    if framerate.is_finite() {
        framerate.clamp(1.0, 1000.0)
    } else {
        60.0
    }
}

#[cfg(test)]
mod tests {
    use selkies_media::Bitrate;
    use selkies_media::encoder::PaintOver;

    use super::*;

    fn tuning(rate: Rate, framerate: f64) -> Tuning {
        Tuning {
            rate,
            jpeg_quality: 40,
            framerate,
            paint_over: None,
        }
    }

    #[test]
    fn bits_per_frame_follow_a_frame_rate_that_changes_later() {
        let rate = Rate::Bitrate(Bitrate::from_kbps(8000));
        let opened = Budget::new(&tuning(rate, 60.0), 1.0);
        assert_eq!(
            opened.rate(),
            RawRate {
                qp: -1,
                kbps: 8000,
                vbv_kbit: 400
            }
        );
        let slower = opened.changed_to(&tuning(rate, 15.0));
        assert_eq!(slower.millihertz(), 60_000);
        assert_eq!(
            slower.rate(),
            RawRate {
                qp: -1,
                kbps: 32_000,
                vbv_kbit: 800
            }
        );
    }

    #[test]
    fn nonsense_is_brought_into_the_range_libx264_takes() {
        let extremes = [0.0, -1.0, f64::NAN, f64::INFINITY, 1e300];
        for (framerate, kbps) in extremes
            .into_iter()
            .flat_map(|rate| [(rate, 0), (rate, u32::MAX)])
        {
            let budget = Budget::new(
                &tuning(Rate::Bitrate(Bitrate::from_kbps(kbps)), framerate),
                1.0,
            );
            let rate = budget.rate();
            assert!((1..=1_000_000).contains(&rate.kbps) && rate.vbv_kbit >= 1);
            assert!((1000..=1_000_000).contains(&budget.millihertz()));
        }
        for (crf, quality) in [(0, 1), (4, 4), (25, 25), (255, 51)] {
            let budget = Budget::new(&tuning(Rate::Quality(crf), 60.0), 1.0);
            assert_eq!(budget.quality(), quality);
        }
    }

    #[test]
    fn what_is_asked_for_when_a_stream_opens_is_within_its_reach() {
        for (crf, sharp) in (0..=51).flat_map(|crf| (0..=51).map(move |sharp| (crf, sharp))) {
            let mut tuning = tuning(Rate::Quality(crf), 60.0);
            tuning.paint_over = Some(PaintOver {
                crf: sharp,
                jpeg_quality: 90,
                pictures: 5,
            });
            let budget = Budget::new(&tuning, 1.0);
            let least = crf.saturating_sub(3).min(sharp).max(1);
            let reached = budget.paint_over().expect("it is painted over");
            assert_eq!(reached, i32::from(sharp.max(1).min(least + 40)));
            assert_eq!(budget.quality(), crf.max(1).min(least + 40));
            assert!(budget.is_sharp(reached) || sharp >= crf);
            assert!(budget.finest() <= budget.quality() && budget.finest() >= 1);
        }
    }
}
