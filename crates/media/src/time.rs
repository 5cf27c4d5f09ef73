//! Points in time as the media road writes them down.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::{Duration, Instant};

/// Microseconds since the [`Clock`] of this process started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The moment the clock started.
    pub const ZERO: Self = Self(0);

    /// `micros` microseconds after the clock started.
    #[must_use]
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// Microseconds since the clock started.
    #[must_use]
    pub const fn as_micros(self) -> u64 {
        self.0
    }

    /// The time since `earlier`; zero if that lies ahead.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;
    fn add(self, span: Duration) -> Self {
        let micros = u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(micros))
    }
}

impl Sub for Timestamp {
    type Output = Duration;
    fn sub(self, earlier: Self) -> Duration {
        self.since(earlier)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:06}", self.0 / 1_000_000, self.0 % 1_000_000)
    }
}

/// Turns the operating system's instants into [`Timestamp`]s. One per process, copied freely;
/// whoever touches the world reads the time (`Instant::now()`) and asks for its stamp.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    origin: Instant,
}

impl Clock {
    /// A clock that stood at zero at `origin`.
    #[must_use]
    pub const fn starting_at(origin: Instant) -> Self {
        Self { origin }
    }

    /// The stamp of `instant`; zero if that lies before the start.
    #[must_use]
    pub fn stamp(&self, instant: Instant) -> Timestamp {
        Timestamp::ZERO + instant.saturating_duration_since(self.origin)
    }

    /// The instant of `stamp`.
    #[must_use]
    pub fn instant(&self, stamp: Timestamp) -> Instant {
        self.origin + Duration::from_micros(stamp.as_micros())
    }
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "only a clock can make an Instant, and the conversion needs one"
)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_and_its_instant_agree() {
        let origin = Instant::now();
        let clock = Clock::starting_at(origin);
        let later = origin + Duration::from_micros(1_234_567);
        assert_eq!(clock.stamp(later).as_micros(), 1_234_567);
        assert_eq!(clock.instant(clock.stamp(later)), later);
    }

    #[test]
    fn time_never_runs_backwards_into_a_panic() {
        let early = Timestamp::from_micros(5);
        let late = Timestamp::from_micros(9);
        assert_eq!(early - late, Duration::ZERO);
        assert_eq!((late + Duration::MAX).as_micros(), u64::MAX);
    }
}
