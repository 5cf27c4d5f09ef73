//! How many pictures may be on their way to a viewer.
//!
//! A picture that waits in a socket is already old when it is shown. The link therefore sends only
//! what the viewer can take, everything else waits before the encoder, where a newer picture
//! replaces it. What the viewer can take is learnt from the pictures it acknowledges.

use std::collections::VecDeque;
use std::time::Duration;

use crate::time::Timestamp;

/// Pictures of which we remember when they were sent; more are never unacknowledged for long.
const REMEMBERED: usize = 1024;

/// The shortest way there and back is looked for in this many of the latest samples.
const SAMPLES: usize = 256;

/// How a viewer acknowledges pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Every 50 ms, the last one it received, and perhaps never.
    Coarse,
    /// Every one, when it has been decoded.
    Each,
}

/// The pictures on their way to one viewer.
#[derive(Debug)]
pub struct Flow {
    style: Style,
    sent: VecDeque<(u16, Timestamp)>,
    delays: VecDeque<Duration>,
    /// When an acknowledgement arrived last, whether or not it said anything new.
    heard: Option<Timestamp>,
    /// Smoothed delay between sending and acknowledgement.
    smoothed: Option<Duration>,
    /// When the pictures that are acknowledged now arrived, to count them per second.
    rate: Rate,
}

/// Pictures acknowledged per second, smoothed.
#[derive(Debug, Default)]
struct Rate {
    since: Option<Timestamp>,
    count: u32,
    per_second: Option<f64>,
}

/// A viewer that acknowledges each picture may have this many under way beyond those that the
/// length of the link accounts for: one being decoded and one behind it.
const BEYOND_LINK: f64 = 2.0;

/// Before anything is known of the link.
const FIRST_WINDOW: usize = 4;

/// A viewer of the coarse style may lag behind by this much.
const COARSE_LAG: Duration = Duration::from_secs(2);
/// Without any acknowledgement for so long, a viewer of the coarse style does not keep up.
const COARSE_SILENCE: Duration = Duration::from_secs(4);
/// Links shorter than this are not accounted for, in the coarse style.
const SHORT_LINK: Duration = Duration::from_millis(50);
/// And no more than this of any link.
const LONGEST_LINK: Duration = Duration::from_secs(1);

impl Flow {
    /// Nothing sent yet.
    #[must_use]
    pub fn new(style: Style) -> Self {
        Self {
            style,
            sent: VecDeque::new(),
            delays: VecDeque::new(),
            heard: None,
            smoothed: None,
            rate: Rate::default(),
        }
    }

    /// The viewer turned out to acknowledge in another way.
    pub fn set_style(&mut self, style: Style) {
        self.style = style;
    }

    /// Numbers begin anew: what is under way belongs to another stream.
    pub fn restart(&mut self) {
        self.sent.clear();
        self.rate = Rate::default();
        self.heard = self.heard.take().filter(|_| self.style == Style::Each);
    }

    /// Picture `id` (modulo 65536) left at `now`.
    pub fn sent(&mut self, id: u16, now: Timestamp) {
        if self.sent.len() == REMEMBERED {
            self.sent.pop_front();
        }
        self.sent.push_back((id, now));
    }

    /// The viewer has picture `id`, and all before it. An id that is not under way (repeated, or of
    /// a stream before this one) says only that the viewer is there.
    pub fn acknowledged(&mut self, id: u16, now: Timestamp) {
        self.heard = Some(now);
        let Some(position) = self.sent.iter().position(|(sent, _)| *sent == id) else {
            return;
        };
        if let Some((_, sent)) = self.sent.get(position) {
            self.learn(now.since(*sent));
        }
        self.sent.drain(..=position);
        self.rate.count(position + 1, now);
    }

    /// Pictures the viewer has not acknowledged.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.sent.len()
    }

    /// The shortest time between sending a picture and its acknowledgement, of late.
    #[must_use]
    pub fn link_delay(&self) -> Option<Duration> {
        self.delays.iter().min().copied()
    }

    /// Whether another picture may leave at `now`, in a stream of at most `framerate` per second.
    #[must_use]
    pub fn may_send(&self, now: Timestamp, framerate: f64) -> bool {
        match self.style {
            Style::Each => self.sent.len() < self.window(framerate),
            Style::Coarse => self.keeps_up(now, framerate),
        }
    }

    /// When [`Self::may_send`] may change its mind without any acknowledgement.
    #[must_use]
    pub fn patience(&self) -> Duration {
        Duration::from_millis(500)
    }

    fn window(&self, framerate: f64) -> usize {
        let Some(delay) = self.link_delay() else {
            return FIRST_WINDOW;
        };
        let on_link = (delay.as_secs_f64() * framerate).clamp(0.0, REMEMBERED as f64 / 2.0);
        whole(on_link + BEYOND_LINK)
    }

    fn keeps_up(&self, now: Timestamp, framerate: f64) -> bool {
        // A viewer that has never acknowledged anything may be of the kind that never does.
        let (Some(heard), Some((_, oldest))) = (self.heard, self.sent.front()) else {
            return true;
        };
        if now.since(heard) > COARSE_SILENCE && now.since(*oldest) > COARSE_SILENCE {
            return false;
        }
        let rate = self
            .rate
            .per_second
            .unwrap_or(framerate)
            .clamp(1.0, framerate.max(1.0));
        let link = self
            .smoothed
            .filter(|delay| *delay > SHORT_LINK)
            .unwrap_or_default()
            .min(LONGEST_LINK);
        let behind = self.sent.len() as f64 - link.as_secs_f64() * rate;
        behind <= COARSE_LAG.as_secs_f64() * rate
    }

    fn learn(&mut self, delay: Duration) {
        if self.delays.len() == SAMPLES {
            self.delays.pop_front();
        }
        self.delays.push_back(delay);
        self.smoothed = Some(
            self.smoothed
                .map_or(delay, |smoothed| (smoothed * 7 + delay) / 8),
        );
    }
}

