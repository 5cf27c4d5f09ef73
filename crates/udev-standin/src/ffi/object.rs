//! Things that programs count the references of.

use std::sync::atomic::{AtomicU32, Ordering};

/// A thing and how many hold it. Programs know only its address.
pub(super) struct Object<T> {
    references: AtomicU32,
    /// What it is. The functions of one object may not be called by two threads at once.
    pub(super) body: T,
}

impl<T> Object<T> {
    /// With one reference, for the program.
    pub(super) fn give(body: T) -> *mut Self {
        Box::into_raw(Box::new(Self {
            references: AtomicU32::new(1),
            body,
        }))
    }

    /// # Safety
    /// `object` is null or was given and is still held.
    pub(super) unsafe fn hold(object: *mut Self) -> *mut Self {
        // SAFETY: the caller's promise.
        if let Some(object) = unsafe { object.as_ref() } {
            object.references.fetch_add(1, Ordering::Relaxed);
        }
        object
    }

    /// Always returns null, as the functions do whose names end with `unref`.
    ///
    /// # Safety
    /// As [`Self::hold`]; who calls held it and no longer does.
    pub(super) unsafe fn release(object: *mut Self) -> *mut Self {
        // SAFETY: the caller's promise.
        if let Some(held) = unsafe { object.as_ref() }
            && held.references.fetch_sub(1, Ordering::AcqRel) == 1
        {
            // SAFETY: it came from a box, and nobody holds it any more.
            drop(unsafe { Box::from_raw(object) });
        }
        std::ptr::null_mut()
    }
}

/// Holds an object as long as this lives.
pub(super) struct Held<T>(*mut Object<T>);

impl<T> Held<T> {
    /// # Safety
    /// `object` is null or was given and is still held.
    pub(super) unsafe fn new(object: *mut Object<T>) -> Self {
        // SAFETY: the caller's promise.
        Self(unsafe { Object::hold(object) })
    }

    pub(super) fn as_ptr(&self) -> *mut Object<T> {
        self.0
    }
}

impl<T> Drop for Held<T> {
    fn drop(&mut self) {
        // SAFETY: held since this was made.
        unsafe { Object::release(self.0) };
    }
}
