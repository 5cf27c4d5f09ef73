//! Shows the devices in the listing of their directory.

use std::cell::UnsafeCell;
use std::ffi::{c_char, c_int, c_void};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, AtomicU8, AtomicUsize, Ordering};

use libc::{DIR, dirent, dirent64};

use crate::nodes::Node;

use super::target::{Target, is_there, of, socket};
use super::{fail, hook, real};

pub(super) type Filter = unsafe extern "C" fn(*const dirent) -> c_int;
pub(super) type Compare = unsafe extern "C" fn(*mut *const dirent, *mut *const dirent) -> c_int;

/// One listing of the directory that a program has open.
struct Listing {
    dir: AtomicPtr<DIR>,
    fd: AtomicI32,
    /// The number of the next of our devices to show.
    next: AtomicU8,
    /// There is no such directory on this machine: another is open in its place, to be hidden.
    stands_in: AtomicBool,
    entry: UnsafeCell<dirent64>,
}

// SAFETY: `readdir` may not be called for the same listing by two threads at once, which is the
// only way to the cell.
unsafe impl Sync for Listing {}

const LISTINGS: usize = 32;
static TABLE: [Listing; LISTINGS] = [const {
    Listing {
        dir: AtomicPtr::new(std::ptr::null_mut()),
        fd: AtomicI32::new(-1),
        next: AtomicU8::new(0),
        stands_in: AtomicBool::new(false),
        // SAFETY: an entry of all zeros is a valid one.
        entry: UnsafeCell::new(unsafe { std::mem::zeroed() }),
    }
}; LISTINGS];
/// How many are in use: while there are none, listings of other directories pay one load.
static ACTIVE: AtomicUsize = AtomicUsize::new(0);

/// A directory that every Linux system has.
const SUBSTITUTE: &std::ffi::CStr = c"/dev";

impl Listing {
    fn of(dir: *mut DIR) -> Option<&'static Self> {
        if ACTIVE.load(Ordering::Acquire) == 0 || dir.is_null() {
            return None;
        }
        TABLE
            .iter()
            .find(|listing| listing.dir.load(Ordering::Acquire) == dir)
    }

    fn enter(dir: *mut DIR, stands_in: bool) {
        // SAFETY: the listing was opened just now.
        let fd = unsafe { libc::dirfd(dir) };
        for listing in &TABLE {
            let vacant = listing.dir.compare_exchange(
                std::ptr::null_mut(),
                dir,
                Ordering::AcqRel,
                Ordering::Relaxed,
            );
            if vacant.is_ok() {
                listing.fd.store(fd, Ordering::Relaxed);
                listing.next.store(0, Ordering::Relaxed);
                listing.stands_in.store(stands_in, Ordering::Relaxed);
                ACTIVE.fetch_add(1, Ordering::AcqRel);
                return;
            }
        }
    }

    fn leave(&self) {
        self.fd.store(-1, Ordering::Relaxed);
        self.dir.store(std::ptr::null_mut(), Ordering::Release);
        ACTIVE.fetch_sub(1, Ordering::AcqRel);
    }

    /// The next of our devices that is there.
    fn next(&self) -> Option<Node> {
        loop {
            let number = self.next.load(Ordering::Relaxed);
            let node = Node::nth(number)?;
            self.next.store(number + 1, Ordering::Relaxed);
            if socket(node).is_some_and(|path| is_there(&path)) {
                return Some(node);
            }
        }
    }

    fn show(&self, node: Node) -> *mut dirent64 {
        let place = self.entry.get();
        // SAFETY: see the implementation of Sync: nobody else uses the cell now.
        fill(unsafe { &mut *place }, node);
        place
    }
}

fn fill(entry: &mut dirent64, node: Node) {
    entry.d_ino = 1_000_000 + u64::from(node.minor());
    entry.d_off = 0;
    entry.d_reclen = u16::try_from(size_of::<dirent64>()).unwrap_or_default();
    entry.d_type = libc::DT_CHR;
    let name = node.name();
    let bytes = name.bytes().iter().chain(std::iter::repeat(&0));
    for (place, byte) in entry.d_name.iter_mut().zip(bytes) {
        *place = byte.cast_signed();
    }
}

/// Whether a descriptor belongs to a listing of the directory of devices.
pub(super) fn stands_in(fd: c_int) -> bool {
    ACTIVE.load(Ordering::Acquire) > 0
        && TABLE
            .iter()
            .any(|listing| listing.fd.load(Ordering::Relaxed) == fd)
}

