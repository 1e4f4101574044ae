//! One destination's batch while it fills.
//!
//! Records are encoded into one block of memory that is kept from batch to
//! batch. It knows nothing of sinks, and takes what it is given: who owns it
//! chooses the records and takes the batch away.

use std::sync::Arc;

use kakashi_core::{
    Batch, DropReason, Dropped, Encoder, EncoderCache, LogLevel, LogRecord, Output, RecordEnd, Timestamp,
};

/// Room left for what closes a batch.
const FINISH_ROOM: usize = 8;
/// A record that needs more bytes than this is dropped and counted.
const MAX_RECORD_BYTES: usize = 128 << 20;
/// More than this is not kept for the next batch.
const KEPT_BYTES: usize = 1 << 20;

/// Encodes records for one destination.
pub(crate) struct Batcher {
    encoder: Arc<dyn Encoder>,
    cache: EncoderCache,
    /// Room; the first `len` bytes are written.
    bytes: Vec<u8>,
    len: usize,
    ends: Vec<RecordEnd>,
    /// The batch is whole from here on.
    batch_bytes: usize,
    /// Records that were dropped and not told of yet.
    owed: Dropped,
    owes: bool,
    /// How many records were dropped before this batch.
    dropped: usize,
    /// How many of the ends are announcements of drops.
    news: usize,
}

impl Batcher {
    pub(crate) fn new(encoder: Arc<dyn Encoder>, batch_bytes: usize) -> Self {
        Self {
            encoder,
            cache: EncoderCache::new(),
            bytes: Vec::new(),
            len: 0,
            ends: Vec::new(),
            batch_bytes,
            owed: Dropped::default(),
            owes: false,
            dropped: 0,
            news: 0,
        }
    }

    /// Says that records were dropped on their way here; the next record is
    /// preceded by the news of it.
    pub(crate) fn owe(&mut self, level: LogLevel, reason: DropReason, records: usize) {
        self.owed.add(level, reason, records);
        self.owes = true;
    }

    /// Tells whether drops wait to be announced.
    #[cfg(feature = "loggers")]
    pub(crate) fn owes(&self) -> bool {
        self.owes
    }

    /// Appends a record.
    ///
    /// # Errors
    /// The reason why it can't be taken, ever.
    pub(crate) fn put(&mut self, record: &LogRecord<'_>) -> Result<(), DropReason> {
        if self.owes {
            self.announce(record.timestamp);
        }
        self.append(|encoder, cache, out| encoder.encode(record, cache, out))?;
        self.ends.push(RecordEnd { end: self.len, level: record.level });
        Ok(())
    }

    /// Appends the news of what was dropped, if anything was.
    pub(crate) fn announce(&mut self, timestamp: Timestamp) {
        let owed = core::mem::take(&mut self.owed);
        if !core::mem::take(&mut self.owes) {
            return;
        }
        let told = self.append(|encoder, cache, out| encoder.encode_dropped(timestamp, &owed, cache, out));
        if told.is_ok() {
            self.dropped += owed.total();
            self.news += 1;
            self.ends.push(RecordEnd { end: self.len, level: LogLevel::Warning });
        }
    }

    fn append(
        &mut self,
        encode: impl Fn(&dyn Encoder, &mut EncoderCache, &mut Output<'_>),
    ) -> Result<(), DropReason> {
        loop {
            let room = self.bytes.len().saturating_sub(FINISH_ROOM);
            let mut out = Output::resume(&mut self.bytes[..room], self.len);
            encode(&*self.encoder, &mut self.cache, &mut out);
            if !out.overflowed() {
                self.len = out.position();
                return Ok(());
            }
            let needed = out.position() + FINISH_ROOM;
            if needed - self.len > MAX_RECORD_BYTES {
                return Err(DropReason::TooLarge);
            }
            let least = if self.bytes.is_empty() { self.batch_bytes + self.batch_bytes / 8 } else { 0 };
            self.bytes.resize(needed.next_power_of_two().max(least), 0);
        }
    }

    /// Tells whether the batch is whole.
    pub(crate) fn is_full(&self) -> bool {
        self.len >= self.batch_bytes
    }

    /// Returns how many records are in it, announcements not counted.
    pub(crate) fn record_count(&self) -> usize {
        self.ends.len() - self.news
    }

    /// Tells whether there is nothing in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Ends the batch and lends it out; `clear` begins the next.
    pub(crate) fn close(&mut self) -> Batch<'_> {
        if self.len > 0 {
            let mut out = Output::resume(&mut self.bytes, self.len);
            self.encoder.finish(&mut self.cache, &mut out);
            self.len = out.position();
            if let Some(last) = self.ends.last_mut() {
                last.end = self.len;
            }
        }
        Batch::new(&self.bytes[..self.len], &self.ends).after_dropped(self.dropped).announcing(self.news)
    }

    /// Forgets the batch.
    pub(crate) fn clear(&mut self) {
        self.len = 0;
        self.dropped = 0;
        self.news = 0;
        self.ends.clear();
        if self.bytes.len() > KEPT_BYTES.max(2 * self.batch_bytes) {
            self.bytes = Vec::new();
        }
    }
}
