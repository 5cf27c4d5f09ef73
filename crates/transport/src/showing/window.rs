//! How many parts of a clip may be on their way. Behind a part whose ping was answered late there
//! is a queue, and every picture waits in it, too.

use std::collections::VecDeque;
use std::time::Duration;

use selkies_media::Timestamp;

/// So many at most, however quick the link is.
const MOST: usize = 32;

/// A ping that is answered so much later than the quickest one has met a queue: more may not be
/// under way. A part takes as long on a link of 10 Mbit/s.
const QUEUED: Duration = Duration::from_millis(25);
/// And one so much later a queue that pictures notice.
const LATE: Duration = Duration::from_millis(50);

/// A page that does not answer for so long is not asked any more. None that we know of is like that
/// (RFC 6455 §5.5.3 demands the answer).
const SILENCE: Duration = Duration::from_secs(1);

pub(super) struct Window {
    open: VecDeque<Ping>,
    number: u32,
    most: usize,
    quickest: Option<Duration>,
}

/// One without an answer.
struct Ping {
    number: u32,
    sent: Timestamp,
    /// So many were allowed.
    most: usize,
}

impl Default for Window {
    fn default() -> Self {
        Self {
            open: VecDeque::new(),
            number: 0,
            most: 1,
            quickest: None,
        }
    }
}

impl Window {
    /// Whether one more may be sent.
    pub(super) fn is_open(&mut self, now: Timestamp) -> bool {
        let silent = |ping: &Ping| now.since(ping.sent) >= SILENCE;
        if self.open.back().is_some_and(silent) {
            self.open.clear();
            self.most = 1;
        }
        self.open.len() < self.most
    }

    pub(super) fn next_look(&self) -> Option<Timestamp> {
        let full = self.open.len() >= self.most;
        let last = self.open.back().filter(|_| full)?;
        Some(last.sent + SILENCE)
    }

    /// The number of the ping that follows what was sent.
    pub(super) fn sent(&mut self, now: Timestamp) -> u32 {
        self.number = self.number.wrapping_add(1);
        self.open.push_back(Ping {
            number: self.number,
            sent: now,
            most: self.most,
        });
        self.number
    }

    /// The answer to ping `number` answers all before it (RFC 6455 §5.5.3).
    pub(super) fn arrived(&mut self, number: u32, now: Timestamp) {
        let Some(place) = self.open.iter().position(|ping| ping.number == number) else {
            return;
        };
        let Some(ping) = self.open.drain(..=place).next_back() else {
            return;
        };
        let took = now.since(ping.sent);
        let quickest = self.quickest.map_or(took, |quickest| quickest.min(took));
        self.quickest = Some(quickest);
        // What was sent before the last change says nothing of it.
        if ping.most != self.most {
            return;
        }
        if took > quickest + LATE {
            self.most = (self.most / 2).max(1);
        } else if took <= quickest + QUEUED {
            self.most = (self.most + 1).min(MOST);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_micros(millis * 1000)
    }

    /// A link that carries a part in `each`, after `before` on the way; how long the queue grows.
    fn run(each: u64, before: u64) -> (u64, u64) {
        let mut window = Window::default();
        let (mut now, mut free, mut longest, mut parts) = (0, 0, 0, 0);
        let mut arriving: VecDeque<(u32, u64)> = VecDeque::new();
        while now < 20_000 {
            while arriving.front().is_some_and(|(_, due)| *due <= now) {
                let (number, _) = arriving.pop_front().expect("there is one");
                window.arrived(number, at(now));
                parts += 1;
            }
            while window.is_open(at(now)) {
                free = now.max(free) + each;
                longest = longest.max(free - now);
                arriving.push_back((window.sent(at(now)), free + before));
            }
            now += 1;
        }
        (longest, parts)
    }

    #[test]
    fn a_slow_link_is_kept_busy_with_a_short_queue() {
        let (queue, parts) = run(26, 20);
        assert!(queue <= 90, "{queue} ms");
        assert!(parts >= 750, "{parts} of {} parts", 20_000 / 26);
    }

    #[test]
    fn a_quick_link_is_filled() {
        let (_, parts) = run(1, 100);
        assert!(parts >= 4_000, "{parts} parts");
    }

    #[test]
    fn an_answer_answers_those_before_and_strangers_answer_nothing() {
        let mut window = Window::default();
        let first = window.sent(at(0));
        let second = window.sent(at(0));
        window.arrived(second + 1, at(1));
        assert!(!window.is_open(at(1)));
        window.arrived(second, at(1));
        assert!(window.is_open(at(1)));
        window.arrived(first, at(2));
        assert_eq!(window.next_look(), None);
    }

    #[test]
    fn a_page_that_answers_nothing_gets_a_part_a_second() {
        let mut window = Window::default();
        assert!(window.is_open(at(0)));
        window.sent(at(0));
        assert!(!window.is_open(at(999)));
        assert_eq!(window.next_look(), Some(at(1000)));
        assert!(window.is_open(at(1000)));
    }
}
