//! What programs call instead of the C library, and what is called there in turn.
#![expect(
    unsafe_code,
    reason = "stands between a program and its C library: every argument is a pointer or a number of C"
)]

mod connect;
mod device;
mod directory;
mod files;
mod names;
mod real;
mod status;
mod target;
mod watch;

use std::ffi::c_int;

/// Defines a function that programs find before the C library's of the same name. In this crate's
/// own tests nothing is replaced.
macro_rules! hook {
    ($(fn $name:ident($($arg:ident: $type:ty),* $(,)?) -> $result:ty $body:block)*) => {$(
        #[cfg_attr(not(test), unsafe(no_mangle))]
        unsafe extern "C" fn $name($($arg: $type),*) -> $result $body
    )*};
}
use hook;

/// What a function of C returns when it fails.
trait Failure {
    const FAILURE: Self;
}

impl Failure for c_int {
    const FAILURE: Self = -1;
}

impl Failure for () {
    const FAILURE: Self = ();
}

impl Failure for isize {
    const FAILURE: Self = -1;
}

impl<T> Failure for *mut T {
    const FAILURE: Self = std::ptr::null_mut();
}

/// Fails with a number of the system.
fn fail<F: Failure>(error: c_int) -> F {
    // SAFETY: the C library gives every thread its own place for this number.
    unsafe { *libc::__errno_location() = error };
    F::FAILURE
}

fn error() -> c_int {
    // SAFETY: as above.
    unsafe { *libc::__errno_location() }
}
