//! Loggers with a dispatch of their own: level, enrichers, filters, encoder, sinks.

use std::rc::Rc;
use std::sync::Arc;

use kakashi_core::{Call, Field, Flushed, LogContext, LoggerEntry, Sink};

use crate::dispatch::Dispatch;
use crate::dispatch::logger_registry::logger_registry;
use crate::dispatch::settings::custom_dispatch;
use crate::flush::flush_dispatch;
use crate::lifecycle;
use crate::loggers::logger::log_methods;
use crate::submit::origin::{Origin, Urgency};
use crate::submit::{self, submit};

/// Says what a custom logger does with its records. Its sinks need not be `Send`.
pub type LoggerConfig = kakashi_core::LoggerConfig<dyn Sink>;

/// Makes a logger with its own level, enrichers, filters, encoder and sinks.
///
/// Two of the same name are two loggers. What it has buffered is written when
/// the last of its handles goes. Of what [`configure`](crate::configure()) sets, only the
/// service and, unless [`LoggerConfig`] has a level, the levels hold for it.
///
/// ```no_run
/// use kakashi_wasm::{Json, LogLevel, LoggerConfig, create_custom_logger, fields, info, sinks::ConsoleSink};
///
/// let config = LoggerConfig::new().level(LogLevel::Debug).redact(["card"]).sink(Json::new(), ConsoleSink);
/// let payments = create_custom_logger("payments", config).with_fields(fields![currency = "EUR"]);
/// info!(payments, "Paid", amount = 12, card = "4711");
/// ```
pub fn create_custom_logger(name: &str, config: LoggerConfig) -> FunctionalLogger {
    lifecycle::install();
    let config = config.into_parts();
    let entry = logger_registry().custom(name, config.level);
    let dispatch = custom_dispatch(config.pipeline, config.destinations, config.format);
    FunctionalLogger { entry, dispatch, context: LogContext::new(), _replay: ReplayDeferred }
}

/// Writes records through its own pipeline to its own sinks; made by [`create_custom_logger`].
#[derive(Clone, Debug)]
pub struct FunctionalLogger {
    entry: Arc<LoggerEntry>,
    dispatch: Rc<Dispatch>,
    context: LogContext,
    /// Dropped after the dispatch, which the last handle takes along.
    _replay: ReplayDeferred,
}

/// Logs, when it is dropped, what the sinks of a dispatch logged as that ended.
#[derive(Clone, Debug)]
struct ReplayDeferred;

impl Drop for ReplayDeferred {
    fn drop(&mut self) {
        submit::replay_deferred();
    }
}

impl FunctionalLogger {
    #[inline(always)]
    fn submit(&self, call: &Call<'_>) {
        let origin = Origin { entry: &self.entry, dispatch: Some(&self.dispatch), context: &self.context };
        submit(&origin, call, Urgency::of(call.level));
    }

    /// Makes a logger that adds these fields to its records.
    #[must_use]
    pub fn with_fields(&self, fields: &[Field<'_>]) -> Self {
        self.with_context(&LogContext::new().with_custom(fields))
    }

    /// Makes a logger that adds this context to its records.
    #[must_use]
    pub fn with_context(&self, context: &LogContext) -> Self {
        Self { context: self.context.merge(context), ..self.clone() }
    }

    /// Writes all that is in batches for this logger.
    ///
    /// Called from inside a sink or a `Display`, it does nothing.
    pub fn flush(&self) -> Flushed {
        flush_dispatch(&self.dispatch)
    }
}

log_methods! { FunctionalLogger, ", and writes before it returns" }
