//! What quantiser a constant quality comes to, picture by picture.
//!
//! libx264 answers that by coding each picture twice, the first time at a quarter of its size. While
//! little changes this costs as much as encoding itself. We know beforehand where something changed, and
//! afterwards how many bits it took: that is enough for the same curve.

use std::ops::RangeInclusive;

/// How much of a picture's complexity its quantiser makes up for; the rest shows as bits.
/// libx264's default (`qcomp` 0.6).
const FOLLOWS: f64 = 0.4;

/// Complexity per macroblock and second at which the quantiser is the factor asked for: libx264's
/// for streams without B pictures, in pictures of its `BASE_FRAME_DURATION`.
const BASE: f64 = 80.0 * 25.0;

/// libx264's complexity of text that scrolls: assumed until something else is known.
const TEXT: f64 = 180.0;
/// At the upper end a picture that changes everywhere is coded ten steps coarser than asked for, about the
/// most that libx264 adds.
const DENSITIES: RangeInclusive<f64> = 10.0..=500.0;

/// From bits times quantiser step to libx264's complexity; measured on scrolling text and on film.
const COMPLEXITY_PER_BIT: f64 = 1.5;

/// What one picture of a twentieth of the macroblocks or more teaches; smaller ones teach less.
const LESSON: f64 = 0.3;
const FULL_LESSON: f64 = 0.05;

/// A finer quantiser is taken only when it is finer by this much: each time, libx264 looks again
/// at everything that stands still.
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
        let kept = self
            .chosen
            .filter(|last| (*last - LEAST_FINER..=*last + LEAST_COARSER).contains(&wanted));
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
        let seen = COMPLEXITY_PER_BIT * bytes as f64 * 8.0 * step / changed as f64;
        let weight = LESSON * (changed as f64 / (self.blocks * FULL_LESSON)).min(1.0);
        let seen = seen.clamp(*DENSITIES.start(), *DENSITIES.end());
        self.density += (seen - self.density) * weight;
    }

    /// Another quality was asked for: what was chosen before says nothing.
    pub(super) fn forget(&mut self) {
        self.chosen = None;
    }
}
