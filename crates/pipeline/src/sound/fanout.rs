//! From the thread that hears to the viewers' tasks: one short queue each, filled by reference.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use selkies_media::Bitrate;
use selkies_media::sound::{AudioPacket, FrameDuration};
use tokio::sync::Notify;

/// So much sound may wait for a viewer. A page plays out less than that behind.
const QUEUE: Duration = Duration::from_millis(200);

/// What the thread is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// Somebody listens.
    Listen,
    Rest,
    End,
}

pub(super) struct Fanout {
    state: Mutex<State>,
    /// Rung when the wish may have changed.
    changed: Condvar,
    /// Packets that may wait for one viewer.
    limit: usize,
}

struct State {
    queues: Vec<Arc<Queue>>,
    bitrate: Bitrate,
    closed: bool,
}

#[derive(Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    /// Rung when there is something to take.
    ready: Notify,
}

#[derive(Default)]
struct Waiting {
    packets: VecDeque<Arc<AudioPacket>>,
    dropped: u64,
    closed: bool,
}

impl Fanout {
    pub(super) fn new(frame: FrameDuration, bitrate: Bitrate) -> Self {
        let limit = QUEUE.as_micros() / frame.span().as_micros();
        Self {
            state: Mutex::new(State {
                queues: Vec::new(),
                bitrate,
                closed: false,
            }),
            changed: Condvar::new(),
            limit: usize::try_from(limit).unwrap_or(usize::MAX).max(3),
        }
    }

    pub(super) fn subscribe(this: &Arc<Self>) -> SoundSubscription {
        let queue = Arc::new(Queue::default());
        let mut state = this.lock();
        if state.closed {
            queue.lock().closed = true;
        } else {
            state.queues.push(queue.clone());
        }
        drop(state);
        this.changed.notify_all();
        SoundSubscription {
            queue,
            fanout: this.clone(),
        }
    }

    pub(super) fn publish(&self, packet: &Arc<AudioPacket>) {
        for queue in &self.lock().queues {
            queue.offer(packet, self.limit);
        }
    }

    pub(super) fn wish(&self) -> Wish {
        self.lock().wish()
    }

    /// Waits until the wish is another than `held`, at most for `patience`.
    pub(super) fn wait_while(&self, held: Wish, patience: Option<Duration>) -> Wish {
        let deadline = patience.map(|patience| Instant::now() + patience);
        let mut state = self.lock();
        while state.wish() == held {
            state = match deadline {
                None => self
                    .changed
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(deadline) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        break;
                    }
                    let waited = self.changed.wait_timeout(state, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        state.wish()
    }

    pub(super) fn bitrate(&self) -> Bitrate {
        self.lock().bitrate
    }

    pub(super) fn set_bitrate(&self, bitrate: Bitrate) {
        self.lock().bitrate = bitrate;
    }

    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        for queue in state.queues.drain(..) {
            queue.lock().closed = true;
            queue.ready.notify_one();
        }
        drop(state);
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change leaves it whole even if a panic interrupts it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn wish(&self) -> Wish {
        match (self.closed, self.queues.is_empty()) {
            (true, _) => Wish::End,
            (false, true) => Wish::Rest,
            (false, false) => Wish::Listen,
        }
    }
}

impl Queue {
    fn offer(&self, packet: &Arc<AudioPacket>, limit: usize) {
        let mut waiting = self.lock();
        while waiting.packets.len() >= limit {
            waiting.packets.pop_front();
            waiting.dropped += 1;
        }
        waiting.packets.push_back(packet.clone());
        drop(waiting);
        self.ready.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One viewer's queue of packets. The oldest go when it does not take them.
pub struct SoundSubscription {
    queue: Arc<Queue>,
    fanout: Arc<Fanout>,
}

impl SoundSubscription {
    /// The next packet, or `None` when nothing follows. Cancel-safe: a packet is either returned or
    /// still in the queue.
    pub async fn next(&mut self) -> Option<Arc<AudioPacket>> {
        loop {
            {
                let mut waiting = self.queue.lock();
                if let Some(packet) = waiting.packets.pop_front() {
                    return Some(packet);
                }
                if waiting.closed {
                    return None;
                }
            }
            self.queue.ready.notified().await;
        }
    }

    /// Packets this viewer did not get because it read too slowly.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.queue.lock().dropped
    }
}

impl Drop for SoundSubscription {
    fn drop(&mut self) {
        let mut state = self.fanout.lock();
        state
            .queues
            .retain(|queue| !Arc::ptr_eq(queue, &self.queue));
        drop(state);
        self.fanout.changed.notify_all();
    }
}
