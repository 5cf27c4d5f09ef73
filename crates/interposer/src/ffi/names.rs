//! Questions about names: links, and attributes beside a file. Devices have none.

use std::ffi::{CStr, c_char, c_int, c_void};

use libc::{size_t, ssize_t};

use crate::nodes::{DIRECTORY, Node};

use super::target::{Target, of, of_at};
use super::{error, fail, hook, real};

/// Fails for a device with `why`; for the directory, if there is none on this machine.
#[inline]
fn none(target: Option<Target>, why: c_int, rest: impl FnOnce() -> ssize_t) -> ssize_t {
    match target {
        None => rest(),
        Some(Target::Device(..)) => fail(why),
        Some(Target::Directory(_)) => match rest() {
            -1 if error() == libc::ENOENT => fail(why),
            result => result,
        },
    }
}

/// The path of a device without what is redundant, in the program's room or in memory of its own.
///
/// # Safety
/// `out` is null or has room for a path.
unsafe fn write(node: Node, out: *mut c_char) -> *mut c_char {
    let mut path = [0u8; 48];
    let name = node.name();
    let parts = DIRECTORY.iter().chain(b"/").chain(name.bytes());
    for (place, byte) in path.iter_mut().zip(parts) {
        *place = *byte;
    }
    let Ok(path) = CStr::from_bytes_until_nul(&path) else {
        return fail(libc::ENAMETOOLONG);
    };
    if out.is_null() {
        // SAFETY: a string of C. The program gives the copy back with `free`.
        return unsafe { libc::strdup(path.as_ptr()) };
    }
    // SAFETY: the caller's promise.
    unsafe { libc::strcpy(out, path.as_ptr()) }
}

// SAFETY of all that follows: the program keeps to the manual, and what it passes is passed on.
hook! {
    fn getxattr(path: *const c_char, name: *const c_char, out: *mut c_void, room: size_t) -> ssize_t {
        // SAFETY: see above.
        none(unsafe { of(path) }, libc::ENODATA, || unsafe { real::getxattr(path, name, out, room) })
    }

    fn lgetxattr(path: *const c_char, name: *const c_char, out: *mut c_void, room: size_t) -> ssize_t {
        // SAFETY: see above.
        none(unsafe { of(path) }, libc::ENODATA, || unsafe { real::lgetxattr(path, name, out, room) })
    }

    fn listxattr(path: *const c_char, out: *mut c_char, room: size_t) -> ssize_t {
        // SAFETY: see above.
        match unsafe { of(path) } {
            Some(Target::Device(..)) => 0,
            // SAFETY: see above.
            target => none(target, libc::ENOTSUP, || unsafe { real::listxattr(path, out, room) }),
        }
    }

    fn llistxattr(path: *const c_char, out: *mut c_char, room: size_t) -> ssize_t {
        // SAFETY: see above.
        match unsafe { of(path) } {
            Some(Target::Device(..)) => 0,
            // SAFETY: see above.
            target => none(target, libc::ENOTSUP, || unsafe { real::llistxattr(path, out, room) }),
        }
    }

    fn readlink(path: *const c_char, out: *mut c_char, room: size_t) -> ssize_t {
        // SAFETY: see above.
        none(unsafe { of(path) }, libc::EINVAL, || unsafe { real::readlink(path, out, room) })
    }

    fn readlinkat(dir: c_int, path: *const c_char, out: *mut c_char, room: size_t) -> ssize_t {
        // SAFETY: see above.
        let target = unsafe { of_at(dir, path) };
        // SAFETY: see above.
        none(target, libc::EINVAL, || unsafe { real::readlinkat(dir, path, out, room) })
    }

    fn realpath(path: *const c_char, out: *mut c_char) -> *mut c_char {
        // SAFETY: see above.
        match unsafe { of(path) } {
            // SAFETY: see above.
            Some(Target::Device(node, _)) => unsafe { write(node, out) },
            // SAFETY: see above.
            _ => unsafe { real::realpath(path, out) },
        }
    }

    fn __realpath_chk(path: *const c_char, out: *mut c_char, room: size_t) -> *mut c_char {
        // SAFETY: see above.
        match unsafe { of(path) } {
            // SAFETY: see above; programs that are checked have room for a whole path.
            Some(Target::Device(node, _)) => unsafe { write(node, out) },
            // SAFETY: see above.
            _ => unsafe { real::__realpath_chk(path, out, room) },
        }
    }
}
