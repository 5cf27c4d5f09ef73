//! Quantities with their unit in the type.

use std::fmt;

/// Bits per second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bitrate(u64);

impl Bitrate {
    /// `bits` bits per second.
    #[must_use]
    pub const fn from_bits_per_second(bits: u64) -> Self {
        Self(bits)
    }

    /// `kilobits` thousand bits per second.
    #[must_use]
    pub const fn from_kbps(kilobits: u32) -> Self {
        Self(kilobits as u64 * 1000)
    }

    /// Bits per second.
    #[must_use]
    pub const fn bits_per_second(self) -> u64 {
        self.0
    }

    /// Thousand bits per second, rounded down.
    #[must_use]
    pub const fn kbps(self) -> u64 {
        self.0 / 1000
    }
}

impl fmt::Display for Bitrate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} kbit/s", self.kbps())
    }
}
