//! Does to the controllers what viewers do to theirs, in order, and reports how programs want them
//! to shake.

use std::collections::VecDeque;
use std::io;
use std::mem;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use selkies_desktop::gamepad::PADS;
use selkies_desktop::{DesktopError, Gamepads, OnRumble, PadEvent, Rumble};

use super::Report;

/// Events that may wait for the controllers; in practice none does.
const MOST_EVENTS: usize = 4096;
/// How long devices may take to go.
const FAREWELL: Duration = Duration::from_millis(500);

/// The controllers of a desktop, ready to be served.
pub struct Pads {
    queue: Arc<Queue>,
    pads: Box<dyn Gamepads>,
}

impl Pads {
    /// `open` is given whom the controllers tell of rumble.
    ///
    /// # Errors
    /// Those of `open`.
    pub fn open<E>(open: impl FnOnce(OnRumble) -> Result<Box<dyn Gamepads>, E>) -> Result<Self, E> {
        let queue = Arc::new(Queue::default());
        let shaken = Arc::downgrade(&queue);
        let pads = open(Arc::new(move |rumble| {
            if let Some(queue) = shaken.upgrade() {
                queue.shake(rumble);
            }
        }))?;
        Ok(Self { queue, pads })
    }
}

/// Our end of the thread. It ends when this is dropped, which waits until the devices are gone.
pub(super) struct Serving {
    queue: Arc<Queue>,
    gone: Receiver<()>,
}

impl Serving {
    pub(super) fn start(pads: Pads, report: impl Fn(Report) + Send + 'static) -> io::Result<Self> {
        let Pads { queue, pads } = pads;
        let (going, gone) = sync_channel(0);
        let server = Server {
            queue: queue.clone(),
            pads,
            unusable: [false; PADS as usize],
            lost: false,
        };
        thread::Builder::new()
            .name("desktop:gamepads".to_owned())
            .spawn(move || {
                let _going = going;
                server.run(report);
            })?;
        Ok(Self { queue, gone })
    }

    pub(super) fn apply(&self, slot: u8, event: PadEvent) {
        self.queue.push(slot, event);
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.queue.close();
        if self.gone.recv_timeout(FAREWELL) == Err(RecvTimeoutError::Timeout) {
            tracing::warn!("the gamepads' devices may have stayed behind");
        }
    }
}

struct Server {
    queue: Arc<Queue>,
    pads: Box<dyn Gamepads>,
    /// Slots whose failure was told.
    unusable: [bool; PADS as usize],
    lost: bool,
}

impl Server {
    fn run(mut self, report: impl Fn(Report)) {
        while let Some(todo) = self.queue.take() {
            match todo {
                Todo::Apply(slot, event) => self.apply(slot, &event),
                Todo::Tell(rumble) => report(Report::Rumble(rumble)),
            }
        }
    }

    fn apply(&mut self, slot: u8, event: &PadEvent) {
        if let PadEvent::Connect { name } = event {
            tracing::info!(slot, name, "a gamepad came");
        }
        let Err(error) = self.pads.apply(slot, event) else {
            return;
        };
        let told = match &error {
            DesktopError::Lost(_) => Some(&mut self.lost),
            _ => self.unusable.get_mut(usize::from(slot)),
        };
        // Said once: every further movement of the hand would say it again.
        if told.is_some_and(|told| !mem::replace(told, true)) {
            tracing::warn!(slot, %error, "what a gamepad does reaches nobody");
        }
    }
}

/// What is on its way to the controllers and from them.
#[derive(Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    events: VecDeque<(u8, PadEvent)>,
    /// The latest of each controller: it replaces what came before.
    rumble: [Option<Rumble>; PADS as usize],
    closed: bool,
}

enum Todo {
    Apply(u8, PadEvent),
    Tell(Rumble),
}

impl Queue {
    fn push(&self, slot: u8, event: PadEvent) {
        let mut waiting = self.lock();
        waiting.add(slot, event);
        waiting.stay_bounded();
        drop(waiting);
        self.changed.notify_one();
    }

