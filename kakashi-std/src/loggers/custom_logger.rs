//! Loggers with a dispatch of their own: level, enrichers, filters, encoder, sinks.

use std::sync::Arc;

use kakashi_core::{Field, Flushed, LogContext, LoggerEntry, Sink};

use super::logger::log_methods;
use crate::dispatch::Dispatch;
use crate::dispatch::logger_core::LoggerCore;
use crate::dispatch::logger_registry::logger_registry;
use crate::dispatch::settings::custom_dispatch;
use crate::flush::flush_dispatch;
use crate::lifecycle;
use crate::submit::{submit, submit_site};

/// Says what a custom logger does with its records.
pub type LoggerConfig = kakashi_core::LoggerConfig<dyn Sink + Send>;

/// Makes a logger with destinations of its own.
///
/// Two of the same name are two loggers. What it has buffered is written when
/// the last of its handles goes. Of what [`configure`](crate::configure()) sets, only the
/// service and, unless [`LoggerConfig`] has a level, the levels hold for it.
///
/// ```
/// use kakashi_std::{LogLevel, LoggerConfig, Text, create_custom_logger, fields, info, sinks::MemorySink};
///
/// let memory = MemorySink::new();
/// let config = LoggerConfig::new().level(LogLevel::Debug).redact(["card"]).sink(Text, memory.clone());
/// let payments = create_custom_logger("payments", config).with_fields(fields![currency = "EUR"]);
/// info!(payments, "Paid", amount = 12, card = "4711");
/// assert!(payments.flush().is_complete());
/// let line = memory.text();
/// assert!(line.ends_with("INFO payments Paid amount=12 card=\"[REDACTED]\" currency=EUR\n"));
/// ```
pub fn create_custom_logger(name: &str, config: LoggerConfig) -> FunctionalLogger {
    lifecycle::install();
    let config = config.into_parts();
    let entry = logger_registry().custom(name, config.level);
    let dispatch = Arc::new(custom_dispatch(config.pipeline, config.destinations, config.format));
    let owner = Arc::new(Owner(dispatch.clone()));
    FunctionalLogger { core: LoggerCore::new(entry, Some(dispatch)), _owner: owner }
}

/// Writes what is buffered when the last handle goes.
#[derive(Debug)]
struct Owner(Arc<Dispatch>);

impl Drop for Owner {
    fn drop(&mut self) {
        flush_dispatch(Some(self.0.clone()));
    }
}

/// Writes records to destinations of its own; made by [`create_custom_logger`].
#[derive(Clone, Debug)]
pub struct FunctionalLogger {
    core: LoggerCore,
    _owner: Arc<Owner>,
}

impl FunctionalLogger {
    /// Makes a logger that adds these fields to its records.
    #[must_use]
    pub fn with_fields(&self, fields: &[Field<'_>]) -> Self {
        self.with_context(&LogContext::new().with_custom(fields))
    }

    /// Makes a logger that adds this context to its records.
    #[must_use]
    pub fn with_context(&self, context: &LogContext) -> Self {
        let mut logger = self.clone();
        logger.core.context = self.core.context.merge(context);
        logger
    }

    /// Writes all that any thread has buffered for this logger.
    ///
    /// # Blocking
    /// As [`flush`](crate::flush()).
    pub fn flush(&self) -> Flushed {
        flush_dispatch(self.core.dispatch.clone())
    }

    #[inline(always)]
    fn entry(&self) -> &LoggerEntry {
        &self.core.entry
    }
}

log_methods! { FunctionalLogger, submit, submit_site, ", and writes before it returns" }
