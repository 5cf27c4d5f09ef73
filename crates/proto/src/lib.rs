//! The wire between page and server: bytes to typed messages and back.
//!
//! Everything that arrives is foreign: [`decode_text`] and [`decode_binary`] neither panic nor
//! index, bound what they keep, and say what was wrong. Nothing here decides whether a message is
//! allowed; that is the session's business. Nothing here inflates or sends; that is the transport's.
//!
//! Start with [`client`] (what pages say), [`server`] (what we say), [`video`] (what stands
//! before a picture), [`sound`] and [`clip`] (how what was copied travels). `vectors/` holds the same facts as data, for both ends.
#![forbid(unsafe_code)]
#![deny(clippy::indexing_slicing, clippy::cast_possible_truncation)]

pub mod client;
pub mod clip;
mod display;
pub mod kind;
pub mod limits;
pub mod server;
pub mod sound;
mod typescript;
mod verb;
pub mod video;

pub use client::{ClientMessage, DecodeError, decode_binary, decode_text};
pub use display::DisplayId;
pub use server::{CloseReason, ServerMessage};
pub use typescript::wire_typescript;
