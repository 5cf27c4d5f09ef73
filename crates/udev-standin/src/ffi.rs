//! What programs call.
#![expect(
    unsafe_code,
    reason = "the functions of a library of C: every argument is a pointer or a number of C"
)]

mod context;
mod device;
mod enumerate;
mod list;
mod monitor;
mod object;
mod rest;

use std::ffi::{CStr, CString, OsString, c_char, c_int};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::pads::Pad;

/// Defines functions that programs find. In this crate's own tests they have no such names.
macro_rules! export {
    ($($(#[$doc:meta])* fn $name:ident($($arg:ident: $type:ty),* $(,)?) $(-> $result:ty)? $body:block)*) => {$(
        $(#[$doc])*
        #[cfg_attr(not(test), unsafe(no_mangle))]
        unsafe extern "C" fn $name($($arg: $type),*) $(-> $result)? $body
    )*};
}
use export;

/// Where the sockets are.
fn sockets() -> &'static Path {
    static PLACE: OnceLock<PathBuf> = OnceLock::new();
    PLACE.get_or_init(|| {
        std::env::var_os("SELKIES_JS_SOCKET_PATH")
            .filter(|path| !path.is_empty())
            .unwrap_or_else(|| OsString::from("/tmp"))
            .into()
    })
}

/// Whether a device is there: its socket is, or for those above it, one of its nodes' sockets.
fn is_there(pad: Pad) -> bool {
    match pad.socket() {
        Some(name) => sockets().join(name).symlink_metadata().is_ok(),
        None => Pad::all().any(|other| {
            other.slot == pad.slot
                && other
                    .socket()
                    .is_some_and(|name| sockets().join(name).symlink_metadata().is_ok())
        }),
    }
}

fn set_error(number: c_int) {
    // SAFETY: the C library gives every thread its own place for this number.
    unsafe { *libc::__errno_location() = number };
}

/// # Safety
/// `text` is null or a string of C, which lives as long as what is returned.
unsafe fn borrowed<'a>(text: *const c_char) -> Option<&'a CStr> {
    // SAFETY: the caller's promise.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) })
}

/// # Safety
/// As [`borrowed`], for this call.
unsafe fn owned(text: *const c_char) -> Option<CString> {
    // SAFETY: the caller's promise.
    unsafe { borrowed(text) }.map(CStr::to_owned)
}

/// Our own texts have no zeros inside.
fn c_string(text: &str) -> CString {
    CString::new(text).unwrap_or_default()
}

fn pointer(text: Option<&CString>) -> *const c_char {
    text.map_or(std::ptr::null(), |text| text.as_ptr())
}
