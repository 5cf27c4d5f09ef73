//! What the pointer looks like.

use std::sync::Arc;
use std::time::Duration;

use selkies_media::{Point, Rect, Size};

use crate::DesktopError;

/// The most pixels a cursor may have on a side; display servers offer no larger ones that make sense.
pub const LARGEST_CURSOR: u32 = 512;

/// Bytes of a pixel.
const PIXEL: usize = 4;

/// One shape of the pointer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CursorImage {
    /// Pixels; both sides are 0 when the desktop hides its pointer.
    pub size: Size,
    /// The pixel that points, within the image.
    pub hotspot: Point,
    /// Rows from top to bottom, four bytes a pixel: red, green, blue, alpha; straight, not
    /// multiplied by alpha.
    pub rgba: Arc<[u8]>,
}

impl CursorImage {
    /// The desktop hides its pointer.
    #[must_use]
    pub fn hidden() -> Self {
        Self {
            size: Size::new(0, 0),
            hotspot: Point { x: 0, y: 0 },
            rgba: Arc::from([]),
        }
    }

    /// Whether there is nothing to draw.
    #[must_use]
    pub fn is_hidden(&self) -> bool {
        self.size.is_empty()
    }

    /// Without the transparent margins, except where they reach to the pixel that points. Hidden
    /// if there is nothing but margins.
    #[must_use]
    pub fn cropped(&self) -> Self {
        let mut kept = Rect::default();
        for (y, row) in (0..).zip(self.rgba.chunks_exact(self.stride())) {
            for (x, pixel) in (0..).zip(row.as_chunks::<PIXEL>().0) {
                if pixel[3] != 0 {
                    kept = kept.around(Rect::new(x, y, 1, 1));
                }
            }
        }
        if kept.is_empty() {
            return Self::hidden();
        }
        let (hot_x, hot_y) = self.hot();
        kept = kept.around(Rect::new(hot_x, hot_y, 1, 1));
        let columns = kept.x as usize * PIXEL..kept.right() as usize * PIXEL;
        let rows = self.rgba.chunks_exact(self.stride());
        let rows = rows.skip(kept.y as usize).take(kept.height as usize);
        Self {
            size: Size::new(kept.width, kept.height),
            hotspot: point(hot_x - kept.x, hot_y - kept.y),
            rgba: rows
                .filter_map(|row| row.get(columns.clone()))
                .flatten()
                .copied()
                .collect(),
        }
    }

    /// Made smaller until no side is longer than `side`, with the same proportions; each pixel is
    /// the mean of those it stands for.
    #[must_use]
    pub fn fitted(&self, side: u32) -> Self {
        let longest = self.size.width.max(self.size.height);
        if longest <= side {
            return self.clone();
        }
        let shorter = |length: u32, at_least: u32| {
            let length = u64::from(length) * u64::from(side) / u64::from(longest);
            u32::try_from(length).unwrap_or(side).max(at_least)
        };
        let size = Size::new(shorter(self.size.width, 1), shorter(self.size.height, 1));
        let mut rgba = Vec::with_capacity(size.pixels() as usize * PIXEL);
        for y in 0..size.height {
            for x in 0..size.width {
                let columns = || parts(x, self.size.width, size.width);
                let rows = parts(y, self.size.height, size.height);
                let places = rows.flat_map(|(row, part)| {
                    columns().map(move |(column, other)| (column, row, part * other))
                });
                rgba.extend(self.mean(places));
            }
        }
        let (hot_x, hot_y) = self.hot();
        let hotspot = point(
            shorter(hot_x, 0).min(size.width - 1),
            shorter(hot_y, 0).min(size.height - 1),
        );
        Self {
            size,
            hotspot,
            rgba: rgba.into(),
        }
    }

    /// The mean of the pixels at some places with their weights. Colour counts as much as it is
    /// seen.
    fn mean(&self, places: impl Iterator<Item = (u32, u32, u64)>) -> [u8; PIXEL] {
        let (mut colours, mut opacity, mut weights) = ([0; 3], 0, 0);
        for (x, y, weight) in places {
            let start = self.stride() * y as usize + x as usize * PIXEL;
            let Some([red, green, blue, alpha]) =
                self.rgba.get(start..).and_then(<[u8]>::first_chunk)
            else {
                continue;
            };
            let seen = weight * u64::from(*alpha);
            for (sum, colour) in colours.iter_mut().zip([red, green, blue]) {
                *sum += seen * u64::from(*colour);
            }
            opacity += seen;
            weights += weight;
        }
        let rounded = |sum: u64, by: u64| {
            let mean = (sum + by / 2).checked_div(by).unwrap_or(0);
            u8::try_from(mean).unwrap_or(u8::MAX)
        };
        let [red, green, blue] = colours.map(|sum| rounded(sum, opacity));
        [red, green, blue, rounded(opacity, weights)]
    }

    /// At least 1, for it divides.
    fn stride(&self) -> usize {
        (self.size.width as usize * PIXEL).max(1)
    }

