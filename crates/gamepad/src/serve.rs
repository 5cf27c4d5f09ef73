//! The loop of the sockets' thread: programs come and go, controls move.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::event::Timespec;
use rustix::event::epoll::{self, EventData, EventFlags};
use rustix::io::Errno;
use selkies_desktop::gamepad::PADS;
use selkies_desktop::{OnRumble, PadEvent};

use crate::consumer::{Consumer, Gone};
use crate::desk::Orders;
use crate::model::State;
use crate::motors::Shake;
use crate::place::Directory;
use crate::sockets::Bound;
use crate::wire::Interface;

/// More programs at once than any desktop runs; each costs a descriptor.
const CONSUMERS: usize = 256;
const BELL: u64 = 0;
/// Tokens of doors begin here, those of consumers behind them.
const DOORS: u64 = 1;

/// One socket that programs connect to.
pub(crate) struct Door {
    pub(crate) slot: u8,
    pub(crate) interface: Interface,
    pub(crate) listener: Bound,
}

pub(crate) struct Loop {
    epoll: OwnedFd,
    orders: Orders,
    on_rumble: OnRumble,
    // Before the directory, which can only be removed when it is empty.
    doors: Vec<Door>,
    _directory: Directory,
    states: [State; PADS as usize],
    consumers: BTreeMap<u64, Consumer>,
    next_token: u64,
    /// It was said that a program could not be let in, and none has been since.
    full: bool,
}

