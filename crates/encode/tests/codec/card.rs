//! Pictures to encode, and how to compare what comes back.

use std::sync::Arc;

use selkies_media::damage::Damage;
use selkies_media::frame::CpuSurface;
use selkies_media::geometry::{Rect, Size};
use selkies_media::{Frame, Surface, Timestamp};

/// A picture as a display server lends it.
#[derive(Clone)]
pub(crate) struct Card {
    pub(crate) size: Size,
    /// Blue, green, red, unused.
    pub(crate) pixels: Arc<Vec<u8>>,
}

/// Blue, green, red of white, the secondary and primary colours, and black.
pub(crate) const BARS: [[u8; 3]; 8] = [
    [255, 255, 255],
    [0, 255, 255],
    [255, 255, 0],
    [0, 255, 0],
    [255, 0, 255],
    [0, 0, 255],
    [255, 0, 0],
    [0, 0, 0],
];

impl Card {
    pub(crate) fn drawn(size: Size, pixel: impl Fn(u32, u32) -> [u8; 3]) -> Self {
        let mut pixels = Vec::with_capacity(size.pixels() as usize * 4);
        for (y, x) in (0..size.height).flat_map(|y| (0..size.width).map(move |x| (y, x))) {
            let [blue, green, red] = pixel(x, y);
            pixels.extend([blue, green, red, 0x5A]);
        }
        Self {
            size,
            pixels: Arc::new(pixels),
        }
    }

    /// Text on a plain ground scrolled up by `scroll` rows; on the right a gradient and a photo-like patch.
    pub(crate) fn desktop(size: Size, scroll: u32) -> Self {
        Self::drawn(size, |x, y| {
            if x < size.width * 2 / 3 {
                let (line, row) = ((y + scroll) / 16, (y + scroll) % 16);
                let glyph = hash(x / 8, line);
                let ink = !glyph.is_multiple_of(5) && (3..13).contains(&row) && x % 8 < 7;
                let stroke = hash(glyph, (row / 2) * 4 + (x % 8) / 2) % 5 < 2;
                if ink && stroke {
                    [220, 220, 220]
                } else {
                    [48, 32, 32]
                }
            } else if y < size.height / 2 {
                let level = (y * 510 / size.height.max(1)).min(255) as u8;
                [level, 128, 255 - level]
            } else {
                let wave =
                    ((f64::from(x) / 9.0).sin() + (f64::from(y) / 13.0).cos()) * 50.0 + 120.0;
                let grain = (hash(x, y) % 9) as u8;
                let level = wave as u8 + grain;
                [level, level, level]
            }
        })
    }

    /// The eight [`BARS`] from left to right.
    pub(crate) fn bars(size: Size) -> Self {
        Self::drawn(size, |x, _| BARS[(x * 8 / size.width) as usize])
    }

    /// The same with `rect` inverted.
    pub(crate) fn inverted_in(&self, rect: Rect) -> Self {
        let within = |x: u32, y: u32| rect.overlaps(Rect::new(x, y, 1, 1));
        Self::drawn(self.size, |x, y| {
            self.at(x, y)
                .map(|level| if within(x, y) { !level } else { level })
        })
    }

    pub(crate) fn at(&self, x: u32, y: u32) -> [u8; 3] {
        let start = (y * self.size.width + x) as usize * 4;
        [
            self.pixels[start],
            self.pixels[start + 1],
            self.pixels[start + 2],
        ]
    }

    pub(crate) fn frame(&self, damage: Damage) -> Frame {
        let surface = CpuSurface::new(self.size, self.size.width as usize * 4, self.pixels.clone());
        let surface = Surface::Cpu(surface.expect("the pixels fit"));
        Frame {
            damaged: Timestamp::ZERO,
            captured: Timestamp::ZERO,
            surface,
            damage,
        }
    }

    /// How alike the two are, in decibels over all three colours; `seen` may be larger.
    pub(crate) fn psnr(&self, seen: &Self) -> f64 {
        assert!(seen.size.width >= self.size.width && seen.size.height >= self.size.height);
        let mut squares = 0.0;
        for (y, x) in (0..self.size.height).flat_map(|y| (0..self.size.width).map(move |x| (y, x)))
        {
            for (sent, seen) in self.at(x, y).into_iter().zip(seen.at(x, y)) {
                squares += (f64::from(sent) - f64::from(seen)).powi(2);
            }
        }
        let mean = squares / (self.size.pixels() as f64 * 3.0);
        10.0 * (255.0 * 255.0 / mean.max(1e-9)).log10()
    }

    /// Fails unless the middle of every bar has its colour, within `tolerance` levels.
    pub(crate) fn assert_bars(&self, tolerance: u8) {
        for (index, bar) in (0..).zip(BARS) {
            let seen = self.at((index * 2 + 1) * self.size.width / 16, self.size.height / 2);
            let worst = seen
                .into_iter()
                .zip(bar)
                .map(|(seen, sent)| seen.abs_diff(sent))
                .max();
            assert!(
                worst <= Some(tolerance),
                "bar {index}: {bar:?} became {seen:?}"
            );
        }
    }
}

#[cfg(feature = "x264")]
impl Card {
    /// One row over and over in the upper half, one colour in the lower; quickly made.
    pub(crate) fn halves(size: Size, row: impl Fn(u32) -> [u8; 3], colour: [u8; 3]) -> Self {
        let line = Size::new(size.width, 1);
        let upper = Self::drawn(line, |x, _| row(x))
            .pixels
            .repeat((size.height / 2) as usize);
        let lower = Self::drawn(line, |_, _| colour)
            .pixels
            .repeat((size.height - size.height / 2) as usize);
        Self {
            size,
            pixels: Arc::new([upper, lower].concat()),
        }
    }

    /// Grains of two by two pixels: nothing predicts them.
    pub(crate) fn noise(size: Size, seed: u32) -> Self {
        Self::drawn(size, |x, y| {
            let level = 96 + (hash(hash(x / 2, y / 2), seed) % 64) as u8;
            [level, level, level]
        })
    }
}

fn hash(a: u32, b: u32) -> u32 {
    let mut mixed =
        a.wrapping_mul(0x9E37_79B1) ^ b.wrapping_mul(0x85EB_CA77).wrapping_add(0x27D4_EB2F);
    mixed = (mixed ^ (mixed >> 15)).wrapping_mul(0x2C1B_3C6D);
    mixed ^ (mixed >> 13)
}
