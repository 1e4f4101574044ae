//! Sends all records to memory.

use kakashi_std::{Destination, Format, LogLevel, configure, sinks};
use sinks::MemorySink;

/// Has everything written to this memory, in batches of so many bytes.
pub(crate) fn to_memory(batch_bytes: usize) -> MemorySink {
    let memory = MemorySink::new();
    configure()
        .format(Format::Text)
        .level(LogLevel::Info)
        .batch_bytes(batch_bytes)
        .flush_after_millis(100)
        .destination(Destination::new(memory.clone()))
        .apply();
    memory
}
