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

/// The length of the link is taken from this many of the latest samples at most.
const SAMPLES: usize = 64;

/// A link may have changed after so long.
const SAMPLE_AGE: Duration = Duration::from_secs(10);

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
    sent: VecDeque<Sent>,
    /// Ids of a stream before this one whose acknowledgements are still to come. They come first.
    stale: VecDeque<u16>,
    /// How long the link alone takes, and when that was learnt.
    delays: VecDeque<(Duration, Timestamp)>,
    /// When an acknowledgement arrived last, whether or not it said anything new.
    heard: Option<Timestamp>,
    /// Smoothed delay between sending and acknowledgement.
    smoothed: Option<Duration>,
    rate: Rate,
}

/// A picture under way.
#[derive(Clone, Copy, Debug)]
struct Sent {
    id: u16,
    at: Timestamp,
    /// Nothing else was under way: its delay is the link's alone, without a queue of ours.
    alone: bool,
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

/// A viewer is offered so much more than it has taken of late, to find out whether it can.
const HEADROOM: f64 = 1.5;

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
            stale: VecDeque::new(),
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
        self.stale.extend(self.sent.drain(..).map(|sent| sent.id));
        let excess = self.stale.len().saturating_sub(REMEMBERED);
        self.stale.drain(..excess);
        self.rate.pause();
        self.heard = self.heard.take().filter(|_| self.style == Style::Each);
    }

    /// Picture `id` (modulo 65536) left at `now`.
    pub fn sent(&mut self, id: u16, now: Timestamp) {
        if self.sent.len() == REMEMBERED {
            self.sent.pop_front();
        }
        let alone = self.sent.is_empty();
        self.sent.push_back(Sent { id, at: now, alone });
    }

    /// The viewer has picture `id`, and all before it. An id that is not under way (repeated, or of
    /// a stream before this one) says only that the viewer is there.
    pub fn acknowledged(&mut self, id: u16, now: Timestamp) {
        self.heard = Some(now);
        if let Some(position) = self.stale.iter().position(|stale| *stale == id) {
            // The two streams use the same numbers; the older one's are acknowledged first.
            self.stale.drain(..=position);
            return;
        }
        let Some(position) = self.sent.iter().position(|sent| sent.id == id) else {
            return;
        };
        self.stale.clear();
        if let Some(sent) = self.sent.get(position) {
            self.learn(now.since(sent.at), sent.alone, now);
        }
        self.sent.drain(..=position);
        self.rate.count(position + 1, now);
    }

    /// Pictures the viewer has not acknowledged.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.sent.len()
    }

    /// How long the link alone takes from sending a picture to its acknowledgement: the middle of
    /// what was seen of late. `None` when nothing is known.
    #[must_use]
    pub fn link_delay(&self, now: Timestamp) -> Option<Duration> {
        let fresh = |learnt: &&(Duration, Timestamp)| now.since(learnt.1) <= SAMPLE_AGE;
        let mut delays: Vec<_> = self
            .delays
            .iter()
            .filter(fresh)
            .map(|(delay, _)| *delay)
            .collect();
        delays.sort_unstable();
        delays.get(delays.len() / 2).copied()
    }

    /// Whether another picture may leave at `now`, in a stream of at most `framerate` per second.
    #[must_use]
    pub fn may_send(&self, now: Timestamp, framerate: f64) -> bool {
        match self.style {
            Style::Each => self.sent.len() < self.window(now, framerate),
            Style::Coarse => self.keeps_up(now, framerate),
        }
    }

    /// When [`Self::may_send`] may change its mind without any acknowledgement.
    #[must_use]
    pub fn patience(&self) -> Duration {
        Duration::from_millis(500)
    }

    fn window(&self, now: Timestamp, framerate: f64) -> usize {
        let Some(delay) = self.link_delay(now) else {
            // Known once, but too long ago: the next picture goes alone and tells.
            return if self.delays.is_empty() {
                FIRST_WINDOW
            } else {
                1
            };
        };
        // A viewer that takes fewer than the stream has would otherwise get a queue.
        let rate = self
            .rate
            .per_second
            .map_or(framerate, |rate| framerate.min(rate * HEADROOM));
        let on_link = (delay.as_secs_f64() * rate).clamp(0.0, REMEMBERED as f64 / 2.0);
        whole(on_link + BEYOND_LINK)
    }

    fn keeps_up(&self, now: Timestamp, framerate: f64) -> bool {
        // A viewer that has never acknowledged anything may be of the kind that never does.
        let (Some(heard), Some(oldest)) = (self.heard, self.sent.front()) else {
            return true;
        };
        if now.since(heard) > COARSE_SILENCE && now.since(oldest.at) > COARSE_SILENCE {
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

    fn learn(&mut self, delay: Duration, alone: bool, now: Timestamp) {
        let smoothed = self
            .smoothed
            .map_or(delay, |before| (before * 7 + delay) / 8);
        self.smoothed = Some(smoothed);
        if !alone {
            return;
        }
        if self.delays.len() == SAMPLES {
            self.delays.pop_front();
        }
        self.delays.push_back((delay, now));
    }
}

impl Rate {
    /// Nothing is sent for a while: that time says nothing about the viewer.
    fn pause(&mut self) {
        self.since = None;
        self.count = 0;
    }

    fn count(&mut self, pictures: usize, now: Timestamp) {
        /// Shorter spans say more about the clock of the acknowledgements than about the viewer.
        const SPAN: Duration = Duration::from_millis(250);
        /// In longer ones there was nothing to send.
        const PAUSE: Duration = Duration::from_millis(750);
        let since = *self.since.get_or_insert(now);
        let span = now.since(since);
        if span > PAUSE {
            self.since = Some(now);
            self.count = 0;
            return;
        }
        self.count += u32::try_from(pictures).unwrap_or(u32::MAX);
        if span < SPAN {
            return;
        }
        let latest = f64::from(self.count) / span.as_secs_f64();
        let smoothed = self
            .per_second
            .map_or(latest, |before| 0.6 * before + 0.4 * latest);
        *self = Self {
            since: Some(now),
            count: 0,
            per_second: Some(smoothed),
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

    /// What came of a minute of sending as much as may be sent.
    #[derive(Debug)]
    struct Played {
        /// Pictures per second, over the last half.
        rate: f64,
        /// The oldest picture under way when another one left, in milliseconds, in the last half.
        age: u64,
    }

    /// A stream of 60 pictures per second over a link on which picture `n` takes `delay(n)` ms, and
    /// which passes one picture in `every` ms at most.
    fn play(delay: impl Fn(u64) -> u64, every: u64) -> Played {
        const LENGTH: u64 = 60_000;
        let mut flow = Flow::new(Style::Each);
        let mut arriving: VecDeque<(u16, u64)> = VecDeque::new();
        let (mut free_at, mut arrives) = (0, 0);
        let (mut sent, mut counted, mut age) = (0u64, 0u64, 0);
        for now in 0..LENGTH {
            while let Some((id, _)) = arriving.front().copied().filter(|(_, when)| *when <= now) {
                flow.acknowledged(id, at(now));
                arriving.pop_front();
            }
            if now % 16 == 0 && flow.may_send(at(now), 62.5) {
                if now >= LENGTH / 2 {
                    let oldest = flow
                        .sent
                        .front()
                        .map_or(now, |sent| sent.at.as_micros() / 1000);
                    age = age.max(now - oldest);
                    counted += 1;
                }
                let id = u16::try_from(sent % 65_536).expect("reduced");
                flow.sent(id, at(now));
                free_at = now.max(free_at) + every;
                // One behind the other: nothing overtakes on a stream.
                arrives = (free_at + delay(sent)).max(arrives);
                arriving.push_back((id, arrives));
                sent += 1;
            }
        }
        Played {
            rate: counted as f64 * 2000.0 / LENGTH as f64,
            age,
        }
    }

    #[test]
    fn a_fast_link_is_never_held_back() {
        let played = play(|_| 8, 1);
        assert!(played.rate > 62.0, "{played:?}");
    }

    #[test]
    fn a_link_with_jitter_keeps_its_rate() {
        let played = play(|picture| if picture % 7 == 0 { 60 } else { 5 }, 1);
        assert!(played.rate > 50.0, "{played:?}");
    }

    #[test]
    fn a_long_link_is_filled_and_gets_no_queue() {
        let played = play(|_| 200, 1);
        assert!(played.rate > 50.0, "{played:?}");
        assert!(played.age <= 300, "{played:?}");
    }

    #[test]
    fn a_thin_link_is_used_and_gets_two_pictures_beyond_its_length() {
        for every in [17, 30, 100] {
            let played = play(|_| 10, every);
            let possible = 1000.0 / every as f64;
            assert!(
                played.rate > 0.75 * possible.min(62.5),
                "{every} ms each: {played:?}"
            );
            assert!(
                played.age <= 10 + 4 * every.max(16),
                "{every} ms each: {played:?}"
            );
        }
    }

    #[test]
    fn a_link_that_becomes_longer_is_found_out() {
        let played = play(|picture| if picture < 600 { 5 } else { 200 }, 1);
        assert!(played.rate > 45.0, "{played:?}");
    }

    #[test]
    fn late_words_about_an_older_stream_teach_nothing() {
        let mut flow = Flow::new(Style::Each);
        for id in 0..3 {
            flow.sent(id, at(0));
        }
        flow.restart();
        flow.sent(0, at(100));
        flow.sent(1, at(116));
        for id in 0..3 {
            flow.acknowledged(id, at(120));
        }
        assert_eq!(flow.in_flight(), 2);
        assert_eq!(flow.link_delay(at(120)), None);
        flow.acknowledged(0, at(300));
        assert_eq!(flow.link_delay(at(300)), Some(Duration::from_millis(200)));
    }

    #[test]
    fn an_older_stream_that_is_never_acknowledged_blocks_nothing() {
        let mut flow = Flow::new(Style::Each);
        flow.sent(40, at(0));
        flow.restart();
        flow.sent(0, at(100));
        flow.acknowledged(0, at(110));
        assert_eq!(flow.in_flight(), 0);
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
