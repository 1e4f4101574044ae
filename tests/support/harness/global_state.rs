//! The state that a process has once: settings, levels and counts.

use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use kakashi_std::sinks::MemorySink;
use kakashi_std::{Destination, Dropped, Format, Stats, bridges, configure, flush, stats};

/// Lets one test of a file at a time look at what the process has only once:
/// its settings, levels and counts.
pub fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Begins anew, [`alone`]: everything is written to this memory as text, from INFO on, also what comes
/// by `log` and `tracing`.
///
/// # Panics
/// If somebody else has installed a logger for one of these.
pub fn begin_in_memory() -> (MutexGuard<'static, ()>, MemorySink) {
    static BRIDGES: Once = Once::new();
    let alone = alone();
    BRIDGES.call_once(|| {
        bridges::log::install().expect("nobody else has installed anything");
        bridges::tracing::install().expect("nobody else has installed anything");
    });
    flush();
    let memory = MemorySink::new();
    configure().reset().format(Format::Text).destination(Destination::new(memory.clone())).apply();
    (alone, memory)
}

/// What became of records since a moment; other tests must not run meanwhile.
#[derive(Clone, Copy, Debug)]
pub struct StatsSince(Stats);

impl StatsSince {
    /// Begins to count.
    pub fn now() -> Self {
        Self(stats())
    }

    /// Returns how many records were written.
    pub fn written(&self) -> usize {
        stats().written - self.0.written
    }

    /// Returns how many bytes were written.
    pub fn bytes(&self) -> usize {
        stats().bytes - self.0.bytes
    }

    /// Returns how often a sink failed.
    pub fn failures(&self) -> usize {
        stats().failures - self.0.failures
    }

    /// Returns how many records came late.
    pub fn late(&self) -> usize {
        stats().late - self.0.late
    }

    /// Returns which records were dropped.
    pub fn dropped(&self) -> Dropped {
        let mut dropped = Dropped::default();
        for (level, reason, count) in stats().dropped.iter() {
            dropped.add(level, reason, count - self.0.dropped.of(level, reason));
        }
        dropped
    }
}
