//! Steps on their way to the thread of the clipboard.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use selkies_clip::Step;
use selkies_transport::Room;

use crate::desk::hands::{Barrier, InputQueue};

/// Bytes of what pages have copied that may be on their way to where they are kept. A few of the
/// largest parts; how many there are in all is for the store to bound.
pub(crate) const CLIPS_UNDER_WAY: u32 = 32 << 20;

/// Steps that may wait: every piece that may be under way, and as many beginnings and ends. While
/// the display server keeps the thread waiting, pages fill their connections and lose nothing.
pub(super) const MOST_STEPS: usize = 2 * Room::most_pieces(CLIPS_UNDER_WAY);

/// Something to be done for a viewer.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) viewer: u64,
    /// `None`: steps were lost here; what has come of the clip is of no use.
    pub(super) step: Option<Step>,
    /// To be lifted when it is done.
    pub(super) barrier: Option<Barrier>,
}

/// What [`Steps`] has for its thread.
#[derive(Debug)]
pub(super) enum Taken {
    Order(Order),
    Nothing,
    Closed,
}

/// Lets the thread of the clipboard look here.
type Waker = Arc<dyn Fn() + Send + Sync>;

/// Orders in the order they came.
#[derive(Default)]
pub(in crate::desk) struct Steps {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    orders: VecDeque<Order>,
    waker: Option<Waker>,
    closed: bool,
}

impl Steps {
    /// Keeps `step` for the thread. With the last one of a clip, `input` waits until it is done.
    pub(in crate::desk) fn push(&self, viewer: u64, step: Step, input: &InputQueue) {
        let mut waiting = self.lock();
        if waiting.orders.len() >= MOST_STEPS {
            waiting.overrun(viewer);
        } else {
            let barrier = matches!(step, Step::Offer).then(|| input.hold());
            waiting.orders.push_back(Order {
                viewer,
                step: Some(step),
                barrier,
            });
        }
        let waker = waiting.waker.clone();
        drop(waiting);
        self.wake(waker);
    }

    /// The next one, if there is one.
    pub(super) fn take(&self) -> Taken {
        self.lock().take()
    }

    /// As [`Self::take`], but waits for one at most `span`; and what is left of it.
    pub(super) fn wait(&self, span: Duration) -> (Taken, Option<Duration>) {
        let until = Instant::now() + span;
        let idle = |waiting: &mut Waiting| waiting.orders.is_empty() && !waiting.closed;
        let (mut waiting, _) = self
            .changed
            .wait_timeout_while(self.lock(), span, idle)
            .unwrap_or_else(PoisonError::into_inner);
        let left = until.saturating_duration_since(Instant::now());
        (waiting.take(), Some(left).filter(|left| !left.is_zero()))
    }

    pub(super) fn set_waker(&self, waker: Option<Waker>) {
        self.lock().waker = waker;
    }

    /// Nothing more comes.
    pub(in crate::desk) fn close(&self) {
        let mut waiting = self.lock();
        waiting.closed = true;
        let waker = waiting.waker.clone();
        drop(waiting);
        self.wake(waker);
    }

    fn wake(&self, waker: Option<Waker>) {
        self.changed.notify_one();
        if let Some(wake) = waker {
            wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Every change leaves the queue whole.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn take(&mut self) -> Taken {
        match self.orders.pop_front() {
            _ if self.closed => Taken::Closed,
            Some(order) => Taken::Order(order),
            None => Taken::Nothing,
        }
    }

    /// Gives up the clip of `viewer` that is on its way; whole ones before it stay. Adds at most
    /// one order per viewer.
    fn overrun(&mut self, viewer: u64) {
        let whole = self
            .orders
            .iter()
            .rposition(|order| order.viewer == viewer && order.ends_clip())
            .map_or(0, |last| last + 1);
        let mut at = 0;
        self.orders.retain(|order| {
            at += 1;
            at <= whole || order.viewer != viewer
        });
        let told = self
            .orders
            .iter()
            .rfind(|order| order.viewer == viewer)
            .is_some_and(|order| order.step.is_none());
        if !told {
            self.orders.push_back(Order {
                viewer,
                step: None,
                barrier: None,
            });
        }
    }
}

impl Order {
    fn ends_clip(&self) -> bool {
        matches!(self.step, None | Some(Step::Offer | Step::Abort))
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn piece() -> Step {
        Step::Append(Bytes::from_static(b"piece"))
    }

    fn drain(steps: &Steps) -> Vec<(u64, Option<Step>)> {
        let next = || match steps.take() {
            Taken::Order(order) => Some((order.viewer, order.step)),
            Taken::Nothing | Taken::Closed => None,
        };
        std::iter::from_fn(next).collect()
    }

    #[test]
    fn an_overrun_costs_the_clip_that_is_on_its_way_and_no_other() {
        let (steps, input) = (Steps::default(), InputQueue::default());
        steps.push(1, piece(), &input);
        steps.push(1, Step::Offer, &input);
        steps.push(2, piece(), &input);
        for _ in 0..MOST_STEPS - 3 {
            steps.push(1, piece(), &input);
        }
        steps.push(1, piece(), &input);
        steps.push(2, Step::End, &input);
        let expected = [
            (1, Some(piece())),
            (1, Some(Step::Offer)),
            (2, Some(piece())),
            (1, None),
            (2, Some(Step::End)),
        ];
        assert_eq!(drain(&steps), expected);
    }

    #[test]
    fn all_that_may_be_under_way_finds_a_place() {
        let (steps, input) = (Steps::default(), InputQueue::default());
        for _ in 0..Room::most_pieces(CLIPS_UNDER_WAY) {
            steps.push(1, piece(), &input);
        }
        steps.push(2, Step::End, &input);
        assert_eq!(drain(&steps).last(), Some(&(2, Some(Step::End))));
    }

    #[test]
    fn a_flood_is_bounded_however_many_take_part() {
        let (steps, input) = (Steps::default(), InputQueue::default());
        for round in 0..2 * MOST_STEPS {
            steps.push(round as u64 % 8, Step::Offer, &input);
        }
        assert!(steps.lock().orders.len() <= MOST_STEPS + 8);
    }

    #[test]
    fn the_thread_is_woken_by_what_comes_and_by_the_end() {
        let (steps, input) = (Steps::default(), InputQueue::default());
        let woken = Arc::new(Mutex::new(0));
        let counter = woken.clone();
        let waker = move || *counter.lock().expect("no test panics here") += 1;
        steps.set_waker(Some(Arc::new(waker)));
        steps.push(1, piece(), &input);
        steps.close();
        assert_eq!(*woken.lock().expect("no test panics here"), 2);
        assert!(matches!(steps.take(), Taken::Closed));
    }
}
