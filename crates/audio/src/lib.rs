//! The sound of a desktop: what programs play is heard through PulseAudio's protocol, which PipeWire
//! speaks as well, and Opus packets are made of it; what viewers say becomes a virtual microphone.
//!
//! [`PulseSound`] is the port to the sound server, [`OpusCodecs`] that to libopus. Nothing here has a
//! thread, and nothing decides when to listen: that is the pipeline's. Start with [`PulseSound`],
//! then `pulse/connection.rs`.
#![forbid(unsafe_code)]

mod opus;
mod pulse;

pub use self::opus::OpusCodecs;
pub use pulse::{BadName, Look, PulseSound, Server};
