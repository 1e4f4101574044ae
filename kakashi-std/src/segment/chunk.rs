//! A piece of memory that one thread appends records to while others read those that it
//! has published.
//!
//! The writer publishes a record by a release store of the number of records; readers load
//! it with acquire and touch nothing behind it. So neither ever waits for the other, and a
//! thread that is interrupted in the middle of a record holds up nobody. A full chunk is
//! linked to the next one, and is used again when its last slice has been dropped.
//!
//! The memory is reached through raw pointers, because references to all of it would
//! overlap those to its parts; this module has no other unsafe code, and Miri and loom run
//! over it.
//!
//! Over 400 lines because a chunk returns to its pool with its last reference: the two know
//! each other.

#![allow(unsafe_code, reason = "one thread writes what others do not read yet")]

use std::mem::MaybeUninit;
use std::ops::{Deref, Range};
use std::ptr::NonNull;
use std::slice;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError, Weak};
use std::thread;

use kakashi_core::LogLevel;

use crate::reentrancy::CriticalSection;
use crate::sync::{AtomicBool, AtomicUsize, OnceLock, Ordering};

/// Bytes kept free behind the records, for what ends a block.
pub(crate) const TAIL: usize = 4;
/// A line of text is longer than this; where records are shorter, the entries are full
/// before the bytes.
const BYTES_PER_ENTRY: usize = 32;

/// One record in a chunk.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChunkEntry {
    pub(crate) tick: u64,
    /// The offset after its last byte.
    pub(crate) end: u32,
    pub(crate) level: LogLevel,
    /// It begins a block of the wire.
    pub(crate) begins_block: bool,
}

/// Memory for records, and how many are published.
pub(crate) struct Chunk {
    bytes: NonNull<u8>,
    capacity: usize,
    entries: NonNull<MaybeUninit<ChunkEntry>>,
    entry_capacity: usize,
    published: AtomicUsize,
    /// How many of them have been taken, as its thread may see it.
    taken: AtomicUsize,
    /// Set when the chunk is full: where its thread goes on.
    next: OnceLock<ChunkRef>,
    /// Set when nothing more is published, and there is no next one.
    ended: AtomicBool,
    /// Where it returns to.
    pool: Weak<ChunkPool>,
}

// SAFETY: the pointers are owned. What lies before `published` is only read (but see
// `ChunkSlice::block_memory`), what lies behind it is touched by the one `ChunkWriter` only.
unsafe impl Send for Chunk {}
// SAFETY: as above.
unsafe impl Sync for Chunk {}

impl Chunk {
    /// Makes one with room for so many bytes of records, at most 2³² − 5.
    pub(crate) fn new(capacity: usize, pool: Weak<ChunkPool>) -> Self {
        let capacity = capacity.min(u32::MAX as usize - TAIL);
        let bytes: &mut [u8] = Box::leak(vec![0; capacity + TAIL].into_boxed_slice());
        let entries: &mut [MaybeUninit<ChunkEntry>] =
            Box::leak(Box::new_uninit_slice((capacity / BYTES_PER_ENTRY).max(1)));
        Self {
            entry_capacity: entries.len(),
            bytes: NonNull::from(bytes).cast(),
            capacity,
            entries: NonNull::from(entries).cast(),
            published: AtomicUsize::new(0),
            taken: AtomicUsize::new(0),
            next: OnceLock::new(),
            ended: AtomicBool::new(false),
            pool,
        }
    }

    /// Returns the bytes of memory that it occupies.
    pub(crate) fn memory(&self) -> usize {
        size_of::<Self>() + self.capacity + TAIL + self.entry_capacity * size_of::<ChunkEntry>()
    }

    /// Empties one that nobody else refers to.
    fn reset(&mut self) {
        self.published = AtomicUsize::new(0);
        self.taken = AtomicUsize::new(0);
        self.next = OnceLock::new();
        self.ended = AtomicBool::new(false);
    }

