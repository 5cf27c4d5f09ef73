//! The C library's own functions, looked up when they are first needed.

use std::ffi::{CStr, c_char, c_int, c_uint, c_ulong, c_void};
use std::mem::transmute;
use std::sync::atomic::{AtomicPtr, Ordering};

use libc::{
    DIR, FILE, dirent, dirent64, mode_t, size_t, ssize_t, stat as Stat, stat64 as Stat64,
    statx as Statx,
};

use super::fail;

struct Symbol {
    name: &'static CStr,
    address: AtomicPtr<c_void>,
}

impl Symbol {
    const fn new(name: &'static CStr) -> Self {
        Self {
            name,
            address: AtomicPtr::new(std::ptr::null_mut()),
        }
    }

    #[inline]
    fn get(&self) -> Option<*mut c_void> {
        let known = self.address.load(Ordering::Relaxed);
        if known.is_null() {
            self.look_up()
        } else {
            Some(known)
        }
    }

    #[cold]
    fn look_up(&self) -> Option<*mut c_void> {
        // SAFETY: the name ends with a zero; RTLD_NEXT means the library after this one.
        let found = unsafe { libc::dlsym(libc::RTLD_NEXT, self.name.as_ptr()) };
        self.address.store(found, Ordering::Relaxed);
        (!found.is_null()).then_some(found)
    }
}

macro_rules! real {
    ($(fn $name:ident($($arg:ident: $type:ty),* $(,)?) -> $result:ty;)*) => {
        $(
            /// As in the manual. The caller passes what the manual asks for.
            #[inline]
            pub(super) unsafe fn $name($($arg: $type),*) -> $result {
                type Function = unsafe extern "C" fn($($type),*) -> $result;
                match symbols::$name.get() {
                    // SAFETY: the C library's function of this name has this type, as far as
                    // arguments go that are there; the arguments are the caller's promise.
                    Some(address) => unsafe { transmute::<*mut c_void, Function>(address)($($arg),*) },
                    None => fail(libc::ENOSYS),
                }
            }
        )*

        #[expect(non_upper_case_globals, reason = "named like the functions")]
        mod symbols {
            use super::Symbol;
            $(
                pub(super) static $name: Symbol = {
                    let name = concat!(stringify!($name), "\0").as_bytes();
                    match std::ffi::CStr::from_bytes_with_nul(name) {
                        Ok(name) => Symbol::new(name),
                        Err(_) => panic!("a name of C has no zero inside"),
                    }
                };
            )*
        }
    };
}