    fn shake(&self, rumble: Rumble) {
        if let Some(latest) = self.lock().rumble.get_mut(usize::from(rumble.slot)) {
            *latest = Some(rumble);
        }
        self.changed.notify_one();
    }

    /// Waits for something to do. `None`: there will be nothing any more.
    fn take(&self) -> Option<Todo> {
        let idle = |waiting: &mut Waiting| !waiting.closed && waiting.is_empty();
        let mut waiting = self
            .changed
            .wait_while(self.lock(), idle)
            .unwrap_or_else(PoisonError::into_inner);
        if let Some((slot, event)) = waiting.events.pop_front() {
            return Some(Todo::Apply(slot, event));
        }
        if waiting.closed {
            return None;
        }
        let rumble = waiting.rumble.iter_mut().find_map(Option::take)?;
        Some(Todo::Tell(rumble))
    }

    fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn is_empty(&self) -> bool {
        self.events.is_empty() && self.rumble.iter().all(Option::is_none)
    }

    /// Positions of a stick that nobody has seen yet are replaced, unless something else of the
    /// same controller came between.
    fn add(&mut self, slot: u8, event: PadEvent) {
        if let PadEvent::Axis { index, value } = event {
            let of_slot = self.events.iter_mut().rev().filter(|(of, _)| *of == slot);
            for (_, waiting) in of_slot {
                match waiting {
                    PadEvent::Axis {
                        index: same,
                        value: latest,
                    } if *same == index => {
                        *latest = value;
                        return;
                    }
                    PadEvent::Axis { .. } => {}
                    _ => break,
                }
            }
        }
        self.events.push_back((slot, event));
    }