    /// Tells whether nothing more is published here. Read before `published`, so that
    /// the number is the last.
    fn is_closed(&self) -> bool {
        self.next.get().is_some() || self.ended.load(Ordering::Acquire)
    }

    fn published(&self) -> usize {
        self.published.load(Ordering::Acquire)
    }

    /// Returns published entries.
    fn entries(&self, range: Range<usize>) -> &[ChunkEntry] {
        assert!(range.start <= range.end && range.end <= self.published());
        // SAFETY: the range is published: these entries were written before, and are not
        // written again while somebody refers to the chunk.
        unsafe {
            let first = self.entries.as_ptr().cast::<ChunkEntry>().add(range.start);
            slice::from_raw_parts(first, range.len())
        }
    }

    /// Returns the offset where a record begins.
    fn start_of(&self, record: usize) -> usize {
        match record.checked_sub(1) {
            Some(before) => self.entries(before..record)[0].end as usize,
            None => 0,
        }
    }

    /// Returns the bytes of published records.
    fn bytes(&self, records: Range<usize>) -> &[u8] {
        let (from, end) = (self.start_of(records.start), self.start_of(records.end));
        assert!(from <= end && end <= self.capacity);
        // SAFETY: the bytes of published records are initialised, and are written again
        // only by `ChunkSlice::block_memory`, which no other slice overlaps.
        unsafe { slice::from_raw_parts(self.bytes.as_ptr().add(from), end - from) }
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        // SAFETY: both were leaked boxes of these lengths, and nobody refers to them now.
        unsafe {
            let bytes = slice::from_raw_parts_mut(self.bytes.as_ptr(), self.capacity + TAIL);
            drop(Box::from_raw(bytes));
            let entries = slice::from_raw_parts_mut(self.entries.as_ptr(), self.entry_capacity);
            drop(Box::from_raw(entries));
        }
    }
}

impl std::fmt::Debug for Chunk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Chunk").field("capacity", &self.capacity).finish_non_exhaustive()
    }
}

/// A shared chunk, which returns to its pool with its last reference. (Of two last ones that
/// are dropped at the very same time neither may notice: then its memory is freed.)
#[derive(Clone, Debug)]
pub(crate) struct ChunkRef(Option<Arc<Chunk>>);

impl ChunkRef {
    pub(super) fn new(chunk: Chunk) -> Self {
        Self(Some(Arc::new(chunk)))
    }
}

impl ChunkRef {
    /// Frees the memory of a last reference.
    pub(super) fn free(mut self) {
        drop(self.0.take());
    }
}

impl Deref for ChunkRef {
    type Target = Chunk;

    fn deref(&self) -> &Chunk {
        // Only `drop` takes it out.
        self.0.as_ref().expect("a reference that was not dropped")
    }
}

impl Drop for ChunkRef {
    fn drop(&mut self) {
        let mut last = self.0.take();
        while let Some(mut shared) = last
            && let Some(chunk) = Arc::get_mut(&mut shared)
        {
            // Not left to its own drop: a chain may be longer than the stack is deep.
            last = chunk.next.take().and_then(|mut next| next.0.take());
            if let Some(pool) = chunk.pool.upgrade() {
                chunk.reset();
                pool.give(Self(Some(shared)));
            }
        }
    }
}

/// The one that appends to a chunk, and to those after it.
#[derive(Debug)]
pub(crate) struct ChunkWriter {
    chunk: ChunkRef,
    len: usize,
    count: usize,
}

impl ChunkWriter {
    /// Begins with an empty chunk; returns who writes and who reads.
    pub(crate) fn new(chunk: ChunkRef) -> (Self, ChunkReader) {
        let reader = ChunkReader { chunk: chunk.clone(), taken: 0 };
        (Self { chunk, len: 0, count: 0 }, reader)
    }

