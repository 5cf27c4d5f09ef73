//! How long each step takes, from a hand's movement to the picture that shows it.

use std::collections::VecDeque;
use std::time::Duration;

use crate::time::Timestamp;

/// An input event on its way to the desktop, to be found again in the picture that answers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputMark {
    /// Whose: the number of the viewer.
    pub viewer: u64,
    /// What the page calls it.
    pub id: u32,
    /// When it arrived here.
    pub received: Timestamp,
    /// When we began to hand it to the display server, which may act on it before we are done.
    pub begun: Timestamp,
    /// When the display server had it.
    pub injected: Timestamp,
}

/// An input that changes nothing on the screen must not be credited with somebody else's picture.
const LONGEST_ANSWER: Duration = Duration::from_secs(1);
/// More inputs than this between two pictures are not traced.
const MOST_MARKS: usize = 64;

/// Inputs that wait for the first change of the screen after them.
#[derive(Debug, Default)]
pub struct Marks {
    waiting: VecDeque<InputMark>,
}

impl Marks {
    /// This input is about to be handed to the display server.
    pub fn begun(&mut self, mark: InputMark) {
        if self.waiting.len() < MOST_MARKS {
            self.waiting.push_back(mark);
        }
    }

    /// The display server has it; unless its answer has come already.
    pub fn injected(&mut self, viewer: u64, id: u32, at: Timestamp) {
        let same = |mark: &&mut InputMark| mark.viewer == viewer && mark.id == id;
        if let Some(mark) = self.waiting.iter_mut().rev().find(same) {
            mark.injected = at;
        }
    }

    /// Takes those a change noticed at `damaged` answers: the ones begun before it.
    pub fn answered(&mut self, damaged: Timestamp) -> Vec<InputMark> {
        let due = self
            .waiting
            .iter()
            .take_while(|mark| mark.begun <= damaged)
            .count();
        self.waiting
            .drain(..due)
            .filter(|mark| damaged.since(mark.begun) <= LONGEST_ANSWER)
            .map(|mark| InputMark {
                injected: mark.injected.min(damaged),
                ..mark
            })
            .collect()
    }
}

/// The steps on our side, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Arrived → the display server has it.
    Inject,
    /// The display server has it → something changed.
    React,
    /// Something changed → its pixels are read.
    Capture,
    /// Read → the encoder begins.
    Wait,
    /// In the encoder.
    Encode,
    /// Encoded → the viewer's link takes it.
    Queue,
    /// In the link's hands → the kernel has all of it.
    Send,
}

impl Step {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Inject,
        Self::React,
        Self::Capture,
        Self::Wait,
        Self::Encode,
        Self::Queue,
        Self::Send,
    ];

    /// A word for logs and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inject => "inject",
            Self::React => "react",
            Self::Capture => "capture",
            Self::Wait => "wait",
            Self::Encode => "encode",
            Self::Queue => "queue",
            Self::Send => "send",
        }
    }
}

/// How long the steps took, of all pictures of all viewers.
#[derive(Clone, Debug, Default)]
pub struct Steps {
    histograms: [Histogram; Step::ALL.len()],
}

impl Steps {
    /// `step` took `span`.
    pub fn add(&mut self, step: Step, span: Duration) {
        if let Some(histogram) = self.histograms.get_mut(step as usize) {
            histogram.add(span);
        }
    }

    /// Each step with what is known of it.
    pub fn iter(&self) -> impl Iterator<Item = (Step, &Histogram)> {
        Step::ALL.into_iter().zip(&self.histograms)
    }
}

/// Durations of one step, in buckets a fifth apart. Adding one costs a few nanoseconds and no
/// memory.
#[derive(Clone, Debug)]
pub struct Histogram {
    buckets: [u64; BUCKETS],
    count: u64,
    sum: Duration,
}

const BUCKETS: usize = 96;
/// From one bucket to the next.
const GROWTH: f64 = 1.2;

