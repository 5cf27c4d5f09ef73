//! What moves is not compared: a video changes with every frame, and looking for what did not
//! change in it is work for nothing. Now and then it is looked at again.

use std::time::Duration;

use selkies_media::Timestamp;

/// For so long everything that was read must have changed. Ten frames at 60 per second.
const IN_MOTION: Duration = Duration::from_millis(160);
/// For so long it is then taken to go on changing. Twenty frames at 60 per second.
const TRUSTED: Duration = Duration::from_millis(330);
/// A longer rest ends the motion.
const REST: Duration = Duration::from_millis(100);
/// So many of the rows that were read, in percent, are as good as all of them.
const ALL: u64 = 90;

/// Whether what is painted is in motion.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Motion {
    since: Option<Timestamp>,
    last: Timestamp,
    trusted_until: Timestamp,
}

impl Motion {
    /// What was read at `now` may be taken as changed without a look.
    pub(crate) fn is_trusted(&mut self, now: Timestamp) -> bool {
        let trusted = now < self.trusted_until && now.since(self.last) <= REST;
        if trusted {
            self.last = now;
        }
        trusted
    }

    /// Of `read` rows, `changed` were found to differ at `now`.
    pub(crate) fn compared(&mut self, now: Timestamp, read: u32, changed: u32) {
        let all = read > 0 && u64::from(changed) * 100 >= u64::from(read) * ALL;
        let goes_on = now.since(self.last) <= REST;
        self.last = now;
        if !all {
            self.since = None;
            return;
        }
        let since = *self.since.get_or_insert(now);
        if !goes_on {
            self.since = Some(now);
        } else if now.since(since) >= IN_MOTION {
            self.trusted_until = now + TRUSTED;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_micros(millis * 1000)
    }

    /// Plays a second of frames, of which the `n`th changes so many of 100 rows; how many were
    /// compared.
    fn play(motion: &mut Motion, from: u64, every: u64, changed: impl Fn(u64) -> u32) -> usize {
        (0..1000 / every)
            .filter(|frame| {
                let now = at(from + frame * every);
                let compare = !motion.is_trusted(now);
                if compare {
                    motion.compared(now, 100, changed(*frame));
                }
                compare
            })
            .count()
    }

    #[test]
    fn a_video_is_compared_at_first_and_then_now_and_then() {
        let mut motion = Motion::default();
        let compared = play(&mut motion, 1000, 16, |_| 100);
        assert!((10..20).contains(&compared), "{compared} of 62");
        let compared = play(&mut motion, 2000, 16, |_| 100);
        assert!((2..6).contains(&compared), "{compared} of 62");
    }

    #[test]
    fn what_changes_in_part_is_always_compared() {
        let mut motion = Motion::default();
        assert_eq!(play(&mut motion, 1000, 16, |_| 50), 62);
    }

    #[test]
    fn a_video_that_stops_to_change_all_is_found_out_at_the_next_look() {
        let mut motion = Motion::default();
        play(&mut motion, 1000, 16, |_| 100);
        let compared = play(&mut motion, 2000, 16, |_| 10);
        assert!(compared > 35, "{compared} of 62");
    }

    #[test]
    fn a_rest_ends_the_motion() {
        let mut motion = Motion::default();
        play(&mut motion, 1000, 16, |_| 100);
        assert!(!motion.is_trusted(at(2200)));
        assert_eq!(play(&mut Motion::default(), 1000, 200, |_| 100), 5);
    }
}
