//! One thread's records for one destination, published and not collected yet.
//!
//! Only the thread itself appends; a collection takes what is published without waiting
//! for it. A record is encoded into the chunk where it is to lie, behind what others may be
//! reading: an encoder remembers what an open block of the wire has explained, and never
//! looks back at its bytes.

use std::sync::Arc;

use kakashi_core::{CatchPanic, DropReason, EncoderCache, Guard as _, LogRecord, MAX_RECORD_BYTES, Output};

use super::endpoint::{EncoderForm, Endpoint};
use crate::delivery::collect::{self, RecordSource};
use crate::delivery::logger_counts;
use crate::delivery::run::{Records, Run};
use crate::delivery::sink_queue::SinkQueue;
use crate::reentrancy::thread_number;
use crate::segment::chunk::{ChunkEntry, ChunkWriter};
use crate::segment::chunk_reader::ChunkReader;

/// One thread's buffer for one endpoint.
pub(crate) struct ThreadBuffer {
    pub(crate) endpoint: Arc<Endpoint>,
    /// None until the first record.
    writer: Option<ChunkWriter>,
    cache: EncoderCache,
    /// Index in the chunk of the open block's first record.
    block: usize,
    /// The number of collections when the block began.
    collections: usize,
}

impl ThreadBuffer {
    pub(crate) fn new(endpoint: Arc<Endpoint>) -> Self {
        Self { endpoint, writer: None, cache: EncoderCache::new(), block: 0, collections: 0 }
    }

    /// Publishes a record, counted under a number.
    // Always: it is called from the cold copies of `publish`, too.
    #[inline(always)]
    pub(crate) fn put(&mut self, record: &LogRecord<'_>, tick: u64, counted_as: u16) -> BufferPut {
        if self.endpoint.form != EncoderForm::Foreign
            && self.try_put(record, tick, counted_as, |endpoint, cache, out| {
                endpoint.buffered.encode(record, cache, out);
                true
            }) == Ok(())
        {
            return BufferPut { published: true, is_full: false };
        }
        self.put_slowly(record, tick, counted_as)
    }

    /// Publishes a record that needs more than its encoder and the chunk.
    #[inline(never)]
    fn put_slowly(&mut self, record: &LogRecord<'_>, tick: u64, counted_as: u16) -> BufferPut {
        let mut is_full = false;
        if self.writer.is_none() {
            if !self.begin() {
                self.endpoint.queue.count_dropped(record.level, DropReason::Reentrant);
                return BufferPut { published: false, is_full };
            }
            // Threads that live for a few records never fill a chunk: their first call waits
            // where a full chunk would.
            is_full = self.endpoint.queue.is_over_limit();
        }
        loop {
            let put = self.try_put(record, tick, counted_as, |endpoint, cache, out| {
                CatchPanic.run(&mut || endpoint.buffered.encode(record, cache, out))
            });
            let needed = match put {
                Ok(()) => return BufferPut { published: true, is_full },
                Err(PutFailure::Encoder) => {
                    self.endpoint.queue.count_dropped(record.level, DropReason::EncoderFailed);
                    return BufferPut { published: false, is_full };
                }
                Err(PutFailure::Room(needed)) => needed,
            };
            if needed > MAX_RECORD_BYTES {
                self.endpoint.queue.count_dropped(record.level, DropReason::TooLarge);
                return BufferPut { published: false, is_full };
            }
            let Some(writer) = &mut self.writer else { return BufferPut { published: false, is_full } };
            let pool = &self.endpoint.pool;
            is_full |= writer.count() > 0 && 2 * writer.capacity() >= pool.full_bytes();
            is_full |= needed > pool.full_bytes();
            writer.go_on_in(pool.next(writer.capacity(), needed));
            // In the next chunk the block begins anew.
            self.cache.leave_block();
        }
    }

