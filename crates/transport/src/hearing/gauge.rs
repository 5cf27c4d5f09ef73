//! Whether what is sent arrives at once, or waits somewhere in a queue: in our kernel, or on the
//! way. Now and then a ping goes behind a packet, one at a time; its answer says that both are there.

use std::time::Duration;

use selkies_media::Timestamp;

/// Between two pings.
const SPACING: Duration = Duration::from_millis(250);

/// A ping that is answered so much later than the quickest has met a queue that one would hear.
const QUEUED: Duration = Duration::from_millis(250);

/// The quickest of so long counts: the way may have become a longer one.
const MEMORY: Duration = Duration::from_secs(10);

#[derive(Default)]
pub(super) struct Gauge {
    number: u64,
    sent: Timestamp,
    /// The last one has no answer yet.
    open: bool,
    /// How quickly, and when.
    quickest: Option<(Duration, Timestamp)>,
}

impl Gauge {
    /// The number of the ping to send now.
    pub(super) fn ping(&mut self, now: Timestamp) -> Option<u64> {
        if self.open || (self.number > 0 && now.since(self.sent) < SPACING) {
            return None;
        }
        self.number += 1;
        self.sent = now;
        self.open = true;
        Some(self.number)
    }

    pub(super) fn answered(&mut self, number: u64, now: Timestamp) {
        if !self.open || number != self.number {
            return;
        }
        self.open = false;
        let took = now.since(self.sent);
        let still_holds =
            |(quickest, at): &(Duration, Timestamp)| *quickest < took && now.since(*at) < MEMORY;
        if !self.quickest.as_ref().is_some_and(still_holds) {
            self.quickest = Some((took, now));
        }
    }

    /// Of a page that has never answered nothing is known.
    pub(super) fn shows_a_queue(&self, now: Timestamp) -> bool {
        let waited = now.since(self.sent);
        let too_long = |(quickest, _): (Duration, Timestamp)| waited > quickest + QUEUED;
        self.open && self.quickest.is_some_and(too_long)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_micros(millis * 1000)
    }

    #[test]
    fn a_link_that_stops_is_seen_and_again_when_it_goes_on() {
        let mut gauge = Gauge::default();
        assert_eq!(gauge.ping(at(0)), Some(1));
        assert_eq!(gauge.ping(at(500)), None, "one at a time");
        assert!(!gauge.shows_a_queue(at(9_000)), "nothing is known yet");
        gauge.answered(1, at(40));
        assert_eq!(gauge.ping(at(249)), None);
        assert_eq!(gauge.ping(at(1000)), Some(2));
        assert!(!gauge.shows_a_queue(at(1290)));
        assert!(gauge.shows_a_queue(at(1291)));
        gauge.answered(1, at(1300));
        gauge.answered(3, at(1300));
        assert!(gauge.shows_a_queue(at(1300)), "other answers say nothing");
        gauge.answered(2, at(2000));
        assert!(!gauge.shows_a_queue(at(2000)));
    }

    #[test]
    fn a_way_that_has_become_longer_is_no_queue_after_a_while() {
        let mut gauge = Gauge::default();
        let (mut now, mut held) = (0, Vec::new());
        for took in std::iter::repeat_n(20, 40).chain(std::iter::repeat_n(400, 60)) {
            let number = gauge.ping(at(now)).expect("it is time");
            held.push(gauge.shows_a_queue(at(now + took)));
            gauge.answered(number, at(now + took));
            now += took.max(250);
        }
        assert!(!held[..40].contains(&true));
        assert!(held[40], "a queue cannot be told from a longer way at once");
        assert!(!held[70..].contains(&true), "{held:?}");
    }
}
