//! Tells programs that wait for new devices when sockets come and go.

use std::ffi::{c_char, c_int, c_void};
use std::slice::from_raw_parts_mut;
use std::sync::{Mutex, TryLockError};

use libc::{size_t, ssize_t};

use crate::notices::{Watch, translate};
use crate::open_pads::{self, WATCH};

use super::target::{Target, of};
use super::{fail, hook, real};

/// More instances that watch for devices than any program has.
const WATCHES: usize = 16;
static TABLE: Mutex<[Option<(c_int, Watch)>; WATCHES]> = Mutex::new([None; WATCHES]);

fn with<R>(work: impl FnOnce(&mut [Option<(c_int, Watch)>]) -> R) -> R {
    let mut table = TABLE
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    work(table.as_mut_slice())
}

fn watch(fd: c_int) -> Option<Watch> {
    with(|table| {
        let mut entries = table.iter().flatten();
        entries.find(|(of, _)| *of == fd).map(|(_, watch)| *watch)
    })
}

/// The instance is closed. Between `fork` and `exec` nobody may be left who would give the table
/// back, so this does not wait for it; what stays behind makes room when there is none.
pub(super) fn closed(fd: c_int) {
    let mut table = match TABLE.try_lock() {
        Ok(table) => table,
        Err(TryLockError::Poisoned(table)) => table.into_inner(),
        Err(TryLockError::WouldBlock) => return,
    };
    vacate(table.as_mut_slice(), fd);
}

fn forget(fd: c_int) {
    with(|table| vacate(table, fd));
}

fn vacate(table: &mut [Option<(c_int, Watch)>], fd: c_int) {
    for entry in table {
        if entry.is_some_and(|(of, _)| of == fd) {
            *entry = None;
        }
    }
}

fn note(fd: c_int, watch: Watch) -> bool {
    forget(fd);
    let noted = with(|table| {
        let is_vacant = |entry: &Option<(c_int, Watch)>| {
            entry.is_none_or(|(of, _)| open_pads::mark(of) != WATCH)
        };
        let vacant = table.iter_mut().find(|entry| is_vacant(entry));
        vacant.map(|entry| *entry = Some((fd, watch))).is_some()
    });
    noted && open_pads::note_watch(fd)
}

// SAFETY of all that follows: the program keeps to the manual, and what it passes is passed on.
hook! {
    fn inotify_add_watch(fd: c_int, path: *const c_char, mask: u32) -> c_int {
        // SAFETY: see above.
        let known = unsafe { real::inotify_add_watch(fd, path, mask) };
        // SAFETY: see above.
        let Some(Target::Directory(sockets)) = (unsafe { of(path) }) else {
            return known;
        };
        // SAFETY: see above.
        let ours = unsafe { real::inotify_add_watch(fd, sockets.as_ptr(), mask) };
        if ours < 0 {
            return known;
        }
        let known = if known < 0 { ours } else { known };
        if note(fd, Watch { known, ours }) {
            return known;
        }
        if known == ours {
            // SAFETY: takes numbers only.
            unsafe { real::inotify_rm_watch(fd, ours) };
            return fail(libc::ENOSPC);
        }
        known
    }

    fn inotify_rm_watch(fd: c_int, number: c_int) -> c_int {
        if let Some(found) = watch(fd).filter(|watch| watch.known == number) {
            forget(fd);
            open_pads::forget(fd);
            if found.ours != number {
                // SAFETY: takes numbers only.
                unsafe { real::inotify_rm_watch(fd, found.ours) };
            }
        }
        // SAFETY: see above.
        unsafe { real::inotify_rm_watch(fd, number) }
    }
}

/// Reads notices. If there are none about devices, it is as if nothing had happened.
///
/// # Safety
/// `buffer` has room for `count` bytes.
pub(super) unsafe fn read(fd: c_int, buffer: *mut c_void, count: size_t) -> ssize_t {
    loop {
        // SAFETY: the caller's promise.
        let result = unsafe { real::read(fd, buffer, count) };
        let Ok(len) = usize::try_from(result) else {
            return result;
        };
        let Some(watch) = watch(fd).filter(|_| len > 0 && is_inotify(fd)) else {
            return result;
        };
        // SAFETY: the kernel has just written so many bytes there.
        let notices = unsafe { from_raw_parts_mut(buffer.cast::<u8>(), len) };
        let left = translate(notices, watch);
        if left > 0 {
            return ssize_t::try_from(left).unwrap_or(ssize_t::MAX);
        }
    }
}

/// Descriptors can be closed unseen, and then be something else.
fn is_inotify(fd: c_int) -> bool {
    let link = format!("/proc/self/fd/{fd}");
    let is = std::fs::read_link(link).is_ok_and(|path| path.as_os_str() == "anon_inode:inotify");
    if !is {
        forget(fd);
        open_pads::forget(fd);
    }
    is
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_waits_for_nobody_and_what_stays_behind_makes_room() {
        const WATCHING: Watch = Watch { known: 1, ours: 2 };
        let first = 61_000;
        let all = first..first + 16;
        for fd in all.clone() {
            assert!(note(fd, WATCHING));
        }
        assert!(!note(first + 16, WATCHING), "the table is full");
        // As in a child of a program one of whose other threads had the table.
        with(|_| closed(first));
        assert!(watch(first).is_some());
        open_pads::forget(first);
        assert!(note(first + 16, WATCHING));
        assert!(watch(first).is_none());
        for fd in all.start + 1..=all.end {
            closed(fd);
            assert!(watch(fd).is_none());
            open_pads::forget(fd);
        }
    }
}