// SAFETY of all that follows: the program keeps to the manual, and what it passes is passed on.
hook! {
    fn opendir(path: *const c_char) -> *mut DIR {
        // SAFETY: see above.
        let target = unsafe { of(path) };
        // SAFETY: see above.
        let dir = unsafe { real::opendir(path) };
        if !matches!(target, Some(Target::Directory(_))) {
            return dir;
        }
        if !dir.is_null() {
            Listing::enter(dir, false);
            return dir;
        }
        // SAFETY: a string of C.
        let substitute = unsafe { real::opendir(SUBSTITUTE.as_ptr()) };
        if !substitute.is_null() {
            Listing::enter(substitute, true);
        }
        substitute
    }

    fn closedir(dir: *mut DIR) -> c_int {
        if let Some(listing) = Listing::of(dir) {
            listing.leave();
        }
        // SAFETY: see above.
        unsafe { real::closedir(dir) }
    }

    fn rewinddir(dir: *mut DIR) -> () {
        if let Some(listing) = Listing::of(dir) {
            listing.next.store(0, Ordering::Relaxed);
        }
        // SAFETY: see above.
        unsafe { real::rewinddir(dir); }
    }

    fn readdir(dir: *mut DIR) -> *mut dirent {
        let Some(listing) = Listing::of(dir) else {
            // SAFETY: see above.
            return unsafe { real::readdir(dir) };
        };
        match listing.next() {
            // On platforms with 64 bits, for which this is built, the two are the same.
            Some(node) => listing.show(node).cast(),
            None if listing.stands_in.load(Ordering::Relaxed) => std::ptr::null_mut(),
            // SAFETY: see above.
            None => unsafe { real::readdir(dir) },
        }
    }

    fn readdir64(dir: *mut DIR) -> *mut dirent64 {
        let Some(listing) = Listing::of(dir) else {
            // SAFETY: see above.
            return unsafe { real::readdir64(dir) };
        };
        match listing.next() {
            Some(node) => listing.show(node),
            None if listing.stands_in.load(Ordering::Relaxed) => std::ptr::null_mut(),
            // SAFETY: see above.
            None => unsafe { real::readdir64(dir) },
        }
    }

    fn scandir(
        path: *const c_char,
        list: *mut *mut *mut dirent,
        filter: Option<Filter>,
        compare: Option<Compare>,
    ) -> c_int {
        // SAFETY: see above.
        match unsafe { of(path) } {
            // SAFETY: see above.
            Some(Target::Directory(_)) => unsafe { scan(path, list, filter, compare) },
            // SAFETY: see above.
            _ => unsafe { real::scandir(path, list, filter, compare) },
        }
    }

    fn scandir64(
        path: *const c_char,
        list: *mut *mut *mut dirent,
        filter: Option<Filter>,
        compare: Option<Compare>,
    ) -> c_int {
        // SAFETY: see above.
        match unsafe { of(path) } {
            // SAFETY: see above.
            Some(Target::Directory(_)) => unsafe { scan(path, list, filter, compare) },
            // SAFETY: see above.
            _ => unsafe { real::scandir64(path, list, filter, compare) },
        }
    }
}

#[cfg(not(target_pointer_width = "64"))]
compile_error!("struct dirent and struct dirent64 differ here, and so do the structures of stat");

/// `scandir` with our devices: the C library's own does not come by here for its entries.
///
/// # Safety
/// The arguments are as the manual of `scandir` asks for.
unsafe fn scan(
    path: *const c_char,
    list: *mut *mut *mut dirent,
    filter: Option<Filter>,
    compare: Option<Compare>,
) -> c_int {
    // SAFETY: the caller's promise.
    let dir = unsafe { opendir(path) };
    if dir.is_null() {
        return -1;
    }
    let mut found: Vec<*const dirent> = Vec::new();
    loop {
        // SAFETY: the listing is open.
        let entry = unsafe { readdir(dir) };
        if entry.is_null() {
            break;
        }
        // SAFETY: the program's own function, with an entry.
        if filter.is_some_and(|filter| unsafe { filter(entry) } == 0) {
            continue;
        }
        // The program gives it back with `free`, so it has to come from `malloc`.
        // SAFETY: an entry is as long as it says, and ours are whole structures.
        let copy = unsafe { copy(entry.cast(), usize::from((*entry).d_reclen)) };
        if copy.is_null() {
            break;
        }
        found.push(copy.cast());
    }
    // SAFETY: it was opened above.
    unsafe { closedir(dir) };
    if let Some(compare) = compare {
        found.sort_by(|one, other| {
            let (mut one, mut other) = (*one, *other);
            // SAFETY: the program's own function, with two entries.
            unsafe { compare(&raw mut one, &raw mut other) }.cmp(&0)
        });
    }
    // Not even an empty list may be null.
    found.push(std::ptr::null());
    let bytes = size_of_val(found.as_slice());
    found.pop();
    // SAFETY: the list has room for one more than it has.
    let copied = unsafe { copy(found.as_ptr().cast(), bytes) };
    if copied.is_null() {
        for entry in found {
            // SAFETY: made by `malloc` above, and nobody else has it.
            unsafe { libc::free(entry.cast_mut().cast()) };
        }
        return fail(libc::ENOMEM);
    }
    // SAFETY: the program's place for the list.
    unsafe { *list = copied.cast() };
    c_int::try_from(found.len()).unwrap_or(c_int::MAX)
}

/// # Safety
/// There are `len` bytes at `from`.
unsafe fn copy(from: *const c_void, len: usize) -> *mut c_void {
    // SAFETY: asks for memory.
    let to = unsafe { libc::malloc(len) };
    if !to.is_null() {
        // SAFETY: both are as long as said, and the one is new.
        unsafe { std::ptr::copy_nonoverlapping(from.cast::<u8>(), to.cast::<u8>(), len) };
    }
    to
}
