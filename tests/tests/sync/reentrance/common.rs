//! Sends all records to memory and reads them back; runs scenarios of the child program.

use kakashi_std::{Destination, Format, Logger, configure, get_logger, sinks};
use kakashi_tests::harness::read_back::{ArrivedRecord, text};
use sinks::MemorySink;

/// Has all loggers write to memory.
pub(crate) fn to_memory() -> (Logger, MemorySink) {
    let memory = MemorySink::new();
    configure().format(Format::Text).destination(Destination::new(memory.clone())).apply();
    (get_logger("outer"), memory)
}

pub(crate) fn arrived(memory: &MemorySink) -> Vec<ArrivedRecord> {
    text(&memory.bytes())
}

pub(crate) fn messages(entries: &[ArrivedRecord]) -> Vec<&str> {
    entries.iter().map(|entry| entry.message.as_str()).collect()
}

/// Runs a scenario of the child; a hang is the child's only.
#[cfg(unix)]
pub(crate) fn child(scenario: &str) -> Vec<ArrivedRecord> {
    use kakashi_tests::harness::process::{TestFolder, read, run};
    let folder = TestFolder::new();
    let file = folder.file("log");
    let ended = run(env!("CARGO_BIN_EXE_child"), [scenario.as_ref(), file.as_os_str()]);
    assert_eq!(ended.status.code(), Some(0), "{ended:?}");
    text(&read(file))
}
