//! Reading, writing, asking and closing.

use std::ffi::{c_int, c_ulong, c_void};
use std::slice::{from_raw_parts, from_raw_parts_mut};

use libc::{size_t, ssize_t};

use crate::answers::{Answer, Device, Request, answer};
use crate::events::{EVDEV_SIZE, JOYSTICK_SIZE, restamp};
use crate::nodes::Interface;
use crate::open_pads::{self, Pad, WATCH};
use crate::rumble::{Message, written};

use super::{connect, error, fail, hook, real, watch};

/// The controller that a descriptor is; all others pay one look into a table.
#[inline]
fn pad(fd: c_int) -> Option<&'static Pad> {
    match open_pads::mark(fd) {
        0 | WATCH => None,
        mark => still(fd, mark),
    }
}

#[cold]
fn still(fd: c_int, mark: u8) -> Option<&'static Pad> {
    let pad = open_pads::pad(mark)?;
    let same = connect::is_still(fd, pad);
    if !same {
        open_pads::forget(fd);
    }
    same.then_some(pad)
}

// SAFETY of all that follows: the program keeps to the manual, and what it passes is passed on.
hook! {
    fn read(fd: c_int, buffer: *mut c_void, count: size_t) -> ssize_t {
        if open_pads::mark(fd) == 0 {
            // SAFETY: see above.
            return unsafe { real::read(fd, buffer, count) };
        }
        // SAFETY: see above.
        unsafe { read_ours(fd, buffer, count) }
    }

    fn __read_chk(fd: c_int, buffer: *mut c_void, count: size_t, room: size_t) -> ssize_t {
        if open_pads::mark(fd) == 0 || count > room {
            // SAFETY: see above.
            return unsafe { real::__read_chk(fd, buffer, count, room) };
        }
        // SAFETY: see above.
        unsafe { read_ours(fd, buffer, count) }
    }

    fn write(fd: c_int, buffer: *const c_void, count: size_t) -> ssize_t {
        let Some(pad) = pad(fd) else {
            // SAFETY: see above.
            return unsafe { real::write(fd, buffer, count) };
        };
        if pad.node().interface == Interface::Joystick || count < EVDEV_SIZE {
            return fail(libc::EINVAL);
        }
        if buffer.is_null() {
            return fail(libc::EFAULT);
        }
        let whole = count - count % EVDEV_SIZE;
        // SAFETY: the program says that so many bytes are there.
        let events = unsafe { from_raw_parts(buffer.cast::<u8>(), whole) };
        if pad.rumbles() {
            for message in events.chunks_exact(EVDEV_SIZE).filter_map(written) {
                if let Err(why) = tell(fd, &message) {
                    return fail(why);
                }
            }
        }
        ssize_t::try_from(whole).unwrap_or(ssize_t::MAX)
    }

    fn ioctl(fd: c_int, request: c_ulong, argument: *mut c_void) -> c_int {
        match pad(fd) {
            // SAFETY: see above.
            Some(pad) => unsafe { asked(fd, pad, request, argument) },
            // SAFETY: see above.
            None => unsafe { real::ioctl(fd, request, argument) },
        }
    }

    fn close(fd: c_int) -> c_int {
        if open_pads::mark(fd) == WATCH {
            watch::closed(fd);
        }
        open_pads::forget(fd);
        // SAFETY: see above.
        unsafe { real::close(fd) }
    }

    fn dup(fd: c_int) -> c_int {
        // SAFETY: see above.
        copied(fd, unsafe { real::dup(fd) })
    }

    fn dup2(fd: c_int, copy: c_int) -> c_int {
        // SAFETY: see above.
        copied(fd, unsafe { real::dup2(fd, copy) })
    }

    fn dup3(fd: c_int, copy: c_int, flags: c_int) -> c_int {
        // SAFETY: see above.
        copied(fd, unsafe { real::dup3(fd, copy, flags) })
    }

    fn fcntl(fd: c_int, command: c_int, argument: *mut c_void) -> c_int {
        // SAFETY: see above.
        let result = unsafe { real::fcntl(fd, command, argument) };
        controlled(fd, command, result)
    }

    fn fcntl64(fd: c_int, command: c_int, argument: *mut c_void) -> c_int {
        // SAFETY: see above.
        let result = unsafe { real::fcntl64(fd, command, argument) };
        controlled(fd, command, result)
    }
}