    /// Hopelessly behind: controllers come and go as they should, and everything is let go of.
    fn stay_bounded(&mut self) {
        if self.events.len() <= MOST_EVENTS {
            return;
        }
        tracing::warn!(dropped = self.events.len(), "the gamepads are too slow");
        let events = mem::take(&mut self.events);
        for slot in 0..PADS {
            let last = events.iter().rev().find(|(of, event)| {
                *of == slot && matches!(event, PadEvent::Connect { .. } | PadEvent::Disconnect)
            });
            self.events.extend(last.cloned());
            if !matches!(last, Some((_, PadEvent::Disconnect))) {
                self.events.push_back((slot, PadEvent::Neutral));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::SyncSender;

    use super::*;

    const DEADLINE: Duration = Duration::from_secs(10);

    /// Tells what is done to it, and can be told to stand still.
    struct Fake {
        done: SyncSender<(u8, PadEvent)>,
        answer: fn(u8) -> Result<(), DesktopError>,
    }

    impl Gamepads for Fake {
        fn apply(&mut self, slot: u8, event: &PadEvent) -> Result<(), DesktopError> {
            self.done
                .send((slot, event.clone()))
                .expect("the test waits");
            (self.answer)(slot)
        }
    }

    fn fake(
        room: usize,
        answer: fn(u8) -> Result<(), DesktopError>,
    ) -> (Pads, OnRumble, Receiver<(u8, PadEvent)>) {
        let (done, seen) = sync_channel(room);
        let mut shake = None;
        let pads = Pads::open(|on_rumble| {
            shake = Some(on_rumble);
            Ok::<_, ()>(Box::new(Fake { done, answer }) as Box<dyn Gamepads>)
        });
        let pads = pads.expect("it opens");
        (pads, shake.expect("it was given"), seen)
    }

    fn button(index: u8) -> PadEvent {
        PadEvent::Button { index, value: 1.0 }
    }

    fn axis(index: u8, value: f32) -> PadEvent {
        PadEvent::Axis { index, value }
    }

    #[test]
    fn events_arrive_in_order_and_one_bad_slot_does_not_stop_the_others() {
        let (pads, _, seen) = fake(16, |slot| match slot {
            1 => Err(DesktopError::Unusable("no".to_owned())),
            _ => Ok(()),
        });
        let serving = Serving::start(pads, |_| {}).expect("a thread");
        let all = [
            (0, button(0)),
            (1, button(1)),
            (1, button(2)),
            (2, axis(0, 1.0)),
        ];
        for (slot, event) in all.clone() {
            serving.apply(slot, event);
        }
        for expected in all {
            assert_eq!(seen.recv_timeout(DEADLINE), Ok(expected));
        }
        drop(serving);
        assert!(seen.recv_timeout(DEADLINE).is_err(), "the devices are gone");
    }

    #[test]
    fn what_waits_when_it_ends_is_still_done() {
        let (pads, _, seen) = fake(0, |_| Ok(()));
        let serving = Serving::start(pads, |_| {}).expect("a thread");
        serving.apply(0, button(0));
        serving.apply(0, PadEvent::Disconnect);
        let closing = thread::Builder::new().spawn(move || drop(serving));
        assert_eq!(seen.recv_timeout(DEADLINE), Ok((0, button(0))));
        assert_eq!(seen.recv_timeout(DEADLINE), Ok((0, PadEvent::Disconnect)));
        assert!(closing.expect("a thread").join().is_ok());
    }

    #[test]
    fn rumble_is_reported_and_only_the_latest_of_what_nobody_has_heard() {
        let (pads, shake, seen) = fake(0, |_| Ok(()));
        let (tell, told) = sync_channel(4);
        let serving = Serving::start(pads, move |report| {
            // The test may be over.
            let _ = tell.send(report);
        });
        let serving = serving.expect("a thread");
        // It stands still in here, so that rumble has to wait.
        serving.apply(0, button(0));
        let rumble = |slot, strong| Rumble {
            slot,
            strong,
            weak: 0.0,
            duration: Duration::from_millis(100),
        };
        for strong in [1.0, 0.5, 0.0] {
            shake(rumble(3, strong));
        }
        shake(rumble(200, 1.0));
        assert!(seen.recv_timeout(DEADLINE).is_ok());
        match told.recv_timeout(DEADLINE) {
            Ok(Report::Rumble(heard)) => assert_eq!(heard, rumble(3, 0.0)),
            other => panic!("{other:?}"),
        }
        drop(serving);
        assert!(told.recv_timeout(DEADLINE).is_err(), "there is no other");
    }

    #[test]
    fn positions_that_wait_are_merged_but_never_across_a_button() {
        let mut waiting = Waiting::default();
        for (slot, event) in [
            (0, axis(0, 0.1)),
            (0, axis(1, 0.2)),
            (1, axis(0, 0.3)),
            (0, axis(0, 0.4)),
            (0, button(0)),
            (0, axis(0, 0.5)),
            (0, axis(0, 0.6)),
        ] {
            waiting.add(slot, event);
        }
        let left = [
            (0, axis(0, 0.4)),
            (0, axis(1, 0.2)),
            (1, axis(0, 0.3)),
            (0, button(0)),
            (0, axis(0, 0.6)),
        ];
        assert_eq!(Vec::from(waiting.events), left);
    }

    #[test]
    fn a_flood_lets_go_of_everything_and_forgets_no_coming_or_going() {
        let queue = Queue::default();
        let name = "a pad".to_owned();
        queue.push(1, PadEvent::Connect { name: name.clone() });
        queue.push(2, PadEvent::Disconnect);
        for _ in 0..MOST_EVENTS {
            queue.push(0, button(0));
        }
        let left: Vec<_> = queue.lock().events.iter().cloned().collect();
        let first = left.get(..5).expect("they are there");
        let expected = [
            (0, PadEvent::Neutral),
            (1, PadEvent::Connect { name }),
            (1, PadEvent::Neutral),
            (2, PadEvent::Disconnect),
            (3, PadEvent::Neutral),
        ];
        assert_eq!(first, expected);
    }
}
