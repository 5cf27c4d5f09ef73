//! The two motors of a controller, and the effects that programs have it play.
//!
//! A program uploads effects once and plays them by number. What plays at the same time adds up, as
//! in the kernel's driver for such pads (`drivers/input/ff-memless.c`).

use std::time::{Duration, Instant};

use selkies_desktop::Rumble;

use crate::wire::Request;

/// How many effects a program can have uploaded.
pub const EFFECTS: u8 = 16;

/// One effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effect {
    /// The heavy motor, of 65535.
    pub strong: u16,
    /// The light motor, of 65535.
    pub weak: u16,
    /// For how long; zero: until it is stopped.
    pub milliseconds: u16,
    /// How long after it was asked for.
    pub delay: u16,
}

/// What the motors do from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shake {
    strong: u16,
    weak: u16,
    duration: Duration,
}

impl Shake {
    /// Nothing moves.
    pub const STILL: Self = Self {
        strong: 0,
        weak: 0,
        duration: Duration::ZERO,
    };

    /// As the port has it.
    #[must_use]
    pub fn rumble(self, slot: u8) -> Rumble {
        let part = |strength: u16| f32::from(strength) / f32::from(u16::MAX);
        Rumble {
            slot,
            strong: part(self.strong),
            weak: part(self.weak),
            duration: self.duration,
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    effect: Effect,
    /// From when until when it plays.
    playing: Option<(Instant, Instant)>,
}

/// The motors of one controller as one program uses them.
#[derive(Debug)]
pub struct Motors {
    slots: [Option<Slot>; EFFECTS as usize],
    gain: u16,
    due: Option<Instant>,
}

impl Default for Motors {
    fn default() -> Self {
        Self {
            slots: [None; EFFECTS as usize],
            gain: u16::MAX,
            due: None,
        }
    }
}

impl Motors {
    /// Does what the program asks. `None`: the motors do what they did.
    pub fn obey(&mut self, request: Request, now: Instant) -> Option<Shake> {
        match request {
            Request::Upload { id, effect } => {
                let slot = self.slots.get_mut(usize::from(id))?;
                // An effect that plays is changed while it plays, as SDL does with its only one.
                let playing = slot.and_then(|slot| slot.playing);
                *slot = Some(Slot { effect, playing });
                playing?;
            }
            Request::Erase { id } => {
                self.slots.get_mut(usize::from(id))?.take()?.playing?;
            }
            Request::Play { id, times } => {
                let slot = self.slots.get_mut(usize::from(id))?.as_mut()?;
                slot.playing = (times > 0).then(|| slot.effect.span(now, times));
            }
            Request::Gain(gain) => self.gain = gain,
        }
        Some(self.shake_and_plan(now))
    }

    /// When the mixture changes by itself in another way than by coming to its end.
    #[must_use]
    pub fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Passes the time that [`Self::due`] told.
    pub fn wake(&mut self, now: Instant) -> Shake {
        self.shake_and_plan(now)
    }

    /// Whether anything plays or will.
    #[must_use]
    pub fn is_playing(&self, now: Instant) -> bool {
        self.spans().any(|(_, (_, until))| until > now)
    }

    fn spans(&self) -> impl Iterator<Item = (Effect, (Instant, Instant))> {
        self.slots
            .iter()
            .flatten()
            .filter_map(|slot| Some((slot.effect, slot.playing?)))
    }

    fn shake_and_plan(&mut self, now: Instant) -> Shake {
        let (mut strong, mut weak) = (0u16, 0u16);
        let mut last = now;
        for (effect, (from, until)) in self.spans() {
            last = last.max(until);
            if from <= now && now < until {
                strong = strong.saturating_add(effect.strong);
                weak = weak.saturating_add(effect.weak);
            }
        }
        self.due = self
            .spans()
            .flat_map(|(_, (from, until))| [from, until])
            .filter(|time| *time > now && *time < last)
            .min();
        let end = self.due.unwrap_or(last);
        if strong == 0 && weak == 0 {
            return Shake::STILL;
        }
        Shake {
            strong: self.softened(strong),
            weak: self.softened(weak),
            duration: end.saturating_duration_since(now).min(Rumble::LONGEST),
        }
    }

    fn softened(&self, strength: u16) -> u16 {
        let softened = u32::from(strength) * u32::from(self.gain) / u32::from(u16::MAX);
        u16::try_from(softened).unwrap_or(u16::MAX)
    }
}

impl Effect {
    fn span(self, now: Instant, times: u32) -> (Instant, Instant) {
        let from = now + Duration::from_millis(self.delay.into());
        let length = match self.milliseconds {
            0 => Rumble::LONGEST,
            some => Duration::from_millis(u64::from(some) * u64::from(times)),
        };
        (from, from + length.min(Rumble::LONGEST))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STRONG: Effect = Effect {
        strong: 60_000,
        weak: 0,
        milliseconds: 100,
        delay: 0,
    };
    const LONG: Effect = Effect {
        strong: 10_000,
        weak: 500,
        milliseconds: 1000,
        delay: 0,
    };

    fn upload(id: u8, effect: Effect) -> Request {
        Request::Upload { id, effect }
    }

    fn play(id: u8, times: u32) -> Request {
        Request::Play { id, times }
    }

    fn shake(strong: u16, weak: u16, milliseconds: u64) -> Shake {
        let duration = Duration::from_millis(milliseconds);
        Shake {
            strong,
            weak,
            duration,
        }
    }

    #[test]
    fn an_effect_shakes_when_it_is_played_and_for_as_long() {
        let (mut motors, now) = (Motors::default(), Instant::now());
        assert_eq!(motors.obey(upload(0, LONG), now), None);
        assert_eq!(motors.obey(play(0, 1), now), Some(shake(10_000, 500, 1000)));
        assert_eq!(motors.obey(play(0, 3), now), Some(shake(10_000, 500, 3000)));
        assert_eq!(motors.due(), None, "its end needs nobody");
        assert_eq!(motors.obey(play(0, 0), now), Some(Shake::STILL));
        assert!(!motors.is_playing(now));
    }

    #[test]
    fn effects_add_up_while_both_play() {
        let (mut motors, now) = (Motors::default(), Instant::now());
        motors.obey(upload(0, LONG), now);
        motors.obey(upload(1, STRONG), now);
        motors.obey(play(0, 1), now);
        assert_eq!(motors.obey(play(1, 1), now), Some(shake(65_535, 500, 100)));
        let later = now + Duration::from_millis(100);
        assert_eq!(motors.due(), Some(later));
        assert_eq!(motors.wake(later), shake(10_000, 500, 900));
        assert_eq!(motors.due(), None);
    }

    #[test]
    fn a_delayed_effect_begins_later() {
        let (mut motors, now) = (Motors::default(), Instant::now());
        motors.obey(
            upload(
                2,
                Effect {
                    delay: 50,
                    ..STRONG
                },
            ),
            now,
        );
        assert_eq!(motors.obey(play(2, 1), now), Some(Shake::STILL));
        let later = now + Duration::from_millis(50);
        assert_eq!(motors.due(), Some(later));
        assert!(motors.is_playing(now));
        assert_eq!(motors.wake(later), shake(60_000, 0, 100));
    }

    #[test]
    fn an_effect_that_plays_can_be_changed_and_erased() {
        let (mut motors, now) = (Motors::default(), Instant::now());
        motors.obey(upload(0, STRONG), now);
        motors.obey(play(0, 1), now);
        assert_eq!(
            motors.obey(upload(0, LONG), now),
            Some(shake(10_000, 500, 100))
        );
        assert_eq!(
            motors.obey(Request::Erase { id: 0 }, now),
            Some(Shake::STILL)
        );
        assert_eq!(motors.obey(play(0, 1), now), None, "there is none");
        assert_eq!(motors.obey(upload(16, LONG), now), None);
    }

    #[test]
    fn gain_softens_and_endless_effects_end_some_time() {
        let (mut motors, now) = (Motors::default(), Instant::now());
        let endless = Effect {
            milliseconds: 0,
            ..STRONG
        };
        motors.obey(upload(0, endless), now);
        motors.obey(Request::Gain(0x8000), now);
        assert_eq!(motors.obey(play(0, 1), now), Some(shake(30_000, 0, 65_535)));
        motors.obey(play(0, u32::MAX), now);
    }
}