real! {
    fn open(path: *const c_char, flags: c_int, mode: mode_t) -> c_int;
    fn open64(path: *const c_char, flags: c_int, mode: mode_t) -> c_int;
    fn openat(dir: c_int, path: *const c_char, flags: c_int, mode: mode_t) -> c_int;
    fn openat64(dir: c_int, path: *const c_char, flags: c_int, mode: mode_t) -> c_int;
    fn __open_2(path: *const c_char, flags: c_int) -> c_int;
    fn __open64_2(path: *const c_char, flags: c_int) -> c_int;
    fn __openat_2(dir: c_int, path: *const c_char, flags: c_int) -> c_int;
    fn __openat64_2(dir: c_int, path: *const c_char, flags: c_int) -> c_int;
    fn fopen(path: *const c_char, mode: *const c_char) -> *mut FILE;
    fn fopen64(path: *const c_char, mode: *const c_char) -> *mut FILE;
    fn read(fd: c_int, buffer: *mut c_void, count: size_t) -> ssize_t;
    fn __read_chk(fd: c_int, buffer: *mut c_void, count: size_t, room: size_t) -> ssize_t;
    fn write(fd: c_int, buffer: *const c_void, count: size_t) -> ssize_t;
    fn close(fd: c_int) -> c_int;
    fn dup(fd: c_int) -> c_int;
    fn dup2(fd: c_int, copy: c_int) -> c_int;
    fn dup3(fd: c_int, copy: c_int, flags: c_int) -> c_int;
    fn fcntl(fd: c_int, command: c_int, argument: *mut c_void) -> c_int;
    fn fcntl64(fd: c_int, command: c_int, argument: *mut c_void) -> c_int;
    fn ioctl(fd: c_int, request: c_ulong, argument: *mut c_void) -> c_int;
    fn access(path: *const c_char, how: c_int) -> c_int;
    fn euidaccess(path: *const c_char, how: c_int) -> c_int;
    fn eaccess(path: *const c_char, how: c_int) -> c_int;
    fn faccessat(dir: c_int, path: *const c_char, how: c_int, flags: c_int) -> c_int;
    fn stat(path: *const c_char, out: *mut Stat) -> c_int;
    fn stat64(path: *const c_char, out: *mut Stat64) -> c_int;
    fn lstat(path: *const c_char, out: *mut Stat) -> c_int;
    fn lstat64(path: *const c_char, out: *mut Stat64) -> c_int;
    fn fstat(fd: c_int, out: *mut Stat) -> c_int;
    fn fstat64(fd: c_int, out: *mut Stat64) -> c_int;
    fn fstatat(dir: c_int, path: *const c_char, out: *mut Stat, flags: c_int) -> c_int;
    fn fstatat64(dir: c_int, path: *const c_char, out: *mut Stat64, flags: c_int) -> c_int;
    fn __xstat(version: c_int, path: *const c_char, out: *mut Stat) -> c_int;
    fn __xstat64(version: c_int, path: *const c_char, out: *mut Stat64) -> c_int;
    fn __lxstat(version: c_int, path: *const c_char, out: *mut Stat) -> c_int;
    fn __lxstat64(version: c_int, path: *const c_char, out: *mut Stat64) -> c_int;
    fn __fxstat(version: c_int, fd: c_int, out: *mut Stat) -> c_int;
    fn __fxstat64(version: c_int, fd: c_int, out: *mut Stat64) -> c_int;
    fn __fxstatat(version: c_int, dir: c_int, path: *const c_char, out: *mut Stat, flags: c_int) -> c_int;
    fn __fxstatat64(version: c_int, dir: c_int, path: *const c_char, out: *mut Stat64, flags: c_int) -> c_int;
    fn statx(dir: c_int, path: *const c_char, flags: c_int, mask: c_uint, out: *mut Statx) -> c_int;
    fn opendir(path: *const c_char) -> *mut DIR;
    fn closedir(dir: *mut DIR) -> c_int;
    fn rewinddir(dir: *mut DIR) -> ();
    fn readdir(dir: *mut DIR) -> *mut dirent;
    fn readdir64(dir: *mut DIR) -> *mut dirent64;
    fn scandir(
        path: *const c_char,
        list: *mut *mut *mut dirent,
        filter: Option<super::directory::Filter>,
        compare: Option<super::directory::Compare>,
    ) -> c_int;
    fn scandir64(
        path: *const c_char,
        list: *mut *mut *mut dirent,
        filter: Option<super::directory::Filter>,
        compare: Option<super::directory::Compare>,
    ) -> c_int;
    fn getxattr(path: *const c_char, name: *const c_char, out: *mut c_void, room: size_t) -> ssize_t;
    fn lgetxattr(path: *const c_char, name: *const c_char, out: *mut c_void, room: size_t) -> ssize_t;
    fn listxattr(path: *const c_char, out: *mut c_char, room: size_t) -> ssize_t;
    fn llistxattr(path: *const c_char, out: *mut c_char, room: size_t) -> ssize_t;
    fn readlink(path: *const c_char, out: *mut c_char, room: size_t) -> ssize_t;
    fn readlinkat(dir: c_int, path: *const c_char, out: *mut c_char, room: size_t) -> ssize_t;
    fn realpath(path: *const c_char, out: *mut c_char) -> *mut c_char;
    fn __realpath_chk(path: *const c_char, out: *mut c_char, room: size_t) -> *mut c_char;
    fn inotify_add_watch(fd: c_int, path: *const c_char, mask: u32) -> c_int;
    fn inotify_rm_watch(fd: c_int, watch: c_int) -> c_int;
}

/// What is called between `fork` and `exec`, or by a handler of signals, must not wait there for
/// the dynamic linker.
#[cfg(not(test))]
#[used]
#[unsafe(link_section = ".init_array")]
static EARLY: extern "C" fn() = {
    extern "C" fn early() {
        use symbols as s;
        for symbol in [
            &s::open,
            &s::openat,
            &s::read,
            &s::write,
            &s::close,
            &s::dup,
            &s::dup2,
            &s::fcntl,
            &s::stat,
            &s::access,
        ] {
            symbol.get();
        }
    }
    early
};
