//! What the session does, as sentences. Everything that is done here also passes the checks that
//! random sequences pass ([`model`]).

mod bench;
mod clipboard;
mod cursor;
mod desktop;
mod encoders;
mod gamepads;
mod joining;
mod keys;
mod observers;
mod ownership;
mod pointer;
mod sizes;
mod sound;
mod values;
mod video;

#[path = "../tests/fuzzed/model.rs"]
mod model;
#[path = "../tests/fuzzed/op.rs"]
mod op;