#[inline]
fn controlled(fd: c_int, command: c_int, result: c_int) -> c_int {
    if command == libc::F_DUPFD || command == libc::F_DUPFD_CLOEXEC {
        return copied(fd, result);
    }
    result
}

/// Notes that `copy`, if it became one, is what `fd` is.
#[inline]
fn copied(fd: c_int, copy: c_int) -> c_int {
    if copy >= 0 && copy != fd {
        open_pads::forget(copy);
        match open_pads::mark(fd) {
            0 | WATCH => {}
            mark => open_pads::share(mark, copy),
        }
    }
    copy
}

/// # Safety
/// `buffer` has room for `count` bytes.
#[cold]
unsafe fn read_ours(fd: c_int, buffer: *mut c_void, count: size_t) -> ssize_t {
    if open_pads::mark(fd) == WATCH {
        // SAFETY: the caller's promise.
        return unsafe { watch::read(fd, buffer, count) };
    }
    let Some(pad) = pad(fd) else {
        // SAFETY: the caller's promise.
        return unsafe { real::read(fd, buffer, count) };
    };
    let size = match pad.node().interface {
        Interface::Joystick => JOYSTICK_SIZE,
        Interface::Evdev => EVDEV_SIZE,
    };
    if count == 0 {
        return 0;
    }
    if count < size {
        return fail(libc::EINVAL);
    }
    if buffer.is_null() {
        return fail(libc::EFAULT);
    }
    let whole = count - count % size;
    // SAFETY: the caller's promise; the bytes are only written before they are read.
    let buffer = unsafe { from_raw_parts_mut(buffer.cast::<u8>(), whole) };
    loop {
        match pad.with(|state| read_events(fd, state, buffer, size)) {
            Ok(0) if blocks(fd) => {
                // SAFETY: the list has one entry.
                if let Err(why) = wait(fd) {
                    return fail(why);
                }
            }
            Ok(0) => return fail(libc::EAGAIN),
            Ok(len) => return ssize_t::try_from(len).unwrap_or(ssize_t::MAX),
            Err(why) => return fail(why),
        }
    }
}

/// Reads what is there of whole events, without waiting. Zero: none.
fn read_events(
    fd: c_int,
    state: &mut open_pads::State,
    buffer: &mut [u8],
    size: usize,
) -> Result<usize, c_int> {
    let begun = state.remainder.give(buffer);
    let room = buffer.get_mut(begun..).unwrap_or_default();
    // SAFETY: the buffer is as long as said.
    let count = unsafe { libc::recv(fd, room.as_mut_ptr().cast(), room.len(), libc::MSG_DONTWAIT) };
    let count = match usize::try_from(count) {
        // The server is gone, and with it the device.
        Ok(0) => return Err(libc::ENODEV),
        Ok(count) => count,
        Err(_) if error() == libc::EAGAIN || error() == libc::EINTR => 0,
        Err(_) => return Err(libc::ENODEV),
    };
    let got = buffer.get(..begun + count).unwrap_or_default();
    let len = state.remainder.keep(got, size);
    if size == EVDEV_SIZE {
        let now = state.clock.map(time);
        let events = buffer.get_mut(..len).unwrap_or_default();
        for event in events.chunks_exact_mut(EVDEV_SIZE) {
            state.seen.note(event);
            if let Some((seconds, microseconds)) = now {
                restamp(event, seconds, microseconds);
            }
        }
    }
    Ok(len)
}

fn time(clock: c_int) -> (i64, i64) {
    let mut now = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: writes to the place it is given.
    unsafe { libc::clock_gettime(clock, &raw mut now) };
    (now.tv_sec, now.tv_nsec / 1000)
}

fn blocks(fd: c_int) -> bool {
    // SAFETY: asks for flags.
    let flags = unsafe { real::fcntl(fd, libc::F_GETFL, std::ptr::null_mut()) };
    flags >= 0 && flags & libc::O_NONBLOCK == 0
}