impl Loop {
    pub(crate) fn new(
        directory: Directory,
        doors: Vec<Door>,
        orders: Orders,
        on_rumble: OnRumble,
    ) -> io::Result<Self> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        epoll::add(
            &epoll,
            &*orders.bell,
            EventData::new_u64(BELL),
            EventFlags::IN,
        )?;
        let mut next_token = DOORS;
        for door in &doors {
            let token = EventData::new_u64(next_token);
            epoll::add(&epoll, &door.listener.listener, token, EventFlags::IN)?;
            next_token += 1;
        }
        Ok(Self {
            epoll,
            orders,
            on_rumble,
            doors,
            _directory: directory,
            states: Default::default(),
            consumers: BTreeMap::new(),
            next_token,
            full: false,
        })
    }

    pub(crate) fn run(mut self) {
        let mut events = Vec::with_capacity(32);
        loop {
            events.clear();
            let patience = self.patience();
            match epoll::wait(
                &self.epoll,
                rustix::buffer::spare_capacity(&mut events),
                patience.as_ref(),
            ) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => {
                    tracing::error!(%error, "the gamepads' sockets cannot be waited for");
                    return;
                }
            }
            for event in &events {
                let token = event.data.u64();
                if token == BELL {
                    let mut ordered = Vec::new();
                    let goes_on = self
                        .orders
                        .take(|slot, event| ordered.push((slot, event.clone())));
                    for (slot, event) in ordered {
                        self.apply(slot, &event);
                    }
                    if !goes_on {
                        return;
                    }
                } else if !self.accept(token) {
                    self.turn_to(token, event.flags);
                }
            }
            self.wake();
        }
    }

    /// Until somebody has to be given up; for ever if nobody is behind.
    fn patience(&self) -> Option<Timespec> {
        let first = self
            .consumers
            .values()
            .filter_map(Consumer::next_wakeup)
            .min()?;
        let left = first.saturating_duration_since(Instant::now());
        Timespec::try_from(left + Duration::from_millis(1)).ok()
    }

    fn apply(&mut self, slot: u8, event: &PadEvent) {
        let Some(state) = self.states.get_mut(usize::from(slot)) else {
            return;
        };
        match event {
            PadEvent::Connect { name } => tracing::info!(slot, name, "a gamepad is there"),
            PadEvent::Disconnect => tracing::info!(slot, "a gamepad is gone"),
            PadEvent::Button { .. } | PadEvent::Axis { .. } | PadEvent::Neutral => {}
        }
        let before = *state;
        state.apply(event);
        let after = *state;
        if before == after {
            return;
        }
        let (now, wall) = (Instant::now(), wall());
        let tokens: Vec<u64> = self
            .consumers
            .iter()
            .filter_map(|(token, consumer)| (consumer.slot == slot).then_some(*token))
            .collect();
        for token in tokens {
            self.with(token, |consumer| {
                after
                    .since(&before)
                    .for_each(|change| consumer.push(change, wall));
                consumer.write(now)
            });
        }
    }

    /// Lets in who knocks; false if the token is no door's.
    fn accept(&mut self, token: u64) -> bool {
        let door = usize::try_from(token - DOORS)
            .ok()
            .and_then(|at| self.doors.get(at));
        let Some(door) = door else {
            return false;
        };
        let (slot, interface) = (door.slot, door.interface);
        let accepted = match door.listener.listener.accept() {
            Ok((stream, _)) => Consumer::new(slot, interface, stream, Instant::now()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return true,
            Err(error) => {
                // The one who knocks stays in the queue: without a pause this would be a busy loop.
                if !std::mem::replace(&mut self.full, true) {
                    tracing::warn!(%error, slot, "programs cannot open gamepads");
                }
                std::thread::sleep(Duration::from_millis(20));
                return true;
            }
        };
        let Ok(consumer) = accepted else {
            return true;
        };
        if self.consumers.len() >= CONSUMERS {
            if !std::mem::replace(&mut self.full, true) {
                tracing::warn!(slot, "{CONSUMERS} programs have gamepads open: no more");
            }
            return true;
        }
        self.full = false;
        let token = self.next_token;
        self.next_token += 1;
        let data = EventData::new_u64(token);
        let flags = EventFlags::IN | EventFlags::RDHUP | EventFlags::OUT;
        if epoll::add(&self.epoll, consumer.stream(), data, flags).is_ok() {
            self.consumers.insert(token, consumer);
            self.with(token, |consumer| consumer.write(Instant::now()));
        }
        true
    }

    fn turn_to(&mut self, token: u64, flags: EventFlags) {
        let (now, wall) = (Instant::now(), wall());
        let (states, on_rumble) = (self.states, self.on_rumble.clone());
        self.with(token, |consumer| {
            if flags
                .intersects(EventFlags::IN | EventFlags::RDHUP | EventFlags::HUP | EventFlags::ERR)
            {
                let slot = consumer.slot;
                let state = states.get(usize::from(slot)).copied().unwrap_or_default();
                consumer.read(&state, now, wall, |shake| on_rumble(shake.rumble(slot)))?;
            }
            consumer.write(now)
        });
    }

    /// Does something with a consumer, then waits for room in its socket, or lets it go.
    fn with(&mut self, token: u64, work: impl FnOnce(&mut Consumer) -> Result<(), Gone>) {
        let Some(consumer) = self.consumers.get_mut(&token) else {
            return;
        };
        let was_behind = consumer.is_behind();
        if work(consumer).is_err() {
            self.let_go(token);
            return;
        }
        let is_behind = consumer.is_behind();
        if was_behind != is_behind {
            let flags = EventFlags::IN | EventFlags::RDHUP;
            let flags = if is_behind {
                flags | EventFlags::OUT
            } else {
                flags
            };
            let data = EventData::new_u64(token);
            if epoll::modify(&self.epoll, consumer.stream().as_fd(), data, flags).is_err() {
                self.let_go(token);
            }
        }
    }

    fn let_go(&mut self, token: u64) {
        // Closing the stream takes it out of the epoll set.
        if let Some(consumer) = self.consumers.remove(&token)
            && consumer.shakes(Instant::now())
        {
            (self.on_rumble)(Shake::STILL.rumble(consumer.slot));
        }
    }

    /// Whoever's time has come goes on with its rumble or, if it does not read, goes.
    fn wake(&mut self) {
        let now = Instant::now();
        let due: Vec<u64> = self
            .consumers
            .iter()
            .filter(|(_, consumer)| consumer.next_wakeup().is_some_and(|time| time <= now))
            .map(|(token, _)| *token)
            .collect();
        for token in due {
            let on_rumble = self.on_rumble.clone();
            self.with(token, |consumer| {
                let woken = consumer.wake(now).inspect_err(|Gone| {
                    tracing::warn!("a program has a gamepad open and does not read: closed");
                });
                if let Some(shake) = woken? {
                    on_rumble(shake.rumble(consumer.slot));
                }
                Ok(())
            });
        }
    }
}

/// What event time stamps count from, as the kernel's do by default.
fn wall() -> Duration {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
}
