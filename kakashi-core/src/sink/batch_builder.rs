//! One destination's batch while it fills.
//!
//! Records are encoded into one block of memory that is kept from batch to
//! batch. It knows nothing of sinks, and takes what it is given: its owner
//! chooses the records and takes the batch away.

#[cfg(all(feature = "std", not(target_family = "wasm")))]
use alloc::boxed::Box;
use alloc::{sync::Arc, vec::Vec};
use core::mem;

use super::batch::{Batch, RecordEnd};
use crate::clock::Timestamp;
#[cfg(all(feature = "std", not(target_family = "wasm")))]
use crate::encode::LineAbove;
use crate::encode::{Encoder, EncoderCache};
use crate::level::LogLevel;
use crate::record::LogRecord;
use crate::stats::{DropReason, Dropped};
use crate::util::output::Output;

/// Room left for what closes a batch.
const FINISH_ROOM: usize = 8;
/// A record that needs more bytes than this is dropped and counted.
pub const MAX_RECORD_BYTES: usize = 128 << 20;
/// More than this is not kept for the next batch.
const KEPT_BYTES: usize = 1 << 20;

/// Encodes records for one destination into batches.
pub struct BatchBuilder {
    encoder: Arc<dyn Encoder>,
    cache: EncoderCache,
    /// Memory, all of it initialised; the first `len` bytes are written.
    bytes: Vec<u8>,
    len: usize,
    ends: Vec<RecordEnd>,
    /// With this many bytes the batch is full.
    batch_bytes: usize,
    /// Drops that no batch announces yet.
    unannounced: Dropped,
    has_unannounced: bool,
    /// How many drops this batch announces.
    dropped: usize,
    /// How many of the ends are announcements of drops.
    announcements: usize,
}

impl BatchBuilder {
    /// Makes an empty one; with `batch_bytes` bytes its batches are full.
    pub fn new(encoder: Arc<dyn Encoder>, batch_bytes: usize) -> Self {
        Self {
            encoder,
            cache: EncoderCache::new(),
            bytes: Vec::new(),
            len: 0,
            ends: Vec::new(),
            batch_bytes,
            unannounced: Dropped::default(),
            has_unannounced: false,
            dropped: 0,
            announcements: 0,
        }
    }

    /// Counts records that were dropped; their announcement precedes the next record.
    pub fn add_dropped(&mut self, level: LogLevel, reason: DropReason, records: usize) {
        self.unannounced.add(level, reason, records);
        self.has_unannounced = true;
    }

    /// As [`add_dropped`](Self::add_dropped), of all levels and reasons.
    pub fn add_all_dropped(&mut self, dropped: &Dropped) {
        self.unannounced.merge(dropped);
        self.has_unannounced |= dropped.total() > 0;
    }

    /// Tells whether drops wait to be announced.
    pub fn has_unannounced(&self) -> bool {
        self.has_unannounced
    }

    /// Appends a record.
    ///
    /// # Errors
    /// The reason why it can never be taken.
    pub fn put(&mut self, record: &LogRecord<'_>) -> Result<(), DropReason> {
        if self.has_unannounced {
            self.announce(record.timestamp);
        }
        self.append(|encoder, cache, out| encoder.encode(record, cache, out))?;
        self.ends.push(RecordEnd { end: self.len, level: record.level });
        Ok(())
    }

    /// Appends records that its encoder has encoded elsewhere, each with its level and
    /// where it ends in `bytes`.
    pub fn put_encoded(&mut self, bytes: &[u8], ends: impl Iterator<Item = RecordEnd>) {
        let (start, end) = (self.len, self.len + bytes.len());
        if end + FINISH_ROOM > self.bytes.len() {
            self.grow(end + FINISH_ROOM);
        }
        self.bytes[start..end].copy_from_slice(bytes);
        self.len = end;
        self.ends.extend(ends.map(|record| RecordEnd { end: start + record.end, ..record }));
    }

    /// Appends the announcement of the records that were dropped, if any were.
    pub fn announce(&mut self, timestamp: Timestamp) {
        let dropped = mem::take(&mut self.unannounced);
        if !mem::take(&mut self.has_unannounced) {
            return;
        }
        let announced =
            self.append(|encoder, cache, out| encoder.encode_dropped(timestamp, &dropped, cache, out));
        if announced.is_ok() {
            self.dropped += dropped.total();
            self.announcements += 1;
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
            self.grow(needed);
        }
    }

