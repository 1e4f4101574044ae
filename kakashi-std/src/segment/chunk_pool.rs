//! Where a destination's chunks are made, and kept when nobody needs them.
//!
//! A thread's first chunks are small and freed; full ones come back with their last reference. With a black
//! box each chunk is a file, of the full size.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread;

use super::chunk::{Chunk, ChunkHome, ChunkRef, ChunkWriter, TakeChunk, entries_for};
use super::chunk_slice::ChunkSlice;
use super::live::{self, BoxPlace};
use crate::reentrancy::{CriticalSection, thread_number};
use crate::sync::{AtomicBool, Ordering};

/// The bytes of a thread's first chunk.
const FIRST_BYTES: usize = 2048;
/// Chunks of the full size that are kept: what may wait for one destination at first.
const MOST_FREE: usize = 40;

/// Keeps spare chunks of one size for one destination.
#[derive(Debug)]
pub(crate) struct ChunkPool {
    full_bytes: usize,
    /// Where chunks are made that outlive the process.
    place: Option<BoxPlace>,
    free: Mutex<Vec<ChunkRef>>,
    /// Set in a forked child if another thread held the lock at `fork`: it can never be
    /// released.
    lock_lost: AtomicBool,
}

impl ChunkPool {
    /// Makes a pool of chunks of so many bytes.
    pub(crate) fn new(full_bytes: usize, place: Option<BoxPlace>) -> Arc<Self> {
        Arc::new(Self { full_bytes, place, free: Mutex::default(), lock_lost: AtomicBool::new(false) })
    }

    /// Returns the bytes of a full-size chunk.
    pub(crate) fn full_bytes(&self) -> usize {
        self.full_bytes
    }

    /// Makes a thread's first chunk: a small one, for most threads log little; of the full size in a
    /// black box, where each is a file.
    pub(crate) fn first(self: &Arc<Self>) -> ChunkRef {
        let mapped = self.place().and_then(|place| self.mapped(place, 0));
        mapped.unwrap_or_else(|| ChunkRef::new(Chunk::new(FIRST_BYTES.min(self.full_bytes), None)))
    }

    /// Makes the chunk after one of `before` bytes, for a record that needs `needed`: twice
    /// as large, up to the full size.
    pub(crate) fn next(self: &Arc<Self>, before: usize, needed: usize) -> ChunkRef {
        if let Some(place) = self.place() {
            let mapped = self.mapped(place, needed);
            // None on the heap is kept: there may be room again.
            let wanted = (2 * before).min(self.full_bytes).max(needed);
            return mapped.unwrap_or_else(|| ChunkRef::new(Chunk::new(wanted, None)));
        }
        let wanted = (2 * before).min(self.full_bytes);
        if needed > self.full_bytes {
            // Too large to be kept.
            return ChunkRef::new(Chunk::new(needed, None));
        }
        if wanted < self.full_bytes {
            return ChunkRef::new(Chunk::new(wanted.max(needed), None));
        }
        let spare = self.free().and_then(|mut free| free.pop());
        spare.unwrap_or_else(|| ChunkRef::new(Chunk::new(self.full_bytes, self.home())))
    }

    /// Returns where chunks are made that outlive the process; none without a black box.
    pub(crate) fn place(&self) -> Option<&BoxPlace> {
        self.place.as_ref().filter(|_| live::is_on())
    }

    /// Returns a chunk that outlives the process, for this thread; none if there is no room.
    fn mapped(self: &Arc<Self>, place: &BoxPlace, needed: usize) -> Option<ChunkRef> {
        let mut spare = None;
        if needed <= self.full_bytes {
            spare = self.free().and_then(|mut free| free.pop());
            // A spare one may be the parent's, or older than the black box, or than its directory.
            while let Some(other) = spare.take_if(|spare| !spare.outlives_process()) {
                other.free();
                spare = self.free().and_then(|mut free| free.pop());
            }
        }
        let chunk = match spare {
            Some(spare) => spare,
            None => {
                let capacity = needed.max(self.full_bytes);
                let segment = place.make(capacity, entries_for(capacity))?;
                let home = if needed > self.full_bytes { None } else { self.home() };
                ChunkRef::new(Chunk::in_segment(segment, capacity, home))
            }
        };
        if let Some(segment) = &chunk.segment {
            segment.set_thread(thread_number());
        }
        Some(chunk)
    }

    /// Tells whether a thread's chunk is older than the black box, and should be left.
    pub(crate) fn is_outdated(&self, writer: &ChunkWriter) -> bool {
        self.place().is_some() && !writer.is_mapped()
    }

    /// Counts records that are taken from a chunk of the heap although there is a black box.
    pub(crate) fn count_on_heap(&self, slice: &ChunkSlice) {
        if self.place().is_some() && !slice.is_kept() {
            live::count_on_heap(slice.entries().len());
        }
    }

    /// Returns what its chunks know of it.
    fn home(self: &Arc<Self>) -> ChunkHome {
        let weak = Arc::downgrade(self);
        Some(weak)
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

impl TakeChunk for ChunkPool {
    fn take_back(&self, chunk: ChunkRef) {
        match self.free() {
            Some(mut free) if free.len() < MOST_FREE => {
                let _section = CriticalSection::begin();
                free.push(chunk);
            }
            // Its pool would take it back again.
            _ => chunk.free(),
        }
    }
}
