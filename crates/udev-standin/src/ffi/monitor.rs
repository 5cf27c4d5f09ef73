//! `struct udev_monitor`: tells of devices that come and go, as their sockets do.

use std::collections::VecDeque;
use std::ffi::{CString, c_char, c_int};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;

use crate::filters::Interest;
use crate::pads::Pad;

use super::context::{Context, Udev};
use super::device::{self, Device};
use super::object::{Held, Object};
use super::{export, owned, set_error, sockets};

pub(super) struct Body {
    udev: Held<Context>,
    interest: Interest,
    /// What the program waits for: readable when either of the next two is.
    both: OwnedFd,
    notices: OwnedFd,
    /// Readable while `pending` is not empty: several notices are read at once.
    bell: OwnedFd,
    pending: VecDeque<(Pad, &'static str)>,
}

type Monitor = Object<Body>;

/// A descriptor that a function of C has just made.
fn made(fd: c_int) -> Option<OwnedFd> {
    // SAFETY: if it is one, nobody else has it yet.
    (fd >= 0).then(|| unsafe { OwnedFd::from_raw_fd(fd) })
}

impl Body {
    fn new(udev: Held<Context>) -> Option<Self> {
        // SAFETY: these take numbers only.
        let (both, notices, bell) = unsafe {
            (
                made(libc::epoll_create1(libc::EPOLL_CLOEXEC))?,
                made(libc::inotify_init1(libc::IN_CLOEXEC | libc::IN_NONBLOCK))?,
                made(libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK))?,
            )
        };
        for fd in [&notices, &bell] {
            let mut event = libc::epoll_event {
                events: u32::try_from(libc::EPOLLIN).unwrap_or_default(),
                u64: 0,
            };
            let (all, one) = (both.as_raw_fd(), fd.as_raw_fd());
            // SAFETY: both are open, and the event is a place to read from.
            unsafe { libc::epoll_ctl(all, libc::EPOLL_CTL_ADD, one, &raw mut event) };
        }
        Some(Self {
            udev,
            interest: Interest::default(),
            both,
            notices,
            bell,
            pending: VecDeque::new(),
        })
    }

    /// From now on, what happens is noticed. Twice does no harm.
    fn watch(&self) {
        let mask = libc::IN_CREATE | libc::IN_DELETE | libc::IN_MOVED_TO | libc::IN_MOVED_FROM;
        let Ok(path) = CString::new(sockets().as_os_str().as_bytes()) else {
            return;
        };
        // SAFETY: a string of C. Without that directory there is nothing to notice.
        unsafe { libc::inotify_add_watch(self.notices.as_raw_fd(), path.as_ptr(), mask) };
    }

    fn next(&mut self) -> Option<(Pad, &'static str)> {
        loop {
            if let Some(next) = self.pending.pop_front() {
                if self.pending.is_empty() {
                    let mut count = 0u64;
                    // SAFETY: the place is as long as said.
                    unsafe { libc::read(self.bell.as_raw_fd(), (&raw mut count).cast(), 8) };
                }
                return Some(next);
            }
            let mut buffer = [0u8; 4096];
            let (fd, room) = (self.notices.as_raw_fd(), buffer.len());
            // SAFETY: the place is as long as said.
            let len = unsafe { libc::read(fd, buffer.as_mut_ptr().cast(), room) };
            let len = usize::try_from(len).ok().filter(|len| *len > 0)?;
            self.note(buffer.get(..len).unwrap_or_default());
            if !self.pending.is_empty() {
                let count = 1u64;
                // SAFETY: the place is as long as said.
                unsafe { libc::write(self.bell.as_raw_fd(), (&raw const count).cast(), 8) };
            }
        }
    }

    fn note(&mut self, mut notices: &[u8]) {
        while let Some((mask, name, rest)) = notice(notices) {
            notices = rest;
            let came = mask & (libc::IN_CREATE | libc::IN_MOVED_TO) != 0;
            if let Some(pad) = Pad::of_socket(name).filter(|pad| self.interest.covers(*pad)) {
                let action = if came { "add" } else { "remove" };
                self.pending.push_back((pad, action));
            }
        }
    }
}

/// The first of these notices, and the others (`inotify(7)`).
fn notice(bytes: &[u8]) -> Option<(u32, &str, &[u8])> {
    let word = |at: usize| {
        let bytes = bytes.get(at..)?.first_chunk()?;
        Some(u32::from_ne_bytes(*bytes))
    };
    let (mask, len) = (word(4)?, usize::try_from(word(12)?).ok()?);
    let (name, rest) = bytes.get(16..)?.split_at_checked(len)?;
    let end = name.iter().position(|byte| *byte == 0).unwrap_or(len);
    let name = std::str::from_utf8(name.get(..end)?).unwrap_or_default();
    Some((mask, name, rest))
}

