//! Loggers whose records a worker collects from rings.

use kakashi_core::{Dropped, Flushed, LevelFilter, LoggerEntry, LoggerKind};

use super::logger::{entry, log_methods};
use crate::dispatch::logger_core::LoggerCore;
use crate::flush::flush;
use crate::queue::overflow::OverflowPolicy;
use crate::queue::queued::Queued;
use crate::queue::{interner, workers};
use crate::submit::{submit_queued, submit_queued_site};

/// Returns the async logger of this name, with the level that is set for it.
///
/// A call copies its values into a queue of the calling thread and returns; a
/// worker thread collects and writes them, or has their destination's thread write
/// them, within 5 ms where the process was idle. When the queue is full, what happens is as
/// [`AsyncConfig::overflow`](crate::AsyncConfig::overflow) says: at first, the
/// caller waits.
///
/// ```
/// use kakashi_std::{get_async_logger, info, shutdown_async_logging};
///
/// let logger = get_async_logger("shop::orders");
/// info!(logger, "Order accepted", order_id = 1042, total = 19.9);
/// assert!(shutdown_async_logging().is_complete());
/// ```
pub fn get_async_logger(name: &str) -> AsyncLogger {
    AsyncLogger { core: queued(LoggerKind::Async, name, None, None) }
}

/// Returns the async logger of this name and gives it a level of its own, for
/// all of its handles; [`set_log_level`](crate::set_log_level) does not change it.
pub fn get_async_logger_with_level(name: &str, level: impl Into<LevelFilter>) -> AsyncLogger {
    AsyncLogger { core: queued(LoggerKind::Async, name, Some(level.into()), None) }
}

/// Finds or makes what a logger with a queue consists of; workers may be started again.
pub(crate) fn queued(
    kind: LoggerKind,
    name: &str,
    level: Option<LevelFilter>,
    policy: Option<OverflowPolicy>,
) -> Queued {
    workers::reopen();
    let entry = entry(kind, name, level);
    let core = LoggerCore::new(entry, None);
    let (id, slot) = interner::logger_id(kind, &core.entry);
    Queued { core, id, slot, policy }
}

/// Writes records through a worker; made by [`get_async_logger`]. Clones are one
/// logger.
#[derive(Clone, Debug)]
pub struct AsyncLogger {
    core: Queued,
}

/// What the loggers with a queue have beside what all have.
macro_rules! queued_methods {
    ($logger:ident) => {
        impl $logger {
            /// Writes all that any thread has queued or buffered.
            ///
            /// # Blocking
            /// As [`flush`](crate::flush).
            pub fn flush(&self) -> Flushed {
                flush()
            }

            /// Returns how many of this logger's records were dropped because a
            /// queue was full, by level.
            pub fn dropped(&self) -> Dropped {
                self.core.slot.dropped()
            }

            #[inline(always)]
            fn entry(&self) -> &LoggerEntry {
                &self.core.core.entry
            }
        }

        log_methods! { $logger, submit_queued, submit_queued_site, "" }
    };
}
pub(crate) use queued_methods;

queued_methods! { AsyncLogger }
