//! How far a run of many minutes has got.

use std::time::Duration;

use crate::metric::Scene;

/// What is expected to take how long, and what it did take.
#[derive(Debug)]
pub(crate) struct Progress {
    /// Seconds that all of it should take, and what is done of it.
    expected: f64,
    done: f64,
    spent: Duration,
}

impl Progress {
    /// `per_session`: what each scene of a session should take.
    pub(crate) fn new(per_session: &[Duration], sessions: usize) -> Self {
        let session: f64 = per_session.iter().map(Duration::as_secs_f64).sum();
        Self {
            expected: session * sessions as f64,
            done: 0.0,
            spent: Duration::ZERO,
        }
    }

    /// What should have taken `expected` is done and took `spent`.
    pub(crate) fn did(&mut self, expected: Duration, spent: Duration) {
        self.done += expected.as_secs_f64();
        self.spent += spent;
    }

    /// Minutes until the end, if what follows is as quick as what was.
    pub(crate) fn minutes_left(&self) -> f64 {
        let pace = if self.done > 0.0 {
            self.spent.as_secs_f64() / self.done
        } else {
            1.0
        };
        (self.expected - self.done).max(0.0) * pace / 60.0
    }

    /// A line for whoever waits.
    pub(crate) fn line(&self, session: usize, sessions: usize, scene: Scene) -> String {
        format!(
            "session {session} of {sessions}: {}; about {:.0} min to go",
            scene.name(),
            self.minutes_left().ceil()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_follows_from_how_quick_it_was_until_now() {
        let scenes = [Duration::from_secs(20), Duration::from_secs(40)];
        let mut progress = Progress::new(&scenes, 10);
        assert_eq!(progress.minutes_left(), 10.0);
        progress.did(scenes[0], Duration::from_secs(40));
        assert!((progress.minutes_left() - 19.333).abs() < 0.001);
        assert_eq!(
            progress.line(1, 10, Scene::Motion),
            "session 1 of 10: motion; about 20 min to go"
        );
        for _ in 0..20 {
            progress.did(scenes[1], Duration::from_secs(40));
        }
        assert_eq!(progress.minutes_left(), 0.0);
    }
}
