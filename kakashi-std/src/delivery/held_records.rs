//! Records that are held back at a destination before its sink gets them, until something that comes
//! after them says what becomes of them.
//!
//! They come in the order of the stream, in wire form, decoded; what is let go is encoded in the destination's own
//! form. What is held counts as waiting. It is asked again in each sweep, and lets go of all at a flush.

use std::collections::VecDeque;
use std::time::Instant;

use kakashi_core::wire::{Item, Reader};
use kakashi_core::{BatchBuilder, CatchPanic, DropReason, Guard as _, LogLevel, LogRecord, encode_deferred};

use super::held_form::HeldForm;
use super::merge::Ready;

/// Decides what becomes of records.
pub(super) trait RecordHolder: Send {
    /// Takes the next record, and lets go of what is decided by it.
    fn take(&mut self, record: &LogRecord<'_>, out: &mut Released<'_>);

    /// Lets go of what is held for too long, or of all.
    fn let_go(&mut self, now: Instant, all: bool, out: &mut Released<'_>);

    /// Tells whether something is held for too long.
    fn is_due(&self, now: Instant) -> bool;

    /// Returns how many records are held.
    fn held(&self) -> usize;

    /// Returns the number of the oldest record that is held.
    fn oldest(&mut self) -> Option<u64>;
}

/// A record that is held, as a block of the wire.
#[derive(Debug)]
pub(super) struct HeldRecord {
    pub(super) level: LogLevel,
    /// Its number among those that the stage has taken.
    pub(super) number: u64,
    block: Vec<u8>,
}

/// A longer record is not held.
const MAX_BYTES: usize = 1 << 20;

impl HeldRecord {
    /// Copies a record with its number; none if it is too long for that.
    pub(super) fn of(record: &LogRecord<'_>, number: u64) -> Option<Self> {
        let block = encode_deferred(record, &CatchPanic, MAX_BYTES)?;
        Some(Self { level: record.level, number, block })
    }

    /// Returns the bytes of memory that it occupies.
    pub(super) fn memory(&self) -> usize {
        size_of::<Self>() + self.block.capacity()
    }

    /// Hands over the record.
    pub(super) fn with(&self, then: impl FnOnce(&LogRecord<'_>)) {
        let record = Reader::new(&self.block).find_map(|item| match item {
            Item::Record(record) => Some(record),
            _ => None,
        });
        debug_assert!(record.is_some(), "it was encoded here");
        if let Some(record) = record {
            then(&record);
        }
    }
}

/// Counts a record of a level that is left out, for a reason.
pub(super) type CountDropped<'a> = &'a mut dyn FnMut(LogLevel, DropReason);

/// Where records go that are let go, and what is left out is counted.
pub(super) struct Released<'a> {
    form: &'a HeldForm,
    open: Option<Box<BatchBuilder>>,
    ready: &'a mut VecDeque<Ready>,
    dropped: CountDropped<'a>,
    /// The number of the record that is being taken.
    number: u64,
}

impl<'a> Released<'a> {
    pub(super) fn new(form: &'a HeldForm, ready: &'a mut VecDeque<Ready>, dropped: CountDropped<'a>) -> Self {
        Self { form, open: None, ready, dropped, number: 0 }
    }

    /// Sets the number of the record that is taken next.
    pub(super) fn set_number(&mut self, number: u64) {
        self.number = number;
    }

    /// Returns the number of the record that is being taken.
    pub(super) fn number(&self) -> u64 {
        self.number
    }

    /// Writes a record.
    pub(super) fn write(&mut self, record: &LogRecord<'_>) {
        let new = || Box::new(BatchBuilder::new(self.form.encoder.clone(), self.form.batch_bytes));
        let batch = self.open.get_or_insert_with(new);
        let mut put = Err(DropReason::EncoderFailed);
        // The encoder may be foreign.
        CatchPanic.run(&mut || put = batch.put(record));
        if let Err(reason) = put {
            (self.dropped)(record.level, reason);
        }
        if batch.is_full() {
            self.close();
        }
    }

    /// Counts a record that is left out.
    pub(super) fn leave_out(&mut self, level: LogLevel, reason: DropReason) {
        (self.dropped)(level, reason);
    }

    /// Ends the batch that is open.
    pub(super) fn close(&mut self) {
        if let Some(mut batch) = self.open.take()
            && batch.record_count() > 0
        {
            CatchPanic.run(&mut || _ = batch.close());
            self.ready.push_back(Ready::Built(batch));
        }
    }
}
