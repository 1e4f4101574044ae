//! The counts that [`stats`](crate::stats) and [`stats_by_destination`](crate::stats_by_destination)
//! return.

use kakashi_core::{Counters, DropReason, LogLevel};

/// What became of all records of the process.
pub(crate) static COUNTERS: Counters = Counters::new();

/// What became of the records of one destination; they are counted for the process too.
#[derive(Debug, Default)]
pub(crate) struct DestinationCounters {
    pub(super) own: Counters,
}

impl DestinationCounters {
    pub(super) fn add_written(&self, records: usize, bytes: usize) {
        self.own.add_written(records, bytes);
        COUNTERS.add_written(records, bytes);
    }

    pub(super) fn add_failure(&self) {
        self.own.add_failure();
        COUNTERS.add_failure();
    }

    pub(super) fn add_dropped(&self, level: LogLevel, reason: DropReason, records: usize) {
        self.own.add_dropped(level, reason, records);
        COUNTERS.add_dropped(level, reason, records);
    }
}