    /// Makes the memory large enough for `needed` bytes; not inlined, for it is seldom called.
    #[cold]
    #[inline(never)]
    fn grow(&mut self, needed: usize) {
        let least = if self.bytes.is_empty() { self.batch_bytes + self.batch_bytes / 8 } else { 0 };
        self.bytes.resize(needed.next_power_of_two().max(least), 0);
    }

    /// Tells whether the batch is full.
    pub fn is_full(&self) -> bool {
        self.len >= self.batch_bytes
    }

    /// Returns the encoder of its records.
    pub fn encoder(&self) -> &Arc<dyn Encoder> {
        &self.encoder
    }

    /// Returns how many records are in it, announcements not counted.
    pub fn record_count(&self) -> usize {
        self.ends.len() - self.announcements
    }

    /// Says what stands above its next record in its destination, if its encoder looks at that.
    #[cfg(all(feature = "std", not(target_family = "wasm")))]
    pub fn set_above(&mut self, above: Option<Box<LineAbove>>) {
        self.cache.set_above(above);
    }

    /// Takes what stands above the record that comes next.
    #[cfg(all(feature = "std", not(target_family = "wasm")))]
    pub fn take_above(&mut self) -> Option<Box<LineAbove>> {
        self.cache.take_above()
    }

    /// Tells whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns the bytes of memory that it occupies.
    pub fn memory(&self) -> usize {
        self.bytes.len() + self.ends.capacity() * size_of::<RecordEnd>()
    }

    /// Lends out a batch that is closed already.
    pub fn closed(&self) -> Batch<'_> {
        Batch::new(&self.bytes[..self.len], &self.ends)
            .after_dropped(self.dropped)
            .announcing(self.announcements)
    }

    /// Ends the batch and lends it out; `clear` begins the next.
    pub fn close(&mut self) -> Batch<'_> {
        if !self.ends.is_empty() {
            for _ in 0..2 {
                let mut out = Output::resume(&mut self.bytes, self.len);
                self.encoder.finish(&mut self.cache, &mut out);
                let (end, overflowed) = (out.position(), out.overflowed());
                if !overflowed {
                    self.len = end;
                    break;
                }
                // A foreign encoder needs more bytes than are kept free for ours.
                self.grow(end);
            }
            if let Some(last) = self.ends.last_mut() {
                last.end = self.len;
            }
        }
        self.closed()
    }

    /// Forgets the batch.
    pub fn clear(&mut self) {
        self.len = 0;
        self.dropped = 0;
        self.announcements = 0;
        self.ends.clear();
        if self.bytes.len() > KEPT_BYTES.max(2 * self.batch_bytes) {
            self.bytes = Vec::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use core::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// Writes its bytes when the batch ends, more at each attempt.
    struct AtTheEnd {
        bytes: AtomicUsize,
        more: usize,
    }

    impl Encoder for AtTheEnd {
        fn encode(&self, _: &LogRecord<'_>, _: &mut EncoderCache, _: &mut Output<'_>) {}

        fn encode_dropped(&self, _: Timestamp, _: &Dropped, _: &mut EncoderCache, _: &mut Output<'_>) {}

        fn finish(&self, _: &mut EncoderCache, out: &mut Output<'_>) {
            for _ in 0..self.bytes.fetch_add(self.more, Ordering::Relaxed) {
                out.put_byte(b'x');
            }
        }
    }

    fn announced(bytes: usize, more: usize) -> usize {
        let encoder = AtTheEnd { bytes: AtomicUsize::new(bytes), more };
        let mut batch = BatchBuilder::new(Arc::new(encoder), 64);
        batch.add_dropped(LogLevel::Info, DropReason::SinkFailed, 3);
        batch.announce(Timestamp::Wall(0));
        let batch = batch.close();
        assert_eq!((batch.dropped(), batch.records().count()), (3, 1));
        batch.bytes().len()
    }

    #[test]
    fn an_encoder_that_writes_only_at_the_end_is_heard() {
        assert_eq!(announced(1000, 0), 1000);
    }

    #[test]
    fn an_encoder_whose_end_grows_each_time_is_given_up() {
        assert_eq!(announced(1000, 100_000), 0);
    }
}
