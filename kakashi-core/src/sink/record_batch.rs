//! Decoded records on their way to a record sink.

use core::cell::Cell;

use super::batch::RecordEnd;
use crate::record::LogRecord;
use crate::wire::{Item, Reader};

/// Holds records for a [`RecordSink`](crate::RecordSink), in the order of their calls.
///
/// They are decoded while they are read, anew each time; nothing is copied.
#[derive(Debug)]
pub struct RecordBatch<'a> {
    /// Whole blocks of the wire.
    bytes: &'a [u8],
    /// So many bytes of the first block have been taken before.
    begun: usize,
    /// From there on.
    ends: &'a [RecordEnd],
    dropped: usize,
    /// Items that were no records when the batch was read last.
    unreadable: Cell<usize>,
}

impl<'a> RecordBatch<'a> {
    pub(super) fn new(bytes: &'a [u8], begun: usize, ends: &'a [RecordEnd], dropped: usize) -> Self {
        Self { bytes, begun, ends, dropped, unreadable: Cell::new(0) }
    }

    /// Returns the number of records, announcements of drops among them.
    pub const fn len(&self) -> usize {
        self.ends.len()
    }

    /// Tells whether there is no record.
    pub const fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Returns how many dropped records the announcements among the records name.
    pub const fn dropped(&self) -> usize {
        self.dropped
    }

    /// Yields the records.
    pub fn records(&self) -> impl Iterator<Item = LogRecord<'a>> {
        self.records_with_ends().map(|(record, _)| record)
    }

    /// Yields the records, and how many of the ends lie behind each.
    fn records_with_ends(&self) -> impl Iterator<Item = (LogRecord<'a>, usize)> {
        let mut reader = Reader::new(self.bytes);
        let mut unreadable = 0;
        core::iter::from_fn(move || {
            loop {
                let item = reader.next()?;
                let end = reader.position();
                if end <= self.begun {
                    continue;
                }
                match item {
                    Item::Record(record) => {
                        let before = self.ends.partition_point(|record| record.end + self.begun < end);
                        return Some((record, before + 1));
                    }
                    Item::Skipped(_) => {
                        unreadable += 1;
                        self.unreadable.set(unreadable);
                    }
                    Item::Dropped(_) | Item::NeedsSites(_) => {}
                }
            }
        })
    }

    /// Returns how many ends the first so many records have, and how many of these are none
    /// that could be read: our own wire has none such.
    pub(super) fn ends_of(&self, records: usize) -> (usize, usize) {
        if records >= self.ends.len() {
            return (self.ends.len(), self.unreadable.get());
        }
        let ends = self.records_with_ends().take(records).last().map_or(0, |(_, ends)| ends);
        (ends, ends.saturating_sub(records))
    }
}
