//! Real sound servers, one for each test: what is played is heard, what is said is heard.

mod bench;
mod hearing;
mod servers;
mod speaking;
