//! A sink and the buffer that it is being handed.
//!
//! What the sink took is counted and never written twice; what it did not take is
//! handed to it again by the next attempt.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use kakashi_core::{Backoff, LogLevel, Progress, Sink, SinkError, SinkErrorKind};

use super::buffer_pool::{Buffer, BufferPool};
use super::counters::COUNTERS;
use crate::reentrancy::in_sink;

/// Hands buffers to a sink, one after the other.
pub(super) struct SinkWriter {
    sink: Box<dyn Sink + Send>,
    /// The buffer in flight, with the pool that it returns to.
    current: Option<(Buffer, Arc<BufferPool>)>,
    /// How much of it the sink has taken; its records are counted.
    taken: Progress,
    backoff: Backoff,
    /// The beginning of the clock of `backoff`.
    start: Instant,
}

impl SinkWriter {
    pub(super) fn new(sink: Box<dyn Sink + Send>) -> Self {
        Self {
            sink,
            current: None,
            taken: Progress::default(),
            backoff: Backoff::new(),
            start: Instant::now(),
        }
    }

    /// Tells whether no buffer is in flight.
    pub(super) fn is_idle(&self) -> bool {
        self.current.is_none()
    }

    /// Tells whether the sink failed a moment ago and its pause is not over.
    pub(super) fn is_backing_off(&self) -> bool {
        self.backoff.left(|| self.now_millis()) > 0.0
    }

    /// Puts a buffer in flight.
    pub(super) fn begin(&mut self, buffer: Buffer, pool: Arc<BufferPool>) {
        self.current = Some((buffer, pool));
        self.taken = Progress::default();
    }

    /// Hands the rest of the buffer in flight to the sink.
    pub(super) fn write_current(&mut self) -> Result<(), SinkError> {
        let Some((buffer, _)) = &self.current else { return Ok(()) };
        let batch = buffer.batch();
        let step = self.taken.advance(&batch, &[], |rest| guarded(|| self.sink.write(rest)));
        COUNTERS.add_written(step.records, step.bytes);
        // A sink may fail after it took everything: then it is not called again.
        if self.taken.is_whole(&batch)
            && let Some((buffer, pool)) = self.current.take()
        {
            pool.give(buffer);
        }
        step.result
    }

    /// Has the sink pass on what it buffers itself.
    pub(super) fn flush(&mut self) -> Result<(), SinkError> {
        guarded(|| self.sink.flush())
    }

    /// Ends the pauses: the sink took something.
    pub(super) fn reset_backoff(&mut self) {
        self.backoff.reset();
    }

    /// Begins a pause, twice as long as the last.
    pub(super) fn back_off(&mut self) {
        self.backoff.begin(self.now_millis());
    }

    fn now_millis(&self) -> f64 {
        1000.0 * self.start.elapsed().as_secs_f64()
    }

    /// Returns how many records of the buffer in flight the sink has not taken.
    pub(super) fn records_left(&self) -> usize {
        self.current.as_ref().map_or(0, |(buffer, _)| buffer.ends.len() - self.taken.ends())
    }

    /// Returns the levels of those records.
    pub(super) fn levels_left(&self) -> impl Iterator<Item = LogLevel> {
        self.current.iter().flat_map(|(buffer, _)| &buffer.ends[self.taken.ends()..]).map(|end| end.level)
    }

    /// Forgets the buffer in flight, in the child of a fork: the parent writes it.
    #[cfg(unix)]
    pub(super) fn abandon(&mut self) {
        self.current = None;
    }
}

/// Runs a sink's code; a panic is a failure like any other.
fn guarded(run: impl FnOnce() -> Result<(), SinkError>) -> Result<(), SinkError> {
    let result = in_sink(|| catch_unwind(AssertUnwindSafe(run)));
    result.unwrap_or(Err(SinkError::new(SinkErrorKind::Failed)))
}
