//! How a picture is cut.

use std::num::NonZeroUsize;

use selkies_media::geometry::{Rect, Size};

/// A stripe is not cut below this height: each costs a header and a decode call in the browser.
const LEAST_ROWS: u32 = 64;

/// One stripe per core, as long as none gets too low. Heights are multiples of `step` and differ
/// by one step at most, the taller ones first; rows that make no whole step are the last one's.
pub(crate) fn cut(size: Size, cores: NonZeroUsize, step: u32) -> Vec<Rect> {
    let most = (size.height / LEAST_ROWS).max(1);
    let count = u32::try_from(cores.get()).unwrap_or(u32::MAX).min(most);
    let (steps, over) = (size.height / step, size.height % step);
    let (each, taller) = (steps / count, steps % count);
    let mut y = 0;
    (0..count)
        .map(|index| {
            let height = (each + u32::from(index < taller)) * step;
            let height = height + if index + 1 == count { over } else { 0 };
            let stripe = Rect::new(0, y, size.width, height);
            y += height;
            stripe
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn heights(height: u32, cores: usize, step: u32) -> Vec<u32> {
        let cores = NonZeroUsize::new(cores).expect("at least one");
        cut(Size::new(640, height), cores, step)
            .iter()
            .map(|stripe| stripe.height)
            .collect()
    }

    #[test]
    fn what_is_over_goes_to_the_first_stripes_and_an_odd_row_to_the_last() {
        assert_eq!(heights(1080, 8, 1), [135; 8]);
        assert_eq!(
            heights(1080, 8, 2),
            [136, 136, 136, 136, 134, 134, 134, 134]
        );
        assert_eq!(heights(721, 4, 1), [181, 180, 180, 180]);
        assert_eq!(heights(721, 4, 2), [180, 180, 180, 181]);
        assert_eq!(heights(64, 4, 2), [64]);
        assert_eq!(heights(129, 4, 2), [64, 65]);
        assert_eq!(heights(1, 4, 2), [1]);
    }

    proptest! {
        #[test]
        fn stripes_cover_every_row_once_and_are_alike(
            width in 1u32..8000, height in 1u32..5000, cores in 1usize..200, step in 1u32..3,
        ) {
            let stripes = cut(Size::new(width, height), NonZeroUsize::new(cores).expect("at least one"), step);
            let mut next = 0;
            for stripe in &stripes {
                prop_assert_eq!((stripe.x, stripe.y, stripe.width), (0, next, width));
                prop_assert_eq!(stripe.y % step, 0);
                next = stripe.bottom();
            }
            prop_assert_eq!(next, height);
            let lowest = stripes.iter().map(|stripe| stripe.height).min().expect("there is one");
            let tallest = stripes.iter().map(|stripe| stripe.height).max().expect("there is one");
            prop_assert!(tallest - lowest <= step);
            prop_assert!(stripes.len() == 1 || lowest >= LEAST_ROWS);
            prop_assert!(stripes.len() <= cores);
            prop_assert!(stripes.len() == cores || height / (stripes.len() as u32 + 1) < LEAST_ROWS);
        }
    }
}
