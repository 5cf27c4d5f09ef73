//! What changed in a frame.

use std::ops::Range;

use crate::geometry::{Rect, Size};

/// More rectangles than this are merged into their bounding box: handling each costs more than
/// the few unchanged pixels between them.
const MOST_RECTS: usize = 16;

/// The rectangles of a frame that differ from the frame before. They may overlap and may contain
/// unchanged pixels, but every changed pixel is in one of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Damage {
    rects: Vec<Rect>,
}

impl Damage {
    /// Nothing changed.
    #[must_use]
    pub const fn none() -> Self {
        Self { rects: Vec::new() }
    }

    /// Everything may have changed.
    #[must_use]
    pub fn full(size: Size) -> Self {
        let mut damage = Self::none();
        damage.add(size.as_rect());
        damage
    }

    /// True when nothing changed.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rects.is_empty()
    }

    /// Marks `rect` as changed.
    pub fn add(&mut self, rect: Rect) {
        if rect.is_empty() || self.rects.iter().any(|held| contains(*held, rect)) {
            return;
        }
        self.rects.retain(|held| !contains(rect, *held));
        self.rects.push(rect);
        if self.rects.len() > MOST_RECTS {
            let around = self.bounds();
            self.rects.clear();
            self.rects.push(around);
        }
    }

    /// Marks everything that `other` marks.
    pub fn merge(&mut self, other: &Self) {
        for rect in &other.rects {
            self.add(*rect);
        }
    }

    /// The parts inside `size`.
    pub fn clip_to(&mut self, size: Size) {
        for rect in &mut self.rects {
            *rect = rect.clipped_to(size);
        }
        self.rects.retain(|rect| !rect.is_empty());
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.rects.clear();
    }

    /// The changed rectangles.
    #[must_use]
    pub fn rects(&self) -> &[Rect] {
        &self.rects
    }

    /// The smallest rectangle around all of it.
    #[must_use]
    pub fn bounds(&self) -> Rect {
        self.rects
            .iter()
            .fold(Rect::default(), |around, rect| around.around(*rect))
    }

    /// Whether anything in `rect` changed.
    #[must_use]
    pub fn touches(&self, rect: Rect) -> bool {
        self.rects.iter().any(|held| held.overlaps(rect))
    }

    /// The changed rows as disjoint ascending spans.
    #[must_use]
    pub fn row_spans(&self) -> Vec<Range<u32>> {
        let mut spans: Vec<Range<u32>> = self.rects.iter().map(|rect| rect.rows()).collect();
        spans.sort_by_key(|span| span.start);
        let mut joined: Vec<Range<u32>> = Vec::with_capacity(spans.len());
        for span in spans {
            match joined.last_mut() {
                Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
                _ => joined.push(span),
            }
        }
        joined
    }
}

fn contains(outer: Rect, inner: Rect) -> bool {
    outer.x <= inner.x
        && outer.y <= inner.y
        && outer.right() >= inner.right()
        && outer.bottom() >= inner.bottom()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rect() -> impl Strategy<Value = Rect> {
        (0u32..200, 0u32..200, 0u32..60, 0u32..60).prop_map(|(x, y, w, h)| Rect::new(x, y, w, h))
    }

    proptest! {
        #[test]
        fn every_marked_pixel_stays_marked(rects in prop::collection::vec(rect(), 0..60)) {
            let mut damage = Damage::none();
            for r in &rects {
                damage.add(*r);
            }
            prop_assert!(damage.rects().len() <= MOST_RECTS);
            for r in rects.iter().filter(|r| !r.is_empty()) {
                for (x, y) in [(r.x, r.y), (r.right() - 1, r.bottom() - 1)] {
                    prop_assert!(damage.touches(Rect::new(x, y, 1, 1)));
                    prop_assert!(damage.row_spans().iter().any(|span| span.contains(&y)));
                }
            }
        }

        #[test]
        fn row_spans_are_disjoint_and_ascending(rects in prop::collection::vec(rect(), 0..30)) {
            let mut damage = Damage::none();
            for r in rects {
                damage.add(r);
            }
            let spans = damage.row_spans();
            prop_assert!(spans.windows(2).all(|pair| pair[0].end < pair[1].start));
        }
    }

    #[test]
    fn clipping_drops_what_is_outside() {
        let mut damage = Damage::none();
        damage.add(Rect::new(0, 0, 10, 10));
        damage.add(Rect::new(500, 500, 10, 10));
        damage.clip_to(Size::new(100, 100));
        assert_eq!(damage.rects(), [Rect::new(0, 0, 10, 10)]);
    }
}
