//! A piece of memory that one thread appends records to while others read those that it
//! has published.
//!
//! The writer publishes a record by a release store of the number of records; readers load
//! it with acquire and touch nothing behind it. So neither ever waits for the other, and a
//! thread that is interrupted in the middle of a record holds up nobody. A full chunk is
//! linked to the next one, and is used again when its last slice has been dropped.
//!
//! The memory is the heap's or, with a black box, a mapped file's, with marks that say how far its
//! records have come. It is reached through raw pointers, because references to all of it would
//! overlap those to its parts; this module and [`chunk_slice`](super::chunk_slice), which lends them to
//! destinations, have no other unsafe code, and Miri and loom run over them.

#![allow(unsafe_code, reason = "one thread writes what others do not read yet")]

use std::mem::MaybeUninit;
use std::ops::{Deref, Range};
use std::ptr::{self, NonNull};
use std::slice;
use std::sync::{Arc, Weak};

use kakashi_core::LogLevel;

use super::live::Segment;
use crate::sync::{AtomicBool, AtomicUsize, OnceLock, Ordering};

/// Bytes kept free behind the records, for what ends a block.
pub(crate) const TAIL: usize = 4;
/// A line of text is longer than this; where records are shorter, the entries are full
/// before the bytes.
pub(super) const BYTES_PER_ENTRY: usize = 32;

/// One record in a chunk, as the layout of a black box has it.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct ChunkEntry {
    pub(crate) tick: u64,
    /// The offset after its last byte.
    pub(crate) end: u32,
    /// The number under which it is counted for its logger.
    pub(crate) counted_as: u16,
    pub(crate) level: LogLevel,
    /// It begins a block of the wire.
    pub(crate) begins_block: bool,
}

#[cfg(feature = "black-box")]
const _: () = assert!(
    size_of::<ChunkEntry>() == super::layout::ENTRY_BYTES && TAIL == super::layout::TAIL,
    "chunks are read by the layout when their process is dead"
);

/// Where a chunk's memory is; its writer has a copy.
#[derive(Clone, Copy, Debug)]
pub(super) struct ChunkMemory {
    pub(super) bytes: NonNull<u8>,
    capacity: usize,
    entries: NonNull<MaybeUninit<ChunkEntry>>,
    entry_capacity: usize,
    published: NonNull<AtomicUsize>,
}

// SAFETY: it only says where the memory is; who reaches for it follows `Chunk`.
unsafe impl Send for ChunkMemory {}
// SAFETY: as above.
unsafe impl Sync for ChunkMemory {}

/// Memory for records, and how many are published.
pub(crate) struct Chunk {
    pub(super) memory: ChunkMemory,
    /// The file that the memory is of; none: it is the heap's.
    pub(super) segment: Option<Segment>,
    /// How many of them have been taken, as its thread may see it.
    pub(super) taken: AtomicUsize,
    /// Set when the chunk is full: where its thread goes on.
    pub(super) next: OnceLock<ChunkRef>,
    /// Set when nothing more is published, and there is no next one.
    pub(super) ended: AtomicBool,
    /// Where it returns to.
    home: ChunkHome,
}

/// Where a chunk returns to with its last reference; nowhere: it is freed.
pub(super) type ChunkHome = Option<Weak<dyn TakeChunk>>;

/// Takes back chunks that nobody refers to.
pub(super) trait TakeChunk: std::fmt::Debug + Send + Sync {
    /// Takes one that was emptied.
    fn take_back(&self, chunk: ChunkRef);
}

impl ChunkEntry {
    /// Makes the entry of a record that no logger's count has.
    pub(crate) fn new(tick: u64, level: LogLevel, begins_block: bool) -> Self {
        Self { tick, end: 0, level, begins_block, counted_as: 0 }
    }
}

/// Returns for how many records a chunk of so many bytes has room.
pub(super) fn entries_for(capacity: usize) -> usize {
    (capacity / BYTES_PER_ENTRY).max(1)
}

