//! A record that a dead process has left in one of its segments.

use kakashi_core::LogLevel;

use crate::segment::layout::WrittenForm;

/// A record, and its place among all that its process has left.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct LeftRecord<'a> {
    pub(crate) place: RecordPlace,
    pub(crate) level: LogLevel,
    /// Its process was writing it, or was about to: its destination may have it.
    pub(crate) is_in_flight: bool,
    /// It was below the threshold; the flight recorder had kept it.
    pub(crate) is_kept: bool,
    /// What it looks like at its destination.
    pub(crate) form: WrittenForm,
    pub(crate) body: RecordBody<'a>,
}

/// Orders the records of a process: by their ticks, as its destinations would have.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct RecordPlace {
    pub(crate) tick: u64,
    pub(crate) thread: u64,
    pub(crate) segment: u64,
    pub(crate) index: usize,
}

/// What a segment has of a record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum RecordBody<'a> {
    /// As it stands at its destination.
    Whole(&'a [u8]),
    /// A block of the wire with this record alone.
    Block(Vec<u8>),
}
