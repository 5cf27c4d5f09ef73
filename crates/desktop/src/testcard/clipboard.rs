//! What is copied on the card.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use selkies_clip::Clip;

use super::{TestCard, unplugged};
use crate::{Clipboard, Copied, DesktopError, Selection};

/// What was copied last.
#[derive(Default)]
pub(super) struct Remembered {
    clips: BTreeMap<Selection, Kept>,
    /// Of the last clip.
    number: u64,
}

struct Kept {
    clip: Clip,
    number: u64,
    /// By a loan, not by somebody on the card.
    offered: bool,
}

impl Remembered {
    fn keep(&mut self, selection: Selection, clip: Clip, offered: bool) {
        self.number += 1;
        let number = self.number;
        let kept = Kept {
            clip,
            number,
            offered,
        };
        self.clips.insert(selection, kept);
    }

    /// What `loan` has not reported yet.
    fn news(&self, loan: &Loan) -> Option<(u64, Copied)> {
        let unknown = |selection: &&Selection, kept: &Kept| {
            !kept.offered && loan.reported.get(selection) < Some(&kept.number)
        };
        let selection = loan
            .selections
            .iter()
            .find(|selection| {
                self.clips
                    .get(selection)
                    .is_some_and(|kept| unknown(selection, kept))
            })
            .copied()?;
        let kept = self.clips.get(&selection)?;
        let clip = kept.clip.clone();
        Some((kept.number, Copied { selection, clip }))
    }
}

impl TestCard {
    /// Copies `clip` as somebody on the card would.
    pub fn copy(&self, selection: Selection, clip: Clip) {
        self.lock().remembered.keep(selection, clip, false);
        self.shared.changed.notify_all();
    }

    /// What is copied now, whoever did it. `None`: nothing ever was.
    #[must_use]
    pub fn copied(&self, selection: Selection) -> Option<Clip> {
        let state = self.lock();
        let kept = state.remembered.clips.get(&selection)?;
        Some(kept.clip.clone())
    }
}

/// One loan of the card's memory.
pub(super) struct Loan {
    card: TestCard,
    selections: Vec<Selection>,
    reported: BTreeMap<Selection, u64>,
    woken: Arc<AtomicBool>,
}

impl Loan {
    pub(super) fn new(card: &TestCard, selections: &[Selection]) -> Self {
        Self {
            card: card.clone(),
            selections: selections.to_vec(),
            reported: BTreeMap::new(),
            woken: Arc::default(),
        }
    }
}

impl Clipboard for Loan {
    fn next(&mut self, patience: Duration) -> Result<Option<Copied>, DesktopError> {
        let state = self.card.lock();
        let (state, _) = self
            .card
            .shared
            .changed
            .wait_timeout_while(state, patience, |state| {
                !state.lost
                    && !self.woken.load(Ordering::Relaxed)
                    && state.remembered.news(self).is_none()
            })
            .unwrap_or_else(PoisonError::into_inner);
        self.woken.store(false, Ordering::Relaxed);
        if state.lost {
            return Err(unplugged());
        }
        let Some((number, copied)) = state.remembered.news(self) else {
            return Ok(None);
        };
        drop(state);
        self.reported.insert(copied.selection, number);
        Ok(Some(copied))
    }

    fn offer(&mut self, selection: Selection, clip: Clip) -> Result<(), DesktopError> {
        self.card.lend()?;
        if !self.selections.contains(&selection) {
            return Err(DesktopError::Refused("it was not asked for".to_owned()));
        }
        self.card.lock().remembered.keep(selection, clip, true);
        Ok(())
    }

    fn waker(&self) -> Arc<dyn Fn() + Send + Sync> {
        self.card.waker(self.woken.clone())
    }
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "a test is its own edge of the world and brings the clock and its threads"
)]
mod tests {
    use std::io;
    use std::thread;
    use std::time::Instant;

    use selkies_clip::{Content, Format, Intake, Store};
    use selkies_media::Size;

    use super::*;
    use crate::Desktop;

    struct NoStore;

    impl Store for NoStore {
        fn begin(&self, _: Option<u64>) -> io::Result<Box<dyn Intake>> {
            Err(io::ErrorKind::QuotaExceeded.into())
        }
    }

    fn card() -> (TestCard, Box<dyn Clipboard>) {
        let card = TestCard::new(Size::new(64, 48), Instant::now);
        let clipboard = card
            .clipboard(&[Selection::Clipboard], Arc::new(NoStore))
            .expect("plugged in");
        (card, clipboard)
    }

    fn clip(text: &'static str) -> Clip {
        let content: Arc<dyn Content> = Arc::new(bytes::Bytes::from_static(text.as_bytes()));
        let mime = "text/plain".to_owned();
        Clip {
            formats: vec![Format { mime, content }],
        }
    }

    #[test]
    fn what_is_copied_on_the_card_is_reported_once_and_what_was_offered_never() {
        let (card, mut clipboard) = card();
        let (here, there) = (clip("here"), clip("there"));
        card.copy(Selection::Clipboard, here.clone());
        card.copy(Selection::Primary, clip("marked"));
        let copied = clipboard.next(Duration::MAX).expect("plugged in");
        assert_eq!(copied.expect("it is new").clip, here);
        let again = clipboard.next(Duration::ZERO).expect("plugged in");
        assert!(again.is_none());
        clipboard
            .offer(Selection::Clipboard, there.clone())
            .expect("plugged in");
        let echo = clipboard.next(Duration::ZERO).expect("plugged in");
        assert!(echo.is_none());
        assert_eq!(card.copied(Selection::Clipboard), Some(there));
        let other = clipboard.offer(Selection::Primary, clip("marked"));
        assert!(matches!(other, Err(DesktopError::Refused(_))));
    }

    #[test]
    fn one_who_waits_is_woken_or_told_that_the_card_is_gone() {
        let (card, mut clipboard) = card();
        let wake = clipboard.waker();
        let waking = thread::spawn(move || wake());
        assert!(clipboard.next(Duration::MAX).expect("plugged in").is_none());
        waking.join().expect("it only wakes");
        let losing = thread::spawn(move || card.lose());
        assert!(clipboard.next(Duration::MAX).is_err());
        losing.join().expect("it only pulls the plug");
    }
}
