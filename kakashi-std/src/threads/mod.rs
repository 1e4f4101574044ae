//! The threads that run in the background, each a loop.

pub(crate) mod flusher;
pub(crate) mod worker;
