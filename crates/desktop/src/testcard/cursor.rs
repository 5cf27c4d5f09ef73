//! The pointer of the card.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::{TestCard, unplugged};
use crate::{CursorImage, CursorSource, DesktopError};

/// What it looks like, and whether it is wanted in the pictures.
#[derive(Default)]
pub(super) struct Pointer {
    image: Option<CursorImage>,
    /// Counts its shapes.
    number: u64,
    pub(super) drawn: bool,
}

impl TestCard {
    /// Gives its pointer a shape. Until the first one it has none, and nothing is told of it.
    pub fn set_cursor(&self, image: CursorImage) {
        let mut state = self.lock();
        state.pointer.image = Some(image);
        state.pointer.number += 1;
        drop(state);
        self.shared.changed.notify_all();
    }

    /// Whether somebody wants the pointer in the pictures. It is not drawn: a card is to be read.
    #[must_use]
    pub fn is_cursor_drawn(&self) -> bool {
        self.lock().pointer.drawn
    }
}

/// One loan of the card's pointer.
pub(super) struct Loan {
    card: TestCard,
    /// The number of the shape that was told last.
    told: u64,
    woken: Arc<AtomicBool>,
}

impl Loan {
    pub(super) fn new(card: &TestCard) -> Self {
        Self {
            card: card.clone(),
            told: 0,
            woken: Arc::default(),
        }
    }
}

impl CursorSource for Loan {
    fn next(&mut self, patience: Duration) -> Result<Option<CursorImage>, DesktopError> {
        let state = self.card.lock();
        let (state, _) = self
            .card
            .shared
            .changed
            .wait_timeout_while(state, patience, |state| {
                let woken = self.woken.load(Ordering::Relaxed);
                !state.lost && state.pointer.number == self.told && !woken
            })
            .unwrap_or_else(PoisonError::into_inner);
        self.woken.store(false, Ordering::Relaxed);
        if state.lost {
            return Err(unplugged());
        }
        let news = std::mem::replace(&mut self.told, state.pointer.number) != self.told;
        Ok(state.pointer.image.clone().filter(|_| news))
    }

    fn waker(&self) -> Arc<dyn Fn() + Send + Sync> {
        self.card.waker(self.woken.clone())
    }
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "a test is its own edge of the world and brings the clock"
)]
mod tests {
    use std::time::Instant;

    use selkies_media::{Point, Size};

    use super::*;
    use crate::Desktop as _;

    const PATIENT: Duration = Duration::from_secs(60);

    fn card() -> TestCard {
        TestCard::new(Size::new(64, 48), Instant::now)
    }

    fn dot() -> CursorImage {
        CursorImage {
            size: Size::new(1, 1),
            hotspot: Point { x: 0, y: 0 },
            rgba: Arc::from([1, 2, 3, 255]),
        }
    }

    #[test]
    fn each_shape_is_told_once_to_each_loan() {
        let card = card();
        let mut loan = card.cursor().expect("it is plugged in");
        let none = loan.next(Duration::ZERO).expect("it is plugged in");
        assert_eq!(none, None, "it has no shape yet");
        card.set_cursor(dot());
        for mut loan in [loan, card.cursor().expect("it is plugged in")] {
            let first = loan.next(PATIENT).expect("it is plugged in");
            assert_eq!(first, Some(dot()));
            let second = loan.next(Duration::ZERO).expect("it is plugged in");
            assert_eq!(second, None);
        }
    }

    #[test]
    fn one_who_waits_is_woken_or_told_that_the_card_is_gone() {
        let card = card();
        let mut loan = card.cursor().expect("it is plugged in");
        // Before it waits: that counts, too.
        loan.waker()();
        assert_eq!(loan.next(PATIENT).expect("it is plugged in"), None);
        card.lose();
        assert!(matches!(loan.next(PATIENT), Err(DesktopError::Lost(_))));
    }
}