impl Default for Histogram {
    fn default() -> Self {
        Self {
            buckets: [0; BUCKETS],
            count: 0,
            sum: Duration::ZERO,
        }
    }
}

impl Histogram {
    /// Counts `span`.
    pub fn add(&mut self, span: Duration) {
        if let Some(bucket) = self.buckets.get_mut(bucket_of(span)) {
            *bucket += 1;
        }
        self.count += 1;
        self.sum += span;
    }

    /// How many there are.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// All of them together.
    #[must_use]
    pub const fn sum(&self) -> Duration {
        self.sum
    }

    /// The span that `share` (0 to 1) of them do not exceed, to within a fifth; `None` when there
    /// are none.
    #[must_use]
    pub fn percentile(&self, share: f64) -> Option<Duration> {
        let wanted = share.clamp(0.0, 1.0) * self.count as f64;
        let mut seen = 0;
        self.buckets.iter().enumerate().find_map(|(bucket, count)| {
            seen += count;
            (*count > 0 && seen as f64 >= wanted).then(|| upper_end(bucket))
        })
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a logarithm of a bounded number"
)]
fn bucket_of(span: Duration) -> usize {
    let micros = (span.as_secs_f64() * 1e6).max(1.0);
    let bucket = (micros.ln() / GROWTH.ln()).ceil();
    (bucket as usize).min(BUCKETS - 1)
}

fn upper_end(bucket: usize) -> Duration {
    Duration::from_secs_f64(GROWTH.powf(bucket as f64) / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(id: u32, injected: u64) -> InputMark {
        let injected = Timestamp::from_micros(injected);
        InputMark {
            viewer: 1,
            id,
            received: injected,
            begun: injected,
            injected,
        }
    }

    #[test]
    fn a_change_answers_the_inputs_before_it() {
        let mut marks = Marks::default();
        marks.begun(mark(1, 100));
        marks.begun(mark(2, 300));
        assert!(marks.answered(Timestamp::from_micros(99)).is_empty());
        assert_eq!(marks.answered(Timestamp::from_micros(200)), [mark(1, 100)]);
        assert_eq!(marks.answered(Timestamp::from_micros(300)), [mark(2, 300)]);
    }

    #[test]
    fn an_input_without_effect_is_not_credited_with_a_later_picture() {
        let mut marks = Marks::default();
        marks.begun(mark(1, 0));
        assert!(marks.answered(Timestamp::from_micros(1_000_001)).is_empty());
        assert!(marks.answered(Timestamp::from_micros(1_000_002)).is_empty());
    }

    #[test]
    fn an_answer_that_comes_before_we_are_done_is_an_answer() {
        let mut marks = Marks::default();
        let early = InputMark {
            begun: Timestamp::from_micros(100),
            ..mark(1, 300)
        };
        marks.begun(early);
        let damaged = Timestamp::from_micros(200);
        assert_eq!(
            marks.answered(damaged),
            [InputMark {
                injected: damaged,
                ..early
            }]
        );
    }

    #[test]
    fn marks_are_bounded() {
        let mut marks = Marks::default();
        for id in 0..1000 {
            marks.begun(mark(id, 1));
        }
        assert_eq!(marks.answered(Timestamp::from_micros(2)).len(), MOST_MARKS);
    }

    #[test]
    fn percentiles_are_right_to_within_a_fifth() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.percentile(0.5), None);
        for millis in 1..=100 {
            histogram.add(Duration::from_millis(millis));
        }
        for (share, expected) in [(0.5, 50.0), (0.95, 95.0), (0.99, 99.0)] {
            let found = histogram
                .percentile(share)
                .expect("there are some")
                .as_secs_f64()
                * 1000.0;
            assert!((found / expected - 1.0).abs() < 0.2, "{share}: {found}");
        }
        histogram.add(Duration::from_secs(3600));
        histogram.add(Duration::ZERO);
        assert_eq!(histogram.count(), 102);
    }
}