// The pointers are owned. What lies before `published` is only read (but see
// `block_memory` of a slice), what lies behind it is touched by the one `ChunkWriter` only.
impl Chunk {
    /// Makes one on the heap with room for so many bytes of records, at most 2³² − 5.
    pub(super) fn new(capacity: usize, home: ChunkHome) -> Self {
        let capacity = capacity.min(u32::MAX as usize - TAIL);
        let bytes: &mut [u8] = Box::leak(vec![0; capacity + TAIL].into_boxed_slice());
        let entries: &mut [MaybeUninit<ChunkEntry>] = Box::leak(Box::new_uninit_slice(entries_for(capacity)));
        let memory = ChunkMemory {
            entry_capacity: entries.len(),
            bytes: NonNull::from(bytes).cast(),
            capacity,
            entries: NonNull::from(entries).cast(),
            published: NonNull::from(Box::leak(Box::new(AtomicUsize::new(0)))),
        };
        Self::of(memory, None, home)
    }

    /// Makes one in a segment that was made for as many bytes.
    pub(super) fn in_segment(segment: Segment, capacity: usize, home: ChunkHome) -> Self {
        let memory = ChunkMemory {
            entry_capacity: entries_for(capacity),
            bytes: segment.bytes(),
            capacity,
            entries: segment.entries().cast(),
            published: NonNull::from(segment.published()),
        };
        Self::of(memory, Some(segment), home)
    }

    fn of(memory: ChunkMemory, segment: Option<Segment>, home: ChunkHome) -> Self {
        Self {
            memory,
            segment,
            taken: AtomicUsize::new(0),
            next: OnceLock::new(),
            ended: AtomicBool::new(false),
            home,
        }
    }

    /// Returns the bytes of memory that it occupies.
    pub(crate) fn memory(&self) -> usize {
        let ChunkMemory { capacity, entry_capacity, .. } = self.memory;
        size_of::<Self>() + capacity + TAIL + entry_capacity * size_of::<ChunkEntry>()
    }

    /// Empties one that nobody else refers to.
    fn reset(&mut self) {
        match &self.segment {
            Some(segment) => segment.reset(),
            None => self.published_mark().store(0, Ordering::Relaxed),
        }
        self.taken = AtomicUsize::new(0);
        self.next = OnceLock::new();
        self.ended = AtomicBool::new(false);
    }

    /// Tells whether nothing more is published here. Read before `published`, so that
    /// the number is the last.
    pub(super) fn is_closed(&self) -> bool {
        self.next.get().is_some() || self.ended.load(Ordering::Acquire)
    }

    fn published_mark(&self) -> &AtomicUsize {
        // SAFETY: it lives as long as the chunk.
        unsafe { self.memory.published.as_ref() }
    }

    pub(super) fn published(&self) -> usize {
        self.published_mark().load(Ordering::Acquire)
    }

    /// Tells whether who recovers this process would find it.
    pub(super) fn outlives_process(&self) -> bool {
        self.segment.as_ref().is_some_and(|segment| !segment.is_inherited() && !segment.is_lost())
    }

    /// Tells whether it belongs to a process that this one was forked from, which uses it.
    pub(super) fn is_inherited(&self) -> bool {
        self.segment.as_ref().is_some_and(Segment::is_inherited)
    }

    /// Returns published entries.
    pub(super) fn entries(&self, range: Range<usize>) -> &[ChunkEntry] {
        assert!(range.start <= range.end && range.end <= self.published());
        // SAFETY: the range is published: these entries were written before, and are not
        // written again while somebody refers to the chunk.
        unsafe {
            let first = self.memory.entries.as_ptr().cast::<ChunkEntry>().add(range.start);
            slice::from_raw_parts(first, range.len())
        }
    }

    /// Returns the offset where a record begins.
    pub(super) fn start_of(&self, record: usize) -> usize {
        match record.checked_sub(1) {
            Some(before) => self.entries(before..record)[0].end as usize,
            None => 0,
        }
    }

