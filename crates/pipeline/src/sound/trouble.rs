//! Says once that something is missing, and once that it is there again. Pure: the time is an
//! argument.

use std::time::{Duration, Instant};

use super::SoundNotice;

/// A sound server that was started with us may take this long.
const GRACE: Duration = Duration::from_secs(2);

pub(super) struct Trouble {
    /// Until then nothing is missed; not at all any more once it was there.
    grace: Option<Instant>,
    /// It was said that it is missing.
    told: bool,
}

impl Trouble {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            grace: Some(now + GRACE),
            told: false,
        }
    }

    /// It may still be about to start.
    pub(super) fn is_early(&self, now: Instant) -> bool {
        self.grace.is_some_and(|grace| now < grace)
    }

    pub(super) fn lost(&mut self, why: &dyn ToString, now: Instant, tell: &dyn Fn(SoundNotice)) {
        if !self.told && !self.is_early(now) {
            self.told = true;
            tell(SoundNotice::Lost(why.to_string()));
        }
    }

    pub(super) fn over(&mut self, tell: &dyn Fn(SoundNotice)) {
        self.grace = None;
        if self.told {
            self.told = false;
            tell(SoundNotice::Back);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    #[test]
    fn each_turn_is_told_once() {
        let told = RefCell::new(Vec::new());
        let tell = |notice| told.borrow_mut().push(notice);
        let now = Instant::now();
        let mut trouble = Trouble::new(now);
        trouble.over(&tell);
        trouble.lost(&"gone", now, &tell);
        trouble.lost(&"still gone", now, &tell);
        trouble.over(&tell);
        trouble.over(&tell);
        let expected = [SoundNotice::Lost("gone".to_owned()), SoundNotice::Back];
        assert_eq!(*told.borrow(), expected);
    }

    #[test]
    fn what_is_late_at_first_is_missed_only_after_a_while() {
        let told = RefCell::new(Vec::new());
        let tell = |notice| told.borrow_mut().push(notice);
        let now = Instant::now();
        let mut trouble = Trouble::new(now);
        trouble.lost(&"not there yet", now, &tell);
        trouble.lost(&"not there yet", now + GRACE / 2, &tell);
        assert!(told.borrow().is_empty());
        trouble.lost(&"missing", now + GRACE, &tell);
        assert_eq!(told.borrow().len(), 1);
    }
}