    /// Encodes and publishes a record, if the chunk has room for it; `encode` tells whether
    /// the encoder did not panic.
    #[inline(always)]
    fn try_put(
        &mut self,
        record: &LogRecord<'_>,
        tick: u64,
        counted_as: u16,
        encode: impl FnOnce(&Endpoint, &mut EncoderCache, &mut Output<'_>) -> bool,
    ) -> Result<(), PutFailure> {
        let Self { endpoint, writer: Some(writer), cache, block, collections } = self else {
            return Err(PutFailure::Encoder);
        };
        let mut begins_block = false;
        if endpoint.form == EncoderForm::Wire {
            let begun = collect::collections();
            if writer.taken() > *block || *collections != begun {
                // Whoever takes the block needs nothing of what comes.
                *collections = begun;
                cache.leave_block();
            }
            begins_block = !cache.is_in_block();
            if begins_block {
                *block = writer.count();
            }
        }
        let mut out = Output::new(writer.room());
        if !encode(endpoint, cache, &mut out) {
            return Err(PutFailure::Encoder);
        }
        let len = out.position();
        if out.overflowed() {
            return Err(PutFailure::Room(len));
        }
        writer.publish(len, ChunkEntry { counted_as, ..ChunkEntry::new(tick, record.level, begins_block) });
        Ok(())
    }

    /// Makes the first chunk; false inside of a collection.
    #[cold]
    fn begin(&mut self) -> bool {
        let (writer, reader) = ChunkReader::new(self.endpoint.pool.first());
        let source = BufferSource { endpoint: self.endpoint.clone(), reader, thread: thread_number() };
        self.cache.leave_block();
        let registered = collect::register(Box::new(source));
        self.writer = registered.then_some(writer);
        registered
    }

    /// Tells whether a record is in it, or was a moment ago.
    pub(crate) fn has_records(&self) -> bool {
        self.writer.as_ref().is_some_and(|writer| writer.taken() < writer.count())
    }

    /// Returns the bytes of memory that it occupies.
    pub(crate) fn memory(&self) -> usize {
        let chunk = self.writer.as_ref().map_or(0, ChunkWriter::memory);
        size_of::<Self>() + size_of::<BufferSource>() + chunk + self.cache.memory()
    }

    /// Tells whether it is older than the black box, in which it should lie.
    pub(crate) fn is_outdated(&self) -> bool {
        self.writer.as_ref().is_some_and(|writer| self.endpoint.pool.is_outdated(writer))
    }

    /// Tells whether it has ever held a record.
    pub(crate) fn is_used(&self) -> bool {
        self.writer.is_some()
    }
}

/// What came of a record that was to be published.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BufferPut {
    /// If not, it is counted as dropped.
    pub(crate) published: bool,
    /// A collection should take what is full.
    pub(crate) is_full: bool,
}

/// Why a record was not published.
#[derive(PartialEq, Eq)]
enum PutFailure {
    Encoder,
    /// So many bytes are needed.
    Room(usize),
}

/// What a collection sees of a thread's buffer.
struct BufferSource {
    endpoint: Arc<Endpoint>,
    reader: ChunkReader,
    thread: u64,
}

impl RecordSource for BufferSource {
    fn has_records(&mut self) -> bool {
        self.reader.has_records()
    }

    fn is_own(&self) -> bool {
        self.thread == thread_number()
    }

    fn queue(&self) -> Option<&Arc<SinkQueue>> {
        Some(&self.endpoint.queue)
    }

    fn take(&mut self, until: u64, only_full: bool, take: &mut dyn FnMut(&Arc<SinkQueue>, Run)) {
        let Self { endpoint, reader, .. } = self;
        reader.take(until, only_full, |slice| {
            logger_counts::count_all(slice.entries());
            endpoint.pool.count_on_heap(&slice);
            let encoder = endpoint.buffered.clone();
            let ordered = endpoint.encoder.follows_order().then(|| endpoint.encoder.clone());
            let held = endpoint.held.clone();
            let run = Run { encoder, ordered, records: Records::Encoded(slice), held };
            take(&endpoint.queue, run);
        });
    }

    fn is_at_end(&mut self) -> bool {
        self.reader.is_at_end()
    }

    fn waiting(&mut self) -> usize {
        self.reader.waiting()
    }
}
