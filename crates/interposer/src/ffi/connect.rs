//! Opens a device: connects to its socket and learns what is at the other end.

use std::ffi::{c_int, c_long, c_void};
use std::time::{Duration, Instant};

use libc::{sockaddr_un, socklen_t};

use crate::nodes::{COUNT, Interface, Node};
use crate::open_pads::{self, Pad};
use crate::rumble::{DESCRIPTION_SIZE, is_understood};

use super::target::SocketPath;
use super::{error, fail, real};

/// A server that is just starting has a socket and does not listen yet.
const KNOCKING: Duration = Duration::from_millis(250);
const PAUSE: c_int = 10;
/// One that said so much also tells the state.
const STATE: c_int = 100;
/// A server that listens answers at once, unless the machine is very busy.
const ANSWER: Duration = Duration::from_secs(2);

/// Like `open` with these flags.
pub(super) fn open(node: Node, path: &SocketPath, flags: c_int) -> c_int {
    // Linux has one number for O_CLOEXEC and SOCK_CLOEXEC (`socket(2)`).
    let kind = libc::SOCK_STREAM | libc::SOCK_NONBLOCK | flags & libc::O_CLOEXEC;
    // SAFETY: takes numbers only.
    let fd = unsafe { libc::socket(libc::AF_UNIX, kind, 0) };
    if fd < 0 {
        return fd;
    }
    match greet(fd, path).and_then(|rumbles| enter(fd, node, rumbles, flags)) {
        Ok(()) => {
            if node.interface == Interface::Joystick {
                // The kernel has the state of a joystick ready when it is opened, and some programs
                // do not wait for it.
                wait(fd, STATE);
            }
            fd
        }
        Err(why) => {
            // SAFETY: this descriptor was made above and nobody else has it.
            unsafe { real::close(fd) };
            fail(why)
        }
    }
}

/// Goes through the handshake; true if the server understands rumble.
fn greet(fd: c_int, path: &SocketPath) -> Result<bool, c_int> {
    knock(fd, path)?;
    let deadline = Instant::now() + ANSWER;
    let mut description = [0; DESCRIPTION_SIZE];
    let mut len = 0;
    while let Some(rest) = description.get_mut(len..).filter(|rest| !rest.is_empty()) {
        // SAFETY: the buffer is as long as said.
        let count = unsafe { libc::recv(fd, rest.as_mut_ptr().cast(), rest.len(), 0) };
        match usize::try_from(count) {
            Ok(0) => return Err(libc::ENODEV),
            Ok(count) => len += count,
            Err(_) => match error() {
                libc::EINTR => {}
                libc::EAGAIN if Instant::now() < deadline => wait(fd, PAUSE),
                _ => return Err(libc::ENODEV),
            },
        }
    }
    let long = [u8::try_from(size_of::<c_long>()).unwrap_or_default()];
    // SAFETY: the buffer is one byte long.
    let sent = unsafe { libc::send(fd, long.as_ptr().cast(), 1, libc::MSG_NOSIGNAL) };
    if sent == 1 {
        Ok(is_understood(&description))
    } else {
        Err(libc::ENODEV)
    }
}

fn knock(fd: c_int, path: &SocketPath) -> Result<(), c_int> {
    // SAFETY: an address of all zeros is a valid one.
    let mut address: sockaddr_un = unsafe { std::mem::zeroed() };
    address.sun_family = libc::sa_family_t::try_from(libc::AF_UNIX).unwrap_or_default();
    for (place, byte) in address.sun_path.iter_mut().zip(path.bytes()) {
        *place = (*byte).cast_signed();
    }
    let len = socklen_t::try_from(size_of::<sockaddr_un>()).unwrap_or_default();
    let deadline = Instant::now() + KNOCKING;
    loop {
        // SAFETY: the address is one of a socket of this kind and as long as said.
        let done = unsafe { libc::connect(fd, (&raw const address).cast(), len) };
        match error() {
            _ if done == 0 => return Ok(()),
            libc::EINTR => {}
            libc::ECONNREFUSED | libc::EAGAIN if Instant::now() < deadline => {
                // SAFETY: waits for nothing but the time.
                unsafe { libc::poll(std::ptr::null_mut(), 0, PAUSE) };
            }
            libc::EACCES | libc::EPERM => return Err(libc::EACCES),
            _ => return Err(libc::ENODEV),
        }
    }
}

fn wait(fd: c_int, milliseconds: c_int) {
    let mut descriptor = libc::pollfd {
        fd,
        events: libc::POLLIN,
        revents: 0,
    };
    // SAFETY: the list has one entry.
    unsafe { libc::poll(&raw mut descriptor, 1, milliseconds) };
}

fn enter(fd: c_int, node: Node, rumbles: bool, flags: c_int) -> Result<(), c_int> {
    if flags & libc::O_NONBLOCK == 0 {
        // SAFETY: sets flags of our own descriptor; there were none but this one.
        let done = unsafe { real::fcntl(fd, libc::F_SETFL, std::ptr::null_mut()) };
        if done != 0 {
            return Err(libc::ENODEV);
        }
    }
    let number = (0..COUNT)
        .find(|number| Node::nth(*number) == Some(node))
        .ok_or(libc::ENODEV)?;
    let rumbles = rumbles && node.interface == Interface::Evdev;
    let entered = || open_pads::enter(fd, number, rumbles, cookie(fd));
    if entered() {
        return Ok(());
    }
    open_pads::sweep(is_still);
    if entered() { Ok(()) } else { Err(libc::EMFILE) }
}

/// The kernel's number for a socket; zero if it is none.
fn cookie(fd: c_int) -> u64 {
    let mut cookie = 0u64;
    let mut len = socklen_t::try_from(size_of::<u64>()).unwrap_or_default();
    let place: *mut c_void = (&raw mut cookie).cast();
    // SAFETY: the place is as long as said.
    let done =
        unsafe { libc::getsockopt(fd, libc::SOL_SOCKET, libc::SO_COOKIE, place, &raw mut len) };
    if done == 0 { cookie } else { 0 }
}

/// Whether a descriptor still is the controller it was: it can have been closed unseen.
pub(super) fn is_still(fd: c_int, pad: &Pad) -> bool {
    let before = error();
    let same = cookie(fd) == pad.cookie();
    fail::<c_int>(before);
    same
}
