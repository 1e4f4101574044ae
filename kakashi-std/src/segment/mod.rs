//! Where records lie between their thread and their destination.
//!
//! A thread appends records to a [`Chunk`](chunk::Chunk); a collection takes what has been
//! published as slices that share the chunk, so nothing is copied on the way to a single
//! destination. It knows nothing of encoders, queues or sinks.

pub(crate) mod chunk;
#[cfg(all(test, loom))]
mod loom_tests;
#[cfg(all(test, not(loom)))]
mod tests;
