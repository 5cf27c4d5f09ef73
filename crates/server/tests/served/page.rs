//! A page of the existing web client, and what its user would see.
//!
//! It says and does what that page says and does by itself: greetings, acknowledgements, requests
//! for keyframes, watchdogs. It shows only what that page would show. What that page could not
//! make sense of is a fault, and fails the test that waits for something.

mod live;
mod screen;

use std::fmt::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::net::TcpStream;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;

use crate::serving::DEADLINE;

/// The window every page is opened in.
pub(crate) const WINDOW: (u32, u32) = (384, 256);

/// How a page was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The plain address.
    Owner,
    /// The same, by somebody who has chosen an encoder in this browser before.
    OwnerWith(&'static str),
    /// The same page of ours: it says what it understands beyond the protocol.
    Capable,
    /// `#shared`.
    Shared,
    /// `#player2` to `#player4`.
    Player(u8),
}

impl Kind {
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Owner | Self::OwnerWith(_) | Self::Capable => "/api/websockets",
            Self::Shared => "/api/websockets?role=viewer",
            Self::Player(2) => "/api/websockets?role=viewer&slot=2",
            Self::Player(3) => "/api/websockets?role=viewer&slot=3",
            Self::Player(_) => "/api/websockets?role=viewer&slot=4",
        }
    }

    fn is_owner(self) -> bool {
        matches!(self, Self::Owner | Self::OwnerWith(_) | Self::Capable)
    }
}

/// One thing that happened on a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    Sent(String),
    Heard(String),
    Shown(Shown),
    /// Video the page did not show, and why.
    Discarded(&'static str),
    /// Video that says only that there is some.
    SignOfLife,
    Closed(u16, String),
}

/// What the page shows from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) id: u16,
    /// An IDR, or a stripe that needs no other.
    pub(crate) keyframe: bool,
    /// Of the card.
    pub(crate) number: u16,
    pub(crate) size: (u32, u32),
    /// The bytes before the picture's own.
    pub(crate) header: Vec<u8>,
}

/// What has happened on a page so far.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) log: Vec<(Instant, Entry)>,
    /// Ids it has acknowledged; not in the log.
    pub(crate) acknowledged: Vec<u16>,
    /// Messages of sound; not in the log.
    pub(crate) sound: Vec<Vec<u8>>,
    faults: Vec<String>,
}

impl Seen {
    pub(crate) fn entries(&self, since: usize) -> impl Iterator<Item = &Entry> {
        self.log[since..].iter().map(|(_, entry)| entry)
    }

    /// What is on the screen.
    pub(crate) fn shown(&self) -> Option<&Shown> {
        self.pictures(0).last()
    }

    pub(crate) fn pictures(&self, since: usize) -> impl Iterator<Item = &Shown> {
        self.entries(since).filter_map(|entry| match entry {
            Entry::Shown(shown) => Some(shown),
            _ => None,
        })
    }

    pub(crate) fn heard(&self, since: usize) -> impl Iterator<Item = &str> {
        self.entries(since).filter_map(|entry| match entry {
            Entry::Heard(text) => Some(text.as_str()),
            _ => None,
        })
    }

    pub(crate) fn closed(&self) -> Option<(u16, String)> {
        self.entries(0).find_map(|entry| match entry {
            Entry::Closed(code, reason) => Some((*code, reason.clone())),
            _ => None,
        })
    }

    fn story(&self) -> String {
        let mut story = String::new();
        for (_, entry) in self.log.iter().rev().take(60).rev() {
            let mut line = format!("{entry:?}");
            if let Some((end, _)) = line.char_indices().nth(160) {
                line.truncate(end);
            }
            // Writing to a string cannot fail.
            let _ = writeln!(story, "  {line}");
        }
        story
    }
}

#[derive(Default)]
struct Shared {
    seen: Mutex<Seen>,
    changed: Notify,
}

impl Shared {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        // A test that panicked over it has failed already.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, entry: Entry) {
        self.seen().log.push((Instant::now(), entry));
        self.changed.notify_waiters();
    }

    fn fault(&self, what: String) {
        self.seen().faults.push(what);
        self.changed.notify_waiters();
    }
}

