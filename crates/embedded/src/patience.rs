//! How often something that keeps ending is started again. Pure: the time is an argument.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How many restarts of the X server, at most, fall into [`SPAN`].
const RESTARTS: usize = 5;
const SPAN: Duration = Duration::from_secs(60);

/// The first wait before a program is started again; each following one is twice as long.
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// A program that ran this long has not failed at starting.
const SETTLED: Duration = Duration::from_secs(60);

/// Counts restarts of the X server.
#[derive(Debug, Default)]
pub(crate) struct Allowance {
    spent: VecDeque<Instant>,
}

impl Allowance {
    /// May it be started once more? Returns how many times it was within the last minute, this one
    /// included; `None` when that is too many.
    pub(crate) fn spend(&mut self, now: Instant) -> Option<u32> {
        while let Some(first) = self.spent.front() {
            if now.saturating_duration_since(*first) < SPAN {
                break;
            }
            self.spent.pop_front();
        }
        if self.spent.len() >= RESTARTS {
            return None;
        }
        self.spent.push_back(now);
        u32::try_from(self.spent.len()).ok()
    }
}

/// How long a program that ended waits for its next start.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// Nothing has failed yet.
    pub(crate) fn is_fresh(&self) -> bool {
        self.failures == 0
    }

    /// After it ran for `lifetime`.
    pub(crate) fn wait(&mut self, lifetime: Duration) -> Duration {
        if lifetime >= SETTLED {
            self.failures = 0;
        }
        let wait = FIRST_WAIT.saturating_mul(1 << self.failures.min(10));
        self.failures = self.failures.saturating_add(1);
        wait.min(LONGEST_WAIT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_restarts_in_a_minute_are_allowed_and_a_sixth_is_not() {
        let start = Instant::now();
        let mut allowance = Allowance::default();
        for count in 1..=5 {
            let now = start + Duration::from_secs(u64::from(count));
            assert_eq!(allowance.spend(now), Some(count));
        }
        assert_eq!(allowance.spend(start + Duration::from_secs(30)), None);
        assert_eq!(allowance.spend(start + Duration::from_secs(61)), Some(5));
    }

    #[test]
    fn waits_double_up_to_half_a_minute_and_start_over_after_a_long_life() {
        let mut backoff = Backoff::default();
        let waits: Vec<_> = (0..9)
            .map(|_| backoff.wait(Duration::ZERO).as_millis())
            .collect();
        assert_eq!(
            waits,
            [250, 500, 1000, 2000, 4000, 8000, 16000, 30000, 30000]
        );
        assert_eq!(backoff.wait(SETTLED), FIRST_WAIT);
    }
}
