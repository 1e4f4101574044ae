//! A place where records go, and which of them in which form.

use alloc::{boxed::Box, sync::Arc};
use core::fmt;

use crate::encode::{Encoder, Text};
use crate::level::LevelFilter;
use crate::pipeline::Filter;
use crate::sink::Sink;

/// Joins a sink with the threshold, the filter and the encoder for it. A
/// logger may have several.
///
/// Its filter runs on the calling thread of a sync logger, on the worker of an async one;
/// see [`Filter`] for what it may do. In `kakashi-wasm` a sink need not be `Send`: there it
/// is a `Destination<dyn Sink>`.
///
/// ```
/// use kakashi_core::{Batch, Destination, FunctionSink, Json, LogLevel, LogRecord, SinkError};
///
/// let sink = FunctionSink::new(|batch: &Batch<'_>| -> Result<(), SinkError> {
///     print!("{}", String::from_utf8_lossy(batch.bytes()));
///     Ok(())
/// });
/// let destination = Destination::new(sink)
///     .named("printer")
///     .threshold(LogLevel::Warning)
///     .filter(|record: &LogRecord<'_>| record.field("secret").is_none())
///     .encoder(Json::new());
/// assert_eq!(&*destination.name, "printer");
/// ```
pub struct Destination<S: ?Sized = dyn Sink + Send> {
    /// Below this, nothing goes there.
    pub threshold: LevelFilter,
    /// Decides which of the records at or above the threshold go there.
    pub filter: Option<Arc<dyn Filter>>,
    /// The form that records are written in; none means the configured one.
    pub encoder: Option<Arc<dyn Encoder>>,
    /// The name that reports of failures give it.
    pub name: Box<str>,
    /// Where they go.
    pub sink: Box<S>,
}

impl Destination<dyn Sink + Send> {
    /// Makes a destination that takes every record, in the configured format.
    pub fn new(sink: impl Sink + Send + 'static) -> Self {
        Self::of_boxed(Box::new(sink))
    }
}

impl<S: ?Sized> Destination<S> {
    /// Makes a destination that takes every record, in the configured format.
    pub fn of_boxed(sink: Box<S>) -> Self {
        Self { threshold: LevelFilter::ALL, filter: None, encoder: None, name: "sink".into(), sink }
    }

    /// Names it for reports of failures.
    #[must_use]
    pub fn named(mut self, name: impl Into<Box<str>>) -> Self {
        self.name = name.into();
        self
    }

    /// Takes only records at or above a threshold.
    #[must_use]
    pub fn threshold(mut self, threshold: impl Into<LevelFilter>) -> Self {
        self.threshold = threshold.into();
        self
    }

    /// Takes only records for which `filter` holds.
    #[must_use]
    pub fn filter(mut self, filter: impl Filter + 'static) -> Self {
        self.filter = Some(Arc::new(filter));
        self
    }

    /// Writes records in this form, whatever is configured.
    #[must_use]
    pub fn encoder(mut self, encoder: impl Encoder + 'static) -> Self {
        self.encoder = Some(Arc::new(encoder));
        self
    }

    /// Returns the encoder: its own, or text.
    pub fn encoder_or_text(&self) -> Arc<dyn Encoder> {
        self.encoder.clone().unwrap_or_else(|| Arc::new(Text))
    }
}

impl<S: ?Sized> fmt::Debug for Destination<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Destination")
            .field("name", &self.name)
            .field("threshold", &self.threshold)
            .finish_non_exhaustive()
    }
}
