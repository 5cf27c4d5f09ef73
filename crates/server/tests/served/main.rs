//! The real server on a test card, and what its pages and visitors see of it.
//!
//! [`page`] behaves as the existing web client does, so that a test here fails where that client
//! would show nothing. What is said and expected word by word is in `../conformance`.

mod access;
mod band;
mod clipboard;
mod cursor;
mod gamepads;
mod handshake;
mod hostile;
mod http;
mod input;
mod log;
mod losses;
mod page;
mod picture;
mod secrets;
mod serving;
mod sound;
mod unbuilt;
mod video;
mod viewers;
