//! Wakes a thread that waits for an X server.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, Weak};
use std::time::Duration;

use rustix::event::{EventfdFlags, PollFd, PollFlags, eventfd};

use crate::wire::wait;

/// Rung from any thread; clones are the same bell. A ring that nobody waits for is not lost.
#[derive(Clone, Debug)]
pub(crate) struct Bell(Arc<OwnedFd>);

impl Bell {
    /// A bell that has not been rung.
    pub(crate) fn new() -> io::Result<Self> {
        let counter = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        Ok(Self(Arc::new(counter)))
    }

    /// Wakes who waits, or who waits next.
    pub(crate) fn ring(&self) {
        // Fails only when it has been rung 2^64 times without being heard (eventfd(2)).
        let _ = rustix::io::write(&self.0, &1_u64.to_ne_bytes());
    }

    /// Stands for the bell without keeping it.
    pub(crate) fn downgrade(&self) -> Weak<OwnedFd> {
        Arc::downgrade(&self.0)
    }

    /// The bell, if somebody still has it.
    pub(crate) fn upgrade(bell: &Weak<OwnedFd>) -> Option<Self> {
        bell.upgrade().map(Self)
    }

    /// Waits until it is rung, at most `patience`. Whether it was.
    pub(crate) fn rings_within(&self, patience: Duration) -> io::Result<bool> {
        wait(
            &mut [PollFd::from_borrowed_fd(self.as_fd(), PollFlags::IN)],
            patience,
        )
    }

    /// Whether it was rung since the last call.
    pub(crate) fn was_rung(&self) -> bool {
        let mut count = [0; 8];
        rustix::io::read(&self.0, &mut count).is_ok()
    }
}

impl AsFd for Bell {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ring_is_heard_once_however_often_it_rang() {
        let bell = Bell::new().expect("the system has a descriptor left");
        assert!(!bell.was_rung());
        let other = bell.clone();
        bell.ring();
        other.ring();
        assert!(bell.was_rung());
        assert!(!bell.was_rung());
    }
}
