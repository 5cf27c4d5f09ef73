//! How a picture is cut.

use std::num::NonZeroUsize;

use selkies_media::geometry::{Rect, Size};

/// A stripe is not cut below this height: each costs a header and a decode call in the browser.
const LEAST_ROWS: u32 = 64;

/// One stripe per core, as long as none gets too low; their heights differ by one row at most,
/// the taller ones first.
pub(super) fn of(size: Size, cores: NonZeroUsize) -> Vec<Rect> {
    let most = (size.height / LEAST_ROWS).max(1);
    let count = u32::try_from(cores.get()).unwrap_or(u32::MAX).min(most);
    let (rows, taller) = (size.height / count, size.height % count);
    let mut y = 0;
    (0..count)
        .map(|index| {
            let height = rows + u32::from(index < taller);
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

    proptest! {
        #[test]
        fn stripes_cover_every_row_once_and_are_alike(
            width in 1u32..8000, height in 1u32..5000, cores in 1usize..200,
        ) {
            let stripes = of(Size::new(width, height), NonZeroUsize::new(cores).expect("at least one"));
            let mut next = 0;
            for stripe in &stripes {
                prop_assert_eq!((stripe.x, stripe.y, stripe.width), (0, next, width));
                next = stripe.bottom();
            }
            prop_assert_eq!(next, height);
            let lowest = stripes.iter().map(|stripe| stripe.height).min().expect("there is one");
            let tallest = stripes.iter().map(|stripe| stripe.height).max().expect("there is one");
            prop_assert!(tallest - lowest <= 1);
            prop_assert!(stripes.len() == 1 || lowest >= LEAST_ROWS);
            prop_assert!(stripes.len() <= cores);
            prop_assert!(stripes.len() == cores || height / (stripes.len() as u32 + 1) < LEAST_ROWS);
        }
    }
}