// SAFETY of all that follows: the program passes what it got from this library and still holds,
// and strings of C.
export! {
    fn udev_monitor_new_from_netlink(udev: *mut Udev, _name: *const c_char) -> *mut Monitor {
        // SAFETY: see above.
        match Body::new(unsafe { Held::new(udev) }) {
            Some(body) => Object::give(body),
            None => std::ptr::null_mut(),
        }
    }

    fn udev_monitor_ref(monitor: *mut Monitor) -> *mut Monitor {
        // SAFETY: see above.
        unsafe { Object::hold(monitor) }
    }

    fn udev_monitor_unref(monitor: *mut Monitor) -> *mut Monitor {
        // SAFETY: see above.
        unsafe { Object::release(monitor) }
    }

    fn udev_monitor_get_udev(monitor: *mut Monitor) -> *mut Udev {
        // SAFETY: see above.
        unsafe { monitor.as_ref() }.map_or(std::ptr::null_mut(), |one| one.body.udev.as_ptr())
    }

    fn udev_monitor_enable_receiving(monitor: *mut Monitor) -> c_int {
        // SAFETY: see above.
        match unsafe { monitor.as_ref() } {
            Some(monitor) => {
                monitor.body.watch();
                0
            }
            None => -libc::EINVAL,
        }
    }

    fn udev_monitor_set_receive_buffer_size(_monitor: *mut Monitor, _size: c_int) -> c_int {
        0
    }

    fn udev_monitor_get_fd(monitor: *mut Monitor) -> c_int {
        // SAFETY: see above.
        unsafe { monitor.as_ref() }.map_or(-libc::EINVAL, |one| one.body.both.as_raw_fd())
    }

    fn udev_monitor_receive_device(monitor: *mut Monitor) -> *mut Device {
        // SAFETY: see above.
        let Some(monitor) = (unsafe { monitor.as_mut() }) else {
            return std::ptr::null_mut();
        };
        match monitor.body.next() {
            // SAFETY: the context is held by the monitor.
            Some((pad, action)) => unsafe {
                device::give(monitor.body.udev.as_ptr(), pad, Some(action))
            },
            None => {
                set_error(libc::EAGAIN);
                std::ptr::null_mut()
            }
        }
    }

    fn udev_monitor_filter_add_match_subsystem_devtype(
        monitor: *mut Monitor,
        subsystem: *const c_char,
        devtype: *const c_char,
    ) -> c_int {
        // SAFETY: see above.
        match unsafe { monitor.as_mut().zip(owned(subsystem)) } {
            Some((monitor, subsystem)) => {
                // SAFETY: see above.
                let devtype = unsafe { owned(devtype) };
                monitor.body.interest.kinds.push((subsystem, devtype));
                0
            }
            None => -libc::EINVAL,
        }
    }

    fn udev_monitor_filter_add_match_tag(monitor: *mut Monitor, tag: *const c_char) -> c_int {
        // SAFETY: see above.
        match unsafe { monitor.as_mut() } {
            Some(monitor) if !tag.is_null() => {
                monitor.body.interest.tagged = true;
                0
            }
            _ => -libc::EINVAL,
        }
    }

    fn udev_monitor_filter_update(monitor: *mut Monitor) -> c_int {
        if monitor.is_null() { -libc::EINVAL } else { 0 }
    }

    fn udev_monitor_filter_remove(monitor: *mut Monitor) -> c_int {
        // SAFETY: see above.
        match unsafe { monitor.as_mut() } {
            Some(monitor) => {
                monitor.body.interest = Interest::default();
                0
            }
            None => -libc::EINVAL,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_are_taken_apart_and_torn_ones_end_them() {
        let mut bytes = Vec::new();
        for (mask, name) in [(libc::IN_CREATE, "selkies_js0.sock"), (libc::IN_DELETE, "")] {
            let room = name.len().next_multiple_of(32);
            bytes.extend(1i32.to_ne_bytes());
            bytes.extend(mask.to_ne_bytes());
            bytes.extend(0u32.to_ne_bytes());
            bytes.extend(u32::try_from(room).expect("short").to_ne_bytes());
            bytes.extend(name.as_bytes());
            bytes.resize(bytes.len() + room - name.len(), 0);
        }
        let (mask, name, rest) = notice(&bytes).expect("the first");
        assert_eq!((mask, name), (libc::IN_CREATE, "selkies_js0.sock"));
        let (mask, name, rest) = notice(rest).expect("the second");
        assert_eq!((mask, name, rest), (libc::IN_DELETE, "", [].as_slice()));
        assert_eq!(notice(&bytes[..40]), None);
        assert_eq!(notice(&[]), None);
    }
}
