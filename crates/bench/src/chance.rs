//! Numbers that look random and are the same each time.

/// A linear congruential generator (the constants of Numerical Recipes).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chance(u32);

impl Chance {
    pub(crate) const fn new(seed: u32) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        // The low bits have short periods.
        self.0 >> 8
    }

    /// A number below `limit`; 0 when that is 0.
    pub(crate) fn below(&mut self, limit: u32) -> u32 {
        self.next() % limit.max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_numbers_below_the_limit_come_and_no_others() {
        let mut chance = Chance::new(1);
        let mut seen = [0; 10];
        for _ in 0..1000 {
            seen[chance.below(10) as usize] += 1;
        }
        assert!(seen.iter().all(|&times| times > 50), "{seen:?}");
        assert_eq!(chance.below(0), 0);
    }
}