    /// Returns the memory for the next record; empty if there is no entry left for it.
    #[inline]
    pub(crate) fn room(&mut self) -> &mut [u8] {
        let has_entry = self.count < self.chunk.entry_capacity;
        let len = if has_entry { self.chunk.capacity - self.len } else { 0 };
        // SAFETY: these bytes are initialised and lie behind what is published, so nobody
        // else touches them while this writer, of which there is one, is borrowed.
        unsafe { slice::from_raw_parts_mut(self.chunk.bytes.as_ptr().add(self.len), len) }
    }

    /// Publishes the first bytes of the room as a record.
    #[inline]
    pub(crate) fn publish(&mut self, bytes: usize, tick: u64, level: LogLevel, begins_block: bool) {
        assert!(self.count < self.chunk.entry_capacity && bytes <= self.chunk.capacity - self.len);
        self.len += bytes;
        let entry = ChunkEntry { tick, end: self.len as u32, level, begins_block };
        // SAFETY: the entry lies in the chunk, behind what is published, and this writer
        // is the only one.
        unsafe { (*self.chunk.entries.as_ptr().add(self.count)).write(entry) };
        self.count += 1;
        self.chunk.published.store(self.count, Ordering::Release);
    }

    /// Returns how many records have been published in this chunk.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Returns how many of them have been taken, or fewer.
    pub(crate) fn taken(&self) -> usize {
        self.chunk.taken.load(Ordering::Relaxed)
    }

    /// Returns how many bytes of records the chunk has room for.
    pub(crate) fn capacity(&self) -> usize {
        self.chunk.capacity
    }

    /// Returns the bytes of memory that the chunk occupies.
    pub(crate) fn memory(&self) -> usize {
        self.chunk.memory()
    }

    /// Goes on in another chunk.
    pub(crate) fn go_on_in(&mut self, chunk: ChunkRef) {
        // It is set once: this is the only writer, and it leaves the chunk now.
        let _ = self.chunk.next.set(chunk.clone());
        (self.chunk, self.len, self.count) = (chunk, 0, 0);
    }
}

/// Nothing more is published.
impl Drop for ChunkWriter {
    fn drop(&mut self) {
        self.chunk.ended.store(true, Ordering::Release);
    }
}

/// The one that takes what has been published in a chunk and those after it.
#[derive(Debug)]
pub(crate) struct ChunkReader {
    chunk: ChunkRef,
    taken: usize,
}

impl ChunkReader {
    /// Tells whether a record has been published and not taken.
    pub(crate) fn has_records(&self) -> bool {
        self.chunk.published() > self.taken || self.chunk.next.get().is_some()
    }

    /// Tells whether all has been taken and nothing more is published.
    pub(crate) fn is_at_end(&self) -> bool {
        self.chunk.ended.load(Ordering::Acquire) && self.chunk.published() == self.taken
    }

    /// Takes the records up to a tick, or only those in full chunks; hands over a slice for
    /// each chunk.
    pub(crate) fn take(&mut self, until: u64, only_full: bool, mut take: impl FnMut(ChunkSlice)) {
        loop {
            let next = self.chunk.next.get().cloned();
            if only_full && next.is_none() {
                return;
            }
            let published = self.chunk.published();
            let entries = self.chunk.entries(self.taken..published);
            // Mostly all of them.
            let count = match entries.last() {
                Some(last) if last.tick > until => entries.partition_point(|entry| entry.tick <= until),
                _ => entries.len(),
            };
            if count > 0 {
                let records = self.taken..self.taken + count;
                self.taken = records.end;
                self.chunk.taken.store(self.taken, Ordering::Relaxed);
                take(ChunkSlice { chunk: self.chunk.clone(), records });
            }
            match next {
                Some(next) if self.taken == published => (self.chunk, self.taken) = (next, 0),
                _ => return,
            }
        }
    }