    /// The hotspot, within the image.
    fn hot(&self) -> (u32, u32) {
        let within = |at: i32, length: u32| {
            let at = u32::try_from(at).unwrap_or(0);
            at.min(length.saturating_sub(1))
        };
        (
            within(self.hotspot.x, self.size.width),
            within(self.hotspot.y, self.size.height),
        )
    }
}

fn point(x: u32, y: u32) -> Point {
    Point {
        x: i32::try_from(x).unwrap_or(i32::MAX),
        y: i32::try_from(y).unwrap_or(i32::MAX),
    }
}

/// Pixels of a row of `from` that pixel `at` of a row of `to` stands for, and how much of each.
fn parts(at: u32, from: u32, to: u32) -> impl Iterator<Item = (u32, u64)> {
    let (from, to) = (u64::from(from), u64::from(to));
    let (start, end) = (u64::from(at) * from, (u64::from(at) + 1) * from);
    (start / to..end.div_ceil(to)).map(move |pixel| {
        let part = end.min((pixel + 1) * to) - start.max(pixel * to);
        (u32::try_from(pixel).unwrap_or(u32::MAX), part)
    })
}

/// Tells what the pointer looks like.
pub trait CursorSource: Send {
    /// Waits at most `patience` for another shape. The first call returns the present one at once.
    /// `None`: it is still what it was, or woken.
    ///
    /// # Errors
    /// [`DesktopError::Lost`] when the display server is gone; the source is of no use afterwards.
    fn next(&mut self, patience: Duration) -> Result<Option<CursorImage>, DesktopError>;

    /// Lets [`Self::next`] return early, from any thread; the next one, if none is waiting.
    fn waker(&self) -> Arc<dyn Fn() + Send + Sync>;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(width: u32, pixels: &[[u8; 4]], hotspot: (i32, i32)) -> CursorImage {
        let height = u32::try_from(pixels.len()).expect("a few") / width;
        CursorImage {
            size: Size::new(width, height),
            hotspot: Point {
                x: hotspot.0,
                y: hotspot.1,
            },
            rgba: pixels.concat().into(),
        }
    }

    const CLEAR: [u8; 4] = [9, 9, 9, 0];
    const RED: [u8; 4] = [255, 0, 0, 255];
    const BLUE: [u8; 4] = [0, 0, 255, 255];

    #[test]
    fn margins_are_cut_off_and_the_hotspot_goes_with_what_is_left() {
        let whole = image(
            4,
            &[
                CLEAR, CLEAR, CLEAR, CLEAR, CLEAR, RED, CLEAR, CLEAR, CLEAR, CLEAR, BLUE, CLEAR,
                CLEAR, CLEAR, CLEAR, CLEAR,
            ],
            (2, 1),
        );
        let cropped = whole.cropped();
        assert_eq!(cropped, image(2, &[RED, CLEAR, CLEAR, BLUE], (1, 0)));
        assert_eq!(cropped.cropped(), cropped);
    }

    #[test]
    fn a_hotspot_in_the_margin_keeps_its_place() {
        let whole = image(3, &[CLEAR, CLEAR, CLEAR, CLEAR, RED, CLEAR], (0, 1));
        assert_eq!(whole.cropped(), image(2, &[CLEAR, RED], (0, 0)));
    }

    #[test]
    fn nothing_but_margins_is_hidden() {
        assert!(image(2, &[CLEAR; 6], (1, 1)).cropped().is_hidden());
        assert!(CursorImage::hidden().cropped().is_hidden());
    }

    #[test]
    fn what_fits_stays_and_what_does_not_becomes_the_mean() {
        let whole = image(4, &[RED, RED, BLUE, CLEAR], (3, 0));
        assert_eq!(whole.fitted(4), whole);
        let half = whole.fitted(2);
        assert_eq!(half, image(2, &[RED, [0, 0, 255, 128]], (1, 0)));
        // A third of each pixel's neighbour.
        let third = image(3, &[RED, BLUE, RED], (2, 0)).fitted(2);
        assert_eq!(
            third,
            image(2, &[[170, 0, 85, 255], [170, 0, 85, 255]], (1, 0))
        );
    }

    #[test]
    fn proportions_and_the_hotspot_are_kept() {
        let tall = image(10, &[RED; 960], (9, 95)).fitted(32);
        assert_eq!(tall.size, Size::new(3, 32));
        assert_eq!(tall.hotspot, Point { x: 2, y: 31 });
        assert!(
            tall.rgba
                .as_chunks::<4>()
                .0
                .iter()
                .all(|pixel| *pixel == RED)
        );
        let line = image(1, &[RED; 300], (0, 150)).fitted(32);
        assert_eq!((line.size, line.hotspot.y), (Size::new(1, 32), 16));
    }

    #[test]
    fn an_image_that_says_more_than_it_has_harms_nobody() {
        let mut broken = image(2, &[RED, RED], (1, 0));
        broken.size = Size::new(100, 100);
        broken.hotspot = Point { x: -7, y: 2000 };
        broken.rgba = Arc::from([255; 7]);
        assert!(broken.cropped().is_hidden());
        assert_eq!(broken.fitted(10).hotspot, Point { x: 0, y: 9 });
    }
}