    /// Returns the bytes of published records.
    pub(super) fn bytes(&self, records: Range<usize>) -> &[u8] {
        let (from, end) = (self.start_of(records.start), self.start_of(records.end));
        assert!(from <= end && end <= self.memory.capacity);
        // SAFETY: the bytes of published records are initialised, and are written again
        // only by `block_memory` of a slice, which no other slice overlaps.
        unsafe { slice::from_raw_parts(self.memory.bytes.as_ptr().add(from), end - from) }
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        if self.segment.is_some() {
            return;
        }
        let ChunkMemory { bytes, capacity, entries, entry_capacity, published } = self.memory;
        // SAFETY: these were leaked boxes of these lengths, and nobody refers to them now.
        unsafe {
            drop(Box::from_raw(ptr::slice_from_raw_parts_mut(bytes.as_ptr(), capacity + TAIL)));
            drop(Box::from_raw(ptr::slice_from_raw_parts_mut(entries.as_ptr(), entry_capacity)));
            drop(Box::from_raw(published.as_ptr()));
        }
    }
}

impl std::fmt::Debug for Chunk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Chunk").field("memory", &self.memory).finish_non_exhaustive()
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
            if let Some(home) = chunk.home.as_ref().and_then(Weak::upgrade)
                && !chunk.is_inherited()
            {
                chunk.reset();
                home.take_back(Self(Some(shared)));
            }
        }
    }
}

/// The one that appends to a chunk, and to those after it.
#[derive(Debug)]
pub(crate) struct ChunkWriter {
    chunk: ChunkRef,
    memory: ChunkMemory,
    len: usize,
    count: usize,
}

impl ChunkWriter {
    /// Begins with an empty chunk, which it alone writes to.
    pub(super) fn new(chunk: ChunkRef) -> Self {
        Self { memory: chunk.memory, chunk, len: 0, count: 0 }
    }

    /// Tells whether its chunk is a file's.
    pub(super) fn is_mapped(&self) -> bool {
        self.chunk.segment.is_some()
    }

    /// Returns the memory for the next record; empty if there is no entry left for it.
    #[inline]
    pub(crate) fn room(&mut self) -> &mut [u8] {
        let has_entry = self.count < self.memory.entry_capacity;
        let len = if has_entry { self.memory.capacity - self.len } else { 0 };
        // SAFETY: these bytes are initialised and lie behind what is published, so nobody
        // else touches them while this writer, of which there is one, is borrowed.
        unsafe { slice::from_raw_parts_mut(self.memory.bytes.as_ptr().add(self.len), len) }
    }

    /// Publishes the first bytes of the room as a record, whatever its entry says of its end.
    #[inline]
    pub(crate) fn publish(&mut self, bytes: usize, entry: ChunkEntry) {
        self.append(bytes, entry);
        self.publish_appended();
    }

    /// Publishes what has been appended.
    #[inline]
    pub(super) fn publish_appended(&mut self) {
        // SAFETY: it lives as long as the chunk, which this writer has a part in.
        unsafe { self.memory.published.as_ref() }.store(self.count, Ordering::Release);
    }

    /// Appends the first bytes of the room as a record, which nobody sees yet.
    #[inline]
    pub(super) fn append(&mut self, bytes: usize, entry: ChunkEntry) {
        assert!(self.count < self.memory.entry_capacity && bytes <= self.memory.capacity - self.len);
        self.len += bytes;
        let entry = ChunkEntry { end: self.len as u32, ..entry };
        // SAFETY: the entry lies in the chunk, behind what is published, and this writer
        // is the only one.
        unsafe { (*self.memory.entries.as_ptr().add(self.count)).write(entry) };
        self.count += 1;
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
        self.memory.capacity
    }

    /// Returns the bytes of memory that the chunk occupies.
    pub(crate) fn memory(&self) -> usize {
        self.chunk.memory()
    }

    /// Goes on in another chunk.
    pub(crate) fn go_on_in(&mut self, chunk: ChunkRef) {
        // It is set once: this is the only writer, and it leaves the chunk now.
        let _ = self.chunk.next.set(chunk.clone());
        self.memory = chunk.memory;
        (self.chunk, self.len, self.count) = (chunk, 0, 0);
    }
}

/// Nothing more is published.
impl Drop for ChunkWriter {
    fn drop(&mut self) {
        self.chunk.ended.store(true, Ordering::Release);
    }
}
