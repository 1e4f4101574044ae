//! Loggers by name that write through the calling thread's buffer.

use std::sync::Arc;

use kakashi_core::{Call, Flushed, LevelFilter, LogContext, LoggerEntry, LoggerKind};

use crate::delivery::not_kept::NotKept;
use crate::dispatch::logger_core::LoggerCore;
use crate::dispatch::logger_registry::logger_registry;
use crate::dispatch::registry;
use crate::dispatch::root::root_if_made;
use crate::flush::{flush, flush_dispatch};
use crate::lifecycle;
use crate::queue::interner;
use crate::reentrancy::CriticalSection;
use crate::submit::{is_busy, submit, submit_kept, submit_site};

/// Finds or makes the entry of a logger; the first call installs what the process needs.
/// Inside of a critical section it is an entry of no registry: what is logged there is
/// counted, not written.
pub(crate) fn entry(kind: LoggerKind, name: &str, level: Option<LevelFilter>) -> Arc<LoggerEntry> {
    if CriticalSection::is_active() {
        return Arc::new(LoggerEntry::new(name, level.unwrap_or_default()));
    }
    lifecycle::install();
    logger_registry().get(kind, name, level)
}

/// Writes what is buffered, and frees what is kept for async loggers that nobody has.
fn flush_and_forget() {
    flush();
    if !is_busy() && registry::collect_all() {
        interner::forget_unused();
    }
}

kakashi_core::__logger_functions! {
    "kakashi_std", entry, logger_registry, flush_and_forget;
    /// Handles of one name are one logger.
    ///
    /// ```
    /// use kakashi_std::{get_logger, info};
    ///
    /// let logger = get_logger("shop::orders");
    /// info!(logger, "Order accepted", order_id = 1042, total = 19.9);
    /// ```
    get_logger;
}

/// Writes records through the calling thread's buffer. Clones are one logger.
#[derive(Clone, Debug)]
pub struct Logger {
    core: LoggerCore,
}

impl Logger {
    fn of(entry: Arc<LoggerEntry>) -> Self {
        Self { core: LoggerCore::new(entry, None) }
    }

    fn context_mut(&mut self) -> &mut LogContext {
        &mut self.core.context
    }

    /// Writes all that any thread has buffered for this logger's destinations.
    ///
    /// # Blocking
    /// As [`flush`](crate::flush()).
    pub fn flush(&self) -> Flushed {
        flush_dispatch(self.core.dispatch.clone().or_else(root_if_made))
    }

    pub(super) fn submit_kept(&self, call: &Call<'_>) -> Result<(), NotKept> {
        submit_kept(&self.core, call)
    }

    #[inline(always)]
    fn entry(&self) -> &LoggerEntry {
        &self.core.entry
    }
}

/// Gives its methods to a logger that has an `entry()`, and a `core` that
/// `$submit` and `$submit_site` take.
macro_rules! log_methods {
    ($logger:ident, $submit:path, $submit_site:path, $urgently:literal) => {
        impl $logger {
            #[inline(always)]
            fn submit(&self, call: &kakashi_core::Call<'_>) {
                $submit(&self.core, call);
            }

            #[inline(always)]
            fn submit_site(&self, site: kakashi_core::Site<'static>, values: &[kakashi_core::Value<'_>]) {
                $submit_site(&self.core, site, values);
            }
        }

        kakashi_core::__logger_methods! {
            $logger, $urgently, $crate::backtrace::fields_of;
            /// Logs an error at ERROR: its type, its text and those of its
            /// sources, and a backtrace where `RUST_BACKTRACE` asks for one.
            exception;
        }
    };
}
pub(crate) use log_methods;

log_methods! { Logger, submit, submit_site, ", and writes before it returns" }
