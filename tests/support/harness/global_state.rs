//! The state that a process has once: settings, levels and counts.

use std::sync::{Mutex, MutexGuard, PoisonError};

use kakashi_std::{Dropped, Stats, stats};

/// Lets one test of a file at a time look at what the process has only once:
/// its settings, levels and counts.
pub fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
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
