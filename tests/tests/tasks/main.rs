//! Tasks, jobs and threads: whose context their records have.

mod inherited;
mod refused;
mod requests;

use kakashi_std::sinks::MemorySink;
use kakashi_std::{Destination, Format, LogLevel, configure};

/// Has records from INFO on written to memory from now on.
fn to_memory() -> MemorySink {
    let memory = MemorySink::new();
    configure()
        .format(Format::Text)
        .level(LogLevel::Info)
        .destination(Destination::new(memory.clone()))
        .apply();
    memory
}
