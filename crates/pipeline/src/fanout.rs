//! From the encode thread to the viewers' tasks: one bounded queue each, filled by reference.
//!
//! A queue that overflows is emptied and gated: its viewer gets nothing until the next keyframe.
//! The keyframe is asked for when the viewer has taken everything else and waits for more, so that
//! a viewer that has stopped reading costs its queue and nothing else.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use selkies_media::Picture;
use tokio::sync::Notify;

use crate::mailbox::Mailbox;

/// How much may wait for one viewer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueLimits {
    /// Pictures.
    pub pictures: usize,
    /// Bytes of all of them; one picture may be larger.
    pub bytes: usize,
}

pub(crate) struct Fanout {
    limits: QueueLimits,
    queues: Mutex<Vec<Arc<Queue>>>,
}

struct Queue {
    state: Mutex<State>,
    /// Rung when there is something to take.
    ready: Notify,
}

#[derive(Default)]
struct State {
    pictures: VecDeque<Arc<Picture>>,
    bytes: usize,
    /// Takes nothing but a keyframe.
    gated: bool,
    /// The viewer has taken everything and waits.
    waiting: bool,
    /// The viewer is gone, or nothing follows.
    closed: bool,
    dropped: u64,
}

impl Fanout {
    pub(crate) fn new(limits: QueueLimits) -> Self {
        Self {
            limits,
            queues: Mutex::new(Vec::new()),
        }
    }

    pub(crate) fn subscribe(this: &Arc<Self>, mailbox: &Arc<Mailbox>) -> Subscription {
        let state = State {
            gated: true,
            ..State::default()
        };
        let queue = Arc::new(Queue {
            state: Mutex::new(state),
            ready: Notify::new(),
        });
        this.lock().push(queue.clone());
        Subscription {
            queue,
            fanout: this.clone(),
            mailbox: mailbox.clone(),
        }
    }

    pub(crate) fn publish(&self, picture: &Arc<Picture>, mailbox: &Mailbox) {
        let mut queues = self.lock();
        queues.retain(|queue| queue.offer(picture, self.limits));
        let demand = queues.iter().any(|queue| queue.lock().wants());
        // Inside the lock: a viewer that makes room meanwhile sets the demand after us.
        mailbox.set_demand(demand);
    }

    /// Some viewer took a picture, waits, or left.
    fn look_for_demand(&self, mailbox: &Mailbox) {
        let queues = self.lock();
        let demand = queues.iter().any(|queue| queue.lock().wants());
        mailbox.set_demand(demand);
    }

    pub(crate) fn close(&self) {
        for queue in self.lock().drain(..) {
            queue.lock().closed = true;
            queue.ready.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Queue>>> {
        // Pushing and retaining leave the list whole even if a panic interrupts them.
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    /// Takes `picture` in if the viewer can use it. `false`: the viewer is gone.
    fn offer(&self, picture: &Arc<Picture>, limits: QueueLimits) -> bool {
        let mut state = self.lock();
        if state.closed {
            return false;
        }
        if state.gated && !picture.keyframe {
            return true;
        }
        let bytes = picture.bytes();
        if state.pictures.len() >= limits.pictures
            || (!state.pictures.is_empty() && state.bytes + bytes > limits.bytes)
        {
            state.dropped += state.pictures.len() as u64;
            state.pictures.clear();
            state.bytes = 0;
            state.gated = true;
            if !picture.keyframe {
                state.dropped += 1;
                return true;
            }
        }
        state.gated = false;
        state.waiting = false;
        state.bytes += bytes;
        state.pictures.push_back(picture.clone());
        drop(state);
        self.ready.notify_one();
        true
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn wants(&self) -> bool {
        self.waiting && !self.closed
    }
}

/// One viewer's queue of pictures. Begins with a keyframe; after an overflow it goes on with one.
pub struct Subscription {
    queue: Arc<Queue>,
    fanout: Arc<Fanout>,
    mailbox: Arc<Mailbox>,
}

impl Subscription {
    /// The next picture, or `None` when nothing follows. Cancel-safe: a picture is either
    /// returned or still in the queue.
    pub async fn next(&mut self) -> Option<Arc<Picture>> {
        loop {
            if let Some(outcome) = self.try_next() {
                return outcome;
            }
            self.queue.ready.notified().await;
        }
    }

    /// `None`: wait. `Some(None)`: nothing follows.
    fn try_next(&self) -> Option<Option<Arc<Picture>>> {
        let mut state = self.queue.lock();
        if let Some(picture) = state.pictures.pop_front() {
            state.bytes -= picture.bytes();
            state.waiting = false;
            return Some(Some(picture));
        }
        if state.closed {
            return Some(None);
        }
        let asks = state.gated && !state.waiting;
        let newly = !state.waiting;
        state.waiting = true;
        drop(state);
        if asks {
            self.mailbox.request_keyframe();
        }
        if newly {
            self.fanout.look_for_demand(&self.mailbox);
        }
        None
    }

    /// The viewer takes nothing for a while: nothing is encoded for its sake. [`Self::next`] goes on.
    pub fn hold(&mut self) {
        let waited = std::mem::take(&mut self.queue.lock().waiting);
        if waited {
            self.fanout.look_for_demand(&self.mailbox);
        }
    }

    /// Pictures that wait to be taken.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.queue.lock().pictures.len()
    }

    /// Pictures this viewer did not get because it read too slowly.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.queue.lock().dropped
    }

    /// Forgets what waits; the next picture is a keyframe.
    pub fn restart(&mut self) {
        let mut state = self.queue.lock();
        state.pictures.clear();
        state.bytes = 0;
        state.gated = true;
        state.waiting = false;
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.queue.lock().closed = true;
        self.fanout.look_for_demand(&self.mailbox);
    }
}
