//! When the next frame may be captured.

use std::time::Duration;

use crate::time::Timestamp;

/// Keeps captures at most at the chosen rate, on average. Not a fixed-phase timer: the first change
/// after a pause is captured at once, and one that comes a little early is not made to wait for its
/// tick, because programs draw at their own phase. Waiting would add half a frame of latency, and
/// where two pictures are drawn within one tick, lose one of them.
#[derive(Clone, Copy, Debug)]
pub struct Cadence {
    interval: Duration,
    /// When the next frame would be due if all came evenly (the "theoretical arrival time" of the
    /// generic cell rate algorithm, ITU-T I.371).
    even: Timestamp,
}

impl Cadence {
    /// At most `framerate` frames per second; anything that is not a positive number counts as 1.
    #[must_use]
    pub fn new(framerate: f64) -> Self {
        let mut cadence = Self {
            interval: Duration::ZERO,
            even: Timestamp::ZERO,
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

    /// The earliest moment the next frame may be captured: up to half an interval early.
    #[must_use]
    pub fn due(&self) -> Timestamp {
        Timestamp::ZERO + (self.even - Timestamp::ZERO).saturating_sub(self.interval / 2)
    }

    /// A frame was captured at `now`. What came early is made up for by the next ones; a pause is
    /// not, or a burst would follow it.
    pub fn captured(&mut self, now: Timestamp) {
        self.even = self.even.max(now) + self.interval;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_change_after_a_pause_is_due_at_once() {
        let mut cadence = Cadence::new(50.0);
        cadence.captured(Timestamp::from_micros(1_000_000));
        assert_eq!(cadence.due().as_micros(), 1_010_000);
        let later = Timestamp::from_micros(9_000_000);
        assert!(cadence.due() < later);
        cadence.captured(later);
        assert_eq!(cadence.due().as_micros(), 9_010_000);
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
    fn a_program_that_draws_at_the_same_rate_is_followed_at_its_own_phase() {
        let mut cadence = Cadence::new(60.0);
        let mut waited = Duration::ZERO;
        for frame in 0..600u64 {
            // Drawn every 16 667 µs, up to 3 ms early or late.
            let drawn =
                Timestamp::from_micros(1_000_000 + frame * 16_667 + (frame * 7_919) % 6_000);
            let captured = drawn.max(cadence.due());
            waited += captured - drawn;
            cadence.captured(captured);
        }
        assert!(
            waited < Duration::from_millis(60),
            "{waited:?} in 600 frames"
        );
    }

    #[test]
    fn a_program_that_draws_faster_is_held_to_the_rate() {
        let mut cadence = Cadence::new(60.0);
        let start = Timestamp::from_micros(5_000_000);
        let (mut now, mut captures) = (start, 0);
        while now.since(start) < Duration::from_secs(10) {
            now = cadence.due().max(now + Duration::from_millis(2));
            cadence.captured(now);
            captures += 1;
        }
        assert!((599..=603).contains(&captures), "{captures}");
    }

    #[test]
    fn nonsense_rates_are_one_per_second() {
        for rate in [0.0, -5.0, f64::NAN, f64::INFINITY] {
            let mut cadence = Cadence::new(rate);
            cadence.captured(Timestamp::from_micros(10_000_000));
            assert_eq!(cadence.due().as_micros(), 10_500_000);
        }
    }
}
