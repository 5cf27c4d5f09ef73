//! Types and points, event by event, in the order they came.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use selkies_desktop::{Button, Desktop, DesktopError, InputEvent, InputSink};
use selkies_media::trace::{InputMark, Marks};
use selkies_media::{Clock, Timestamp};

use super::{After, Mark, RETRY};

/// How long events wait for a clip to be set. Setting it takes a millisecond; longer than this, a
/// key that does nothing is worse than one that pastes something old.
const LONGEST_HOLD: Duration = Duration::from_millis(250);
/// Events that may wait while the display server is slow.
const MOST_EVENTS: usize = 4096;

/// Types and points.
pub(super) struct Hands<'a> {
    pub(super) desktop: &'a dyn Desktop,
    pub(super) queue: &'a InputQueue,
    pub(super) clock: Clock,
    pub(super) marks: &'a Mutex<Marks>,
}

impl Hands<'_> {
    pub(super) fn run(&self) {
        while self.queue.is_open() {
            let error = match self.desktop.input() {
                Ok(mut sink) => match self.serve(&mut *sink) {
                    After::End => return,
                    After::ConnectAgain(error) => error,
                },
                Err(error) => error,
            };
            tracing::debug!(%error, "keys and pointer wait for the desktop");
            self.queue.rest(RETRY);
        }
    }

    fn serve(&self, sink: &mut dyn InputSink) -> After {
        loop {
            let outcome = match self.queue.take(sink.next_wakeup()) {
                Taken::Event(event, None) => sink.inject(&event),
                Taken::Event(event, Some(mark)) => self.inject_traced(sink, &event, mark),
                Taken::Woke => sink.wake(),
                Taken::Closed => return After::End,
            };
            match outcome {
                Ok(()) => {}
                // One event that cannot be carried out is no reason to drop the others.
                Err(DesktopError::Refused(why)) => {
                    tracing::debug!(why, "an input event was refused");
                }
                Err(error) => return After::ConnectAgain(error),
            }
        }
    }

    fn inject_traced(
        &self,
        sink: &mut dyn InputSink,
        event: &InputEvent,
        mark: Mark,
    ) -> Result<(), DesktopError> {
        let Mark {
            viewer,
            id,
            received,
        } = mark;
        let begun = self.now();
        // Known before it is done: the answer may come before we are.
        self.marks().begun(InputMark {
            viewer,
            id,
            received,
            begun,
            injected: begun,
        });
        let outcome = sink.inject(event);
        let injected = self.now();
        self.marks().injected(viewer, id, injected);
        outcome
    }

    fn marks(&self) -> MutexGuard<'_, Marks> {
        // Adding and removing marks leaves the list whole wherever it is interrupted.
        self.marks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Timestamp {
        self.clock.stamp(Instant::now())
    }
}

/// Events on their way to the display server. Moves of the pointer that wait are merged: only the
/// last place counts.
#[derive(Default)]
pub(super) struct InputQueue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    entries: VecDeque<Entry>,
    /// The barrier that was put up last, and the last one that is lifted.
    raised: u64,
    lifted: u64,
    closed: bool,
}

enum Entry {
    Event(InputEvent, Option<Mark>),
    /// What is behind it waits until it is lifted, or until then.
    Barrier(Barrier, Instant),
}

/// A place in the queue where events wait for something else. They are lifted in the order they
/// were put up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Barrier(u64);

enum Taken {
    Event(InputEvent, Option<Mark>),
    Woke,
    Closed,
}

impl InputQueue {
    pub(super) fn push(&self, event: InputEvent, mark: Option<Mark>) {
        let mut waiting = self.lock();
        match (waiting.entries.back_mut(), event) {
            (
                Some(Entry::Event(InputEvent::PointerTo(last), traced)),
                InputEvent::PointerTo(to),
            ) => {
                *last = to;
                *traced = traced.or(mark);
            }
            _ => waiting.entries.push_back(Entry::Event(event, mark)),
        }
        waiting.stay_bounded();
        drop(waiting);
        self.changed.notify_one();
    }

    /// What is pushed from now on waits until this is lifted, but not for long.
    pub(super) fn hold(&self) -> Barrier {
        let mut waiting = self.lock();
        waiting.raised += 1;
        let barrier = Barrier(waiting.raised);
        let until = Instant::now() + LONGEST_HOLD;
        waiting.entries.push_back(Entry::Barrier(barrier, until));
        waiting.stay_bounded();
        barrier
    }

    pub(super) fn lift(&self, barrier: Barrier) {
        let mut waiting = self.lock();
        waiting.lifted = waiting.lifted.max(barrier.0);
        drop(waiting);
        self.changed.notify_one();
    }