    /// Counts the records that are published and not taken, in this chunk.
    pub(crate) fn waiting(&self) -> usize {
        self.chunk.published() - self.taken
    }
}

/// Records of one chunk, in the order of their ticks.
#[derive(Debug)]
pub(crate) struct ChunkSlice {
    chunk: ChunkRef,
    records: Range<usize>,
}

impl ChunkSlice {
    /// Makes a slice of records of its own, with no more memory than they need.
    pub(crate) fn of_records<'a>(records: impl Iterator<Item = (ChunkEntry, &'a [u8])> + Clone) -> Self {
        let (count, bytes) = records.clone().fold((0, 0), |(n, sum), (_, bytes)| (n + 1, sum + bytes.len()));
        let (mut writer, reader) =
            ChunkWriter::new(ChunkRef::new(Chunk::new(bytes.max(count * BYTES_PER_ENTRY), Weak::new())));
        for (entry, bytes) in records {
            writer.room()[..bytes.len()].copy_from_slice(bytes);
            writer.publish(bytes.len(), entry.tick, entry.level, entry.begins_block);
        }
        Self { chunk: reader.chunk.clone(), records: 0..count }
    }

    /// Returns the records.
    pub(crate) fn entries(&self) -> &[ChunkEntry] {
        self.chunk.entries(self.records.clone())
    }

    /// Returns their bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.chunk.bytes(self.records.clone())
    }

    /// As [`bytes`](Self::bytes), and so many of the tail that `block_memory` lends.
    pub(crate) fn bytes_with_tail(&self, tail: usize) -> &[u8] {
        assert!(tail <= TAIL && (tail == 0 || self.is_last()));
        let (from, len) = (self.offset(), self.bytes().len());
        // SAFETY: the tail lies in the chunk and is initialised. Its writer has left the
        // chunk, and `block_memory` would need this slice exclusively.
        unsafe { slice::from_raw_parts(self.chunk.bytes.as_ptr().add(from), len + tail) }
    }

    /// Tells whether nothing comes behind the slice in its chunk.
    fn is_last(&self) -> bool {
        self.chunk.is_closed() && self.chunk.published() == self.records.end
    }

    /// Returns the offset of the slice's first byte, from which the ends of its entries count.
    pub(crate) fn offset(&self) -> usize {
        self.chunk.start_of(self.records.start)
    }

    /// Returns each record with its bytes.
    pub(crate) fn records(&self) -> impl Iterator<Item = (ChunkEntry, &[u8])> + Clone {
        let (bytes, mut from) = (self.bytes(), self.offset());
        let offset = from;
        self.entries().iter().map(move |entry| {
            let record = &bytes[from - offset..entry.end as usize - offset];
            from = entry.end as usize;
            (*entry, record)
        })
    }

    /// Returns the bytes of memory that are kept for it.
    pub(crate) fn memory(&self) -> usize {
        self.bytes().len() + size_of_val(self.entries())
    }

    /// Tells whether the chunk is much larger than the slice, which keeps all of it.
    pub(crate) fn wastes_memory(&self) -> bool {
        self.chunk.memory() > 2 * self.memory() + 1024
    }

    /// Yields the blocks of the wire that the slice has records of: of each the bytes that
    /// stand before the slice, and those within it.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let chunk = &*self.chunk;
        let all = chunk.entries(0..self.records.end);
        let before = all[..=self.records.start].iter().rposition(|entry| entry.begins_block).unwrap_or(0);
        let mut from = before;
        std::iter::from_fn(move || {
            if from >= all.len() {
                return None;
            }
            let begin = from;
            let length = all[begin + 1..].iter().position(|entry| entry.begins_block);
            from = length.map_or(all.len(), |length| begin + 1 + length);
            let own = begin.max(self.records.start);
            Some((chunk.bytes(begin..own), chunk.bytes(own..from)))
        })
    }

    /// Returns the slice's memory and the tail behind it, if it is the whole last block of
    /// a chunk that nobody writes to: then the block can be ended where it lies.
    pub(crate) fn block_memory(&mut self) -> Option<&mut [u8]> {
        let entries = self.entries();
        let is_block = entries.first().is_some_and(|first| first.begins_block)
            && entries[1..].iter().all(|entry| !entry.begins_block);
        if !self.is_last() || !is_block {
            return None;
        }
        let (from, len) = (self.offset(), self.bytes().len());
        // SAFETY: the writer has left the chunk, so nobody writes behind the last record.
        // Only this slice has these records, and other slices read no further than their
        // own: those that look back for their block's beginning stand after it, and none
        // stands after this.
        unsafe { Some(slice::from_raw_parts_mut(self.chunk.bytes.as_ptr().add(from), len + TAIL)) }
    }
}

