//! The wire between page and server: bytes to typed messages and back.
//!
//! Everything that arrives is foreign: [`decode`] neither panics nor indexes, and says what was
//! wrong. Nothing here decides whether a message is allowed; that is the session's business.
//! Start with [`client`] (what pages say) and [`server`] (what we say).
#![forbid(unsafe_code)]

pub mod client;
pub mod server;

pub use client::{ClientMessage, DecodeError, decode_binary, decode_text};
pub use server::{CloseReason, ServerMessage};
