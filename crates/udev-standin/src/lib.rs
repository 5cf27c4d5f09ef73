//! Takes the place of `libudev.so.1` for programs on the desktop, and tells them of our controllers.
//!
//! No udev knows controllers that are sockets, and a container usually has no udev at all. This
//! library knows them and nothing else: every other question is answered as on a system without
//! devices. It has all functions of the real one (`libudev.h`), because a program that is linked to
//! it does not start if one is missing.
//!
//! [`pads`] says what there is, [`ffi`] is the part that programs call.

#![cfg_attr(test, allow(dead_code, unused_imports))]

mod ffi;
mod filters;
mod pads;
