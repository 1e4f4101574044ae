//! A destination as a dispatch writes to it: what it takes, the batch that fills, its sink.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use kakashi_core::{
    BatchBuilder, DropReason, Dropped, Encoder, Filter, LevelFilter, LogLevel, LogRecord, RetryMode,
    Timestamp, admits,
};

use crate::delivery::sink_queue::SinkQueue;
use crate::delivery::sink_writer::OutBatch;
use crate::host::clock::now_nanos;
use crate::reentrancy::CallGuard;

/// A destination as records reach it.
pub(crate) struct Endpoint {
    threshold: LevelFilter,
    filter: Option<Arc<dyn Filter>>,
    filling: RefCell<Filling>,
    queue: Rc<SinkQueue>,
}

/// The batch that fills.
struct Filling {
    batch: BatchBuilder,
    /// The drops that the batch will announce, and those that the batch announces:
    /// if nobody takes it, they are unannounced again.
    unannounced: Dropped,
    announced: Dropped,
    /// Which of the batch's ends are announcements.
    announcements: Vec<usize>,
}

impl Endpoint {
    pub(crate) fn new(
        threshold: LevelFilter,
        filter: Option<Arc<dyn Filter>>,
        encoder: Arc<dyn Encoder>,
        batch_bytes: usize,
        queue: Rc<SinkQueue>,
    ) -> Self {
        let filling = Filling {
            batch: BatchBuilder::new(encoder, batch_bytes),
            unannounced: Dropped::default(),
            announced: Dropped::default(),
            announcements: Vec::new(),
        };
        Self { threshold, filter, filling: RefCell::new(filling), queue }
    }

    /// Tells whether the threshold lets a level pass.
    #[inline]
    pub(crate) fn enables(&self, level: LogLevel) -> bool {
        self.threshold.enables(level)
    }

    /// Tells whether threshold and filter let a record pass; a filter that panics does.
    #[inline]
    pub(crate) fn admits(&self, record: &LogRecord<'_>) -> bool {
        admits(self.threshold, self.filter.as_deref(), record)
    }

    /// Appends a record to the batch, and writes that if it is full.
    #[inline]
    pub(crate) fn put(&self, record: &LogRecord<'_>) {
        let Ok(mut filling) = self.filling.try_borrow_mut() else {
            // Borrowed for ever by a call that ended in an exception inside the encoder
            // or the sink.
            return self.queue.count_dropped(record.level, DropReason::EncoderFailed, 1);
        };
        if self.queue.has_unannounced() {
            filling.take_unannounced(&self.queue);
        }
        if let Err(reason) = filling.put(record) {
            self.queue.count_dropped(record.level, reason, 1);
        }
        if filling.batch.is_full() {
            filling.write(&self.queue, RetryMode::Backoff);
        }
    }

    /// Writes the batches that wait, then the one that fills.
    pub(crate) fn write(&self, mode: RetryMode) {
        if let Ok(mut filling) = self.filling.try_borrow_mut() {
            if self.queue.has_unannounced() {
                filling.take_unannounced(&self.queue);
            }
            if filling.batch.has_unannounced() {
                let announced = filling.announcing(|batch| batch.announce(Timestamp::Wall(now_nanos())));
                debug_assert!(announced);
            }
            if filling.write(&self.queue, mode) {
                return;
            }
        }
        self.queue.drain(mode);
    }

    /// Counts a record that this endpoint can't get.
    pub(crate) fn count_dropped(&self, level: LogLevel, reason: DropReason) {
        self.queue.count_dropped(level, reason, 1);
    }

    /// Has the sink pass on what it keeps back; returns how many records still wait.
    pub(crate) fn flush_sink(&self) -> usize {
        self.queue.flush()
    }
}

impl Filling {
    #[cold]
    fn take_unannounced(&mut self, queue: &SinkQueue) {
        let dropped = queue.take_unannounced();
        self.batch.add_all_dropped(&dropped);
        self.unannounced.merge(&dropped);
    }

    #[inline]
    fn put(&mut self, record: &LogRecord<'_>) -> Result<(), DropReason> {
        if self.batch.has_unannounced() {
            self.announcing(|batch| batch.announce(record.timestamp));
        }
        self.batch.put(record)
    }

    /// Has the batch announce its drops; notes at which end, and which drops.
    #[cold]
    fn announcing(&mut self, announce: impl FnOnce(&mut BatchBuilder)) -> bool {
        let end = self.batch.record_count() + self.announcements.len();
        announce(&mut self.batch);
        let announced = std::mem::take(&mut self.unannounced);
        self.announced.merge(&announced);
        self.announcements.push(end);
        !self.batch.has_unannounced()
    }

    /// Hands the batch over, after those that wait; false if it is empty.
    fn write(&mut self, queue: &SinkQueue, mode: RetryMode) -> bool {
        if self.batch.is_empty() {
            return false;
        }
        let batch = self.batch.close();
        let batch = OutBatch {
            bytes: batch.bytes(),
            ends: batch.ends(),
            announcements: &self.announcements,
            dropped: batch.dropped(),
            announced: &self.announced,
        };
        queue.take(batch, mode);
        self.batch.clear();
        if !self.announcements.is_empty() {
            self.announcements.clear();
            self.announced = Dropped::default();
        }
        true
    }
}

/// Writes the batch; what the sink does not take waits in its queue.
///
/// What the sink logs meanwhile is deferred: whoever drops a dispatch outside of a
/// call replays it.
impl Drop for Endpoint {
    fn drop(&mut self) {
        let _guard = CallGuard::take();
        self.write(RetryMode::Now);
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint").field("queue", &self.queue).finish_non_exhaustive()
    }
}
