//! What quantiser a constant quality comes to, picture by picture.
//!
//! libx264 answers that by searching each picture for motion beforehand, at half its width and height,
//! which costs a quarter of the time of a picture in which little changes. We know beforehand where
//! something changed and afterwards how many bits it took: that is enough for much the same curve.

use std::ops::RangeInclusive;

/// How much of a picture's complexity its quantiser makes up for; the rest shows as bits.
/// libx264's default (`qcomp` 0.6).
const FOLLOWS: f64 = 0.4;

/// Complexity per macroblock and second at which the quantiser is the factor asked for: libx264's
/// for streams without B pictures, in pictures of its `BASE_FRAME_DURATION`.
const BASE: f64 = 80.0 * 25.0;

/// libx264's complexity of text that scrolls: assumed until something else is known.
const TEXT: f64 = 180.0;
/// At the lower end, what changes everywhere and takes hardly a bit is a slow pan. What takes as few in a part of the
/// screen is text that scrolls, whose motion libx264 does not find beforehand: it takes it for [`TEXT`].
/// At the upper end a picture that changes everywhere is coded seven steps coarser than asked for. libx264
/// goes as far for scenes that follow each other; grain, which takes many bits, it leaves finer.
const DENSITIES: RangeInclusive<f64> = 10.0..=250.0;

/// From the bits of a macroblock to libx264's complexity, which does not depend on the quantiser. Nor,
/// much, do bits times this power of its step: to say where something moved takes as many bits with any. In
/// motion this is hardly more than a decibel below libx264 with the same factor, from 25 to 33.
const COMPLEXITY: f64 = 2.4;
const STEP_COUNTS: f64 = 0.5;

/// What one picture of a twentieth of the macroblocks or more teaches; smaller ones teach less.
const LESSON: f64 = 0.3;
const FULL_LESSON: f64 = 0.05;

/// A finer quantiser is taken only when it is finer by this much: each time, libx264 looks again
/// at everything that stands still. Where most changes, little does.
const LEAST_FINER: f64 = 2.0;
const LEAST_COARSER: f64 = 1.0;

/// Chooses quantisers and learns from what comes of them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Quantiser {
    blocks: f64,
    /// Complexity of a macroblock that changes.
    density: f64,
    chosen: Option<f64>,
}

impl Quantiser {
    /// For a stream of so many macroblocks.
    pub(super) fn new(blocks: usize) -> Self {
        Self {
            blocks: blocks as f64,
            density: TEXT,
            chosen: None,
        }
    }

    /// The quantiser for a picture in which `changed` macroblocks may change.
    pub(super) fn choose(&mut self, factor: u8, finest: u8, framerate: f64, changed: usize) -> i32 {
        let complexity = self.density * changed as f64 / self.blocks;
        let doublings = (complexity * framerate.clamp(1.0, 100.0) / BASE)
            .max(f64::MIN_POSITIVE)
            .log2();
        let wanted = (f64::from(factor) + 6.0 * FOLLOWS * doublings)
            .clamp(f64::from(finest.min(factor)), 51.0);
        let least_finer = if changed as f64 > self.blocks / 2.0 {
            LEAST_COARSER
        } else {
            LEAST_FINER
        };
        let kept = self
            .chosen
            .filter(|last| (*last - least_finer..=*last + LEAST_COARSER).contains(&wanted));
        let chosen = kept.unwrap_or(wanted);
        self.chosen = Some(chosen);
        chosen.round() as i32
    }

    /// That picture took `bytes` with `qp`.
    pub(super) fn learn(&mut self, qp: i32, changed: usize, bytes: usize) {
        if changed == 0 {
            return;
        }
        // The step of ITU-T H.264, table 8-15, doubles with every six.
        let step = 0.85 * ((f64::from(qp) - 12.0) / 6.0).exp2();
        let spent = bytes as f64 * 8.0 / changed as f64;
        let seen = COMPLEXITY * spent * step.powf(STEP_COUNTS);
        let weight = LESSON * (changed as f64 / (self.blocks * FULL_LESSON)).min(1.0);
        let elsewhere = (5.0 * (1.0 - changed as f64 / self.blocks)).clamp(0.0, 1.0);
        let least = DENSITIES.start() + (TEXT - DENSITIES.start()) * elsewhere;
        let seen = seen.clamp(least, *DENSITIES.end());
        self.density += (seen - self.density) * weight;
    }

