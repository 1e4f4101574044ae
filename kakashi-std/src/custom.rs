//! Loggers with a road of their own: level, enrichers, filters, encoder, sinks.

use std::error::Error;
use std::sync::Arc;

use kakashi_core::{
    Destination, Encoder, Enricher, Exception, Field, Filter, Format, LevelFilter, Log, LogContext, LogLevel,
    LoggerEntry, Pipeline, Redaction, Sink, Site, Value,
};

use crate::call::Call;
use crate::configure::custom_route;
use crate::exception::fields_of;
use crate::flush::{Flushed, flush_route};
use crate::logger::registry;
use crate::route::Route;
use crate::thread::{LoggerCore, submit, submit_site};

/// Says what a custom logger does with its records.
///
/// A record passes the threshold, gets the enrichers' fields, must please all
/// filters, and is then encoded for each sink.
#[derive(Debug, Default)]
#[must_use]
pub struct LoggerConfig {
    level: Option<LevelFilter>,
    pipeline: Pipeline,
    format: Format,
    destinations: Vec<Destination>,
}

impl LoggerConfig {
    /// Begins with INFO, text, no enrichers, no filters, and stderr.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the threshold. Without one the logger follows `set_log_level`.
    pub fn level(mut self, level: impl Into<LevelFilter>) -> Self {
        self.level = Some(level.into());
        self
    }

    /// Adds fields to every record.
    pub fn enricher(mut self, enricher: impl Enricher + 'static) -> Self {
        self.pipeline.enrichers.push(Arc::new(enricher));
        self
    }

    /// Writes only records for which `filter` holds.
    pub fn filter(mut self, filter: impl Filter + 'static) -> Self {
        self.pipeline.filters.push(Arc::new(filter));
        self
    }

    /// Writes `[REDACTED]` in place of these fields' values; see [`Redaction`].
    pub fn redact<P: AsRef<str>>(mut self, paths: impl IntoIterator<Item = P>) -> Self {
        self.pipeline.redaction = Redaction::new(paths);
        self
    }

    /// Writes in this form where a destination has no encoder of its own.
    pub fn format(mut self, format: Format) -> Self {
        self.format = format;
        self
    }

    /// Writes to a sink, in an encoder's form.
    pub fn sink(self, encoder: impl Encoder + 'static, sink: impl Sink + Send + 'static) -> Self {
        self.destination(Destination::new(sink).encoder(encoder))
    }

    /// Writes to a destination too.
    pub fn destination(mut self, destination: Destination) -> Self {
        self.destinations.push(destination);
        self
    }
}

/// Makes a logger with a road of its own.
///
/// Two of the same name are two loggers. What it has buffered is written when
/// the last of its handles goes.
pub fn create_custom_logger(name: &str, config: LoggerConfig) -> FunctionalLogger {
    let entry = Arc::new(LoggerEntry::new(name, LevelFilter::default()));
    match config.level {
        Some(level) => entry.set_own_level(level),
        None => registry().adopt(&entry),
    }
    let route = Arc::new(custom_route(config.pipeline, config.destinations, config.format));
    let owner = Arc::new(Owner(route.clone()));
    FunctionalLogger {
        core: LoggerCore { entry, route: Some(route), context: LogContext::new() },
        _owner: owner,
    }
}

/// Writes what is buffered when the last handle goes.
#[derive(Debug)]
struct Owner(Arc<Route>);

impl Drop for Owner {
    fn drop(&mut self) {
        flush_route(Some(self.0.clone()));
    }
}

/// Writes records on a road of its own; made by [`create_custom_logger`].
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
    /// As long as the sinks take; not at all from inside a sink or a `Display`.
    pub fn flush(&self) -> Flushed {
        flush_route(self.core.route.clone())
    }

    #[inline(always)]
    fn entry(&self) -> &LoggerEntry {
        &self.core.entry
    }
}

crate::logger::log_methods! { FunctionalLogger, ", and writes before it returns" }
