//! Buffers of encoded records, used again and again.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread;

use kakashi_core::{Batch, RecordEnd};

/// Bytes kept free for what ends a batch.
pub(crate) const FINISH_ROOM: usize = 16;

/// Encoded records waiting to be written.
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    /// Allocated memory, all of it initialised.
    pub(crate) bytes: Vec<u8>,
    /// How much of it is filled.
    pub(crate) len: usize,
    pub(crate) ends: Vec<RecordEnd>,
    /// How many dropped records this buffer announces.
    pub(crate) announced_drops: usize,
}

impl Buffer {
    pub(crate) fn new(batch_bytes: usize) -> Self {
        // A line of text is longer than 32 bytes; where records are shorter, the list of
        // ends is full first. Unused entries cost address space, no memory.
        Self {
            bytes: vec![0; batch_bytes + FINISH_ROOM],
            len: 0,
            ends: Vec::with_capacity(batch_bytes / 32),
            announced_drops: 0,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns the memory that its records do not need.
    pub(crate) fn shrink(&mut self) {
        self.bytes.truncate(self.len);
        self.bytes.shrink_to_fit();
        self.ends.shrink_to_fit();
    }

    /// Returns the bytes of memory that it occupies.
    pub(crate) fn memory(&self) -> usize {
        self.bytes.capacity() + self.ends.capacity() * size_of::<RecordEnd>()
    }

    pub(crate) fn batch(&self) -> Batch<'_> {
        Batch::new(&self.bytes[..self.len], &self.ends).after_dropped(self.announced_drops)
    }

    fn clear(&mut self) {
        self.len = 0;
        self.ends.clear();
        self.announced_drops = 0;
    }
}

/// Keeps spare buffers of one size for one destination.
#[derive(Debug)]
pub(crate) struct BufferPool {
    batch_bytes: usize,
    spares: Mutex<Spares>,
    /// Set in a forked child if another thread held the lock at `fork`: it can never
    /// be released.
    lock_lost: AtomicBool,
}

#[derive(Debug, Default)]
struct Spares {
    free: Vec<Buffer>,
    /// Spare buffers that exist: those that are free and those in flight.
    existing: usize,
}

/// Buffers that may be in flight beside those that threads fill.
const SPARE: usize = 4;

impl BufferPool {
    pub(crate) fn new(batch_bytes: usize) -> Self {
        Self { batch_bytes, spares: Mutex::new(Spares::default()), lock_lost: AtomicBool::new(false) }
    }

    pub(crate) fn batch_bytes(&self) -> usize {
        self.batch_bytes
    }

    /// Takes an empty buffer; none while all spare ones are in flight.
    pub(crate) fn take(&self) -> Option<Buffer> {
        let mut spares = self.spares()?;
        if let Some(buffer) = spares.free.pop() {
            return Some(buffer);
        }
        if spares.existing >= SPARE {
            return None;
        }
        spares.existing += 1;
        drop(spares);
        Some(Buffer::new(self.batch_bytes))
    }

    /// Takes an empty buffer for a thread that has none, a new one if it must be.
    pub(crate) fn take_or_make(&self) -> Buffer {
        let spare = self.spares().and_then(|mut spares| {
            let buffer = spares.free.pop()?;
            spares.existing -= 1;
            Some(buffer)
        });
        spare.unwrap_or_else(|| Buffer::new(self.batch_bytes))
    }

    /// Takes a buffer back.
    pub(crate) fn give(&self, mut buffer: Buffer) {
        let usual = buffer.bytes.len() == self.batch_bytes + FINISH_ROOM;
        let Some(mut spares) = self.spares() else { return };
        let in_flight = spares.existing - spares.free.len();
        if usual && (in_flight > 0 || spares.existing < SPARE) {
            if in_flight == 0 {
                // It was a thread's own: the thread has ended, or has taken a spare one.
                spares.existing += 1;
            }
            buffer.clear();
            spares.free.push(buffer);
        } else if in_flight > 0 {
            // Too large to be kept: another takes its place when it is needed.
            spares.existing -= 1;
        }
    }

    /// Locks the pool. Each holder keeps the lock for a few instructions: a caller that
    /// does not get it in a thousand attempts runs in a child that was forked while
    /// another thread held it, and does without the pool.
    fn spares(&self) -> Option<MutexGuard<'_, Spares>> {
        for _ in 0..1000 {
            match self.spares.try_lock() {
                Ok(spares) => return Some(spares),
                Err(TryLockError::Poisoned(spares)) => return Some(PoisonError::into_inner(spares)),
                Err(TryLockError::WouldBlock) if self.lock_lost.load(Ordering::Relaxed) => return None,
                Err(TryLockError::WouldBlock) => thread::yield_now(),
            }
        }
        self.lock_lost.store(true, Ordering::Relaxed);
        None
    }
}
