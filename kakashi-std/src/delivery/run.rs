//! Records of one thread for one destination, as a collection has taken them.

use std::sync::Arc;

use kakashi_core::{Encoder, FileEnd, LogLevel, LogRecord};

use super::held_form::HeldForm;
use crate::segment::chunk_slice::{ChunkSlice, SliceMark};

/// Records in the order of their ticks.
pub(crate) struct Run {
    /// The form that they have, or are to be given.
    pub(crate) encoder: Arc<dyn Encoder>,
    /// The form that they are given in the order of all records, where it depends on that; they
    /// wait as the wire.
    pub(crate) ordered: Option<Arc<dyn Encoder>>,
    pub(crate) records: Records,
    /// They are held back before they are written; their form is the wire's until then.
    pub(crate) held: Option<Arc<HeldForm>>,
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

    /// Returns what says how far they have come, if they outlive the process.
    fn mark(&self) -> Option<Box<dyn QueuedMark>> {
        None
    }

    /// Leaves out the records below a level, or all of them; calls `dropped` for each that
    /// the destination's threshold admits.
    fn keep_from(&mut self, level: Option<LogLevel>, dropped: &mut dyn FnMut(LogLevel));
}

/// Says of records how far they have come, to who finds them when this process is dead.
pub(crate) trait QueuedMark: Send + std::fmt::Debug {
    /// Notes where their destination's file ends before it is written to.
    fn note_write(&self, end: Option<FileEnd>);

    /// Says that their destination's writer has begun with them.
    fn begin_write(&self);

    /// Says that they are written or dropped.
    fn settle(&self);
}

/// What says of a run's records how far they have come.
#[derive(Debug)]
pub(super) enum RunMark {
    Slice(SliceMark),
    Queued(Box<dyn QueuedMark>),
}

impl RunMark {
    /// Notes where their destination's file ends before it is written to.
    pub(super) fn note_write(&self, end: Option<FileEnd>) {
        match self {
            Self::Slice(mark) => mark.note_write(end),
            Self::Queued(mark) => mark.note_write(end),
        }
    }

    /// Says that their destination's writer has begun with them.
    pub(super) fn begin_write(&self) {
        match self {
            Self::Slice(mark) => mark.begin_write(),
            Self::Queued(mark) => mark.begin_write(),
        }
    }

    /// Says that they are written or dropped.
    pub(super) fn settle(&self) {
        match self {
            Self::Slice(mark) => mark.settle(),
            Self::Queued(mark) => mark.settle(),
        }
    }
}

impl Run {
    /// Returns how many records it has.
    pub(super) fn records(&self) -> usize {
        match &self.records {
            Records::Encoded(slice) => slice.entries().len(),
            Records::Queued(queued) => queued.waiting(),
        }
    }

    /// Tells whether somebody could find its records when this process is dead.
    pub(super) fn outlives_process(&self) -> bool {
        match &self.records {
            Records::Encoded(slice) => slice.is_marked(),
            Records::Queued(queued) => queued.mark().is_some(),
        }
    }

    /// Returns what says how far its records have come, if they outlive the process.
    pub(super) fn mark(&self) -> Option<RunMark> {
        match &self.records {
            Records::Encoded(slice) => slice.mark().map(RunMark::Slice),
            Records::Queued(queued) => queued.mark().map(RunMark::Queued),
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
