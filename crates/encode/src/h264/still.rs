//! Which macroblocks are what they were, so that nobody looks for what changed in them.

use std::ops::Range;

use selkies_media::damage::Damage;
use selkies_media::geometry::{Rect, Size};

/// Rows and columns of a macroblock (ITU-T H.264, 3.89).
const BLOCK: u32 = 16;

/// What libx264 calls a macroblock that is constant; the shim checks that it does.
const STILL: u8 = 1;

/// One byte per macroblock of a stripe, row after row.
#[derive(Debug)]
pub(super) struct Still {
    area: Rect,
    columns: usize,
    blocks: Vec<u8>,
}

impl Still {
    pub(super) fn new(area: Rect, coded: Size) -> Self {
        let columns = coded.width.div_ceil(BLOCK) as usize;
        Self {
            area,
            columns,
            blocks: vec![STILL; columns * coded.height.div_ceil(BLOCK) as usize],
        }
    }

    /// How many macroblocks there are.
    pub(super) const fn blocks(&self) -> usize {
        self.blocks.len()
    }

    /// A one for each macroblock that is what it was.
    pub(super) fn marks(&self) -> &[u8] {
        &self.blocks
    }

    /// Marks all macroblocks but those in which something of `damage` or of `parts` is, and returns
    /// how many those are.
    pub(super) fn except(&mut self, damage: &Damage, parts: &[Rect]) -> usize {
        self.blocks.fill(STILL);
        for rect in damage.rects().iter().chain(parts) {
            let columns = blocks(rect.x..rect.right().min(self.area.right()), 0);
            let rows = rect.y.max(self.area.y)..rect.bottom().min(self.area.bottom());
            let rows = blocks(rows, self.area.y);
            let rows = self
                .blocks
                .chunks_exact_mut(self.columns)
                .take(rows.end)
                .skip(rows.start);
            for row in rows {
                row.get_mut(columns.clone()).unwrap_or_default().fill(0);
            }
        }
        self.blocks.iter().filter(|mark| **mark != STILL).count()
    }
}

/// The macroblocks with something of `pixels` in them, if the first begins at `origin`.
fn blocks(pixels: Range<u32>, origin: u32) -> Range<usize> {
    if pixels.is_empty() {
        return 0..0;
    }
    let first = (pixels.start - origin) / BLOCK;
    let end = (pixels.end - origin).div_ceil(BLOCK);
    first as usize..end as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn exactly_the_macroblocks_with_damage_are_looked_at(
            top in (0u32..50).prop_map(|pairs| pairs * 2), width in 1u32..90, height in 1u32..90,
            rects in prop::collection::vec((0u32..120, 0u32..220, 0u32..40, 0u32..40), 0..4),
            parts in prop::collection::vec((0u32..120, 0u32..220, 1u32..40, 1u32..40), 0..4),
        ) {
            let area = Rect::new(0, top, width, height);
            let mut damage = Damage::none();
            for (x, y, width, height) in rects {
                damage.add(Rect::new(x, y, width, height));
            }
            let parts: Vec<Rect> = parts
                .into_iter()
                .map(|(x, y, width, height)| Rect::new(x, y, width, height))
                .collect();
            let mut still = Still::new(area, Size::new(width, height));
            let columns = width.div_ceil(16);
            let count = still.except(&damage, &parts);
            let blocks = still.marks().to_vec();
            prop_assert_eq!(count, blocks.iter().filter(|block| **block == 0).count());
            prop_assert_eq!(blocks.len() as u32, columns * height.div_ceil(16));
            for (index, block) in (0..).zip(blocks) {
                let (column, row) = (index % columns, index / columns);
                let (x, y) = (column * 16, row * 16);
                let within = Rect::new(x, top + y, 16.min(width - x), 16.min(height - y));
                let looked_at =
                    damage.touches(within) || parts.iter().any(|part| part.overlaps(within));
                prop_assert_eq!(block == 0, looked_at, "{:?}", within);
            }
        }
    }

    #[test]
    fn what_was_damaged_before_is_forgotten() {
        let size = Size::new(64, 64);
        let mut still = Still::new(size.as_rect(), size);
        assert_eq!(still.except(&Damage::full(size), &[]), 16);
        assert_eq!(still.except(&Damage::none(), &[]), 0);
        let far = Damage::full(Size::new(u32::MAX, u32::MAX));
        assert_eq!(still.except(&far, &[]), 16);
    }
}
