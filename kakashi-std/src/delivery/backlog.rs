//! The full buffers that wait for a sink, in order, and the drops to announce.

use std::collections::VecDeque;
use std::sync::Arc;

use kakashi_core::{
    BatchBuilder, CatchPanic, Clock as _, DropReason, Dropped, Encoder, Guard as _, LogLevel,
};

use super::buffer_pool::{Buffer, BufferPool};
use super::counters::COUNTERS;
use super::report;
use crate::clock::SystemClock;
use crate::reentrancy::in_sink;

/// Bytes for an announcement of drops at first.
const ANNOUNCEMENT_BYTES: usize = 1024;

/// What waits for a sink, beside the buffer that it is being handed.
#[derive(Default)]
pub(super) struct Backlog {
    /// Each with the pool that it returns to.
    buffers: VecDeque<(Buffer, Arc<BufferPool>)>,
    /// Memory of `buffers`.
    bytes: usize,
    /// Drops that the stream does not announce yet.
    unannounced: Dropped,
    /// Encodes the announcements.
    encoder: Option<Arc<dyn Encoder>>,
}

impl Backlog {
    pub(super) fn set_encoder(&mut self, encoder: &Arc<dyn Encoder>) {
        self.encoder = Some(encoder.clone());
    }

    /// Returns how many buffers wait.
    pub(super) fn len(&self) -> usize {
        self.buffers.len()
    }

    /// Returns how many bytes of memory wait.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Returns how many records wait.
    pub(super) fn records(&self) -> usize {
        self.buffers.iter().map(|(buffer, _)| buffer.ends.len()).sum()
    }

    /// Returns the levels of the records that wait.
    pub(super) fn levels(&self) -> impl Iterator<Item = LogLevel> {
        self.buffers.iter().flat_map(|(buffer, _)| &buffer.ends).map(|end| end.level)
    }

    /// Tells whether there is anything to write: a buffer, or drops to announce.
    pub(super) fn has_work(&self) -> bool {
        !self.buffers.is_empty() || self.has_unannounced()
    }

    /// Tells whether there are drops to announce.
    pub(super) fn has_unannounced(&self) -> bool {
        self.unannounced.total() > 0
    }

    /// Appends a buffer, after an announcement of what was dropped before it.
    pub(super) fn push(&mut self, buffer: Buffer, pool: &Arc<BufferPool>) {
        self.announce(pool);
        self.push_unannounced(buffer, pool);
    }

    fn push_unannounced(&mut self, buffer: Buffer, pool: &Arc<BufferPool>) {
        self.bytes += buffer.memory();
        self.buffers.push_back((buffer, pool.clone()));
    }

    /// Takes the oldest buffer.
    pub(super) fn pop(&mut self) -> Option<(Buffer, Arc<BufferPool>)> {
        let (buffer, pool) = self.buffers.pop_front()?;
        self.bytes -= buffer.memory();
        Some((buffer, pool))
    }

    /// Counts dropped records, to be announced.
    pub(super) fn drop_many(&mut self, level: LogLevel, reason: DropReason, records: usize) {
        self.unannounced.add(level, reason, records);
        COUNTERS.add_dropped(level, reason, records);
    }

    /// Forgets everything, in the child of a fork: the parent writes it.
    #[cfg(unix)]
    pub(super) fn abandon(&mut self) {
        self.buffers.clear();
        self.bytes = 0;
        self.unannounced = Dropped::default();
    }

    /// Appends a buffer with an announcement of what was dropped, if anything was.
    pub(super) fn announce(&mut self, pool: &Arc<BufferPool>) {
        if !self.has_unannounced() {
            return;
        }
        let Some(encoder) = &self.encoder else { return };
        let dropped = std::mem::take(&mut self.unannounced);
        let now = SystemClock.now();
        let mut buffer = Buffer::default();
        // A foreign encoder may panic or log, and this lock is held: as in a sink.
        let encoded = in_sink(|| {
            CatchPanic.run(&mut || {
                let mut batch = BatchBuilder::new(encoder.clone(), ANNOUNCEMENT_BYTES);
                batch.add_all_dropped(&dropped);
                batch.announce(now);
                buffer.bytes = batch.close().bytes().to_vec();
                buffer.len = buffer.bytes.len();
            })
        });
        if !encoded || buffer.len == 0 {
            return report::print(format_args!(
                "{} records were dropped; the encoder could not say so",
                dropped.total()
            ));
        }
        buffer.announced_drops = dropped.total();
        self.push_unannounced(buffer, pool);
    }
}
