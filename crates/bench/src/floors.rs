//! The least this machine allows, measured in the same run.

mod page;
mod processor;

#[cfg(test)]
pub(crate) use page::Shortest;
pub(crate) use page::{PageFloor, page};
pub(crate) use processor::{ProcessorFloor, processor};
