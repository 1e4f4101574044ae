//! Loggers that never hold up their caller for a sink's sake.

use std::sync::Arc;

use kakashi_core::{Call, Flushed, LevelFilter, LogContext, LoggerEntry, LoggerKind};

use crate::flush::flush;
use crate::loggers::logger::{entry, log_methods};
use crate::submit::origin::{Origin, Urgency};
use crate::submit::submit;

/// Returns the async logger of this name, with the level that is set for it.
///
/// It is as [`get_logger`](crate::get_logger)'s, but for ERROR and CRITICAL, which
/// are written in a microtask: when the code that runs now gives the engine its turn.
pub fn get_async_logger(name: &str) -> AsyncLogger {
    AsyncLogger { entry: entry(LoggerKind::Async, name, None) }
}

/// Returns the async logger of this name and gives it a level of its own, for
/// all of its handles; [`set_log_level`](crate::set_log_level) does not change it.
pub fn get_async_logger_with_level(name: &str, level: impl Into<LevelFilter>) -> AsyncLogger {
    AsyncLogger { entry: entry(LoggerKind::Async, name, Some(level.into())) }
}

/// Writes records in batches and in microtasks; made by [`get_async_logger`].
/// Clones are one logger.
#[derive(Clone, Debug)]
pub struct AsyncLogger {
    entry: Arc<LoggerEntry>,
}

impl AsyncLogger {
    #[inline(always)]
    fn submit(&self, call: &Call<'_>) {
        const NO_CONTEXT: &LogContext = &LogContext::new();
        let origin = Origin { entry: &self.entry, dispatch: None, context: NO_CONTEXT };
        submit(&origin, call, Urgency::of_async(call.level));
    }

    /// Writes all that any logger has in a batch; see [`flush`](crate::flush()).
    pub fn flush(&self) -> Flushed {
        flush()
    }
}

log_methods! { AsyncLogger, ", to be written in a microtask" }