/// The bytes of a thread's first chunk.
const FIRST_BYTES: usize = 2048;
/// Chunks of the full size that are kept: what may wait for one destination at first.
const MOST_FREE: usize = 40;

/// Keeps spare chunks of one size for one destination.
#[derive(Debug)]
pub(crate) struct ChunkPool {
    full_bytes: usize,
    free: Mutex<Vec<ChunkRef>>,
    /// Set in a forked child if another thread held the lock at `fork`: it can never be
    /// released.
    lock_lost: AtomicBool,
}

impl ChunkPool {
    /// Makes a pool of chunks of so many bytes.
    pub(crate) fn new(full_bytes: usize) -> Arc<Self> {
        Arc::new(Self { full_bytes, free: Mutex::default(), lock_lost: AtomicBool::new(false) })
    }

    /// Returns the bytes of a full-size chunk.
    pub(crate) fn full_bytes(&self) -> usize {
        self.full_bytes
    }

    /// Makes a thread's first chunk: a small one, for most threads log little.
    pub(crate) fn first(&self) -> ChunkRef {
        ChunkRef::new(Chunk::new(FIRST_BYTES.min(self.full_bytes), Weak::new()))
    }

    /// Makes the chunk after one of `before` bytes, for a record that needs `needed`: twice
    /// as large, up to the full size.
    pub(crate) fn next(self: &Arc<Self>, before: usize, needed: usize) -> ChunkRef {
        let wanted = (2 * before).min(self.full_bytes);
        if needed > self.full_bytes {
            // Too large to be kept.
            return ChunkRef::new(Chunk::new(needed, Weak::new()));
        }
        if wanted < self.full_bytes {
            return ChunkRef::new(Chunk::new(wanted.max(needed), Weak::new()));
        }
        let spare = self.free().and_then(|mut free| free.pop());
        spare.unwrap_or_else(|| ChunkRef::new(Chunk::new(self.full_bytes, Arc::downgrade(self))))
    }

    /// Takes back a chunk that nobody refers to.
    pub(super) fn give(&self, chunk: ChunkRef) {
        match self.free() {
            Some(mut free) if free.len() < MOST_FREE => {
                let _section = CriticalSection::begin();
                free.push(chunk);
            }
            // Its pool would take it back again.
            _ => chunk.free(),
        }
    }

    /// Locks the pool. Each holder keeps the lock for a few instructions: a caller that
    /// does not get it in a thousand attempts runs in a child that was forked while
    /// another thread held it, and does without the pool.
    fn free(&self) -> Option<MutexGuard<'_, Vec<ChunkRef>>> {
        for _ in 0..1000 {
            match self.free.try_lock() {
                Ok(free) => return Some(free),
                Err(TryLockError::Poisoned(free)) => return Some(PoisonError::into_inner(free)),
                Err(TryLockError::WouldBlock) if self.lock_lost.load(Ordering::Relaxed) => return None,
                Err(TryLockError::WouldBlock) => thread::yield_now(),
            }
        }
        self.lock_lost.store(true, Ordering::Relaxed);
        None
    }
}
