//! What became of the records of one logger.

use kakashi_core::{Dropped, LogLevel};

use crate::delivery::counters::ByLevel;
use crate::delivery::logger_counts;
use crate::queue::interner;
use crate::reentrancy::CriticalSection;

/// Tells how many records a logger has handed to destinations, as
/// [`stats_by_logger`](crate::stats_by_logger) returns it.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct LoggerStats {
    /// The logger's name; `other` for all beyond the bound that
    /// [`metrics`](crate::metrics) tells.
    pub name: Box<str>,
    /// Records of an async logger that found its queue full.
    pub dropped: Dropped,
    pub(super) logged: ByLevel,
}

impl LoggerStats {
    /// Returns how many records were collected for a destination or several, once each.
    pub fn logged(&self) -> usize {
        self.logged.iter().fold(0, |sum, count| sum.wrapping_add(*count))
    }

    /// As [`logged`](Self::logged), of a level.
    pub fn logged_of(&self, level: LogLevel) -> usize {
        self.logged[level.index()]
    }
}

/// Reads the counts of the loggers that have any.
pub(super) fn read() -> Vec<LoggerStats> {
    let mut stats = Vec::new();
    if CriticalSection::is_active() {
        // The tables may be this thread's.
        return stats;
    }
    let drops = interner::dropped_by_number();
    logger_counts::for_each(|name, number, logged| {
        let mut dropped = Dropped::default();
        drops.iter().filter(|(other, _)| *other == number).for_each(|(_, drops)| dropped.merge(drops));
        if logged.iter().any(|count| *count > 0) || dropped.total() > 0 {
            stats.push(LoggerStats { name: name.into(), dropped, logged });
        }
    });
    stats
}
