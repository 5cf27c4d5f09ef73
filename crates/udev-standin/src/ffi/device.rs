//! `struct udev_device`.

use std::cell::OnceCell;
use std::ffi::{CStr, CString, c_char, c_int, c_ulonglong};

use libc::dev_t;

use crate::pads::Pad;

use super::context::{Context, Udev};
use super::list::{Entry, List};
use super::object::{Held, Object};
use super::{borrowed, c_string, export, is_there, pointer, set_error};

/// A device and the texts that programs get the addresses of.
pub(super) struct Body {
    udev: Held<Context>,
    pub(super) pad: Pad,
    action: Option<CString>,
    syspath: CString,
    sysname: CString,
    subsystem: CString,
    devtype: Option<CString>,
    driver: Option<CString>,
    node: Option<CString>,
    properties: List,
    attributes: List,
    attribute_names: List,
    parent: OnceCell<*mut Device>,
}

pub(super) type Device = Object<Body>;

impl Drop for Body {
    fn drop(&mut self) {
        if let Some(parent) = self.parent.get() {
            // SAFETY: made for this device, which held it.
            unsafe { Object::release(*parent) };
        }
    }
}

/// # Safety
/// `udev` is null or held by the program.
pub(super) unsafe fn give(udev: *mut Udev, pad: Pad, action: Option<&str>) -> *mut Device {
    let action = action.map(c_string);
    let told = action
        .clone()
        .map(|action| (c"ACTION".to_owned(), Some(action)));
    let pairs = |pairs: crate::pads::Pairs| {
        let pairs = pairs.into_iter();
        pairs.map(|(name, value)| (c_string(name), Some(c_string(&value))))
    };
    Object::give(Body {
        // SAFETY: the caller's promise.
        udev: unsafe { Held::new(udev) },
        pad,
        action,
        syspath: c_string(&pad.syspath()),
        sysname: c_string(&pad.sysname()),
        subsystem: c_string(pad.subsystem()),
        devtype: pad.devtype().map(c_string),
        driver: pad.driver().map(c_string),
        node: pad.node().as_deref().map(c_string),
        properties: List::new(told.into_iter().chain(pairs(pad.properties()))),
        attributes: List::new(pairs(pad.attributes())),
        attribute_names: List::new(pairs(pad.attributes()).map(|(name, _)| (name, None))),
        parent: OnceCell::new(),
    })
}

/// # Safety
/// As [`give`].
unsafe fn find(udev: *mut Udev, pad: Option<Pad>) -> *mut Device {
    match pad.filter(|pad| is_there(*pad)) {
        // SAFETY: the caller's promise.
        Some(pad) => unsafe { give(udev, pad, None) },
        None => {
            set_error(libc::ENODEV);
            std::ptr::null_mut()
        }
    }
}

/// # Safety
/// `device` is null or held by the program.
unsafe fn body<'a>(device: *mut Device) -> Option<&'a Body> {
    // SAFETY: the caller's promise.
    unsafe { device.as_ref() }.map(|device| &device.body)
}

/// # Safety
/// As [`body`].
unsafe fn text(device: *mut Device, of: impl Fn(&Body) -> Option<&CString>) -> *const c_char {
    // SAFETY: the caller's promise.
    pointer(unsafe { body(device) }.and_then(of))
}

/// # Safety
/// As [`body`].
unsafe fn list(device: *mut Device, of: impl Fn(&Body) -> &List) -> *const Entry {
    // SAFETY: the caller's promise.
    unsafe { body(device) }.map_or(std::ptr::null(), |body| of(body).first())
}

fn subsystem_and_name(subsystem: &CStr, name: &CStr) -> Option<Pad> {
    Pad::all().find(|pad| {
        pad.subsystem().as_bytes() == subsystem.to_bytes()
            && pad.sysname().as_bytes() == name.to_bytes()
    })
}

