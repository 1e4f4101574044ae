//! A sink and the buffer that it is being handed.
//!
//! What the sink took is counted and never written twice; what it did not take is
//! handed to it again by the next attempt.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use kakashi_core::{Batch, LogLevel, RecordEnd, Sink, SinkError, SinkErrorKind};

use super::buffer_pool::{Buffer, BufferPool};
use super::counters::COUNTERS;
use crate::reentrancy::in_sink;

/// The pause after a sink's first failure, and the longest.
const FIRST_BACKOFF: Duration = Duration::from_millis(50);
const MAX_BACKOFF: Duration = Duration::from_secs(1);

/// Hands buffers to a sink, one after the other.
pub(super) struct SinkWriter {
    sink: Box<dyn Sink + Send>,
    /// The buffer in flight, with the pool that it returns to.
    current: Option<(Buffer, Arc<BufferPool>)>,
    /// Bytes of it that the sink has taken.
    taken: usize,
    /// Records of it that the sink has taken, and that are counted.
    counted: usize,
    retry_at: Option<Instant>,
    backoff: Duration,
}

impl SinkWriter {
    pub(super) fn new(sink: Box<dyn Sink + Send>) -> Self {
        Self { sink, current: None, taken: 0, counted: 0, retry_at: None, backoff: FIRST_BACKOFF }
    }

    /// Tells whether no buffer is in flight.
    pub(super) fn is_idle(&self) -> bool {
        self.current.is_none()
    }

    /// Tells whether the sink failed a moment ago and its pause is not over.
    pub(super) fn is_backing_off(&self) -> bool {
        self.retry_at.is_some_and(|at| Instant::now() < at)
    }

    /// Puts a buffer in flight.
    pub(super) fn begin(&mut self, buffer: Buffer, pool: Arc<BufferPool>) {
        self.current = Some((buffer, pool));
        self.taken = 0;
        self.counted = 0;
    }

    /// Hands the rest of the buffer in flight to the sink.
    pub(super) fn write_current(&mut self) -> Result<(), SinkError> {
        let Some((buffer, _)) = &self.current else { return Ok(()) };
        let result = if self.taken == 0 {
            let batch = buffer.batch();
            guarded(|| self.sink.write(&batch))
        } else {
            let rest = &buffer.bytes[self.taken..buffer.len];
            let ends: Vec<RecordEnd> = buffer.ends[self.counted..]
                .iter()
                .map(|end| RecordEnd { end: end.end - self.taken, level: end.level })
                .collect();
            let batch = Batch::new(rest, &ends).after_dropped(buffer.announced_drops);
            guarded(|| self.sink.write(&batch))
        };
        let accepted = match &result {
            Ok(()) => buffer.len,
            Err(error) => (self.taken + error.accepted_bytes()).min(buffer.len),
        };
        let counted = buffer.ends.partition_point(|end| end.end <= accepted);
        COUNTERS.add_written(counted - self.counted, accepted - self.taken);
        self.taken = accepted;
        self.counted = counted;
        // A sink may fail after it took everything: then it is not called again.
        if accepted == buffer.len
            && let Some((buffer, pool)) = self.current.take()
        {
            pool.give(buffer);
        }
        result
    }

    /// Has the sink pass on what it buffers itself.
    pub(super) fn flush(&mut self) -> Result<(), SinkError> {
        guarded(|| self.sink.flush())
    }

    /// Ends the pauses: the sink took something.
    pub(super) fn reset_backoff(&mut self) {
        self.retry_at = None;
        self.backoff = FIRST_BACKOFF;
    }

    /// Begins a pause, twice as long as the last.
    pub(super) fn back_off(&mut self) {
        self.retry_at = Some(Instant::now() + self.backoff);
        self.backoff = (self.backoff * 2).min(MAX_BACKOFF);
    }

    /// Returns how many records of the buffer in flight the sink has not taken.
    pub(super) fn records_left(&self) -> usize {
        self.current.as_ref().map_or(0, |(buffer, _)| buffer.ends.len() - self.counted)
    }

    /// Returns the levels of those records.
    pub(super) fn levels_left(&self) -> impl Iterator<Item = LogLevel> {
        self.current.iter().flat_map(|(buffer, _)| &buffer.ends[self.counted..]).map(|end| end.level)
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
