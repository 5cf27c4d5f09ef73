//! When the next frame may be captured.

use std::time::Duration;

use crate::time::Timestamp;

/// Keeps captures at most at the chosen rate. Not a fixed-phase timer: the first change after a
/// pause is captured at once, because waiting for a tick would add half a frame of latency.
#[derive(Clone, Copy, Debug)]
pub struct Cadence {
    interval: Duration,
    due: Timestamp,
}

impl Cadence {
    /// At most `framerate` frames per second; anything that is not a positive number counts as 1.
    #[must_use]
    pub fn new(framerate: f64) -> Self {
        let mut cadence = Self {
            interval: Duration::ZERO,
            due: Timestamp::ZERO,
        };
        cadence.set_framerate(framerate);
        cadence
    }

    /// Changes the rate from the next frame on.
    pub fn set_framerate(&mut self, framerate: f64) {
        let framerate = if framerate.is_finite() && framerate >= 1.0 {
            framerate
        } else {
            1.0
        };
        self.interval = Duration::from_secs_f64(1.0 / framerate);
    }

    /// The earliest moment the next frame may be captured.
    #[must_use]
    pub const fn due(&self) -> Timestamp {
        self.due
    }

    /// A frame was captured at `now`. A small delay does not shift the grid, so that the rate is
    /// reached on average; a long one starts a new grid instead of a burst of catching up.
    pub fn captured(&mut self, now: Timestamp) {
        let next = self.due + self.interval;
        self.due = if now.since(self.due) > self.interval {
            now + self.interval
        } else {
            next
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_change_after_a_pause_is_due_at_once() {
        let mut cadence = Cadence::new(50.0);
        cadence.captured(Timestamp::from_micros(1_000_000));
        assert_eq!(cadence.due().as_micros(), 1_020_000);
        let later = Timestamp::from_micros(9_000_000);
        assert!(cadence.due() < later);
        cadence.captured(later);
        assert_eq!(cadence.due().as_micros(), 9_020_000);
    }

    #[test]
    fn late_wakeups_do_not_lower_the_rate() {
        let mut cadence = Cadence::new(100.0);
        cadence.captured(Timestamp::from_micros(1_000_000));
        let mut captures = 0;
        let mut now = cadence.due();
        while now < Timestamp::from_micros(2_000_000) {
            now = cadence.due() + Duration::from_micros(300);
            cadence.captured(now);
            captures += 1;
        }
        assert!((99..=101).contains(&captures), "{captures}");
    }

    #[test]
    fn nonsense_rates_are_one_per_second() {
        for rate in [0.0, -5.0, f64::NAN, f64::INFINITY] {
            let mut cadence = Cadence::new(rate);
            cadence.captured(Timestamp::from_micros(10_000_000));
            assert_eq!(cadence.due().as_micros(), 11_000_000);
        }
    }
}
