//! What the reading half of a link has learnt and the writing half must know.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use selkies_media::flow::{Flow, Style};
use selkies_media::{Clock, Timestamp};
use selkies_proto::client::Capabilities;
use selkies_proto::{ClientMessage, ServerMessage};
use tokio::sync::Notify;
use tokio::time::Instant;

pub(crate) struct Side {
    clock: Clock,
    flow: Mutex<Flow>,
    trace: AtomicBool,
    /// A ping to answer: its number, and our time when it came. A newer one replaces it.
    ping: Mutex<Option<(u64, Timestamp)>>,
    /// The latest ping of ours that was answered, by its number.
    ponged: AtomicU32,
    /// The same of the pings behind sound, and when the answer came.
    heard: Mutex<Option<(u64, Timestamp)>>,
    /// Rung when the writing half should look again.
    pub(crate) news: Notify,
}

impl Side {
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            clock,
            flow: Mutex::new(Flow::new(Style::Coarse)),
            trace: AtomicBool::new(false),
            ping: Mutex::new(None),
            ponged: AtomicU32::new(0),
            heard: Mutex::new(None),
            news: Notify::new(),
        }
    }

    /// Takes in what concerns the link itself. `None`: it is nobody else's business.
    pub(crate) fn overhear(&self, message: ClientMessage) -> Option<ClientMessage> {
        match message {
            ClientMessage::FrameAck(id) => {
                self.flow().acknowledged(id, self.now());
                self.news.notify_one();
                None
            }
            ClientMessage::Ping(number) => {
                *self.ping.lock().unwrap_or_else(PoisonError::into_inner) =
                    Some((number, self.now()));
                self.news.notify_one();
                None
            }
            ClientMessage::Capabilities(Capabilities {
                each_ack, trace, ..
            }) => {
                self.flow()
                    .set_style(if each_ack { Style::Each } else { Style::Coarse });
                self.trace.store(trace, Ordering::Relaxed);
                Some(message)
            }
            message => Some(message),
        }
    }

    pub(crate) fn flow(&self) -> MutexGuard<'_, Flow> {
        // Counting pictures leaves the counts whole wherever it is interrupted.
        self.flow.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn wants_trace(&self) -> bool {
        self.trace.load(Ordering::Relaxed)
    }

    pub(crate) fn take_pong(&self) -> Option<ServerMessage> {
        let ping = self
            .ping
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        ping.map(|(echo, now)| ServerMessage::Pong {
            echo,
            now: now.as_micros(),
        })
    }

    /// A pong of the page; those to nameless pings say nothing.
    pub(crate) fn hear_pong(&self, payload: &[u8]) {
        if let Ok(number) = payload.try_into() {
            self.ponged
                .store(u32::from_be_bytes(number), Ordering::Relaxed);
            self.news.notify_one();
        } else if let Ok(number) = payload.try_into() {
            let heard = (u64::from_be_bytes(number), self.now());
            *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = Some(heard);
        }
    }

    pub(crate) fn heard(&self) -> Option<(u64, Timestamp)> {
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn ponged(&self) -> u32 {
        self.ponged.load(Ordering::Relaxed)
    }

    pub(crate) fn clock(&self) -> Clock {
        self.clock
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.stamp(Instant::now().into_std())
    }
}
