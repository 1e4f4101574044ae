//! A closure as a sink.

use core::fmt;

use crate::sink::Sink;
use crate::sink::batch::Batch;
use crate::sink::sink_error::SinkError;

/// Hands each batch to a closure, on the threads that [`Sink`] lists.
///
/// ```
/// use kakashi_core::{Batch, FunctionSink, LogLevel, RecordEnd, Sink as _, SinkError};
///
/// let mut lines = Vec::new();
/// let mut sink = FunctionSink::new(|batch: &Batch<'_>| -> Result<(), SinkError> {
///     lines.extend(batch.records().map(|(level, line)| (level, line.to_vec())));
///     Ok(())
/// });
/// sink.write(&Batch::new(b"Ready\n", &[RecordEnd { end: 6, level: LogLevel::Info }]))?;
/// assert_eq!(lines, [(LogLevel::Info, b"Ready\n".to_vec())]);
/// # Ok::<(), SinkError>(())
/// ```
pub struct FunctionSink<F>(F);

impl<F> FunctionSink<F>
where
    F: FnMut(&Batch<'_>) -> Result<(), SinkError>,
{
    /// Takes a closure.
    pub const fn new(function: F) -> Self {
        Self(function)
    }
}

impl<F> Sink for FunctionSink<F>
where
    F: FnMut(&Batch<'_>) -> Result<(), SinkError>,
{
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        (self.0)(batch)
    }
}

impl<F> fmt::Debug for FunctionSink<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FunctionSink")
    }
}
