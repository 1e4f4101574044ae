//! What a custom logger does with its records.

use alloc::{boxed::Box, sync::Arc, vec::Vec};

use crate::encode::Encoder;
use crate::level::LevelFilter;
use crate::logger::destination::Destination;
use crate::logger::format::Format;
use crate::pipeline::redaction::Redaction;
use crate::pipeline::{Enricher, Filter, Pipeline};
use crate::sink::Sink;

/// Says what a custom logger does with its records.
///
/// A record passes the threshold, gets the enrichers' fields, is redacted, must pass all
/// filters, and is then encoded for each destination that lets it. Enrichers and filters
/// run on the calling thread; see [`Enricher`] and [`Filter`] for what they may do.
///
/// ```
/// use kakashi_core::{Batch, FunctionSink, LogLevel, LogRecord, LoggerConfig, Sink, SinkError, Text};
///
/// let sink = FunctionSink::new(|_: &Batch<'_>| -> Result<(), SinkError> { Ok(()) });
/// let config = LoggerConfig::<dyn Sink + Send>::new()
///     .level(LogLevel::Debug)
///     .filter(|record: &LogRecord<'_>| record.field("secret").is_none())
///     .redact(["password"])
///     .sink(Text, sink);
/// let parts = config.into_parts();
/// assert_eq!((parts.level, parts.destinations.len()), (Some(LogLevel::Debug.into()), 1));
/// ```
#[derive(Debug)]
#[must_use]
pub struct LoggerConfig<S: ?Sized> {
    level: Option<LevelFilter>,
    pipeline: Pipeline,
    format: Format,
    destinations: Vec<Destination<S>>,
}

/// The parts of a [`LoggerConfig`], of which a platform makes the logger.
#[derive(Debug)]
pub struct LoggerParts<S: ?Sized> {
    /// The threshold; none follows the global one.
    pub level: Option<LevelFilter>,
    /// Enrichers, filters and redaction.
    pub pipeline: Pipeline,
    /// The form where a destination has no encoder of its own.
    pub format: Format,
    /// Where records go; the platform's default if there is none.
    pub destinations: Vec<Destination<S>>,
}

impl<S: ?Sized> Default for LoggerConfig<S> {
    fn default() -> Self {
        Self {
            level: None,
            pipeline: Pipeline::default(),
            format: Format::default(),
            destinations: Vec::new(),
        }
    }
}

impl<S: ?Sized> LoggerConfig<S> {
    /// Begins with INFO, text, no enrichers, no filters, and the platform's own
    /// destination: stderr, the console.
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
        self.pipeline.redaction.set_paths(Redaction::new(paths));
        self
    }

    /// Writes `[REDACTED]` in place of card numbers, wherever they stand; see
    /// [`Redaction::with_card_numbers`].
    pub fn redact_card_numbers(mut self, replaces: bool) -> Self {
        self.pipeline.redaction.set_card_numbers(replaces);
        self
    }

    /// Writes in this form where a destination has no encoder of its own.
    pub fn format(mut self, format: Format) -> Self {
        self.format = format;
        self
    }

    /// Writes to a destination too.
    pub fn destination(mut self, destination: Destination<S>) -> Self {
        self.destinations.push(destination);
        self
    }

    /// Takes it apart.
    pub fn into_parts(self) -> LoggerParts<S> {
        let Self { level, pipeline, format, destinations } = self;
        LoggerParts { level, pipeline, format, destinations }
    }
}

impl LoggerConfig<dyn Sink + Send> {
    /// Writes to a sink, in an encoder's form.
    pub fn sink(self, encoder: impl Encoder + 'static, sink: impl Sink + Send + 'static) -> Self {
        self.destination(Destination::new(sink).encoder(encoder))
    }
}

impl LoggerConfig<dyn Sink> {
    /// Writes to a sink, in an encoder's form; the sink may stay on its thread.
    pub fn sink(self, encoder: impl Encoder + 'static, sink: impl Sink + 'static) -> Self {
        self.destination(Destination::of_boxed(Box::new(sink) as Box<dyn Sink>).encoder(encoder))
    }
}
