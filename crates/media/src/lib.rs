//! What travels on the road of pictures, and the ports of those who work on it.
//!
//! Frames and their damage go into a [`VideoEncoder`]; access units come out and travel as
//! [`Picture`]s. Nothing here owns a thread, reads a clock or opens a file: time is an argument
//! ([`Timestamp`]) and the codecs live elsewhere. Start with [`frame`] and [`encoder`].
#![forbid(unsafe_code)]

pub mod damage;
pub mod encoder;
pub mod flow;
pub mod frame;
pub mod geometry;
pub mod pacing;
pub mod picture;
pub mod rest;
pub mod sound;
pub mod time;
pub mod trace;
pub mod units;

pub use damage::Damage;
pub use encoder::{Directive, EncodeError, EncoderFactory, EncoderKind, VideoEncoder};
pub use frame::{Frame, Surface};
pub use geometry::{Point, Rect, Size};
pub use picture::{AccessUnit, Picture};
pub use time::{Clock, Timestamp};
pub use units::Bitrate;
