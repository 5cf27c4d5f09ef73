//! Lists of names and values.

use std::ffi::{CString, c_char};

use super::{borrowed, export, pointer};

/// One entry; programs go on to the next by its address.
pub(super) struct Entry {
    name: CString,
    value: Option<CString>,
    next: *const Self,
}

/// A list that stays where it is until it is replaced.
#[derive(Default)]
pub(super) struct List {
    entries: Box<[Entry]>,
}

impl List {
    pub(super) fn new(pairs: impl IntoIterator<Item = (CString, Option<CString>)>) -> Self {
        let entries = pairs.into_iter().map(|(name, value)| Entry {
            name,
            value,
            next: std::ptr::null(),
        });
        let mut entries: Box<[Entry]> = entries.collect();
        let mut next: *const Entry = std::ptr::null();
        for entry in entries.iter_mut().rev() {
            entry.next = next;
            next = entry;
        }
        Self { entries }
    }

    /// Null if it is empty.
    pub(super) fn first(&self) -> *const Entry {
        self.entries.first().map_or(std::ptr::null(), |first| first)
    }

    pub(super) fn value(&self, name: &std::ffi::CStr) -> *const c_char {
        let found = self
            .entries
            .iter()
            .find(|entry| entry.name.as_c_str() == name);
        pointer(found.and_then(|entry| entry.value.as_ref()))
    }
}

// SAFETY of all that follows: the program passes what it got from this library and still holds.
export! {
    fn udev_list_entry_get_next(entry: *const Entry) -> *const Entry {
        // SAFETY: see above.
        unsafe { entry.as_ref() }.map_or(std::ptr::null(), |entry| entry.next)
    }

    fn udev_list_entry_get_by_name(entry: *const Entry, name: *const c_char) -> *const Entry {
        // SAFETY: see above.
        let Some(name) = (unsafe { borrowed(name) }) else {
            return std::ptr::null();
        };
        let mut at = entry;
        // SAFETY: see above; each entry has the address of the next.
        while let Some(entry) = unsafe { at.as_ref() } {
            if entry.name.as_c_str() == name {
                return at;
            }
            at = entry.next;
        }
        std::ptr::null()
    }

    fn udev_list_entry_get_name(entry: *const Entry) -> *const c_char {
        // SAFETY: see above.
        pointer(unsafe { entry.as_ref() }.map(|entry| &entry.name))
    }

    fn udev_list_entry_get_value(entry: *const Entry) -> *const c_char {
        // SAFETY: see above.
        pointer(unsafe { entry.as_ref() }.and_then(|entry| entry.value.as_ref()))
    }
}
