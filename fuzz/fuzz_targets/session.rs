//! Whatever viewers, the desktop and time may do to a session, in any order.
#![no_main]

#[path = "../../crates/session/tests/fuzzed/session.rs"]
mod fuzzed;

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzzed::session(data));
