//! The one slot between the threads, and everything else the encode thread waits for.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use selkies_media::encoder::{Rate, Tuning};
use selkies_media::{Damage, Frame};

/// Holds the newest frame until the encode thread takes it. A frame that replaces another inherits
/// its damage, so that nothing that changed is ever forgotten.
pub(crate) struct Mailbox {
    slot: Mutex<Slot>,
    /// Something changed that one of the two threads may be waiting for.
    changed: Condvar,
}

struct Slot {
    frame: Option<Frame>,
    keyframe: bool,
    tuning: Tuning,
    /// Counts changes of `tuning`, so that each reader notices each of them once.
    tuned: u64,
    /// How what rests is painted over has changed: the encode thread has to think again.
    repaint: bool,
    /// `frame` was read while nobody could take one, at this time.
    parked: Option<Instant>,
    /// It lies there for so long that there may be a newer one: look before it is taken.
    old: bool,
    /// Some viewer can take another picture.
    demand: bool,
    closed: bool,
}

/// What the encode thread is to do next.
pub(crate) struct Work {
    /// The newest frame; `None`: there is none since the last one.
    pub(crate) frame: Option<Frame>,
    pub(crate) keyframe: bool,
    /// Neither: it is time to paint over what has come to rest.
    pub(crate) paint_over: bool,
    pub(crate) tuning: Tuning,
    pub(crate) tuned: u64,
}

/// What the capture thread is to do next.
pub(crate) struct Worth {
    /// Pictures per second at most.
    pub(crate) framerate: f64,
    /// Somebody waits for the answer whether there is anything new.
    pub(crate) at_once: bool,
}

impl Mailbox {
    pub(crate) fn new(tuning: Tuning) -> Self {
        let slot = Slot {
            frame: None,
            parked: None,
            old: false,
            keyframe: false,
            tuning,
            tuned: 0,
            repaint: false,
            demand: false,
            closed: false,
        };
        Self {
            slot: Mutex::new(slot),
            changed: Condvar::new(),
        }
    }

    /// Puts `frame` in the slot. `false`: nobody will take it, the pipeline ends.
    pub(crate) fn put(&self, mut frame: Frame) -> bool {
        let mut slot = self.lock();
        if let Some(replaced) = slot.frame.take() {
            frame.damaged = frame.damaged.min(replaced.damaged);
            if replaced.size() == frame.size() {
                frame.damage.merge(&replaced.damage);
            } else {
                frame.damage = Damage::full(frame.size());
            }
        }
        slot.frame = Some(frame);
        slot.old = false;
        slot.parked = (!slot.demand).then(Instant::now);
        let open = !slot.closed;
        drop(slot);
        self.changed.notify_all();
        open
    }

    /// Waits until there is a frame, or a keyframe is wanted of the last one, and some viewer can
    /// take it. When there is neither at `paint_over`, that is the work: what is new goes first.
    /// `None`: the pipeline ends.
    pub(crate) fn take(&self, paint_over: Option<Instant>) -> Option<Work> {
        let mut slot = self.lock();
        let mut paint = false;
        while !(slot.closed || paint || slot.repaint || slot.demand && slot.has_work()) {
            let due = paint_over.filter(|_| slot.demand && slot.frame.is_none());
            slot = match due.map(|due| due.saturating_duration_since(Instant::now())) {
                None => self
                    .changed
                    .wait(slot)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(Duration::ZERO) => {
                    paint = true;
                    slot
                }
                Some(span) => {
                    self.changed
                        .wait_timeout(slot, span)
                        .unwrap_or_else(PoisonError::into_inner)
                        .0
                }
            };
        }
        if slot.closed {
            return None;
        }
        slot.repaint = false;
        let ready = slot.demand && slot.has_work();
        let work = Work {
            frame: if ready { slot.frame.take() } else { None },
            keyframe: ready && std::mem::take(&mut slot.keyframe),
            paint_over: paint,
            tuning: slot.tuning,
            tuned: slot.tuned,
        };
        drop(slot);
        self.changed.notify_all();
        Some(work)
    }

    /// Waits until some viewer can take a picture: what is read earlier is old when it is sent.
    /// `None`: the pipeline ends.
    pub(crate) fn worth_capturing(&self) -> Option<Worth> {
        let slot = self.lock();
        let slot = self
            .changed
            .wait_while(slot, |slot| !(slot.closed || slot.demand))
            .unwrap_or_else(PoisonError::into_inner);
        (!slot.closed).then_some(Worth {
            framerate: slot.tuning.framerate,
            at_once: slot.old,
        })
    }

    /// There is nothing newer than the frame in the slot.
    pub(crate) fn confirm(&self) {
        self.lock().old = false;
        self.changed.notify_all();
    }

    /// Sleeps for `span`, or until the pipeline ends. `false`: it ends.
    pub(crate) fn sleep(&self, span: Duration) -> bool {
        let slot = self.lock();
        let (slot, _) = self
            .changed
            .wait_timeout_while(slot, span, |slot| !slot.closed)
            .unwrap_or_else(PoisonError::into_inner);
        !slot.closed
    }

    pub(crate) fn request_keyframe(&self) {
        self.lock().keyframe = true;
        self.changed.notify_all();
    }

    /// Whether some viewer can take another picture.
    pub(crate) fn set_demand(&self, demand: bool) {
        let mut slot = self.lock();
        if slot.demand == demand {
            return;
        }
        slot.demand = demand;
        if demand && let Some(parked) = slot.parked.take() {
            slot.old = parked.elapsed().as_secs_f64() > 1.0 / slot.tuning.framerate;
        }
        drop(slot);
        self.changed.notify_all();
    }

    pub(crate) fn tune(&self, tuning: Tuning) {
        let mut slot = self.lock();
        // What does not move would stay as it was sent: whoever asks for another quality looks at
        // a still picture most of the time. A bit rate changes by itself all the time and may not.
        slot.keyframe |= quality(&slot.tuning) != quality(&tuning);
        slot.repaint |= slot.tuning.paint_over != tuning.paint_over;
        slot.tuning = tuning;
        slot.tuned += 1;
        drop(slot);
        self.changed.notify_all();
    }

    pub(crate) fn close(&self) {
        let mut slot = self.lock();
        slot.closed = true;
        slot.frame = None;
        drop(slot);
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Slot> {
        // Every change of the slot is a plain assignment: a panic elsewhere leaves it whole.
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot {
    /// Something new can be encoded.
    fn has_work(&self) -> bool {
        match self.frame {
            Some(_) => !self.old,
            None => self.keyframe,
        }
    }
}

/// What somebody chose of how pictures look.
fn quality(tuning: &Tuning) -> (Option<u8>, u8) {
    let factor = match tuning.rate {
        Rate::Quality(factor) => Some(factor),
        Rate::Bitrate(_) => None,
    };
    (factor, tuning.jpeg_quality)
}
