//! `struct udev_enumerate`.

use std::ffi::{CStr, CString, c_char, c_int};

use crate::filters::Conditions;
use crate::pads::Pad;

use super::context::{Context, Udev};
use super::device::Device;
use super::list::{Entry, List};
use super::object::{Held, Object};
use super::{c_string, export, is_there, owned};

pub(super) struct Body {
    udev: Held<Context>,
    conditions: Conditions,
    found: List,
}

type Enumerate = Object<Body>;

fn matches(pattern: &CStr, text: &str) -> bool {
    let text = c_string(text);
    // SAFETY: both are strings of C.
    unsafe { libc::fnmatch(pattern.as_ptr(), text.as_ptr(), 0) == 0 }
}

fn list(pads: impl Iterator<Item = Pad>) -> List {
    List::new(pads.map(|pad| (c_string(&pad.syspath()), None)))
}

/// # Safety
/// `enumerate` is null or held by the program.
unsafe fn add(enumerate: *mut Enumerate, change: impl FnOnce(&mut Conditions)) -> c_int {
    // SAFETY: the caller's promise.
    match unsafe { enumerate.as_mut() } {
        Some(enumerate) => {
            change(&mut enumerate.body.conditions);
            0
        }
        None => -libc::EINVAL,
    }
}

fn push<T>(list: &mut Vec<T>, what: Option<T>) {
    // Null means no condition, as in the real library.
    list.extend(what);
}

/// # Safety
/// Both are null or strings of C.
unsafe fn pair(name: *const c_char, value: *const c_char) -> Option<(CString, Option<CString>)> {
    // SAFETY: the caller's promise.
    unsafe { owned(name).map(|name| (name, owned(value))) }
}

// SAFETY of all that follows: the program passes what it got from this library and still holds,
// and strings of C.
export! {
    fn udev_enumerate_new(udev: *mut Udev) -> *mut Enumerate {
        Object::give(Body {
            // SAFETY: see above.
            udev: unsafe { Held::new(udev) },
            conditions: Conditions::default(),
            found: List::default(),
        })
    }

    fn udev_enumerate_ref(enumerate: *mut Enumerate) -> *mut Enumerate {
        // SAFETY: see above.
        unsafe { Object::hold(enumerate) }
    }

    fn udev_enumerate_unref(enumerate: *mut Enumerate) -> *mut Enumerate {
        // SAFETY: see above.
        unsafe { Object::release(enumerate) }
    }

    fn udev_enumerate_get_udev(enumerate: *mut Enumerate) -> *mut Udev {
        // SAFETY: see above.
        unsafe { enumerate.as_ref() }.map_or(std::ptr::null_mut(), |one| one.body.udev.as_ptr())
    }

    fn udev_enumerate_add_match_subsystem(enumerate: *mut Enumerate, name: *const c_char) -> c_int {
        // SAFETY: see above.
        unsafe { add(enumerate, |all| push(&mut all.subsystems, owned(name))) }
    }

    fn udev_enumerate_add_nomatch_subsystem(enumerate: *mut Enumerate, name: *const c_char) -> c_int {
        // SAFETY: see above.
        unsafe { add(enumerate, |all| push(&mut all.other_subsystems, owned(name))) }
    }

    fn udev_enumerate_add_match_sysattr(
        enumerate: *mut Enumerate,
        name: *const c_char,
        value: *const c_char,
    ) -> c_int {
        // SAFETY: see above.
        unsafe { add(enumerate, |all| push(&mut all.attributes, pair(name, value))) }
    }

    fn udev_enumerate_add_nomatch_sysattr(
        enumerate: *mut Enumerate,
        name: *const c_char,
        value: *const c_char,
    ) -> c_int {
        // SAFETY: see above.
        unsafe { add(enumerate, |all| push(&mut all.other_attributes, pair(name, value))) }
    }

    fn udev_enumerate_add_match_property(
        enumerate: *mut Enumerate,
        name: *const c_char,
        value: *const c_char,
    ) -> c_int {
        // SAFETY: see above.
        unsafe { add(enumerate, |all| push(&mut all.properties, pair(name, value))) }
    }

    fn udev_enumerate_add_match_sysname(enumerate: *mut Enumerate, name: *const c_char) -> c_int {
        // SAFETY: see above.
        unsafe { add(enumerate, |all| push(&mut all.sysnames, owned(name))) }
    }

    fn udev_enumerate_add_match_tag(enumerate: *mut Enumerate, tag: *const c_char) -> c_int {
        // SAFETY: see above.
        unsafe { add(enumerate, |all| all.tagged |= !tag.is_null()) }
    }

    fn udev_enumerate_add_match_parent(enumerate: *mut Enumerate, parent: *mut Device) -> c_int {
        // SAFETY: see above.
        let pad = unsafe { parent.as_ref() }.map(|parent| parent.body.pad);
        // SAFETY: see above.
        unsafe { add(enumerate, |all| all.parent = pad) }
    }

    /// All of ours are.
    fn udev_enumerate_add_match_is_initialized(enumerate: *mut Enumerate) -> c_int {
        // SAFETY: see above.
        unsafe { add(enumerate, |_| ()) }
    }

    /// Paths that are not ours are none of this system's.
    fn udev_enumerate_add_syspath(_enumerate: *mut Enumerate, _path: *const c_char) -> c_int {
        0
    }

    fn udev_enumerate_scan_devices(enumerate: *mut Enumerate) -> c_int {
        // SAFETY: see above.
        let Some(enumerate) = (unsafe { enumerate.as_mut() }) else {
            return -libc::EINVAL;
        };
        let body = &mut enumerate.body;
        let meets = |pad: &Pad| body.conditions.meets(*pad, &matches) && is_there(*pad);
        body.found = list(Pad::all().filter(meets));
        0
    }

    fn udev_enumerate_scan_subsystems(enumerate: *mut Enumerate) -> c_int {
        // SAFETY: see above.
        match unsafe { enumerate.as_mut() } {
            Some(enumerate) => {
                enumerate.body.found = List::default();
                0
            }
            None => -libc::EINVAL,
        }
    }

    fn udev_enumerate_get_list_entry(enumerate: *mut Enumerate) -> *const Entry {
        // SAFETY: see above.
        unsafe { enumerate.as_ref() }.map_or(std::ptr::null(), |one| one.body.found.first())
    }
}
