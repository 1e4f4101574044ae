//! What tests of the flight recorder begin with, and read.

use std::sync::MutexGuard;

use kakashi_std::sinks::MemorySink;
use kakashi_std::{FlightRecorder, configure, flush};

use super::global_state::begin_in_memory;
use super::read_back::{ArrivedRecord, text};

/// The message before what was kept.
pub const BEGIN: &str = "Flight recorder: what follows was kept";
/// The message behind it.
pub const END: &str = "Flight recorder: end of what was kept";

/// As [`begin_in_memory`], with a recorder of all levels that ERROR triggers.
///
/// # Panics
/// As that does.
pub fn begin_recording() -> (MutexGuard<'static, ()>, MemorySink) {
    let (alone, memory) = begin_in_memory();
    configure().flight_recorder(FlightRecorder::new().dumps_per_minute(1_000_000)).apply();
    (alone, memory)
}

/// The records that a sink has once all is flushed.
///
/// # Panics
/// If something is left.
pub fn arrived(memory: &MemorySink) -> Vec<ArrivedRecord> {
    assert!(flush().is_complete());
    text(&memory.bytes())
}

/// Their messages.
///
/// # Panics
/// As [`arrived`] does.
pub fn messages(memory: &MemorySink) -> Vec<String> {
    arrived(memory).into_iter().map(|record| record.message).collect()
}
