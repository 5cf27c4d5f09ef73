//! What no program needs for controllers but finds in the real library: the queue of udev's daemon,
//! its database of hardware, and a function for names.

use std::ffi::{c_char, c_int, c_uint, c_ulonglong, c_void};

use libc::size_t;

use super::context::{Context, Udev};
use super::list::Entry;
use super::object::{Held, Object};
use super::{borrowed, export, set_error};

pub(super) struct Body(Held<Context>);

/// Nothing ever waits in it.
type Queue = Object<Body>;

/// Letters, digits and what else a name may have as it is.
fn is_plain(character: char) -> bool {
    character.is_ascii_alphanumeric() || "#+-.:=@_".contains(character) || !character.is_ascii()
}

/// A name as udev would write it: what a name may not have becomes its number.
fn encoded(name: &str) -> String {
    let mut out = String::new();
    for character in name.chars() {
        if is_plain(character) {
            out.push(character);
        } else {
            // All of these are ASCII.
            out.push_str(&format!("\\x{:02x}", u32::from(character)));
        }
    }
    out
}

// SAFETY of all that follows: the program passes what it got from this library and still holds,
// and strings of C.
export! {
    fn udev_queue_new(udev: *mut Udev) -> *mut Queue {
        // SAFETY: see above.
        Object::give(Body(unsafe { Held::new(udev) }))
    }

    fn udev_queue_ref(queue: *mut Queue) -> *mut Queue {
        // SAFETY: see above.
        unsafe { Object::hold(queue) }
    }

    fn udev_queue_unref(queue: *mut Queue) -> *mut Queue {
        // SAFETY: see above.
        unsafe { Object::release(queue) }
    }

    fn udev_queue_get_udev(queue: *mut Queue) -> *mut Udev {
        // SAFETY: see above.
        unsafe { queue.as_ref() }.map_or(std::ptr::null_mut(), |queue| queue.body.0.as_ptr())
    }

    fn udev_queue_get_kernel_seqnum(_queue: *mut Queue) -> c_ulonglong {
        0
    }

    fn udev_queue_get_udev_seqnum(_queue: *mut Queue) -> c_ulonglong {
        0
    }

    fn udev_queue_get_udev_is_active(_queue: *mut Queue) -> c_int {
        0
    }

    fn udev_queue_get_queue_is_empty(_queue: *mut Queue) -> c_int {
        1
    }

    fn udev_queue_get_seqnum_is_finished(_queue: *mut Queue, _number: c_ulonglong) -> c_int {
        1
    }

    fn udev_queue_get_seqnum_sequence_is_finished(
        _queue: *mut Queue,
        _start: c_ulonglong,
        _end: c_ulonglong,
    ) -> c_int {
        1
    }

    fn udev_queue_get_queued_list_entry(_queue: *mut Queue) -> *const Entry {
        std::ptr::null()
    }

    fn udev_queue_get_fd(_queue: *mut Queue) -> c_int {
        -libc::ENOSYS
    }

    fn udev_queue_flush(_queue: *mut Queue) -> c_int {
        0
    }

    fn udev_hwdb_new(_udev: *mut Udev) -> *mut c_void {
        set_error(libc::ENOENT);
        std::ptr::null_mut()
    }

    fn udev_hwdb_ref(_hwdb: *mut c_void) -> *mut c_void {
        std::ptr::null_mut()
    }

    fn udev_hwdb_unref(_hwdb: *mut c_void) -> *mut c_void {
        std::ptr::null_mut()
    }

    fn udev_hwdb_get_properties_list_entry(
        _hwdb: *mut c_void,
        _alias: *const c_char,
        _flags: c_uint,
    ) -> *const Entry {
        std::ptr::null()
    }

    fn udev_util_encode_string(name: *const c_char, out: *mut c_char, room: size_t) -> c_int {
        // SAFETY: see above.
        let name = unsafe { borrowed(name) }.and_then(|name| name.to_str().ok());
        let (Some(name), false) = (name, out.is_null()) else {
            return -libc::EINVAL;
        };
        let encoded = encoded(name);
        if encoded.len() >= room {
            return -libc::EINVAL;
        }
        // SAFETY: the program has so much room, and the zero fits, too.
        unsafe {
            std::ptr::copy_nonoverlapping(encoded.as_ptr(), out.cast(), encoded.len());
            *out.add(encoded.len()) = 0;
        }
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_encoded_as_udev_does() {
        assert_eq!(encoded("X-Box 360/pad\\"), "X-Box\\x20360\\x2fpad\\x5c");
        assert_eq!(encoded("ü_1"), "ü_1");
    }
}
