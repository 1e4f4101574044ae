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

    /// Returns which records were dropped.
    pub fn dropped(&self) -> Dropped {
        let mut dropped = stats().dropped;
        for (row, old) in dropped.counts.iter_mut().zip(self.0.dropped.counts) {
            row.iter_mut().zip(old).for_each(|(count, old)| *count -= old);
        }
        dropped
    }
}