    fn take(&self, patience: Option<Duration>) -> Taken {
        let until = patience.and_then(|patience| Instant::now().checked_add(patience));
        let mut waiting = self.lock();
        loop {
            let now = Instant::now();
            if let Some(taken) = waiting.take(now) {
                return taken;
            }
            if until.is_some_and(|until| until <= now) {
                return Taken::Woke;
            }
            waiting = match until.into_iter().chain(waiting.held_until()).min() {
                None => self
                    .changed
                    .wait(waiting)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(until) => {
                    self.changed
                        .wait_timeout(waiting, until.saturating_duration_since(now))
                        .unwrap_or_else(PoisonError::into_inner)
                        .0
                }
            };
        }
    }

    /// Waits while the desktop is gone; what was meant for it is dropped.
    fn rest(&self, span: Duration) {
        let waiting = self.lock();
        let (mut waiting, _) = self
            .changed
            .wait_timeout_while(waiting, span, |waiting| !waiting.closed)
            .unwrap_or_else(PoisonError::into_inner);
        waiting.entries.clear();
    }

    fn is_open(&self) -> bool {
        !self.lock().closed
    }

    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    /// What may be taken now.
    fn take(&mut self, now: Instant) -> Option<Taken> {
        if self.closed {
            return Some(Taken::Closed);
        }
        while self.held_until().is_none_or(|until| until <= now) {
            match self.entries.pop_front()? {
                Entry::Event(event, mark) => return Some(Taken::Event(event, mark)),
                Entry::Barrier(..) => {}
            }
        }
        None
    }

    /// Until when the first entry holds up those behind it.
    fn held_until(&self) -> Option<Instant> {
        match self.entries.front() {
            Some(&Entry::Barrier(Barrier(number), until)) if number > self.lifted => Some(until),
            _ => None,
        }
    }

    fn stay_bounded(&mut self) {
        if self.entries.len() > MOST_EVENTS {
            // Hopelessly behind: let go of everything rather than leave a key down.
            tracing::warn!(
                dropped = self.entries.len(),
                "the display server is too slow for its input"
            );
            self.entries.clear();
            self.entries
                .extend(everything_up().map(|event| Entry::Event(event, None)));
        }
    }
}

fn everything_up() -> impl Iterator<Item = InputEvent> {
    let buttons = [
        Button::Left,
        Button::Middle,
        Button::Right,
        Button::Back,
        Button::Forward,
    ];
    let released = buttons.into_iter().map(|button| InputEvent::Button {
        button,
        down: false,
    });
    std::iter::once(InputEvent::ReleaseKeys).chain(released)
}

#[cfg(test)]
mod tests {
    use selkies_desktop::Keysym;
    use selkies_media::Point;

    use super::*;

    #[test]
    fn waiting_moves_are_merged_and_a_flood_lets_go_of_everything() {
        let queue = InputQueue::default();
        for x in 0..100 {
            queue.push(InputEvent::PointerTo(Point { x, y: 0 }), None);
        }
        assert!(matches!(
            queue.take(None),
            Taken::Event(InputEvent::PointerTo(Point { x: 99, .. }), None)
        ));
        for _ in 0..=MOST_EVENTS {
            queue.push(InputEvent::KeyDown(Keysym(65)), None);
        }
        assert!(matches!(
            queue.take(None),
            Taken::Event(InputEvent::ReleaseKeys, None)
        ));
    }

    fn down(key: u32) -> InputEvent {
        InputEvent::KeyDown(Keysym(key))
    }

    fn took(queue: &InputQueue, patience: Duration) -> Option<InputEvent> {
        match queue.take(Some(patience)) {
            Taken::Event(event, _) => Some(event),
            Taken::Woke | Taken::Closed => None,
        }
    }

    #[test]
    fn what_comes_after_a_barrier_waits_until_it_is_lifted() {
        let queue = InputQueue::default();
        queue.push(down(1), None);
        let first = queue.hold();
        queue.push(down(2), None);
        let second = queue.hold();
        queue.push(down(3), None);
        assert_eq!(took(&queue, Duration::ZERO), Some(down(1)));
        assert_eq!(took(&queue, Duration::from_millis(5)), None);
        queue.lift(first);
        assert_eq!(took(&queue, Duration::ZERO), Some(down(2)));
        assert_eq!(took(&queue, Duration::ZERO), None);
        queue.lift(second);
        assert_eq!(took(&queue, Duration::ZERO), Some(down(3)));
    }

    #[test]
    fn a_barrier_that_nobody_lifts_falls_by_itself() {
        let queue = InputQueue::default();
        let start = Instant::now();
        queue.hold();
        queue.push(down(1), None);
        assert!(matches!(queue.take(None), Taken::Event(event, _) if event == down(1)));
        assert!(start.elapsed() >= LONGEST_HOLD);
    }

    #[test]
    fn a_barrier_holds_up_neither_the_end_nor_the_next_repeat() {
        let queue = InputQueue::default();
        queue.hold();
        assert!(matches!(queue.take(Some(Duration::ZERO)), Taken::Woke));
        queue.close();
        assert!(matches!(queue.take(None), Taken::Closed));
    }
}
