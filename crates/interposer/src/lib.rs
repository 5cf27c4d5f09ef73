//! Lets programs find game controllers that are sockets of a server where they look for devices.
//!
//! The dynamic linker loads this library into a program before the C library (`LD_PRELOAD`), so
//! that calls about `/dev/input/js0` to `js3` and `/dev/input/event1000` to `event1003` come here
//! first. What opens is a socket, so waiting for it (`poll`, `select`, `epoll`) needs no help; what
//! only devices can do is answered here. All other calls go on to the C library: without a lock,
//! without an allocation. A panic cannot leave an `extern "C"` function: it ends the program.
//!
//! [`nodes`] names the devices, [`identity`] and [`answers`] say what they are, [`events`] follows
//! what is read from them; [`ffi`] is the part that programs call.

#![cfg_attr(test, allow(dead_code, unused_imports))]

mod answers;
mod events;
mod ffi;
mod identity;
mod nodes;
mod notices;
mod open_pads;
mod rumble;