/// `c13:1064`, or `+input:event1000`.
fn identified(id: &str) -> Option<Pad> {
    if let Some(numbers) = id.strip_prefix('c') {
        let (major, minor) = numbers.split_once(':')?;
        return Pad::numbered(major.parse().ok()?, minor.parse().ok()?);
    }
    let (subsystem, name) = id.strip_prefix('+')?.split_once(':')?;
    subsystem_and_name(&c_string(subsystem), &c_string(name))
}

// SAFETY of all that follows: the program passes what it got from this library and still holds,
// and strings of C.
export! {
    fn udev_device_new_from_syspath(udev: *mut Udev, syspath: *const c_char) -> *mut Device {
        // SAFETY: see above.
        let path = unsafe { borrowed(syspath) }.and_then(|path| path.to_str().ok());
        // SAFETY: see above.
        unsafe { find(udev, path.and_then(Pad::at)) }
    }

    fn udev_device_new_from_devnum(udev: *mut Udev, kind: c_char, number: dev_t) -> *mut Device {
        let pad = (kind.cast_unsigned() == b'c')
            .then(|| Pad::numbered(libc::major(number), libc::minor(number)))
            .flatten();
        // SAFETY: see above.
        unsafe { find(udev, pad) }
    }

    fn udev_device_new_from_subsystem_sysname(
        udev: *mut Udev,
        subsystem: *const c_char,
        sysname: *const c_char,
    ) -> *mut Device {
        // SAFETY: see above.
        let names = unsafe { borrowed(subsystem).zip(borrowed(sysname)) };
        let pad = names.and_then(|(subsystem, name)| subsystem_and_name(subsystem, name));
        // SAFETY: see above.
        unsafe { find(udev, pad) }
    }

    fn udev_device_new_from_device_id(udev: *mut Udev, id: *const c_char) -> *mut Device {
        // SAFETY: see above.
        let id = unsafe { borrowed(id) }.and_then(|id| id.to_str().ok());
        // SAFETY: see above.
        unsafe { find(udev, id.and_then(identified)) }
    }

    /// For programs that udev starts, which this is not.
    fn udev_device_new_from_environment(udev: *mut Udev) -> *mut Device {
        // SAFETY: see above.
        unsafe { find(udev, None) }
    }

    fn udev_device_ref(device: *mut Device) -> *mut Device {
        // SAFETY: see above.
        unsafe { Object::hold(device) }
    }

    fn udev_device_unref(device: *mut Device) -> *mut Device {
        // SAFETY: see above.
        unsafe { Object::release(device) }
    }

    fn udev_device_get_udev(device: *mut Device) -> *mut Udev {
        // SAFETY: see above.
        unsafe { body(device) }.map_or(std::ptr::null_mut(), |body| body.udev.as_ptr())
    }

    /// Belongs to the device: the program does not give it back.
    fn udev_device_get_parent(device: *mut Device) -> *mut Device {
        // SAFETY: see above.
        let Some(body) = (unsafe { body(device) }) else {
            return std::ptr::null_mut();
        };
        let Some(parent) = body.pad.parent() else {
            set_error(libc::ENOENT);
            return std::ptr::null_mut();
        };
        // SAFETY: the context is held by the device.
        *body.parent.get_or_init(|| unsafe { give(body.udev.as_ptr(), parent, None) })
    }

    fn udev_device_get_parent_with_subsystem_devtype(
        device: *mut Device,
        subsystem: *const c_char,
        devtype: *const c_char,
    ) -> *mut Device {
        // SAFETY: see above.
        let (subsystem, devtype) = unsafe { (borrowed(subsystem), borrowed(devtype)) };
        let mut at = device;
        loop {
            // SAFETY: see above; parents live as long as their children.
            at = unsafe { udev_device_get_parent(at) };
            // SAFETY: see above.
            let Some(body) = (unsafe { body(at) }) else {
                return at;
            };
            let right = subsystem == Some(body.subsystem.as_c_str())
                && (devtype.is_none() || devtype == body.devtype.as_deref());
            if right {
                return at;
            }
        }
    }

    fn udev_device_get_devpath(device: *mut Device) -> *const c_char {
        // SAFETY: see above.
        unsafe { udev_device_get_property_value(device, c"DEVPATH".as_ptr()) }
    }

    fn udev_device_get_subsystem(device: *mut Device) -> *const c_char {
        // SAFETY: see above.
        unsafe { text(device, |body| Some(&body.subsystem)) }
    }

    fn udev_device_get_devtype(device: *mut Device) -> *const c_char {
        // SAFETY: see above.
        unsafe { text(device, |body| body.devtype.as_ref()) }
    }

    fn udev_device_get_syspath(device: *mut Device) -> *const c_char {
        // SAFETY: see above.
        unsafe { text(device, |body| Some(&body.syspath)) }
    }

    fn udev_device_get_sysname(device: *mut Device) -> *const c_char {
        // SAFETY: see above.
        unsafe { text(device, |body| Some(&body.sysname)) }
    }

    fn udev_device_get_sysnum(device: *mut Device) -> *const c_char {
        // SAFETY: see above.
        let Some(body) = (unsafe { body(device) }) else {
            return std::ptr::null();
        };
        let name = body.sysname.to_bytes();
        let digits = name.iter().rev().take_while(|byte| byte.is_ascii_digit());
        // The digits at the end of the name, up to the zero that ends it.
        body.sysname.as_ptr().wrapping_add(name.len() - digits.count())
    }

    fn udev_device_get_devnode(device: *mut Device) -> *const c_char {
        // SAFETY: see above.
        unsafe { text(device, |body| body.node.as_ref()) }
    }

    fn udev_device_get_driver(device: *mut Device) -> *const c_char {
        // SAFETY: see above.
        unsafe { text(device, |body| body.driver.as_ref()) }
    }

    fn udev_device_get_action(device: *mut Device) -> *const c_char {
        // SAFETY: see above.
        unsafe { text(device, |body| body.action.as_ref()) }
    }

    fn udev_device_get_devnum(device: *mut Device) -> dev_t {
        // SAFETY: see above.
        let number = unsafe { body(device) }.and_then(|body| body.pad.number());
        number.map_or(0, |(major, minor)| libc::makedev(major, minor))
    }

    fn udev_device_get_is_initialized(device: *mut Device) -> c_int {
        (!device.is_null()).into()
    }

    fn udev_device_get_seqnum(_device: *mut Device) -> c_ulonglong {
        0
    }

    fn udev_device_get_usec_since_initialized(_device: *mut Device) -> c_ulonglong {
        1
    }

    fn udev_device_get_properties_list_entry(device: *mut Device) -> *const Entry {
        // SAFETY: see above.
        unsafe { list(device, |body| &body.properties) }
    }

    fn udev_device_get_sysattr_list_entry(device: *mut Device) -> *const Entry {
        // SAFETY: see above.
        unsafe { list(device, |body| &body.attribute_names) }
    }

    fn udev_device_get_devlinks_list_entry(_device: *mut Device) -> *const Entry {
        std::ptr::null()
    }

    fn udev_device_get_tags_list_entry(_device: *mut Device) -> *const Entry {
        std::ptr::null()
    }

    fn udev_device_get_current_tags_list_entry(_device: *mut Device) -> *const Entry {
        std::ptr::null()
    }

    fn udev_device_has_tag(_device: *mut Device, _tag: *const c_char) -> c_int {
        0
    }

    fn udev_device_has_current_tag(_device: *mut Device, _tag: *const c_char) -> c_int {
        0
    }

    fn udev_device_get_property_value(device: *mut Device, name: *const c_char) -> *const c_char {
        // SAFETY: see above.
        match unsafe { body(device).zip(borrowed(name)) } {
            Some((body, name)) => body.properties.value(name),
            None => std::ptr::null(),
        }
    }

    fn udev_device_get_sysattr_value(device: *mut Device, name: *const c_char) -> *const c_char {
        // SAFETY: see above.
        match unsafe { body(device).zip(borrowed(name)) } {
            Some((body, name)) => body.attributes.value(name),
            None => std::ptr::null(),
        }
    }

    fn udev_device_set_sysattr_value(
        _device: *mut Device,
        _name: *const c_char,
        _value: *const c_char,
    ) -> c_int {
        -libc::EACCES
    }
}
