//! Loggers by name.

use std::sync::Arc;

use kakashi_core::{
    Call, Exception, Field, Flushed, LevelFilter, LogContext, LoggerEntry, LoggerKind, with_joined,
};

use crate::dispatch::logger_registry::logger_registry;
use crate::flush::{flush, flush_dispatch};
use crate::submit::origin::{Origin, Urgency};
use crate::submit::submit;
use crate::{dispatch, lifecycle};

/// Finds or makes the entry of a logger; the first call installs what the program needs.
pub(crate) fn entry(kind: LoggerKind, name: &str, level: Option<LevelFilter>) -> Arc<LoggerEntry> {
    lifecycle::install();
    logger_registry().get(kind, name, level)
}

kakashi_core::__logger_functions! {
    "kakashi_wasm", entry, logger_registry, flush;
    /// Handles of one name are one logger. ERROR and CRITICAL are written before the
    /// call returns, all else with its batch: when that is full, or after 100 ms.
    ///
    /// ```no_run
    /// use kakashi_wasm::{get_logger, info};
    ///
    /// let logger = get_logger("shop::cart");
    /// info!(logger, "Item added", item_id = 1042, price = 19.9);
    /// ```
    get_logger;
}

/// Writes records in batches. Clones are one logger.
#[derive(Clone, Debug)]
pub struct Logger {
    entry: Arc<LoggerEntry>,
    context: LogContext,
}

impl Logger {
    fn of(entry: Arc<LoggerEntry>) -> Self {
        Self { entry, context: LogContext::new() }
    }

    fn context_mut(&mut self) -> &mut LogContext {
        &mut self.context
    }

    #[inline(always)]
    fn submit(&self, call: &Call<'_>) {
        let origin = Origin { entry: &self.entry, dispatch: None, context: &self.context };
        submit(&origin, call, Urgency::of(call.level));
    }

    /// Writes all that is in batches for this logger's destinations.
    ///
    /// Called from inside a sink or a `Display`, it does nothing.
    pub fn flush(&self) -> Flushed {
        dispatch::root_if_made().map(|dispatch| flush_dispatch(&dispatch)).unwrap_or_default()
    }
}

/// Gives its methods to a logger that has an `entry` and can `submit`.
macro_rules! log_methods {
    ($logger:ident, $urgently:literal) => {
        impl $logger {
            #[inline(always)]
            fn entry(&self) -> &kakashi_core::LoggerEntry {
                &self.entry
            }

            #[inline(always)]
            fn submit_site(&self, site: kakashi_core::Site<'static>, values: &[kakashi_core::Value<'_>]) {
                self.submit(&kakashi_core::Call::of_site(site, values, &[]));
            }
        }

        kakashi_core::__logger_methods! {
            $logger, $urgently, $crate::loggers::logger::fields_of;
            /// Logs an error at ERROR: its type, its text and those of its sources.
            exception;
        }
    };
}
pub(crate) use log_methods;

/// Hands over `fields` and those of an error.
pub(crate) fn fields_of(exception: &Exception<'_>, fields: &[Field<'_>], then: impl FnOnce(&[Field<'_>])) {
    with_joined(fields, &exception.fields(), then);
}

log_methods! { Logger, ", and writes before it returns" }
