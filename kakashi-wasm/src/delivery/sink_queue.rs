//! A sink with the batches that wait for it.
//!
//! A batch goes to the sink from the memory where it was filled. Only what a sink
//! does not take is copied and waits, up to a limit; beyond that records are dropped,
//! counted, and announced in the stream once the sink takes bytes again.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;

use kakashi_core::{DropReason, Dropped, LogLevel, RetryMode, Sink};

use crate::delivery::report::{COUNTERS, report};
use crate::delivery::sink_writer::{OutBatch, SinkWriter};

/// A named sink, its queue, and its drops that no batch has announced yet.
pub(crate) struct SinkQueue {
    name: Box<str>,
    pub(crate) terminal: bool,
    writer: RefCell<SinkWriter>,
    unannounced: RefCell<Dropped>,
    has_unannounced: Cell<bool>,
}

impl SinkQueue {
    pub(crate) fn new(name: Box<str>, sink: Box<dyn Sink>) -> Rc<Self> {
        let terminal = sink.is_terminal();
        Rc::new(Self {
            name,
            terminal,
            writer: RefCell::new(SinkWriter::new(sink)),
            unannounced: RefCell::default(),
            has_unannounced: Cell::new(false),
        })
    }

    /// Counts records that this sink will not get; the next batch announces them.
    #[cold]
    pub(crate) fn count_dropped(&self, level: LogLevel, reason: DropReason, records: usize) {
        COUNTERS.add_dropped(level, reason, records);
        if let Ok(mut unannounced) = self.unannounced.try_borrow_mut() {
            unannounced.add(level, reason, records);
            self.has_unannounced.set(true);
        }
    }

    /// Tells whether drops wait to be announced.
    #[inline]
    pub(crate) fn has_unannounced(&self) -> bool {
        self.has_unannounced.get()
    }

    /// Takes the drops that wait to be announced: whoever calls announces them.
    #[cold]
    pub(crate) fn take_unannounced(&self) -> Dropped {
        self.has_unannounced.set(false);
        self.unannounced.try_borrow_mut().map(|mut dropped| std::mem::take(&mut *dropped)).unwrap_or_default()
    }

    /// Takes a batch: the sink has it, or it waits, or its records are counted as dropped.
    pub(crate) fn take(&self, batch: OutBatch<'_>, mode: RetryMode) {
        // Borrowed for ever by a call that ended in an exception inside the sink?
        let taken = self.with_writer(|writer| writer.take(&self.name, batch, mode)).unwrap_or(false);
        if !taken {
            self.refuse(&batch);
        }
    }

    #[cold]
    fn refuse(&self, batch: &OutBatch<'_>) {
        for end in batch.record_ends(0) {
            self.count_dropped(end.level, DropReason::SinkFailed, 1);
        }
        if let Ok(mut unannounced) = self.unannounced.try_borrow_mut() {
            // Counted already, but their announcement goes with the batch.
            unannounced.merge(batch.announced);
            self.has_unannounced.set(unannounced.total() > 0);
        }
    }

    /// Uses the writer, if no call does; counts what the receiver refused meanwhile.
    fn with_writer<R>(&self, run: impl FnOnce(&mut SinkWriter) -> R) -> Option<R> {
        let mut writer = self.writer.try_borrow_mut().ok()?;
        let result = run(&mut writer);
        let rejected = writer.take_rejected();
        drop(writer);
        for (level, reason, records) in rejected.iter().flat_map(|rejected| rejected.iter()) {
            self.count_dropped(level, reason, records);
        }
        Some(result)
    }

    /// Writes the batches that wait, as long as the sink takes them.
    pub(crate) fn drain(&self, mode: RetryMode) {
        self.with_writer(|writer| writer.drain(&self.name, mode));
    }

    /// Has the sink pass on what it keeps back; returns how many records still wait.
    pub(crate) fn flush(&self) -> usize {
        self.with_writer(|writer| writer.flush(&self.name)).unwrap_or(0)
    }
}

/// Tries the sink once more; counts and reports the records that it still does not
/// take: it failed until its destination was replaced.
impl Drop for SinkQueue {
    fn drop(&mut self) {
        self.drain(RetryMode::Now);
        let Ok(writer) = self.writer.try_borrow_mut() else { return };
        let mut left = 0;
        for end in writer.left() {
            COUNTERS.add_dropped(end.level, DropReason::SinkFailed, 1);
            left += 1;
        }
        if left > 0 {
            report(&format!(
                "{left} records for {} were dropped: it failed until it was replaced",
                self.name
            ));
        }
    }
}

impl fmt::Debug for SinkQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SinkQueue").field("name", &self.name).finish_non_exhaustive()
    }
}
