//! All counts, as they were read.

use super::logger_stats::{self, LoggerStats};
use crate::delivery::counters::{COUNTERS, NamedCounts};
use crate::dispatch::registry;
use crate::queue::ring;
use crate::reentrancy::CriticalSection;

/// The counts of loggers and of destinations.
#[derive(Default)]
pub(super) struct RecordCounts {
    pub(super) loggers: Vec<LoggerStats>,
    /// With the records that wait.
    pub(super) destinations: Vec<(NamedCounts, usize)>,
    pub(super) late: usize,
}

impl RecordCounts {
    /// Reads them; none where the tables may be this thread's.
    pub(super) fn read() -> Self {
        if CriticalSection::is_active() {
            return Self::default();
        }
        ring::pass_on_drops();
        let destinations = registry::counts_by_name();
        Self { loggers: logger_stats::read(), destinations, late: COUNTERS.snapshot().late }
    }
}
