//! Helpers of tests: a private X server, and what to do when a tool is missing.

pub mod pulse;
pub mod tool;
pub mod xserver;

pub use pulse::PulseServer;
pub use tool::{full, require_tool};
pub use xserver::XServer;
