//! Types and points, event by event, in the order they came.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use selkies_desktop::{Button, Desktop, DesktopError, InputEvent, InputSink};
use selkies_media::trace::{InputMark, Marks};
use selkies_media::{Clock, Timestamp};

use super::{After, Mark, RETRY};

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
    events: VecDeque<(InputEvent, Option<Mark>)>,
    closed: bool,
}

enum Taken {
    Event(InputEvent, Option<Mark>),
    Woke,
    Closed,
}

impl InputQueue {
    pub(super) fn push(&self, event: InputEvent, mark: Option<Mark>) {
        let mut waiting = self.lock();
        match (waiting.events.back_mut(), event) {
            (Some((InputEvent::PointerTo(last), traced)), InputEvent::PointerTo(place)) => {
                *last = place;
                *traced = traced.or(mark);
            }
            _ => waiting.events.push_back((event, mark)),
        }
        if waiting.events.len() > MOST_EVENTS {
            // Hopelessly behind: let go of everything rather than leave a key down.
            tracing::warn!(
                dropped = waiting.events.len(),
                "the display server is too slow for its input"
            );
            waiting.events.clear();
            waiting
                .events
                .extend(everything_up().map(|event| (event, None)));
        }
        drop(waiting);
        self.changed.notify_one();
    }

    fn take(&self, patience: Option<Duration>) -> Taken {
        let waiting = self.lock();
        let idle = |waiting: &mut Waiting| waiting.events.is_empty() && !waiting.closed;
        let mut waiting = match patience {
            None => self
                .changed
                .wait_while(waiting, idle)
                .unwrap_or_else(PoisonError::into_inner),
            Some(patience) => {
                self.changed
                    .wait_timeout_while(waiting, patience, idle)
                    .unwrap_or_else(PoisonError::into_inner)
                    .0
            }
        };
        if waiting.closed {
            return Taken::Closed;
        }
        match waiting.events.pop_front() {
            Some((event, mark)) => Taken::Event(event, mark),
            None => Taken::Woke,
        }
    }

    /// Waits while the desktop is gone; what was meant for it is dropped.
    fn rest(&self, span: Duration) {
        let waiting = self.lock();
        let (mut waiting, _) = self
            .changed
            .wait_timeout_while(waiting, span, |waiting| !waiting.closed)
            .unwrap_or_else(PoisonError::into_inner);
        waiting.events.clear();
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
}
