//! What has come to rest, and when it is painted over: encoded again, in the quality of
//! [`PaintOver`](crate::encoder::PaintOver).
//!
//! A part of the picture is *stale* when it was encoded roughly since it was last sharp. Once it has
//! rested for [`REST`] it is painted over, once, in bursts of pictures of which none paints more
//! than its share. What changes keeps only its own part waiting, and a part that changes rarely (a
//! clock) is sent sharp at once instead of twice each time.

use std::time::Duration;

use crate::damage::Damage;
use crate::geometry::Rect;
use crate::time::Timestamp;

/// A part has come to rest when it has not changed for this long: longer than the pauses in
/// scrolling, typing and films of few pictures, and about as long as an eye takes to begin to read.
/// Bursts begin no closer to each other, or what a moving window leaves behind would be painted over
/// picture by picture.
pub const REST: Duration = Duration::from_millis(250);

/// What changes again within this time after it was painted over was painted in vain: twice the
/// second in which clocks tick.
const IN_VAIN: Duration = Duration::from_secs(2);

/// Sent sharp at once is only what is small, or it would delay the answer to an input: a
/// sixteenth of the picture, 240 x 240 pixels at 720p.
const SMALL: u64 = 16;

/// The parts of one picture and how well each was sent.
#[derive(Clone, Debug)]
pub struct Rest {
    parts: Vec<Part>,
    pixels: u64,
    burst: Option<Burst>,
    /// No burst begins before.
    earliest: Timestamp,
}

#[derive(Clone, Copy, Debug)]
struct Part {
    area: Rect,
    encoded: Timestamp,
    stale: bool,
    /// When it was painted over, unless it has changed since.
    painted: Option<Timestamp>,
    /// Painting it over has been in vain.
    ticks: bool,
}

#[derive(Clone, Copy, Debug)]
struct Burst {
    began: Timestamp,
    /// Parts before this one have had their turn.
    next: usize,
}

impl Rest {
    /// Nothing has been encoded yet. `parts` are what can be encoded without the others.
    #[must_use]
    pub fn new(parts: &[Rect]) -> Self {
        let part = |area: &Rect| Part {
            area: *area,
            encoded: Timestamp::ZERO,
            stale: false,
            painted: None,
            ticks: false,
        };
        Self {
            parts: parts.iter().map(part).collect(),
            pixels: parts.iter().map(|area| area.pixels()).sum(),
            burst: None,
            earliest: Timestamp::ZERO,
        }
    }

    /// What is in `area` was encoded at `now` and looks as it should at rest if `sharp`.
    pub fn encoded(&mut self, now: Timestamp, area: Rect, sharp: bool) {
        for part in &mut self.parts {
            if !part.area.overlaps(area) {
                continue;
            }
            if now.since(part.encoded) > IN_VAIN {
                part.ticks = false;
            }
            if let Some(painted) = part.painted.take() {
                part.ticks |= now.since(painted) <= IN_VAIN;
            }
            part.encoded = now;
            part.stale = !sharp;
        }
    }

    /// What is sharp is something else now.
    pub fn all_stale(&mut self) {
        for part in &mut self.parts {
            part.stale = true;
        }
    }

    /// Whether a frame with `damage` had better be sent sharp: all it changes is small, had come to
    /// rest, and would have to be painted over again soon.
    #[must_use]
    pub fn sharp_at_once(&self, now: Timestamp, damage: &Damage) -> bool {
        let changed: u64 = damage.rects().iter().map(|rect| rect.pixels()).sum();
        changed > 0
            && changed <= self.pixels / SMALL
            && self
                .parts
                .iter()
                .filter(|part| damage.touches(part.area))
                .all(|part| part.ticks && now.since(part.encoded) >= REST)
    }

    /// When there is something to [`Self::take`]; `None`: nothing, until something is encoded.
    #[must_use]
    pub fn due(&self) -> Option<Timestamp> {
        if let Some(burst) = self.burst {
            return Some(burst.began);
        }
        let stale = self.parts.iter().filter(|part| part.stale);
        let rested = stale.map(|part| part.encoded + REST).min()?;
        Some(rested.max(self.earliest))
    }

    /// The parts the next picture paints over. As many pictures as that are enough for everything.
    pub fn take(&mut self, now: Timestamp, pictures: u32) -> Vec<Rect> {
        let first = Burst {
            began: now,
            next: 0,
        };
        let burst = self.burst.unwrap_or(first);
        let share = self.pixels.div_ceil(u64::from(pictures.max(1)));
        let mut taken = Vec::new();
        let mut painted = 0;
        let mut more = None;
        let ready = |part: &Part| part.stale && part.encoded + REST <= burst.began;
        for (index, part) in self.parts.iter_mut().enumerate().skip(burst.next) {
            if !ready(part) {
                continue;
            }
            if painted >= share {
                more = Some(Burst {
                    next: index,
                    ..burst
                });
                break;
            }
            painted += part.area.pixels();
            part.stale = false;
            part.painted = Some(now);
            taken.push(part.area);
        }
        self.burst = more;
        self.earliest = burst.began + REST;
        taken
    }
}

/// `area` in squares of `side`, from its upper left corner; the last ones of a row or column are smaller.
#[must_use]
pub fn squares(area: Rect, side: u32) -> Vec<Rect> {
    let side = side.max(1);
    let steps = |span: std::ops::Range<u32>| span.step_by(side as usize);
    steps(area.rows())
        .flat_map(|y| {
            steps(area.x..area.right()).map(move |x| {
                let (width, height) = (area.right() - x, area.bottom() - y);
                Rect::new(x, y, width.min(side), height.min(side))
            })
        })
        .collect()
}

#[cfg(test)]
mod tests;
