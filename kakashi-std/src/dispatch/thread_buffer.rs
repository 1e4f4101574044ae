//! One thread's records for one destination, published and not collected yet.
//!
//! Only the thread itself appends; a collection takes what is published without waiting
//! for it. A record is encoded into the chunk where it is to lie. A block of the wire is
//! encoded into memory of the thread's own first, because its encoder looks back at what
//! the block has explained, and those bytes may be somebody else's by then.

use std::sync::Arc;

use kakashi_core::{CatchPanic, DropReason, EncoderCache, Guard as _, LogRecord, MAX_RECORD_BYTES, Output};

use super::endpoint::{EncoderForm, Endpoint};
use crate::delivery::collect::{self, RecordSource};
use crate::delivery::run::{Records, Run};
use crate::delivery::sink_queue::SinkQueue;
use crate::reentrancy::thread_number;
use crate::segment::chunk::{ChunkReader, ChunkWriter};

/// One thread's buffer for one endpoint.
pub(crate) struct ThreadBuffer {
    pub(crate) endpoint: Arc<Endpoint>,
    /// None until the first record.
    writer: Option<ChunkWriter>,
    cache: EncoderCache,
    /// The open block of the wire.
    block: BlockInProgress,
}

/// A block of the wire in its thread's own memory.
#[derive(Default)]
struct BlockInProgress {
    bytes: Vec<u8>,
    len: usize,
    /// Index of its first record in the chunk.
    first: usize,
}

impl ThreadBuffer {
    pub(crate) fn new(endpoint: Arc<Endpoint>) -> Self {
        Self { endpoint, writer: None, cache: EncoderCache::new(), block: BlockInProgress::default() }
    }

    /// Publishes a record; tells whether a collection should take what is full.
    #[inline]
    pub(crate) fn put(&mut self, record: &LogRecord<'_>, tick: u64) -> bool {
        if let Some(writer) = &mut self.writer
            && self.endpoint.form == EncoderForm::Line
        {
            let mut out = Output::new(writer.room());
            self.endpoint.encoder.encode(record, &mut self.cache, &mut out);
            if !out.overflowed() {
                let len = out.position();
                writer.publish(len, tick, record.level, false);
                return false;
            }
        }
        self.put_slowly(record, tick)
    }

    /// Publishes a record that needs more than its encoder and the chunk.
    #[inline(never)]
    fn put_slowly(&mut self, record: &LogRecord<'_>, tick: u64) -> bool {
        let mut full = false;
        if self.writer.is_none() {
            if !self.begin() {
                self.endpoint.queue.count_dropped(record.level, DropReason::Reentrant);
                return false;
            }
            // Threads that live for a few records never fill a chunk: their first call waits
            // where a full chunk would.
            full = self.endpoint.queue.is_over_limit();
        }
        loop {
            let needed = match self.try_put(record, tick) {
                Ok(()) => return full,
                Err(PutFailure::Encoder) => {
                    self.endpoint.queue.count_dropped(record.level, DropReason::EncoderFailed);
                    return full;
                }
                Err(PutFailure::Room(needed)) => needed,
            };
            if needed > MAX_RECORD_BYTES {
                self.endpoint.queue.count_dropped(record.level, DropReason::TooLarge);
                return full;
            }
            let Some(writer) = &mut self.writer else { return full };
            let pool = &self.endpoint.pool;
            full |= writer.count() > 0 && 2 * writer.capacity() >= pool.full_bytes();
            full |= needed > pool.full_bytes();
            writer.go_on_in(pool.next(writer.capacity(), needed));
            self.leave_block();
        }
    }

    /// Encodes and publishes a record, if the chunk has room for it.
    fn try_put(&mut self, record: &LogRecord<'_>, tick: u64) -> Result<(), PutFailure> {
        let Self { endpoint, writer: Some(writer), cache, block } = self else {
            return Err(PutFailure::Encoder);
        };
        let level = record.level;
        if endpoint.form == EncoderForm::Wire {
            if writer.taken() > block.first {
                // Whoever has them needs nothing of what comes.
                (block.len, block.first) = (0, writer.count());
                cache.leave_block();
            }
            let room = writer.room();
            let (start, most) = (block.len, block.len + room.len());
            if block.bytes.len() < most {
                block.bytes.resize(most, 0);
            }
            let mut out = Output::resume(&mut block.bytes[..most], start);
            endpoint.encoder.encode(record, cache, &mut out);
            let end = out.position();
            if out.overflowed() {
                // In the next chunk the block begins anew.
                return Err(PutFailure::Room(end - start));
            }
            let len = end - start;
            room[..len].copy_from_slice(&block.bytes[start..end]);
            block.len = end;
            writer.publish(len, tick, level, start == 0);
            return Ok(());
        }
        let mut out = Output::new(writer.room());
        if endpoint.form == EncoderForm::Line {
            endpoint.encoder.encode(record, cache, &mut out);
        } else if !CatchPanic.run(&mut || endpoint.encoder.encode(record, cache, &mut out)) {
            return Err(PutFailure::Encoder);
        }
        let len = out.position();
        if out.overflowed() {
            return Err(PutFailure::Room(len));
        }
        writer.publish(len, tick, level, false);
        Ok(())
    }

    /// Makes the first chunk; false inside of a collection.
    #[cold]
    fn begin(&mut self) -> bool {
        let (writer, reader) = ChunkWriter::new(self.endpoint.pool.first());
        let source = BufferSource { endpoint: self.endpoint.clone(), reader, thread: thread_number() };
        self.leave_block();
        let registered = collect::register(Box::new(source));
        self.writer = registered.then_some(writer);
        registered
    }

    fn leave_block(&mut self) {
        (self.block.len, self.block.first) = (0, 0);
        self.cache.leave_block();
    }

    /// Tells whether a record is in it, or was a moment ago.
    pub(crate) fn has_records(&self) -> bool {
        self.writer.as_ref().is_some_and(|writer| writer.taken() < writer.count())
    }

    /// Returns the bytes of memory that it occupies.
    pub(crate) fn memory(&self) -> usize {
        let chunk = self.writer.as_ref().map_or(0, ChunkWriter::memory);
        size_of::<Self>()
            + size_of::<BufferSource>()
            + chunk
            + self.cache.memory()
            + self.block.bytes.capacity()
    }

    /// Tells whether it has ever held a record.
    pub(crate) fn is_used(&self) -> bool {
        self.writer.is_some()
    }
}

/// Why a record was not published.
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
            let run = Run { encoder: endpoint.encoder.clone(), records: Records::Encoded(slice) };
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
