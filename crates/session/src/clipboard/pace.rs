//! How quickly one viewer may bring things, and how slowly.

use std::time::Duration;

use selkies_media::Timestamp;

/// Forms that may come at once.
const BURST: u32 = 64;
/// And one in this time in the long run. People are slower; and keys of everyone wait until a thing
/// that was brought is set.
const SPACING: Duration = Duration::from_millis(60);
/// What does not go on for so long is given up: it takes up room that is for all.
const STALLED: Duration = Duration::from_secs(30);

#[derive(Default)]
pub(super) struct Pace {
    /// When it will be as if nothing had been begun.
    rested: Option<Timestamp>,
    /// When what is on its way will have stalled.
    stalls: Option<Timestamp>,
}

impl Pace {
    /// Whether another form may begin.
    pub(super) fn allows(&mut self, now: Timestamp) -> bool {
        let rested = self.rested.map_or(now, |rested| rested.max(now));
        let allowed = rested.since(now) <= SPACING * (BURST - 1);
        if allowed {
            self.rested = Some(rested + SPACING);
        }
        allowed
    }

    /// A piece came; whether there is more to come.
    pub(super) fn went_on(&mut self, now: Timestamp, more: bool) {
        self.stalls = more.then(|| now + STALLED);
    }

    /// Says once that what was on its way has stalled.
    pub(super) fn has_stalled(&mut self, now: Timestamp) -> bool {
        self.stalls.take_if(|stalls| *stalls <= now).is_some()
    }

    pub(super) const fn stalls(&self) -> Option<Timestamp> {
        self.stalls
    }
}
