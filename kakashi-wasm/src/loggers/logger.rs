//! Loggers by name.

use std::sync::Arc;

use kakashi_core::{
    Call, Exception, Field, Flushed, LevelFilter, LogContext, LoggerEntry, LoggerKind, UnknownLevel,
    with_joined,
};

use crate::dispatch::logger_registry::registry;
use crate::flush::flush_dispatch;
use crate::submit::origin::{Origin, Urgency};
use crate::submit::submit;
use crate::{dispatch, lifecycle};

/// Returns the logger of this name, with the level that is set for it.
///
/// Handles of one name are one logger. ERROR and CRITICAL are written before the
/// call returns, all else with its batch: when that is full, or after 100 ms.
///
/// ```no_run
/// use kakashi_wasm::{get_logger, info};
///
/// let logger = get_logger("shop::cart");
/// info!(logger, "Item added", item_id = 1042, price = 19.9);
/// ```
pub fn get_logger(name: &str) -> Logger {
    Logger::of(entry(LoggerKind::Sync, name, None))
}

/// Returns the logger of this name and gives it a level of its own, for all of
/// its handles; [`set_log_level`] does not change it.
pub fn get_logger_with_level(name: &str, level: impl Into<LevelFilter>) -> Logger {
    Logger::of(entry(LoggerKind::Sync, name, Some(level.into())))
}

/// Finds or makes what a logger stands on.
pub(crate) fn entry(kind: LoggerKind, name: &str, level: Option<LevelFilter>) -> Arc<LoggerEntry> {
    lifecycle::install();
    registry().get(kind, name, level)
}

/// Sets the level of all loggers that were made without one: a level, or its
/// name in any case.
///
/// # Errors
/// An [`UnknownLevel`] that lists the names.
///
/// ```
/// use kakashi_wasm::{LogLevel, set_log_level};
///
/// set_log_level(LogLevel::Debug)?;
/// set_log_level("warning")?;
/// assert!(set_log_level("verbose").is_err());
/// # Ok::<(), kakashi_wasm::UnknownLevel>(())
/// ```
pub fn set_log_level<L>(level: L) -> Result<(), UnknownLevel>
where
    L: TryInto<LevelFilter>,
    UnknownLevel: From<L::Error>,
{
    let level = level.try_into()?;
    registry().change_levels(|levels| levels.set_global(level));
    Ok(())
}

/// Writes what is buffered, then forgets all loggers. Handles that exist work
/// on and follow levels; the next [`get_logger`] makes a new one.
pub fn clear_logger_cache() {
    crate::flush();
    registry().clear();
}

/// Writes records in batches. Clones are one logger.
#[derive(Clone, Debug)]
pub struct Logger {
    entry: Arc<LoggerEntry>,
}

impl Logger {
    fn of(entry: Arc<LoggerEntry>) -> Self {
        Self { entry }
    }

    #[inline(always)]
    fn submit(&self, call: &Call<'_>) {
        const NO_CONTEXT: &LogContext = &LogContext::new();
        let origin = Origin { entry: &self.entry, dispatch: None, context: NO_CONTEXT };
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
