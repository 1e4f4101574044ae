//! Buffers of encoded records, used again and again.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread;

use kakashi_core::{Batch, RecordEnd};

/// Room kept free for what closes a batch.
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
    pub(crate) announces: usize,
}

impl Buffer {
    pub(crate) fn new(batch_bytes: usize) -> Self {
        // A line of text is longer than 32 bytes; where records are shorter, this fills
        // up first. What is not used costs address space, no memory.
        Self {
            bytes: vec![0; batch_bytes + FINISH_ROOM],
            len: 0,
            ends: Vec::with_capacity(batch_bytes / 32),
            announces: 0,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Gives back memory that it does not need to wait.
    pub(crate) fn shrink(&mut self) {
        self.bytes.truncate(self.len);
        self.bytes.shrink_to_fit();
        self.ends.shrink_to_fit();
    }

    /// Returns how many bytes of memory it takes.
    pub(crate) fn memory(&self) -> usize {
        self.bytes.capacity() + self.ends.capacity() * size_of::<RecordEnd>()
    }

    pub(crate) fn batch(&self) -> Batch<'_> {
        Batch::new(&self.bytes[..self.len], &self.ends).after_dropped(self.announces)
    }

    fn clear(&mut self) {
        self.len = 0;
        self.ends.clear();
        self.announces = 0;
    }
}

/// Keeps spare buffers of one size for one destination.
#[derive(Debug)]
pub(crate) struct Pool {
    batch_bytes: usize,
    state: Mutex<State>,
    /// In the child of a fork: a thread of the parent has the lock for ever.
    lost: AtomicBool,
}

#[derive(Debug, Default)]
struct State {
    free: Vec<Buffer>,
    /// Spare buffers that exist: those that are free and those under way.
    spare: usize,
}

/// Buffers that may be under way beside those that threads fill.
const SPARE: usize = 4;

impl Pool {
    pub(crate) fn new(batch_bytes: usize) -> Self {
        Self { batch_bytes, state: Mutex::new(State::default()), lost: AtomicBool::new(false) }
    }

    pub(crate) fn batch_bytes(&self) -> usize {
        self.batch_bytes
    }

    /// Takes an empty buffer; none while all spare ones are under way.
    pub(crate) fn take(&self) -> Option<Buffer> {
        let mut state = self.state()?;
        if let Some(buffer) = state.free.pop() {
            return Some(buffer);
        }
        if state.spare >= SPARE {
            return None;
        }
        state.spare += 1;
        drop(state);
        Some(Buffer::new(self.batch_bytes))
    }

    /// Takes an empty buffer for a thread that has none, a new one if it must be.
    pub(crate) fn take_or_make(&self) -> Buffer {
        let spare = self.state().and_then(|mut state| {
            let buffer = state.free.pop()?;
            state.spare -= 1;
            Some(buffer)
        });
        spare.unwrap_or_else(|| Buffer::new(self.batch_bytes))
    }

    /// Takes a buffer back.
    pub(crate) fn give(&self, mut buffer: Buffer) {
        let usual = buffer.bytes.len() == self.batch_bytes + FINISH_ROOM;
        let Some(mut state) = self.state() else { return };
        let under_way = state.spare - state.free.len();
        if usual && (under_way > 0 || state.spare < SPARE) {
            if under_way == 0 {
                // A thread's own, which has ended or has taken a spare one for it.
                state.spare += 1;
            }
            buffer.clear();
            state.free.push(buffer);
        } else if under_way > 0 {
            // Too large to be kept: another takes its place when it is needed.
            state.spare -= 1;
        }
    }

    /// Locks the pool. It is held for a few instructions at a time: who does
    /// not get it in a thousand tries is in the child of a fork that came in
    /// between, and does without.
    fn state(&self) -> Option<MutexGuard<'_, State>> {
        for _ in 0..1000 {
            match self.state.try_lock() {
                Ok(state) => return Some(state),
                Err(TryLockError::Poisoned(state)) => return Some(PoisonError::into_inner(state)),
                Err(TryLockError::WouldBlock) if self.lost.load(Ordering::Relaxed) => return None,
                Err(TryLockError::WouldBlock) => thread::yield_now(),
            }
        }
        self.lost.store(true, Ordering::Relaxed);
        None
    }
}
