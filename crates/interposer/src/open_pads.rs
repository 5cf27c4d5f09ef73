//! Which descriptors of this program are controllers.
//!
//! Calls about all other descriptors pay one load from a table. Nothing here is allocated, and
//! closing takes no lock, so it may happen between `fork` and `exec`.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicU64, Ordering};

use crate::events::{Remainder, Seen};
use crate::nodes::Node;
use crate::rumble::Effects;

/// Descriptors above this are never ours: a controller that would get one does not open.
const DESCRIPTORS: usize = 1 << 16;
/// More open controllers than any program has.
const PADS: usize = 128;
/// Not a controller, but an inotify instance that watches for them.
pub(crate) const WATCH: u8 = u8::MAX;

static MARKS: [AtomicU8; DESCRIPTORS] = [const { AtomicU8::new(0) }; DESCRIPTORS];
static TABLE: [Pad; PADS] = [const { Pad::vacant() }; PADS];

/// One open controller. Duplicates of a descriptor share it, as they do a file of the kernel.
pub(crate) struct Pad {
    /// How many descriptors; zero is a vacant place.
    users: AtomicU32,
    /// The kernel's own number for the socket, which is never used twice.
    cookie: AtomicU64,
    /// The device's number, and whether rumble is understood.
    what: AtomicU8,
    state: Mutex<Option<State>>,
}

/// What is remembered about an open controller.
pub(crate) struct State {
    pub(crate) seen: Seen,
    pub(crate) remainder: Remainder,
    pub(crate) effects: Effects,
    /// Whose time events carry, if not the server's.
    pub(crate) clock: Option<i32>,
}

const RUMBLES: u8 = 0x80;

impl Pad {
    const fn vacant() -> Self {
        Self {
            users: AtomicU32::new(0),
            cookie: AtomicU64::new(0),
            what: AtomicU8::new(0),
            state: Mutex::new(None),
        }
    }

    pub(crate) fn node(&self) -> Node {
        let number = self.what.load(Ordering::Relaxed) & !RUMBLES;
        Node::nth(number).expect("a pad is entered with the number of a device")
    }

    pub(crate) fn rumbles(&self) -> bool {
        self.what.load(Ordering::Relaxed) & RUMBLES != 0
    }

    pub(crate) fn cookie(&self) -> u64 {
        self.cookie.load(Ordering::Relaxed)
    }

    /// Must not be held while anything blocks.
    pub(crate) fn with<R>(&self, work: impl FnOnce(&mut State) -> R) -> R {
        let mut state = self
            .state
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        work(state.get_or_insert_with(State::new))
    }
}

impl State {
    fn new() -> Self {
        Self {
            seen: Seen::new(),
            remainder: Remainder::default(),
            effects: Effects::default(),
            clock: None,
        }
    }
}

fn place(descriptor: i32) -> Option<&'static AtomicU8> {
    MARKS.get(usize::try_from(descriptor).ok()?)
}

/// What is known of a descriptor; zero is nothing. This is all that other descriptors cost.
#[inline]
pub(crate) fn mark(descriptor: i32) -> u8 {
    place(descriptor).map_or(0, |mark| mark.load(Ordering::Acquire))
}

/// The controller behind a mark.
pub(crate) fn pad(mark: u8) -> Option<&'static Pad> {
    TABLE.get(usize::from(mark).checked_sub(1)?)
}

/// Notes that `descriptor` is now this device; false if there is no place for it.
pub(crate) fn enter(descriptor: i32, number: u8, rumbles: bool, cookie: u64) -> bool {
    let Some(mark) = place(descriptor) else {
        return false;
    };
    let vacant = (1u8..).zip(&TABLE).find(|(_, pad)| {
        pad.users
            .compare_exchange(0, 1, Ordering::AcqRel, Ordering::Relaxed)
            .is_ok()
    });
    let Some((at, pad)) = vacant else {
        return false;
    };
    pad.cookie.store(cookie, Ordering::Relaxed);
    let flag = if rumbles { RUMBLES } else { 0 };
    pad.what.store(number | flag, Ordering::Relaxed);
    pad.with(|state| *state = State::new());
    mark.store(at, Ordering::Release);
    true
}

/// Notes that `copy` is another descriptor of the same file as the one with this mark.
pub(crate) fn share(original: u8, copy: i32) {
    if let (Some(pad), Some(mark)) = (pad(original), place(copy)) {
        pad.users.fetch_add(1, Ordering::AcqRel);
        mark.store(original, Ordering::Release);
    }
}

/// Notes that `descriptor` watches for devices.
pub(crate) fn note_watch(descriptor: i32) -> bool {
    place(descriptor)
        .map(|mark| mark.store(WATCH, Ordering::Release))
        .is_some()
}

/// Notes that `descriptor` is closed or something else.
#[inline]
pub(crate) fn forget(descriptor: i32) {
    let Some(place) = place(descriptor) else {
        return;
    };
    if place.load(Ordering::Acquire) == 0 {
        return;
    }
    if let Some(pad) = pad(place.swap(0, Ordering::AcqRel)) {
        pad.users.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Forgets all descriptors that are not what they were: not every way of closing one is seen.
pub(crate) fn sweep(is_still: impl Fn(i32, &Pad) -> bool) {
    for (descriptor, place) in (0i32..).zip(&MARKS) {
        if let Some(pad) = pad(place.load(Ordering::Acquire))
            && !is_still(descriptor, pad)
        {
            forget(descriptor);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_descriptor_is_a_controller_until_the_last_copy_is_closed() {
        assert!(enter(60_000, 5, true, 77));
        let found = pad(mark(60_000)).expect("it is there");
        assert_eq!(found.node(), Node::nth(5).expect("a device"));
        assert!(found.rumbles());
        assert_eq!(found.cookie(), 77);
        share(mark(60_000), 60_001);
        forget(60_000);
        assert_eq!(mark(60_000), 0);
        assert_eq!(found.users.load(Ordering::Relaxed), 1);
        forget(60_001);
        assert_eq!(found.users.load(Ordering::Relaxed), 0);
        forget(60_001);
        assert_eq!(found.users.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn descriptors_that_cannot_be_are_nothing() {
        for descriptor in [-1, i32::MIN, i32::MAX, 1 << 16] {
            assert_eq!(mark(descriptor), 0);
            assert!(!enter(descriptor, 0, false, 1));
            forget(descriptor);
        }
    }
}
