//! What really differs between two pictures.

use std::ops::Range;

use selkies_media::frame::CpuSurface;
use selkies_media::{Damage, Rect};

/// Changed rows that lie closer together than this share a rectangle.
const NEAR: u32 = 8;

/// Bytes compared at once when looking for the edge of a change within a row.
const STEP: usize = 64;

/// The rectangles in which `new` differs from `old`, looking only at the rows in `spans`. Both
/// hold rows of `stride` bytes without padding; rows that are not in both are left out.
pub(crate) fn differences(new: &[u8], old: &[u8], stride: usize, spans: &[Range<u32>]) -> Damage {
    let mut found = Damage::none();
    for span in spans {
        let mut open: Option<Band> = None;
        for y in span.clone() {
            let (Some(now), Some(before)) = (row(new, stride, y), row(old, stride, y)) else {
                break;
            };
            if now == before {
                continue;
            }
            let mut band = match open.take() {
                Some(band) if y - band.rows.end < NEAR => band,
                other => {
                    found.add(other.map_or_else(Rect::default, |band| band.rect()));
                    Band {
                        rows: y..y,
                        left: now.len(),
                        right: 0,
                    }
                }
            };
            band.take_in(y, now, before);
            open = Some(band);
        }
        found.add(open.map_or_else(Rect::default, |band| band.rect()));
    }
    found
}

fn row(picture: &[u8], stride: usize, y: u32) -> Option<&[u8]> {
    let start = stride.checked_mul(y as usize)?;
    picture.get(start..start.checked_add(stride)?)
}

/// Changed rows and the bytes of them between which the changes lie.
struct Band {
    rows: Range<u32>,
    left: usize,
    right: usize,
}

impl Band {
    /// Grows to hold the changes of row `y`. What is inside already need not be looked at.
    fn take_in(&mut self, y: u32, now: &[u8], before: &[u8]) {
        self.rows.end = y + 1;
        self.left = equal_bytes(&now[..self.left], &before[..self.left]);
        let tail = equal_bytes_at_end(&now[self.right..], &before[self.right..]);
        self.right = now.len() - tail;
    }

    fn rect(&self) -> Rect {
        let left = self.left / CpuSurface::PIXEL;
        let right = self.right.div_ceil(CpuSurface::PIXEL);
        Rect::new(
            left as u32,
            self.rows.start,
            (right - left) as u32,
            self.rows.end - self.rows.start,
        )
    }
}

fn equal_bytes(a: &[u8], b: &[u8]) -> usize {
    // The usual case, and many times faster in one go than in steps.
    if a == b {
        return a.len();
    }
    let steps = a
        .chunks(STEP)
        .zip(b.chunks(STEP))
        .take_while(|(a, b)| a == b)
        .count();
    let start = (steps * STEP).min(a.len());
    start
        + a[start..]
            .iter()
            .zip(&b[start..])
            .take_while(|(a, b)| a == b)
            .count()
}

fn equal_bytes_at_end(a: &[u8], b: &[u8]) -> usize {
    if a == b {
        return a.len();
    }
    let steps = a
        .rchunks(STEP)
        .zip(b.rchunks(STEP))
        .take_while(|(a, b)| a == b)
        .count();
    let end = a.len().saturating_sub(steps * STEP);
    let rest = a[..end]
        .iter()
        .rev()
        .zip(b[..end].iter().rev())
        .take_while(|(a, b)| a == b)
        .count();
    a.len() - end + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WIDTH: usize = 50;
    const HEIGHT: usize = 60;
    const STRIDE: usize = WIDTH * 4;

    #[test]
    fn equal_pictures_do_not_differ() {
        let picture = vec![7; STRIDE * HEIGHT];
        assert!(
            differences(
                &picture,
                &picture.clone(),
                STRIDE,
                std::slice::from_ref(&(0..60))
            )
            .is_empty()
        );
    }

    #[test]
    fn a_changed_rectangle_is_found_exactly() {
        let old = vec![0; STRIDE * HEIGHT];
        let mut new = old.clone();
        for y in 10..20 {
            new[y * STRIDE + 5 * 4..y * STRIDE + 33 * 4].fill(9);
        }
        let found = differences(&new, &old, STRIDE, std::slice::from_ref(&(0..60)));
        assert_eq!(found.rects(), [Rect::new(5, 10, 28, 10)]);
    }

    #[test]
    fn changes_far_apart_stay_apart() {
        let old = vec![0; STRIDE * HEIGHT];
        let mut new = old.clone();
        new[0] = 1;
        new[STRIDE * HEIGHT - 1] = 1;
        let found = differences(&new, &old, STRIDE, std::slice::from_ref(&(0..60)));
        assert_eq!(
            found.rects(),
            [Rect::new(0, 0, 1, 1), Rect::new(49, 59, 1, 1)]
        );
    }

    #[test]
    fn rows_outside_the_picture_are_left_out() {
        let picture = vec![0; STRIDE * 2];
        assert!(
            differences(&picture, &[], STRIDE, std::slice::from_ref(&(0..u32::MAX))).is_empty()
        );
    }

    proptest! {
        #[test]
        fn every_changed_pixel_is_in_a_rectangle_whose_edges_all_touch_a_change(
            places in prop::collection::vec((0..WIDTH, 0..HEIGHT), 0..12),
        ) {
            let old = vec![0; STRIDE * HEIGHT];
            let mut new = old.clone();
            for (x, y) in &places {
                new[y * STRIDE + x * 4 + 2] = 1;
            }
            let found = differences(&new, &old, STRIDE, &[0..25, 25..HEIGHT as u32]);
            for (x, y) in &places {
                prop_assert!(found.touches(Rect::new(*x as u32, *y as u32, 1, 1)));
            }
            for rect in found.rects() {
                let inside = |x: u32, y: u32, w: u32, h: u32| {
                    let edge = Rect::new(x, y, w, h);
                    places.iter().any(|(x, y)| edge.overlaps(Rect::new(*x as u32, *y as u32, 1, 1)))
                };
                prop_assert!(inside(rect.x, rect.y, rect.width, 1));
                prop_assert!(inside(rect.x, rect.bottom() - 1, rect.width, 1));
                prop_assert!(inside(rect.x, rect.y, 1, rect.height));
                prop_assert!(inside(rect.right() - 1, rect.y, 1, rect.height));
            }
        }
    }
}
