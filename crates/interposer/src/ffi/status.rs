//! What a device looks like as a file.

use std::ffi::{c_char, c_int, c_uint};

use libc::{mode_t, stat as Stat, stat64 as Stat64, statx as Statx};

use crate::nodes::{MAJOR, Node};
use crate::open_pads;

use super::target::{SocketPath, Target, of, of_at};
use super::{connect, hook, real};

const DEVICE: mode_t = libc::S_IFCHR | 0o660;
const DIRECTORY: mode_t = libc::S_IFDIR | 0o755;

/// The three shapes of the answer.
trait Status {
    /// Makes what is known of a socket into what is known of a device.
    fn become_device(&mut self, node: Node);
    /// The same for a directory.
    fn become_directory(&mut self);
    /// Seconds and nanoseconds.
    fn changed(&self) -> (i64, i64);
    fn set_changed(&mut self, time: (i64, i64));
}

macro_rules! status {
    ($type:ty) => {
        impl Status for $type {
            fn become_device(&mut self, node: Node) {
                self.st_mode = DEVICE;
                self.st_rdev = libc::makedev(MAJOR, node.minor());
                self.st_size = 0;
            }

            fn become_directory(&mut self) {
                self.st_mode = DIRECTORY;
            }

            fn changed(&self) -> (i64, i64) {
                (self.st_mtime.into(), self.st_mtime_nsec.into())
            }

            fn set_changed(&mut self, (seconds, nanoseconds): (i64, i64)) {
                self.st_mtime = seconds.try_into().unwrap_or_default();
                self.st_mtime_nsec = nanoseconds.try_into().unwrap_or_default();
            }
        }
    };
}
status!(Stat);
status!(Stat64);

impl Status for Statx {
    fn become_device(&mut self, node: Node) {
        self.stx_mode = u16::try_from(DEVICE).unwrap_or_default();
        self.stx_rdev_major = MAJOR;
        self.stx_rdev_minor = node.minor();
        self.stx_size = 0;
    }

    fn become_directory(&mut self) {
        self.stx_mode = u16::try_from(DIRECTORY).unwrap_or_default();
    }

    fn changed(&self) -> (i64, i64) {
        (self.stx_mtime.tv_sec, self.stx_mtime.tv_nsec.into())
    }

    fn set_changed(&mut self, (seconds, nanoseconds): (i64, i64)) {
        self.stx_mtime.tv_sec = seconds;
        self.stx_mtime.tv_nsec = nanoseconds.try_into().unwrap_or_default();
    }
}

/// Asks `ask` about a path: that of the program, or that of what stands behind it.
///
/// # Safety
/// `out` is what `ask` writes to, and `path` one that it may be asked about.
#[inline]
unsafe fn told<S: Status>(
    target: Option<Target>,
    path: *const c_char,
    out: *mut S,
    ask: impl Fn(*const c_char) -> c_int,
) -> c_int {
    match target {
        None => ask(path),
        Some(Target::Device(node, socket)) => {
            let result = ask(socket.as_ptr());
            if result == 0 {
                // SAFETY: it succeeded, so there is something in the place.
                unsafe { &mut *out }.become_device(node);
            }
            result
        }
        // SAFETY: the caller's promise.
        Some(Target::Directory(sockets)) => unsafe { directory(path, &sockets, out, ask) },
    }
}

/// The directory changes when either of the two does: programs look for new devices only then.
///
/// # Safety
/// As [`told`].
unsafe fn directory<S: Status>(
    path: *const c_char,
    sockets: &SocketPath,
    out: *mut S,
    ask: impl Fn(*const c_char) -> c_int,
) -> c_int {
    let result = ask(sockets.as_ptr());
    if result != 0 {
        return ask(path);
    }
    // SAFETY: it succeeded, so there is something in the place.
    let changed = unsafe { &*out }.changed();
    if ask(path) == 0 {
        // SAFETY: as above.
        let out = unsafe { &mut *out };
        out.set_changed(changed.max(out.changed()));
    } else {
        ask(sockets.as_ptr());
        // SAFETY: as above.
        unsafe { &mut *out }.become_directory();
    }
    0
}

/// Asks about an open descriptor.
///
/// # Safety
/// `out` is what `ask` writes to.
#[inline]
unsafe fn told_open<S: Status>(fd: c_int, out: *mut S, ask: impl Fn() -> c_int) -> c_int {
    let result = ask();
    if result == 0
        && let Some(pad) = open_pads::pad(open_pads::mark(fd))
        && connect::is_still(fd, pad)
    {
        // SAFETY: it succeeded, so there is something in the place.
        unsafe { &mut *out }.become_device(pad.node());
    }
    result
}

fn is_empty(path: *const c_char) -> bool {
    // SAFETY: a string of C has a first byte, which may be its end.
    !path.is_null() && unsafe { *path } == 0
}

