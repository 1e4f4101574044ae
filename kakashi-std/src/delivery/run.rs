//! Records of one thread for one destination, as a collection has taken them.

use std::sync::Arc;

use kakashi_core::{Encoder, LogLevel, LogRecord};

use crate::segment::chunk::ChunkSlice;

/// Records in the order of their ticks.
pub(crate) struct Run {
    /// The form that they have, or are to be given.
    pub(crate) encoder: Arc<dyn Encoder>,
    pub(crate) records: Records,
}

/// The records of a run.
pub(crate) enum Records {
    /// Encoded by their thread.
    Encoded(ChunkSlice),
    /// Not encoded for this destination yet.
    Queued(Box<dyn QueuedRecords>),
}

/// Records that their thread has not encoded, and the destination that they are for.
///
/// They are read by one thread at a time, in order.
pub(crate) trait QueuedRecords: Send {
    /// Returns the tick of the next record, or an earlier one if records were left out; none
    /// at the end.
    fn tick(&self) -> Option<u64>;

    /// Hands over the records up to a tick, those that their destination admits, until
    /// `deliver` returns false. A record that was handed over is not handed over again, even
    /// if `deliver` panics.
    fn deliver(&mut self, until: u64, deliver: &mut dyn FnMut(&LogRecord<'_>) -> bool);

    /// Returns the level of the record that was handed over last.
    fn level(&self) -> LogLevel;

    /// Returns how many records are left that the destination's threshold admits.
    fn waiting(&self) -> usize;

    /// Returns the bytes of memory that are kept for them.
    fn memory(&self) -> usize;

    /// Leaves out the records below a level, or all of them; calls `dropped` for each that
    /// the destination's threshold admits.
    fn keep_from(&mut self, level: Option<LogLevel>, dropped: &mut dyn FnMut(LogLevel));
}

impl Run {
    /// Returns how many records it has.
    pub(super) fn records(&self) -> usize {
        match &self.records {
            Records::Encoded(slice) => slice.entries().len(),
            Records::Queued(queued) => queued.waiting(),
        }
    }

    /// Returns the bytes of memory that are kept for it.
    pub(super) fn memory(&self) -> usize {
        let records = match &self.records {
            Records::Encoded(slice) => slice.memory(),
            Records::Queued(queued) => queued.memory(),
        };
        size_of::<Self>() + records
    }
}
