//! Everything a page can send, as text and as binary frames.
#![no_main]

#[path = "../../crates/proto/tests/fuzzed/decode.rs"]
mod fuzzed;

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzzed::decode(data));