/// What its user does.
enum Order {
    Say(String),
    SayBytes(Vec<u8>),
    ResizeWindow(u32, u32),
    PickEncoder(&'static str),
    Hide,
    Show,
}

pub(crate) struct Page {
    kind: Kind,
    shared: Arc<Shared>,
    orders: mpsc::Sender<Order>,
    running: JoinHandle<()>,
}

impl Page {
    pub(crate) fn run(kind: Kind, socket: WebSocketStream<TcpStream>) -> Self {
        let shared = Arc::new(Shared::default());
        let (orders, received) = mpsc::channel(64);
        let running = tokio::spawn(live::live(kind, socket, shared.clone(), received));
        Self {
            kind,
            shared,
            orders,
            running,
        }
    }

    pub(crate) async fn say(&self, text: impl Into<String>) {
        self.order(Order::Say(text.into())).await;
    }

    pub(crate) async fn say_bytes(&self, bytes: &[u8]) {
        self.order(Order::SayBytes(bytes.to_vec())).await;
    }

    pub(crate) async fn resize_window(&self, width: u32, height: u32) {
        self.order(Order::ResizeWindow(width, height)).await;
    }

    /// In the page's settings.
    pub(crate) async fn pick_encoder(&self, name: &'static str) {
        self.order(Order::PickEncoder(name)).await;
    }

    /// The tab goes to the background.
    pub(crate) async fn hide(&self) {
        self.order(Order::Hide).await;
    }

    pub(crate) async fn show(&self) {
        self.order(Order::Show).await;
    }

    /// The tab is closed.
    pub(crate) async fn leave(self) {
        drop(self.orders);
        timeout(DEADLINE, self.running)
            .await
            .expect("a page can be closed")
            .expect("the page plays its part");
    }

    /// The computer is switched off.
    pub(crate) async fn vanish(self) {
        self.running.abort();
        // It was told to.
        let _ = self.running.await;
    }

    async fn order(&self, order: Order) {
        assert!(self.orders.send(order).await.is_ok(), "the page is closed");
    }

    /// A place in the page's story.
    pub(crate) fn mark(&self) -> usize {
        self.seen().log.len()
    }

    pub(crate) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.shared.seen()
    }

    /// Waits until `found` finds something in what has happened.
    pub(crate) async fn until<T>(
        &self,
        what: &str,
        mut found: impl FnMut(&Seen) -> Option<T>,
    ) -> T {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let changed = self.shared.changed.notified();
            {
                let seen = self.seen();
                assert!(
                    seen.faults.is_empty(),
                    "{:?}: {:?}\n{}",
                    self.kind,
                    seen.faults,
                    seen.story()
                );
                if let Some(found) = found(&seen) {
                    return found;
                }
                let over = seen.closed().is_some() || Instant::now() > deadline;
                assert!(
                    !over,
                    "{:?} waited in vain: {what}\n{}",
                    self.kind,
                    seen.story()
                );
            }
            // The time is looked at in the next round.
            let _ = timeout(DEADLINE / 100, changed).await;
        }
    }

    /// Waits until the page has heard `text` after `since`; returns the place after it.
    pub(crate) async fn hears(&self, since: usize, text: &str) -> usize {
        let heard = Entry::Heard(text.to_owned());
        self.until(text, |seen| {
            seen.entries(since).position(|entry| *entry == heard)
        })
        .await
            + since
            + 1
    }

    /// Waits for the first picture after `since`.
    pub(crate) async fn picture(&self, since: usize) -> Shown {
        self.until("a picture", |seen| seen.pictures(since).next().cloned())
            .await
    }

    /// Waits until the card's `number` is on the screen.
    pub(crate) async fn shows(&self, number: u16) -> Shown {
        self.until(&format!("card {number}"), |seen| {
            seen.shown().filter(|shown| shown.number == number).cloned()
        })
        .await
    }

    /// Waits until the server has taken in everything the page said so far; returns the place.
    pub(crate) async fn settled(&self) -> usize {
        let mark = self.mark();
        self.say("_gz,1").await;
        self.hears(mark, "_gz,1").await
    }

    /// Waits for the end of the connection.
    pub(crate) async fn ends(&self) -> (u16, String) {
        self.until("the end", Seen::closed).await
    }
}
