//! Sends all records to memory, with settings that each test starts from.

use kakashi_std::{Destination, Format, LogLevel, configure, flush, sinks};
use kakashi_tests::harness::read_back::text;
use sinks::MemorySink;

/// Begins anew: everything is written to this memory as text, from INFO on.
pub(crate) fn to_memory() -> MemorySink {
    let memory = MemorySink::new();
    configure()
        .format(Format::Text)
        .level(LogLevel::Info)
        .batch_bytes(64 * 1024)
        .flush_after_millis(100)
        .service("", "", "")
        .redact([] as [&str; 0])
        .destination(Destination::new(memory.clone()))
        .apply();
    memory
}

pub(crate) fn messages(memory: &MemorySink) -> Vec<String> {
    assert!(flush().is_complete());
    text(&memory.bytes()).into_iter().map(|entry| entry.message).collect()
}
