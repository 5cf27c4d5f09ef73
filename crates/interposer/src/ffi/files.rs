//! Opening, and asking whether that would be possible.

use std::ffi::{CStr, c_char, c_int};

use libc::{FILE, mode_t};

use super::target::{Target, of, of_at};
use super::{connect, fail, hook, real};

/// Opens what the target is, or does the rest.
#[inline]
fn open_or(target: Option<Target>, flags: c_int, rest: impl FnOnce() -> c_int) -> c_int {
    match target {
        Some(Target::Device(_, _)) if flags & libc::O_DIRECTORY != 0 => fail(libc::ENOTDIR),
        Some(Target::Device(node, path)) => connect::open(node, &path, flags),
        Some(Target::Directory(_)) | None => rest(),
    }
}

// `open` and its kin are variadic in C. A variadic call passes its arguments as another would on
// every platform that the C library supports, so the mode is there if the program passed one.
// SAFETY of all that follows: the program keeps to the manual, and what it passes is passed on.
hook! {
    fn open(path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
        // SAFETY: see above.
        open_or(unsafe { of(path) }, flags, || unsafe { real::open(path, flags, mode) })
    }

    fn open64(path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
        // SAFETY: see above.
        open_or(unsafe { of(path) }, flags, || unsafe { real::open64(path, flags, mode) })
    }

    fn openat(dir: c_int, path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
        // SAFETY: see above.
        let target = unsafe { of_at(dir, path) };
        // SAFETY: see above.
        open_or(target, flags, || unsafe { real::openat(dir, path, flags, mode) })
    }

    fn openat64(dir: c_int, path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
        // SAFETY: see above.
        let target = unsafe { of_at(dir, path) };
        // SAFETY: see above.
        open_or(target, flags, || unsafe { real::openat64(dir, path, flags, mode) })
    }

    fn __open_2(path: *const c_char, flags: c_int) -> c_int {
        // SAFETY: see above.
        open_or(unsafe { of(path) }, flags, || unsafe { real::__open_2(path, flags) })
    }

    fn __open64_2(path: *const c_char, flags: c_int) -> c_int {
        // SAFETY: see above.
        open_or(unsafe { of(path) }, flags, || unsafe { real::__open64_2(path, flags) })
    }

    fn __openat_2(dir: c_int, path: *const c_char, flags: c_int) -> c_int {
        // SAFETY: see above.
        let target = unsafe { of_at(dir, path) };
        // SAFETY: see above.
        open_or(target, flags, || unsafe { real::__openat_2(dir, path, flags) })
    }

    fn __openat64_2(dir: c_int, path: *const c_char, flags: c_int) -> c_int {
        // SAFETY: see above.
        let target = unsafe { of_at(dir, path) };
        // SAFETY: see above.
        open_or(target, flags, || unsafe { real::__openat64_2(dir, path, flags) })
    }

    fn fopen(path: *const c_char, mode: *const c_char) -> *mut FILE {
        // SAFETY: see above.
        match unsafe { of(path) } {
            // SAFETY: see above.
            Some(target @ Target::Device(..)) => unsafe { open_stream(target, mode) },
            // SAFETY: see above.
            _ => unsafe { real::fopen(path, mode) },
        }
    }

    fn fopen64(path: *const c_char, mode: *const c_char) -> *mut FILE {
        // SAFETY: see above.
        match unsafe { of(path) } {
            // SAFETY: see above.
            Some(target @ Target::Device(..)) => unsafe { open_stream(target, mode) },
            // SAFETY: see above.
            _ => unsafe { real::fopen64(path, mode) },
        }
    }

    fn access(path: *const c_char, how: c_int) -> c_int {
        // SAFETY: see above.
        access_or(unsafe { of(path) }, how, || unsafe { real::access(path, how) })
    }

    fn euidaccess(path: *const c_char, how: c_int) -> c_int {
        // SAFETY: see above.
        access_or(unsafe { of(path) }, how, || unsafe { real::euidaccess(path, how) })
    }

    fn eaccess(path: *const c_char, how: c_int) -> c_int {
        // SAFETY: see above.
        access_or(unsafe { of(path) }, how, || unsafe { real::eaccess(path, how) })
    }

    fn faccessat(dir: c_int, path: *const c_char, how: c_int, flags: c_int) -> c_int {
        // SAFETY: see above.
        let target = unsafe { of_at(dir, path) };
        // SAFETY: see above.
        access_or(target, how, || unsafe { real::faccessat(dir, path, how, flags) })
    }
}

/// # Safety
/// `mode` is a string of C.
unsafe fn open_stream(target: Target, mode: *const c_char) -> *mut FILE {
    // SAFETY: the caller's promise.
    let how = unsafe { CStr::from_ptr(mode) }.to_bytes();
    let access = if how.contains(&b'+') {
        libc::O_RDWR
    } else {
        libc::O_RDONLY
    };
    let cloexec = if how.contains(&b'e') {
        libc::O_CLOEXEC
    } else {
        0
    };
    let fd = open_or(Some(target), access | cloexec, || fail(libc::ENOENT));
    if fd < 0 {
        return std::ptr::null_mut();
    }
    // SAFETY: the descriptor is ours to give away.
    unsafe { libc::fdopen(fd, mode) }
}

fn access_or(target: Option<Target>, how: c_int, rest: impl FnOnce() -> c_int) -> c_int {
    match target {
        Some(Target::Device(..)) if how & libc::X_OK != 0 => fail(libc::EACCES),
        Some(Target::Device(..)) => 0,
        Some(Target::Directory(_)) => match rest() {
            0 => 0,
            _ if how & libc::W_OK != 0 => fail(libc::EACCES),
            _ => 0,
        },
        None => rest(),
    }
}
