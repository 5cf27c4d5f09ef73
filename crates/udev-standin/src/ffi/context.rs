//! `struct udev`: what everything else is asked of.

use std::ffi::{c_int, c_void};

use super::export;
use super::object::Object;

/// What a program has set; nothing here depends on it.
pub(super) struct Context {
    userdata: *mut c_void,
    priority: c_int,
}

pub(super) type Udev = Object<Context>;

// SAFETY of all that follows: the program passes what it got from this library and still holds.
export! {
    fn udev_new() -> *mut Udev {
        Object::give(Context {
            userdata: std::ptr::null_mut(),
            priority: 3,
        })
    }

    fn udev_ref(udev: *mut Udev) -> *mut Udev {
        // SAFETY: see above.
        unsafe { Object::hold(udev) }
    }

    fn udev_unref(udev: *mut Udev) -> *mut Udev {
        // SAFETY: see above.
        unsafe { Object::release(udev) }
    }

    fn udev_get_userdata(udev: *mut Udev) -> *mut c_void {
        // SAFETY: see above.
        unsafe { udev.as_ref() }.map_or(std::ptr::null_mut(), |udev| udev.body.userdata)
    }

    fn udev_set_userdata(udev: *mut Udev, userdata: *mut c_void) {
        // SAFETY: see above.
        if let Some(udev) = unsafe { udev.as_mut() } {
            udev.body.userdata = userdata;
        }
    }

    fn udev_get_log_priority(udev: *mut Udev) -> c_int {
        // SAFETY: see above.
        unsafe { udev.as_ref() }.map_or(3, |udev| udev.body.priority)
    }

    fn udev_set_log_priority(udev: *mut Udev, priority: c_int) {
        // SAFETY: see above.
        if let Some(udev) = unsafe { udev.as_mut() } {
            udev.body.priority = priority;
        }
    }

    /// Nothing is ever logged.
    fn udev_set_log_fn(_udev: *mut Udev, _log: *mut c_void) {}
}
