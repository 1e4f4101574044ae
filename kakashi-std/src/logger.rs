//! Loggers by name that write through the calling thread's buffer.

use std::error::Error;
use std::sync::{Arc, OnceLock};

use kakashi_core::{
    Call, Exception, Field, Flushed, LevelFilter, Log, LogContext, LogLevel, LoggerEntry, LoggerKind,
    Registry, Site, UnknownLevel, Value,
};

use crate::exception::fields_of;
use crate::flush::flush_route;
use crate::route;
use crate::thread::{LoggerCore, submit, submit_site};

/// Returns the loggers of this process.
pub(crate) fn registry() -> &'static Registry {
    static REGISTRY: OnceLock<Registry> = OnceLock::new();
    REGISTRY.get_or_init(Registry::new)
}

/// The registry's lock, held over a fork.
#[cfg(unix)]
pub(crate) type HeldRegistry = kakashi_core::HeldRegistry<'static>;

#[cfg(unix)]
pub(crate) fn hold_registry() -> HeldRegistry {
    registry().hold()
}

/// Returns the logger of this name, with the level that is set for it.
///
/// Handles of one name are one logger.
///
/// ```
/// use kakashi_std::{get_logger, info};
///
/// let logger = get_logger("shop::orders");
/// info!(logger, "Order accepted", order_id = 1042, total = 19.9);
/// ```
pub fn get_logger(name: &str) -> Logger {
    Logger::of(registry().get(LoggerKind::Sync, name, None))
}

/// Returns the logger of this name and gives it a level of its own, for all of
/// its handles; [`set_log_level`] does not change it.
pub fn get_logger_with_level(name: &str, level: impl Into<LevelFilter>) -> Logger {
    Logger::of(registry().get(LoggerKind::Sync, name, Some(level.into())))
}

/// Sets the level of all loggers that were made without one: a level, or its
/// name in any case.
///
/// # Errors
/// An [`UnknownLevel`] that lists the names.
///
/// ```
/// use kakashi_std::{LogLevel, set_log_level};
///
/// set_log_level(LogLevel::Debug)?;
/// set_log_level("warning")?;
/// assert!(set_log_level("verbose").is_err());
/// # Ok::<(), kakashi_std::UnknownLevel>(())
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

/// Writes records through the calling thread's buffer. Clones are one logger.
#[derive(Clone, Debug)]
pub struct Logger {
    core: LoggerCore,
}

impl Logger {
    fn of(entry: Arc<LoggerEntry>) -> Self {
        Self { core: LoggerCore { entry, route: None, context: LogContext::new() } }
    }

    /// Writes all that any thread has buffered for this logger's destinations.
    ///
    /// # Blocking
    /// As long as the sinks take; not at all from inside a sink or a `Display`.
    pub fn flush(&self) -> Flushed {
        flush_route(self.core.route.clone().or_else(route::root_if_made))
    }

    #[inline(always)]
    fn entry(&self) -> &LoggerEntry {
        &self.core.entry
    }
}

/// What every kind of logger has that has a `core` to submit and an `entry`.
macro_rules! log_methods {
    ($logger:ident, $urgently:literal) => {
        impl $logger {
            /// Returns the threshold that holds now.
            pub fn level(&self) -> LevelFilter {
                self.entry().level()
            }

            /// Returns the name.
            pub fn name(&self) -> &str {
                self.entry().name().text()
            }

            /// Logs words and fields at a level; nothing in the words is a placeholder.
            pub fn log(&self, level: LogLevel, message: &str, fields: &[Field<'_>]) {
                if self.enabled(level) {
                    submit(&self.core, &Call::of_words(level, message, fields));
                }
            }

            /// Tells whether records of this level are written.
            #[inline]
            pub fn is_enabled(&self, level: LogLevel) -> bool {
                self.entry().enables(level)
            }

            /// Logs at TRACE; see [`Self::log`].
            #[inline]
            pub fn trace(&self, message: &str, fields: &[Field<'_>]) {
                self.log(LogLevel::Trace, message, fields);
            }

            /// Logs at DEBUG; see [`Self::log`].
            #[inline]
            pub fn debug(&self, message: &str, fields: &[Field<'_>]) {
                self.log(LogLevel::Debug, message, fields);
            }

            /// Logs at INFO; see [`Self::log`].
            #[inline]
            pub fn info(&self, message: &str, fields: &[Field<'_>]) {
                self.log(LogLevel::Info, message, fields);
            }

            /// Logs at WARNING; see [`Self::log`].
            #[inline]
            pub fn warning(&self, message: &str, fields: &[Field<'_>]) {
                self.log(LogLevel::Warning, message, fields);
            }

            #[doc = concat!("Logs at ERROR", $urgently, "; see [`Self::log`].")]
            #[inline]
            pub fn error(&self, message: &str, fields: &[Field<'_>]) {
                self.log(LogLevel::Error, message, fields);
            }

            #[doc = concat!("Logs at CRITICAL", $urgently, "; see [`Self::log`].")]
            #[inline]
            pub fn critical(&self, message: &str, fields: &[Field<'_>]) {
                self.log(LogLevel::Critical, message, fields);
            }

            /// Logs an error at ERROR: its type, its text and those of its
            /// sources, and a backtrace where `RUST_BACKTRACE` asks for one.
            #[cold]
            pub fn exception<E: Error>(&self, message: &str, error: &E, fields: &[Field<'_>]) {
                if self.enabled(LogLevel::Error) {
                    fields_of(&Exception::new(error), fields, |fields| {
                        submit(&self.core, &Call::of_words(LogLevel::Error, message, fields));
                    });
                }
            }
        }

        impl Log for $logger {
            #[inline(always)]
            fn enabled(&self, level: LogLevel) -> bool {
                self.entry().enables(level)
            }

            #[inline(never)]
            fn log(&self, site: Site<'static>, values: &[Value<'_>]) {
                submit_site(&self.core, site, values);
            }

            #[cold]
            fn exception(&self, site: Site<'static>, values: &[Value<'_>], exception: &Exception<'_>) {
                fields_of(exception, &[], |fields| submit(&self.core, &Call::of_site(site, values, fields)));
            }
        }
    };
}
pub(crate) use log_methods;

log_methods! { Logger, ", and writes before it returns" }
