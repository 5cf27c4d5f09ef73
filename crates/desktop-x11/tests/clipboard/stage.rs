//! An X server and the clipboard under test, on a thread of its own as in the program.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use selkies_clip::Clip;
use selkies_desktop::{Copied, Desktop, DesktopError, Selection};
use selkies_desktop_x11::{Server, X11Desktop};
use selkies_media::Size;
use selkies_testkit::XServer;

use crate::store::{Memory, clip, forms};

/// A busy machine may need so long for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// An X server of a test's own. `None`: there is no Xvfb.
pub(crate) fn xserver() -> Option<XServer> {
    XServer::start(Size::new(64, 48), &[])
}

type Outcome = Result<(), DesktopError>;

enum Order {
    Offer(Selection, Clip, SyncSender<Outcome>),
    End,
}

/// A clipboard at work.
pub(crate) struct Working {
    pub(crate) store: Memory,
    pub(crate) name: String,
    orders: SyncSender<Order>,
    wake: Arc<dyn Fn() + Send + Sync>,
    copied: Receiver<Copied>,
    thread: Option<JoinHandle<Outcome>>,
}

impl Working {
    pub(crate) fn on(xserver: &XServer) -> Self {
        Self::with(
            xserver,
            "working",
            &[Selection::Clipboard],
            Memory::of(64 << 20),
        )
    }

    /// Kept in `store`, on a thread called `name`.
    pub(crate) fn with(
        xserver: &XServer,
        name: &str,
        selections: &[Selection],
        store: Memory,
    ) -> Self {
        let desktop = X11Desktop::new(Server::new(xserver.display()));
        let mut clipboard = desktop
            .clipboard(selections, Arc::new(store.clone()))
            .expect("the server is there");
        let wake = clipboard.waker();
        let (orders, received) = sync_channel(16);
        let (tell, copied) = sync_channel(4096);
        let work = move || loop {
            while let Ok(order) = received.try_recv() {
                match order {
                    Order::Offer(selection, clip, answer) => {
                        let outcome = clipboard.offer(selection, clip);
                        answer.send(outcome).expect("the test waits");
                    }
                    Order::End => return Ok(()),
                }
            }
            if let Some(copied) = clipboard.next(Duration::MAX)? {
                tell.send(copied).expect("the test goes on");
            }
        };
        let thread = Builder::new().name(name.to_owned()).spawn(work);
        Self {
            store,
            name: name.to_owned(),
            orders,
            wake,
            copied,
            thread: Some(thread.expect("threads can be made")),
        }
    }

    fn order(&self, order: Order) {
        // A thread that has ended takes none.
        let _ = self.orders.send(order);
        (self.wake)();
    }

    pub(crate) fn offer_as(&self, selection: Selection, clip: Clip) -> Outcome {
        let (answer, outcome) = sync_channel(1);
        self.order(Order::Offer(selection, clip, answer));
        outcome.recv_timeout(PATIENCE).expect("it is answered")
    }

    pub(crate) fn offer(&self, forms: &[(&str, &[u8])]) {
        self.offer_as(Selection::Clipboard, clip(forms))
            .expect("the selection is to be had");
    }

    /// What was copied next.
    pub(crate) fn copied(&self) -> Copied {
        self.copied
            .recv_timeout(PATIENCE)
            .expect("something was copied")
    }

    /// The forms of what was copied next.
    pub(crate) fn forms(&self) -> Vec<(String, Vec<u8>)> {
        let copied = self.copied();
        forms(&copied.clip)
            .into_iter()
            .map(|(mime, bytes)| (mime.to_owned(), bytes))
            .collect()
    }

    /// What has been reported until now.
    pub(crate) fn so_far(&self) -> Vec<Copied> {
        self.copied.try_iter().collect()
    }

    /// Reports until one is of these forms; returns the number of others.
    pub(crate) fn wait_for(&self, wanted: &[(&str, &[u8])]) -> usize {
        let until = Instant::now() + PATIENCE;
        let mut others = 0;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let copied = self
                .copied
                .recv_timeout(left)
                .expect("it is reported in time");
            let found = forms(&copied.clip);
            let is_it = found.len() == wanted.len()
                && found
                    .iter()
                    .zip(wanted)
                    .all(|((mime, bytes), (name, expected))| mime == name && bytes == expected);
            if is_it {
                return others;
            }
            others += 1;
        }
    }

    /// Waits for the end of its connection.
    pub(crate) fn outcome(&mut self) -> Outcome {
        let until = Instant::now() + PATIENCE;
        while let Err(RecvTimeoutError::Timeout) =
            self.copied.recv_timeout(Duration::from_millis(10))
        {
            assert!(Instant::now() < until, "it ends in time");
        }
        let thread = self.thread.take().expect("it was not waited for before");
        thread.join().expect("it does not panic")
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        self.order(Order::End);
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            if !std::thread::panicking() {
                // Without a server it ended before.
                let _ = ended.expect("it does not panic");
            }
        }
    }
}