fn wait(fd: c_int) -> Result<(), c_int> {
    let mut descriptor = libc::pollfd {
        fd,
        events: libc::POLLIN,
        revents: 0,
    };
    // SAFETY: the list has one entry.
    if unsafe { libc::poll(&raw mut descriptor, 1, -1) } < 0 {
        return Err(error());
    }
    Ok(())
}

/// # Safety
/// `argument` is what the request wants.
#[cold]
unsafe fn asked(fd: c_int, pad: &Pad, number: c_ulong, argument: *mut c_void) -> c_int {
    let request = Request::new(number);
    if !matches!(request.kind, b'j' | b'E') {
        // SAFETY: the caller's promise; it is about files in general.
        return unsafe { real::ioctl(fd, number, argument) };
    }
    // The numbers of EVIOCRMFF, EVIOCGRAB and EVIOCREVOKE say that an argument is there, but it is
    // a number instead of a place.
    let by_value = request.kind == b'E' && matches!(request.number, 0x81 | 0x90 | 0x91);
    let room = if by_value { 0 } else { request.size };
    if room > 0 && argument.is_null() {
        return fail(libc::EFAULT);
    }
    let buffer = if room == 0 {
        &mut []
    } else {
        // SAFETY: the request's number says that there is so much room.
        unsafe { from_raw_parts_mut(argument.cast::<u8>(), room) }
    };
    let node = pad.node();
    let answer = pad.with(|state| {
        let device = Device {
            interface: node.interface,
            slot: node.slot,
            rumbles: pad.rumbles(),
            seen: &state.seen,
        };
        answer(device, request, buffer)
    });
    match answer {
        Answer::Done(result) => result,
        Answer::Fine => 0,
        Answer::Fails(why) => fail(why),
        Answer::NotOurs => fail(libc::ENOTTY),
        Answer::Zeros(len) => {
            // SAFETY: the manual says that there is room for one structure per axis.
            unsafe { from_raw_parts_mut(argument.cast::<u8>(), len) }.fill(0);
            0
        }
        Answer::Upload => upload(fd, pad, buffer),
        Answer::Erase => {
            // Numbers of effects are small; what does not fit is none.
            let id = i32::try_from(argument.addr()).unwrap_or(-1);
            let erased = pad.with(|state| state.effects.erase(id));
            finish(erased.and_then(|message| tell(fd, &message)))
        }
        Answer::Clock => finish(set_clock(pad, buffer)),
    }
}

fn upload(fd: c_int, pad: &Pad, effect: &mut [u8]) -> c_int {
    let uploaded = pad.with(|state| state.effects.upload(effect));
    finish(uploaded.and_then(|(id, message)| {
        // The program reads the number that its effect got where it said that it had none.
        if let Some(place) = effect.get_mut(2..4) {
            place.copy_from_slice(&i16::from(id).to_ne_bytes());
        }
        tell(fd, &message)
    }))
}

fn set_clock(pad: &Pad, buffer: &[u8]) -> Result<(), c_int> {
    let clock = buffer.first_chunk().copied().map(c_int::from_ne_bytes);
    let clock = match clock {
        Some(libc::CLOCK_REALTIME) => None,
        Some(clock @ (libc::CLOCK_MONOTONIC | libc::CLOCK_BOOTTIME)) => Some(clock),
        _ => return Err(libc::EINVAL),
    };
    pad.with(|state| state.clock = clock);
    Ok(())
}

fn finish(result: Result<(), c_int>) -> c_int {
    match result {
        Ok(()) => 0,
        Err(why) => fail(why),
    }
}

/// Sends a message about rumble. A server that does not take it has lost more than that.
fn tell(fd: c_int, message: &Message) -> Result<(), c_int> {
    let flags = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
    // SAFETY: the buffer is as long as said.
    let sent = unsafe { libc::send(fd, message.as_ptr().cast(), message.len(), flags) };
    match usize::try_from(sent) {
        Ok(len) if len == message.len() => Ok(()),
        Err(_) if error() == libc::EAGAIN => Err(libc::ENOSPC),
        _ => Err(libc::ENODEV),
    }
}
