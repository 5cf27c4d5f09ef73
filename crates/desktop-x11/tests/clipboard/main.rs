//! The clipboard on a real X server, with programs on the other side that we wrote ourselves and
//! some that we did not.

mod log;
mod offering;
mod owner;
mod reading;
mod requestor;
mod stage;
mod store;
mod tools;
