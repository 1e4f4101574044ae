//! Encoded records on their way to a sink.

use crate::level::LogLevel;

/// Says where a record of a batch ends, and how much it matters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RecordEnd {
    /// The offset after the record's last byte.
    pub end: usize,
    /// The record's level.
    pub level: LogLevel,
}

/// Holds encoded records, borrowed.
///
/// Its records are of one thread or of several, in the order of their calls. A batch of the
/// wire is one block: its bytes only make sense together. What is left of a batch comes as a
/// batch of its own that may begin within a record; for a sink that answers
/// [`Readiness::Bytes`](crate::Readiness::Bytes) one may end within a record, too.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    bytes: &'a [u8],
    ends: &'a [RecordEnd],
    dropped: usize,
    announcements: usize,
    begun: &'a [u8],
}

impl<'a> Batch<'a> {
    /// Makes a batch of bytes and the ends of the records in them.
    pub const fn new(bytes: &'a [u8], ends: &'a [RecordEnd]) -> Self {
        Self { bytes, ends, dropped: 0, announcements: 0, begun: &[] }
    }

    /// Says how many records were dropped before this batch.
    #[must_use]
    pub const fn after_dropped(mut self, dropped: usize) -> Self {
        self.dropped = dropped;
        self
    }

    /// Says how many of the ends are announcements of drops, and so no records.
    #[must_use]
    pub const fn announcing(mut self, announcements: usize) -> Self {
        self.announcements = announcements;
        self
    }

    /// Says which bytes before the batch's first the sink has taken already of the record,
    /// or the block of the wire, that the batch begins within.
    #[must_use]
    pub const fn continuing(mut self, begun: &'a [u8]) -> Self {
        self.begun = begun;
        self
    }

    /// Returns all bytes, the rest of a record before the first included if a
    /// sink took only part of it.
    pub const fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Returns what the sink has taken already of the record, or the block of the wire, that
    /// the batch begins within; empty where it begins with a record. A sink whose reader
    /// has lost these bytes (a new connection, a truncated file) may write them again.
    pub const fn begun(&self) -> &'a [u8] {
        self.begun
    }

    /// Returns the ends of the records, and of announcements that stand among them.
    pub const fn ends(&self) -> &'a [RecordEnd] {
        self.ends
    }

    /// Returns the number of records, announcements not counted.
    pub const fn len(&self) -> usize {
        self.ends.len().saturating_sub(self.announcements)
    }

    /// Tells whether there is nothing to write.
    pub const fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Returns how many dropped records the batch announces.
    pub const fn dropped(&self) -> usize {
        self.dropped
    }

    /// Yields each record's level and bytes.
    pub fn records(&self) -> impl Iterator<Item = (LogLevel, &'a [u8])> + use<'a> {
        let bytes = self.bytes;
        let mut start = 0;
        self.ends.iter().map(move |record| {
            let record_bytes = bytes.get(start..record.end).unwrap_or_default();
            start = record.end;
            (record.level, record_bytes)
        })
    }
}
