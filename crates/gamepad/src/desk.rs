//! Between those who decide, who never wait, and the thread that serves programs.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::thread::{Builder, JoinHandle};

use rustix::event::{EventfdFlags, eventfd};
use selkies_desktop::gamepad::PADS;
use selkies_desktop::{DesktopError, Gamepads, PadEvent};

/// Far more events than the thread ever is behind.
const BACKLOG: usize = 4096;

/// A thread that takes events. It ends, and is waited for, when this is dropped.
pub(crate) struct Desk {
    sender: Option<SyncSender<(u8, PadEvent)>>,
    bell: Arc<OwnedFd>,
    thread: Option<JoinHandle<()>>,
}

/// The thread's end.
pub(crate) struct Orders {
    /// Readable when something was ordered.
    pub(crate) bell: Arc<OwnedFd>,
    receiver: Receiver<(u8, PadEvent)>,
}

impl Desk {
    /// Starts a thread that does `work`.
    pub(crate) fn open<W: FnOnce() + Send + 'static>(
        work: impl FnOnce(Orders) -> io::Result<W>,
    ) -> io::Result<Self> {
        let bell = Arc::new(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?);
        let (sender, receiver) = sync_channel(BACKLOG);
        let orders = Orders {
            bell: bell.clone(),
            receiver,
        };
        let work = work(orders)?;
        let thread = Builder::new().name("gamepads".to_owned()).spawn(work)?;
        Ok(Self {
            sender: Some(sender),
            bell,
            thread: Some(thread),
        })
    }

    fn ring(&self) {
        // A full counter means that it rings already.
        let _ = rustix::io::write(&*self.bell, &1u64.to_ne_bytes());
    }
}

impl Gamepads for Desk {
    fn apply(&mut self, slot: u8, event: &PadEvent) -> Result<(), DesktopError> {
        let lost = || DesktopError::Lost("the thread of the gamepads ended".to_owned());
        if slot >= PADS {
            return Ok(());
        }
        let sender = self.sender.as_ref().ok_or_else(lost)?;
        match sender.try_send((slot, event.clone())) {
            Ok(()) => self.ring(),
            Err(TrySendError::Full(_)) => {
                tracing::warn!(slot, "the gamepads' thread is {BACKLOG} events behind");
            }
            Err(TrySendError::Disconnected(_)) => return Err(lost()),
        }
        Ok(())
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        drop(self.sender.take());
        self.ring();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the gamepads' thread panicked");
        }
    }
}

impl Orders {
    /// Hands over what was ordered; false when nobody orders any more.
    pub(crate) fn take(&self, mut carry_out: impl FnMut(u8, &PadEvent)) -> bool {
        let mut count = [0; 8];
        // Nothing to read means that an earlier round has seen to it.
        let _ = rustix::io::read(&*self.bell, &mut count);
        loop {
            match self.receiver.try_recv() {
                Ok((slot, event)) => carry_out(slot, &event),
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Disconnected) => return false,
            }
        }
    }
}