// SAFETY of all that follows: the program keeps to the manual, and what it passes is passed on.
hook! {
    fn stat(path: *const c_char, out: *mut Stat) -> c_int {
        // SAFETY: see above.
        unsafe { told(of(path), path, out, |path| real::stat(path, out)) }
    }

    fn stat64(path: *const c_char, out: *mut Stat64) -> c_int {
        // SAFETY: see above.
        unsafe { told(of(path), path, out, |path| real::stat64(path, out)) }
    }

    fn lstat(path: *const c_char, out: *mut Stat) -> c_int {
        // SAFETY: see above.
        unsafe { told(of(path), path, out, |path| real::lstat(path, out)) }
    }

    fn lstat64(path: *const c_char, out: *mut Stat64) -> c_int {
        // SAFETY: see above.
        unsafe { told(of(path), path, out, |path| real::lstat64(path, out)) }
    }

    fn fstat(fd: c_int, out: *mut Stat) -> c_int {
        // SAFETY: see above.
        unsafe { told_open(fd, out, || real::fstat(fd, out)) }
    }

    fn fstat64(fd: c_int, out: *mut Stat64) -> c_int {
        // SAFETY: see above.
        unsafe { told_open(fd, out, || real::fstat64(fd, out)) }
    }

    fn fstatat(dir: c_int, path: *const c_char, out: *mut Stat, flags: c_int) -> c_int {
        if flags & libc::AT_EMPTY_PATH != 0 && is_empty(path) {
            // SAFETY: see above.
            return unsafe { told_open(dir, out, || real::fstatat(dir, path, out, flags)) };
        }
        // SAFETY: see above.
        unsafe { told(of_at(dir, path), path, out, |path| real::fstatat(dir, path, out, flags)) }
    }

    fn fstatat64(dir: c_int, path: *const c_char, out: *mut Stat64, flags: c_int) -> c_int {
        if flags & libc::AT_EMPTY_PATH != 0 && is_empty(path) {
            // SAFETY: see above.
            return unsafe { told_open(dir, out, || real::fstatat64(dir, path, out, flags)) };
        }
        // SAFETY: see above.
        unsafe { told(of_at(dir, path), path, out, |path| real::fstatat64(dir, path, out, flags)) }
    }

    fn statx(dir: c_int, path: *const c_char, flags: c_int, mask: c_uint, out: *mut Statx) -> c_int {
        if flags & libc::AT_EMPTY_PATH != 0 && is_empty(path) {
            // SAFETY: see above.
            return unsafe { told_open(dir, out, || real::statx(dir, path, flags, mask, out)) };
        }
        // SAFETY: see above.
        unsafe { told(of_at(dir, path), path, out, |path| real::statx(dir, path, flags, mask, out)) }
    }

    fn __xstat(version: c_int, path: *const c_char, out: *mut Stat) -> c_int {
        // SAFETY: see above.
        unsafe { told(of(path), path, out, |path| real::__xstat(version, path, out)) }
    }

    fn __xstat64(version: c_int, path: *const c_char, out: *mut Stat64) -> c_int {
        // SAFETY: see above.
        unsafe { told(of(path), path, out, |path| real::__xstat64(version, path, out)) }
    }

    fn __lxstat(version: c_int, path: *const c_char, out: *mut Stat) -> c_int {
        // SAFETY: see above.
        unsafe { told(of(path), path, out, |path| real::__lxstat(version, path, out)) }
    }

    fn __lxstat64(version: c_int, path: *const c_char, out: *mut Stat64) -> c_int {
        // SAFETY: see above.
        unsafe { told(of(path), path, out, |path| real::__lxstat64(version, path, out)) }
    }

    fn __fxstat(version: c_int, fd: c_int, out: *mut Stat) -> c_int {
        // SAFETY: see above.
        unsafe { told_open(fd, out, || real::__fxstat(version, fd, out)) }
    }

    fn __fxstat64(version: c_int, fd: c_int, out: *mut Stat64) -> c_int {
        // SAFETY: see above.
        unsafe { told_open(fd, out, || real::__fxstat64(version, fd, out)) }
    }

    fn __fxstatat(
        version: c_int,
        dir: c_int,
        path: *const c_char,
        out: *mut Stat,
        flags: c_int,
    ) -> c_int {
        // SAFETY: see above.
        unsafe {
            told(of_at(dir, path), path, out, |path| real::__fxstatat(version, dir, path, out, flags))
        }
    }

    fn __fxstatat64(
        version: c_int,
        dir: c_int,
        path: *const c_char,
        out: *mut Stat64,
        flags: c_int,
    ) -> c_int {
        // SAFETY: see above.
        unsafe {
            told(of_at(dir, path), path, out, |path| real::__fxstatat64(version, dir, path, out, flags))
        }
    }
}