    /// Another quality was asked for: what was chosen before says nothing.
    pub(super) fn forget(&mut self) {
        self.chosen = None;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BLOCKS: usize = 3600;

    fn quantiser() -> Quantiser {
        Quantiser::new(BLOCKS)
    }

    #[test]
    fn the_more_changes_the_coarser_it_is() {
        let steps = [1, 10, 100, 1000, BLOCKS];
        let chosen = steps.map(|changed| quantiser().choose(25, 11, 60.0, changed));
        assert!(chosen.is_sorted(), "{chosen:?}");
        assert!(chosen[0] == 11 && chosen[4] > 28, "{chosen:?}");
        assert_eq!(quantiser().choose(25, 18, 60.0, 0), 18);
        assert_eq!(quantiser().choose(51, 18, 60.0, BLOCKS), 51);
    }

    #[test]
    fn what_takes_more_bits_than_text_becomes_coarser_and_what_takes_fewer_finer() {
        let after = |bytes: usize| {
            let mut quantiser = quantiser();
            (0..30).fold(0, |_, _| {
                let qp = quantiser.choose(25, 11, 60.0, BLOCKS);
                // Half as many for every six steps.
                let bytes = bytes as f64 * (f64::from(25 - qp) / 6.0).exp2();
                quantiser.learn(qp, BLOCKS, bytes as usize);
                qp
            })
        };
        let (photograph, text, plain) = (after(60_000), after(8_000), after(1_000));
        assert!(
            photograph > text && text > plain,
            "{photograph}, {text}, {plain}"
        );
        assert!(
            (30..=35).contains(&photograph) && plain <= 24,
            "{photograph}, {plain}"
        );
    }

    /// What is chosen in the end for pictures of `bytes` with `at`, of which each six steps coarser take
    /// `less` times fewer.
    fn in_the_end(factor: u8, changed: usize, bytes: f64, at: f64, less: f64) -> i32 {
        let mut quantiser = quantiser();
        (0..60).fold(0, |_, _| {
            let qp = quantiser.choose(factor, 11, 60.0, changed);
            let bytes = bytes * less.powf((at - f64::from(qp)) / 6.0);
            quantiser.learn(qp, changed, bytes as usize);
            qp
        })
    }

    #[test]
    fn it_is_about_the_one_of_libx264_with_the_same_factor() {
        // What libx264 makes of them with 25 at 720p: macroblocks, bytes, its quantiser.
        let scenes = [
            ("scrolled text", 3600, 2086.0, 21.3),
            ("a terminal", 2760, 4618.0, 31.4),
            ("a photograph that moves", 3600, 1018.0, 25.0),
            ("a window that moves", 640, 2676.0, 22.5),
            ("other photographs", 3600, 8390.0, 30.1),
        ];
        for (what, changed, bytes, qp) in scenes {
            let coarser = f64::from(in_the_end(25, changed, bytes, qp, 1.4)) - qp;
            assert!((-4.0..=3.0).contains(&coarser), "{what}: {coarser}");
        }
    }

    #[test]
    fn a_coarser_factor_does_not_make_itself_coarser_still() {
        // To say where something moved takes nearly as many bits with any quantiser.
        let over = |factor: u8| in_the_end(factor, BLOCKS, 2086.0, 21.3, 1.2) - i32::from(factor);
        let (fine, middle, coarse) = (over(18), over(25), over(40));
        assert!(
            fine.abs_diff(middle) <= 3 && coarse.abs_diff(middle) <= 3,
            "{fine}, {middle}, {coarse}"
        );
    }

    #[test]
    fn small_differences_do_not_change_it() {
        let mut quantiser = quantiser();
        let first = quantiser.choose(25, 11, 60.0, 1000);
        for changed in [900, 1100, 700, 1250] {
            assert_eq!(quantiser.choose(25, 11, 60.0, changed), first);
        }
        assert!(quantiser.choose(25, 11, 60.0, 3000) > first);
    }

    #[test]
    fn a_small_picture_teaches_little() {
        let mut taught = quantiser();
        taught.learn(20, 4, 4000);
        let (taught, fresh) = (taught.density, quantiser().density);
        assert!(
            (taught / fresh - 1.0).abs() < 0.05,
            "{taught} after {fresh}"
        );
    }

    proptest! {
        #[test]
        fn no_picture_is_outside_of_what_was_asked_for(
            pictures in prop::collection::vec((0usize..5000, 0usize..1_000_000), 1..50),
            factor in 1u8..=51, finest in 1u8..=51, framerate in 0.0f64..1000.0,
        ) {
            let mut quantiser = quantiser();
            for (changed, bytes) in pictures {
                let qp = quantiser.choose(factor, finest, framerate, changed);
                prop_assert!((i32::from(finest.min(factor))..=51).contains(&qp));
                quantiser.learn(qp, changed, bytes);
            }
        }
    }
}
