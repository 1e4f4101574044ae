//! Loggers that never make their caller wait.

use kakashi_core::{Dropped, Flushed, LevelFilter, LoggerEntry, LoggerKind};

use super::async_logger::{queued, queued_methods};
use super::logger::log_methods;
use crate::flush::flush;
use crate::queue::overflow::OverflowPolicy;
use crate::queue::queued::Queued;
use crate::submit::{prepare_queue, submit_queued, submit_queued_site};

/// Returns the performance logger of this name, with the level that is set for it.
///
/// It is an [`AsyncLogger`](crate::AsyncLogger) that never waits: with the
/// thread's queue full it drops the record and counts it, whatever is
/// configured. The calling thread's queue is made now, others' at their first
/// record.
///
/// ```
/// use kakashi_std::{debug, get_performance_logger, shutdown_async_logging};
///
/// let logger = get_performance_logger("engine::tick");
/// debug!(logger, "Tick", frame = 17, micros = 410.5);
/// assert!(shutdown_async_logging().is_complete());
/// assert_eq!(logger.dropped().total(), 0);
/// ```
pub fn get_performance_logger(name: &str) -> PerformanceLogger {
    PerformanceLogger::of(name, None)
}

/// Returns the performance logger of this name and gives it a level of its own,
/// for all of its handles; [`set_log_level`](crate::set_log_level) does not change it.
pub fn get_performance_logger_with_level(name: &str, level: impl Into<LevelFilter>) -> PerformanceLogger {
    PerformanceLogger::of(name, Some(level.into()))
}

/// Writes records through a worker and never waits for it; made by
/// [`get_performance_logger`]. Clones are one logger.
#[derive(Clone, Debug)]
pub struct PerformanceLogger {
    core: Queued,
}

impl PerformanceLogger {
    fn of(name: &str, level: Option<LevelFilter>) -> Self {
        let core = queued(LoggerKind::Performance, name, level, Some(OverflowPolicy::DropNewest));
        prepare_queue();
        Self { core }
    }
}

queued_methods! { PerformanceLogger }
