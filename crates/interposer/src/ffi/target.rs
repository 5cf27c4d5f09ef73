//! What a path of a program is about, and where the sockets are.

use std::ffi::{CStr, OsStr, c_char, c_int};
use std::os::unix::ffi::OsStrExt;
use std::sync::OnceLock;

use crate::nodes::{DIRECTORY, Node, is_directory};

use super::{directory, error, fail, real};

/// A path that is ours.
#[derive(Clone, Copy)]
pub(super) enum Target {
    /// A device whose socket is there.
    Device(Node, SocketPath),
    /// The directory of devices; ours is the directory of sockets.
    Directory(SocketPath),
}

/// A path as long as an address of a socket may be (`unix(7)`), ending with a zero.
#[derive(Clone, Copy)]
pub(super) struct SocketPath([u8; 108]);

impl SocketPath {
    pub(super) fn as_ptr(&self) -> *const c_char {
        self.0.as_ptr().cast()
    }

    pub(super) fn bytes(&self) -> &[u8; 108] {
        &self.0
    }

    fn joined(parts: &[&[u8]]) -> Option<Self> {
        let mut path = [0; 108];
        let mut len = 0;
        for part in parts {
            path.get_mut(len..len + part.len())?.copy_from_slice(part);
            len += part.len();
        }
        (len < path.len()).then_some(Self(path))
    }
}

/// Where the sockets are: said by the environment when it is first asked.
fn sockets() -> &'static [u8] {
    static PLACE: OnceLock<Vec<u8>> = OnceLock::new();
    PLACE.get_or_init(|| {
        std::env::var_os("SELKIES_JS_SOCKET_PATH")
            .filter(|path| !path.is_empty())
            .as_deref()
            .unwrap_or(OsStr::new("/tmp"))
            .as_bytes()
            .to_owned()
    })
}

pub(super) fn socket(node: Node) -> Option<SocketPath> {
    SocketPath::joined(&[sockets(), b"/", node.socket().bytes()])
}

/// Leaves the number of the last error alone: by that alone `readdir` tells an error from the end.
pub(super) fn is_there(path: &SocketPath) -> bool {
    let before = error();
    // SAFETY: the path ends with a zero.
    let is = unsafe { real::access(path.as_ptr(), libc::F_OK) == 0 };
    fail::<c_int>(before);
    is
}

/// What an absolute path is about; relative ones are not ours.
///
/// # Safety
/// `path` is null or a string of C.
#[inline]
pub(super) unsafe fn of(path: *const c_char) -> Option<Target> {
    if path.is_null() {
        return None;
    }
    // Most paths differ from ours within the first few bytes, and a string that ends does, too.
    for (at, byte) in DIRECTORY.iter().enumerate() {
        // SAFETY: all bytes before were as wanted, so the string has not ended yet.
        if unsafe { *path.add(at) }.cast_unsigned() != *byte {
            return None;
        }
    }
    // SAFETY: the caller's promise.
    let path = unsafe { CStr::from_ptr(path) }.to_bytes();
    of_bytes(path)
}

#[cold]
fn of_bytes(path: &[u8]) -> Option<Target> {
    if is_directory(path) {
        let sockets = SocketPath::joined(&[sockets()])?;
        return is_there(&sockets).then_some(Target::Directory(sockets));
    }
    device(Node::at(path)?)
}

fn device(node: Node) -> Option<Target> {
    let path = socket(node)?;
    is_there(&path).then_some(Target::Device(node, path))
}

/// The same for a path that may be relative to an open directory.
///
/// # Safety
/// `path` is null or a string of C.
#[inline]
pub(super) unsafe fn of_at(dir: c_int, path: *const c_char) -> Option<Target> {
    if path.is_null() {
        return None;
    }
    // SAFETY: a string has a first byte, which may be its end.
    match unsafe { *path }.cast_unsigned() {
        // SAFETY: the caller's promise.
        b'/' => unsafe { of(path) },
        b'j' | b'e' if dir != libc::AT_FDCWD => {
            // SAFETY: the caller's promise.
            let name = unsafe { CStr::from_ptr(path) }.to_bytes();
            let node = Node::named(name)?;
            is_input(dir).then(|| device(node)).flatten()
        }
        _ => None,
    }
}

/// Whether a descriptor is one of the directory of devices.
fn is_input(dir: c_int) -> bool {
    if directory::stands_in(dir) {
        return true;
    }
    let link = format!("/proc/self/fd/{dir}");
    std::fs::read_link(link).is_ok_and(|path| path.as_os_str().as_bytes() == DIRECTORY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_leaves_no_error_behind() {
        let missing = SocketPath::joined(&[b"/nowhere/at/all"]).expect("it is short");
        fail::<c_int>(0);
        assert!(!is_there(&missing));
        assert_eq!(error(), 0);
    }
}
