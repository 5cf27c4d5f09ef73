//! What happens on the desktop, told to whoever asked.

use std::process::ExitStatus;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A listener that does not listen misses what comes after this many events.
const QUEUE: usize = 256;

/// Something happened on the desktop.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The X server is gone, and every open window with it. It is being started again.
    XServerDied {
        /// How many times within the last minute, this time included.
        restarts: u32,
    },
    /// There is a desktop again, at its first size.
    Restarted {
        /// Its display, mostly the same as before.
        display: String,
    },
    /// The X server ended too often, or cannot be started again. There is no desktop any more.
    GaveUp,
    /// A program of the desktop ended. Panel and window manager come back by themselves; a window
    /// that was closed does not.
    ProgramExited {
        /// Its name.
        name: String,
        /// How it ended.
        status: ExitStatus,
    },
    /// The command the desktop was started for ended.
    CommandExited {
        /// How it ended.
        status: ExitStatus,
    },
    /// The command the desktop was started for could not be started.
    CommandFailed {
        /// Why, for people.
        why: String,
    },
}

/// Passes events on and remembers the display's name.
#[derive(Debug)]
pub(crate) struct Outlet {
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    display: String,
    listeners: Vec<SyncSender<Event>>,
    /// What the first listener gets, so that it misses nothing.
    first: Option<Receiver<Event>>,
}

impl Outlet {
    pub(crate) fn new() -> Self {
        let (sender, receiver) = sync_channel(QUEUE);
        Self {
            inner: Mutex::new(Inner {
                display: String::new(),
                listeners: vec![sender],
                first: Some(receiver),
            }),
        }
    }

    /// No holder leaves it half changed, so one that panicked does not matter.
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn listen(&self) -> Receiver<Event> {
        let mut inner = self.inner();
        if let Some(first) = inner.first.take() {
            return first;
        }
        let (sender, receiver) = sync_channel(QUEUE);
        inner.listeners.push(sender);
        receiver
    }

    pub(crate) fn send(&self, event: &Event) {
        self.inner()
            .listeners
            .retain(|listener| match listener.try_send(event.clone()) {
                Ok(()) => true,
                Err(TrySendError::Full(event)) => {
                    tracing::debug!(?event, "nobody takes events; one is lost");
                    true
                }
                Err(TrySendError::Disconnected(_)) => false,
            });
    }

    pub(crate) fn display(&self) -> String {
        self.inner().display.clone()
    }

    pub(crate) fn set_display(&self, display: &str) {
        display.clone_into(&mut self.inner().display);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_listener_hears_what_was_said_before() {
        let outlet = Outlet::new();
        outlet.send(&Event::GaveUp);
        let first = outlet.listen();
        let second = outlet.listen();
        outlet.send(&Event::XServerDied { restarts: 1 });
        assert_eq!(first.try_iter().count(), 2);
        assert_eq!(second.try_iter().count(), 1);
    }

    #[test]
    fn a_listener_that_does_not_listen_holds_nothing_up() {
        let outlet = Outlet::new();
        let lazy = outlet.listen();
        for _ in 0..QUEUE * 2 {
            outlet.send(&Event::GaveUp);
        }
        assert_eq!(lazy.try_iter().count(), QUEUE);
    }
}
