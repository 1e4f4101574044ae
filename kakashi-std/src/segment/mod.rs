//! Where records lie between their thread and their destination.
//!
//! A thread appends records to a [`Chunk`](chunk::Chunk); a collection takes what has been
//! published as slices that share the chunk, so nothing is copied on the way to a single
//! destination. A chunk's memory is the heap's or, with a black box, a mapped file's. It knows nothing
//! of encoders, queues or sinks.

#[cfg(feature = "black-box")]
pub(crate) mod black_box;
pub(crate) mod box_change;
pub(crate) mod chunk;
pub(crate) mod chunk_pool;
pub(crate) mod chunk_reader;
pub(crate) mod chunk_slice;
pub(crate) mod kept_entry;
#[cfg(feature = "black-box")]
pub mod layout;
#[cfg(all(
    feature = "black-box",
    target_os = "linux",
    target_endian = "little",
    target_pointer_width = "64",
    not(all(test, loom))
))]
pub(crate) mod live;
#[cfg(not(all(
    feature = "black-box",
    target_os = "linux",
    target_endian = "little",
    target_pointer_width = "64",
    not(all(test, loom))
)))]
#[path = "no_live.rs"]
pub(crate) mod live;
#[cfg(all(test, loom))]
mod loom_tests;
#[cfg(all(test, not(loom)))]
mod tests;
