//! The row of blocks at the upper left of every scene: which picture it is, and whether the press
//! has arrived. The page's probe reads the same blocks.
//!
//! White, black, 16 bits of the picture's number with the most significant first, the flip, and a
//! block that makes the number of white ones among those 17 even: a picture that is caught half
//! drawn is then noticed half of the time.

use selkies_media::Rect;

/// Side of one block in pixels.
pub(crate) const BLOCK: u32 = 16;
/// Blocks in the row.
pub(crate) const BLOCKS: usize = 20;

/// What the row says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) number: u16,
    pub(crate) flip: bool,
}

impl Mark {
    /// For each block, whether it is white.
    pub(crate) fn blocks(self) -> [bool; BLOCKS] {
        let mut blocks = [false; BLOCKS];
        let [white, _black, number @ .., flip, parity] = &mut blocks;
        *white = true;
        for (bit, block) in number.iter_mut().rev().enumerate() {
            *block = self.number >> bit & 1 == 1;
        }
        *flip = self.flip;
        *parity = (self.number.count_ones() + u32::from(self.flip)) % 2 == 1;
        blocks
    }

    /// Reads the brightness of each block. `None`: that is no row of ours.
    pub(crate) fn read(levels: [u8; BLOCKS]) -> Option<Self> {
        let [white, black, number @ .., flip, _parity] = levels.map(|level| level > 127);
        let mark = Self {
            number: number
                .iter()
                .fold(0, |number, &bit| number << 1 | u16::from(bit)),
            flip,
        };
        let is_ours = white && !black && mark.blocks() == levels.map(|level| level > 127);
        is_ours.then_some(mark)
    }

    /// Paints the row into pixels of four bytes, `stride` bytes to a row.
    pub(crate) fn paint(self, pixels: &mut [u8], stride: usize) {
        let block = BLOCK as usize * 4;
        for row in pixels.chunks_mut(stride.max(1)).take(BLOCK as usize) {
            for (pixels, white) in row.chunks_mut(block).zip(self.blocks()) {
                pixels.fill(if white { 255 } else { 0 });
            }
        }
    }

    /// Reads it from a row of pixels of four bytes that goes through the blocks.
    pub(crate) fn in_row(row: &[u8]) -> Option<Self> {
        let mut levels = [0; BLOCKS];
        for (index, level) in levels.iter_mut().enumerate() {
            let middle = (index * BLOCK as usize + BLOCK as usize / 2) * 4;
            *level = *row.get(middle + 1)?;
        }
        Self::read(levels)
    }
}

/// Where block `index` is.
pub(crate) fn place(index: usize) -> Rect {
    let index = u32::try_from(index).unwrap_or(0);
    Rect::new(index * BLOCK, 0, BLOCK, BLOCK)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels(mark: Mark) -> [u8; BLOCKS] {
        mark.blocks().map(|white| if white { 230 } else { 20 })
    }

    #[test]
    fn what_is_written_is_read() {
        for number in (0..=u16::MAX).step_by(257) {
            for flip in [false, true] {
                let mark = Mark { number, flip };
                assert_eq!(Mark::read(levels(mark)), Some(mark));
            }
        }
    }

    #[test]
    fn one_wrong_block_is_noticed() {
        for index in 0..BLOCKS {
            let mut levels = levels(Mark {
                number: 0xa5c3,
                flip: true,
            });
            levels[index] = 255 - levels[index];
            assert_eq!(Mark::read(levels), None, "block {index}");
        }
    }

    #[test]
    fn a_painted_row_can_be_read() {
        let stride = 330 * 4;
        let mut pixels = vec![90; stride * 20];
        let mark = Mark {
            number: 4711,
            flip: true,
        };
        mark.paint(&mut pixels, stride);
        let row = |y: usize| &pixels[y * stride..(y + 1) * stride];
        assert_eq!(Mark::in_row(row(8)), Some(mark));
        assert_eq!(Mark::in_row(row(17)), None);
        assert_eq!(Mark::in_row(&row(8)[..600]), None);
        assert_eq!(row(0)[BLOCKS * BLOCK as usize * 4], 90);
    }

    #[test]
    fn the_blocks_stand_side_by_side() {
        assert_eq!(place(19), Rect::new(304, 0, 16, 16));
    }
}