impl Rate {
    fn count(&mut self, pictures: usize, now: Timestamp) {
        /// Shorter spans say more about the clock of the acknowledgements than about the viewer.
        const SPAN: Duration = Duration::from_millis(250);
        self.count += u32::try_from(pictures).unwrap_or(u32::MAX);
        let since = *self.since.get_or_insert(now);
        let span = now.since(since);
        if span < SPAN {
            return;
        }
        let latest = f64::from(self.count) / span.as_secs_f64();
        self.per_second = Some(
            self.per_second
                .map_or(latest, |before| 0.6 * before + 0.4 * latest),
        );
        *self = Self {
            since: Some(now),
            count: 0,
            per_second: self.per_second,
        };
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "bounded by REMEMBERED and never negative"
)]
fn whole(pictures: f64) -> usize {
    pictures.ceil().max(1.0) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    const FPS: f64 = 60.0;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_micros(millis * 1000)
    }

    /// Sends as much as may be sent every frame; acknowledgements come `delay` later, at most
    /// `bottleneck` per frame. Returns the most that was ever under way.
    fn play(flow: &mut Flow, delay: u64, every: u64) -> usize {
        let mut arriving: VecDeque<(u16, u64)> = VecDeque::new();
        let mut free_at = 0;
        let (mut id, mut most) = (0u16, 0);
        for now in 0..4000u64 {
            while let Some((arrived, _)) =
                arriving.front().copied().filter(|(_, when)| *when <= now)
            {
                flow.acknowledged(arrived, at(now));
                arriving.pop_front();
            }
            if now % 16 == 0 && flow.may_send(at(now), FPS) {
                flow.sent(id, at(now));
                free_at = free_at.max(now) + every;
                arriving.push_back((id, free_at + delay));
                id = id.wrapping_add(1);
            }
            if now > 1000 {
                most = most.max(flow.in_flight());
            }
        }
        most
    }

    #[test]
    fn a_fast_link_is_never_held_back() {
        let mut flow = Flow::new(Style::Each);
        assert!(play(&mut flow, 8, 1) <= 3);
        let mut sent = 0;
        let mut flow = Flow::new(Style::Each);
        for frame in 0..600u64 {
            let now = frame * 16;
            if flow.may_send(at(now), FPS) {
                flow.sent(u16::try_from(frame).expect("small"), at(now));
                flow.acknowledged(u16::try_from(frame).expect("small"), at(now + 9));
                sent += 1;
            }
        }
        assert_eq!(sent, 600);
    }

    #[test]
    fn a_long_link_is_filled_and_no_more() {
        let mut flow = Flow::new(Style::Each);
        let most = play(&mut flow, 200, 1);
        let on_link = 200 * 60 / 1000;
        assert!((on_link..=on_link + 4).contains(&most), "{most}");
    }

    #[test]
    fn a_thin_link_gets_two_pictures_beyond_its_length() {
        let mut flow = Flow::new(Style::Each);
        // One picture takes 100 ms: queueing must not be mistaken for length.
        let most = play(&mut flow, 10, 100);
        assert!(most <= 9, "{most} under way: {} ms of queue", most * 100);
    }

    #[test]
    fn numbers_wrap_without_a_gap() {
        let mut flow = Flow::new(Style::Each);
        for frame in 65_500u32..65_600 {
            let id = u16::try_from(frame % 65_536).expect("reduced");
            assert!(flow.may_send(at(0), FPS));
            flow.sent(id, at(u64::from(frame)));
            flow.acknowledged(id, at(u64::from(frame) + 5));
        }
        assert_eq!(flow.in_flight(), 0);
    }

    #[test]
    fn old_and_foreign_ids_are_no_information() {
        let mut flow = Flow::new(Style::Coarse);
        flow.sent(7, at(0));
        flow.acknowledged(9, at(1));
        flow.acknowledged(6, at(1));
        assert_eq!(flow.in_flight(), 1);
        flow.acknowledged(7, at(2));
        flow.acknowledged(7, at(3));
        assert_eq!(flow.in_flight(), 0);
    }

    #[test]
    fn a_viewer_that_never_acknowledges_is_not_held_back() {
        let mut flow = Flow::new(Style::Coarse);
        for frame in 0..2000u16 {
            assert!(flow.may_send(at(u64::from(frame) * 16), FPS));
            flow.sent(frame, at(u64::from(frame) * 16));
        }
        assert_eq!(flow.in_flight(), REMEMBERED);
    }

    #[test]
    fn a_coarse_viewer_is_held_back_after_two_seconds_and_released() {
        let mut flow = Flow::new(Style::Coarse);
        flow.sent(0, at(0));
        flow.acknowledged(0, at(10));
        let held = (1..400u16).find(|frame| {
            let now = at(u64::from(*frame) * 16);
            // It repeats the old id: it is there, but gets nothing.
            flow.acknowledged(0, now);
            let may = flow.may_send(now, FPS);
            flow.sent(*frame, now);
            !may
        });
        let held = held.expect("held back");
        assert!((110..=130).contains(&held), "after {held} pictures");
        flow.acknowledged(held, at(u64::from(held) * 16 + 100));
        assert!(flow.may_send(at(u64::from(held) * 16 + 100), FPS));
    }

    #[test]
    fn a_silent_coarse_viewer_on_a_still_screen_is_not_held_back() {
        let mut flow = Flow::new(Style::Coarse);
        flow.sent(0, at(0));
        flow.acknowledged(0, at(10));
        assert!(flow.may_send(at(60_000), FPS));
    }
}
