//! One thread's records for one destination, not written yet.
//!
//! The mutex is contended only by the flusher: no two logging threads share one. Nothing
//! but encoding runs under it; what the values' own code yields was encoded before, and a
//! foreign encoder runs under a guard against its panics.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Instant;

use kakashi_core::{
    CatchPanic, DropReason, EncoderCache, Guard as _, LogRecord, MAX_RECORD_BYTES, Output, RecordEnd,
    RetryMode,
};

use super::endpoint::Endpoint;
use super::flush_signal;
use crate::delivery::buffer_pool::{Buffer, FINISH_ROOM};
use crate::sync::fork_epoch::ForkEpoch;
use crate::sync::timed_lock::lock_until;

/// One thread's buffer for one endpoint.
#[derive(Debug)]
pub(crate) struct ThreadBuffer {
    pub(crate) endpoint: Arc<Endpoint>,
    state: Mutex<BufferState>,
    epoch: ForkEpoch,
}

/// The buffer, which the mutex guards.
#[derive(Debug)]
pub(crate) struct BufferState {
    buffer: Buffer,
    cache: EncoderCache,
    /// The flusher's sweep after which the buffer got its first record.
    round: usize,
    /// The dispatch has been replaced: records go to the new one.
    closed: bool,
}

/// What a thread must still do after it has put a record into its buffer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum AfterPut {
    /// Nothing.
    Done,
    /// Arm the flusher: a buffer holds its first record.
    ArmFlusher,
    /// Wake the flusher: a full buffer waits.
    WakeFlusher,
    /// Write what waits for the sink.
    Drain,
    /// Write what waits for the sink, then put the record: no buffer was left for it.
    DrainAndRetry,
    /// Put the record into a buffer of the new dispatch: this one has been replaced.
    Replaced,
}

impl ThreadBuffer {
    pub(crate) fn new(endpoint: Arc<Endpoint>) -> Arc<Self> {
        let buffer = endpoint.pool.take_or_make();
        let state = BufferState { buffer, cache: EncoderCache::new(), round: 0, closed: false };
        Arc::new(Self { endpoint, state: Mutex::new(state), epoch: ForkEpoch::current() })
    }

    /// Tells whether the buffer was made before a fork and belongs to the parent.
    pub(crate) fn is_inherited(&self) -> bool {
        self.epoch.is_past()
    }

    /// Appends a record; `at_once` also hands the buffer over.
    #[inline]
    pub(crate) fn put(&self, record: &LogRecord<'_>, at_once: bool) -> AfterPut {
        self.put_locked(&mut self.lock(), record, at_once)
    }

    /// As [`put`](Self::put), with the lock held over many records.
    #[inline]
    pub(crate) fn put_locked(
        &self,
        state: &mut BufferState,
        record: &LogRecord<'_>,
        at_once: bool,
    ) -> AfterPut {
        if state.closed {
            return AfterPut::Replaced;
        }
        let buffer = &mut state.buffer;
        if buffer.ends.len() == buffer.ends.capacity() {
            // Full of short records: handed over rather than enlarged. Or there is no
            // buffer: the last was handed over and no spare was left (see `hand_over`).
            return self.put_slowly(state, record, 0, at_once);
        }
        let start = buffer.len;
        let room = buffer.bytes.len() - FINISH_ROOM;
        let mut out = Output::resume(&mut buffer.bytes[..room], start);
        if !self.encode(record, &mut state.cache, &mut out) {
            return AfterPut::WakeFlusher;
        }
        if out.overflowed() {
            let needed = out.position() - start;
            return self.put_slowly(state, record, needed, at_once);
        }
        buffer.len = out.position();
        buffer.ends.push(RecordEnd { end: buffer.len, level: record.level });
        if at_once {
            self.hand_over(state);
            return AfterPut::Drain;
        }
        if start == 0 {
            state.round = flush_signal::round();
            return AfterPut::ArmFlusher;
        }
        AfterPut::Done
    }

    /// As [`put_locked`](Self::put_locked), by copying the bytes of the same record from
    /// another buffer.
    #[inline]
    pub(crate) fn put_copy(&self, state: &mut BufferState, record: &LogRecord<'_>, bytes: &[u8]) -> AfterPut {
        let buffer = &mut state.buffer;
        let (start, end) = (buffer.len, buffer.len + bytes.len());
        let fits = end + FINISH_ROOM <= buffer.bytes.len() && buffer.ends.len() < buffer.ends.capacity();
        if state.closed || !fits {
            return self.put_locked(state, record, false);
        }
        buffer.bytes[start..end].copy_from_slice(bytes);
        buffer.len = end;
        buffer.ends.push(RecordEnd { end, level: record.level });
        if start == 0 {
            state.round = flush_signal::round();
            return AfterPut::ArmFlusher;
        }
        AfterPut::Done
    }

    /// Encodes a record; false if the encoder panicked: the record is counted as dropped.
    #[inline(always)]
    fn encode(&self, record: &LogRecord<'_>, cache: &mut EncoderCache, out: &mut Output<'_>) -> bool {
        let encoder = &self.endpoint.encoder;
        if !self.endpoint.foreign_encoder {
            encoder.encode(record, cache, out);
            return true;
        }
        let whole = CatchPanic.run(&mut || encoder.encode(record, cache, out));
        if !whole {
            self.endpoint.queue.count_dropped(record.level, DropReason::EncoderFailed);
        }
        whole
    }

    /// Puts a record that did not fit and needs about this many bytes.
    #[inline(never)]
    fn put_slowly(
        &self,
        state: &mut BufferState,
        record: &LogRecord<'_>,
        mut needed: usize,
        at_once: bool,
    ) -> AfterPut {
        let mut next = AfterPut::ArmFlusher;
        if !state.buffer.is_empty() {
            next = self.hand_over(state);
            if next == AfterPut::Drain {
                return AfterPut::DrainAndRetry;
            }
        }
        if state.buffer.bytes.is_empty() {
            state.buffer = self.endpoint.pool.take_or_make();
        }
        // The record begins a batch.
        loop {
            if needed > MAX_RECORD_BYTES {
                self.endpoint.queue.count_dropped(record.level, DropReason::TooLarge);
                return next.max(AfterPut::WakeFlusher);
            }
            let buffer = &mut state.buffer;
            let room = self.endpoint.pool.batch_bytes().max(needed);
            if buffer.bytes.len() < room + FINISH_ROOM {
                buffer.bytes.resize(room + FINISH_ROOM, 0);
            }
            let room = buffer.bytes.len() - FINISH_ROOM;
            let mut out = Output::new(&mut buffer.bytes[..room]);
            if !self.encode(record, &mut state.cache, &mut out) {
                return AfterPut::WakeFlusher;
            }
            if !out.overflowed() {
                buffer.len = out.position();
                buffer.ends.push(RecordEnd { end: buffer.len, level: record.level });
                break;
            }
            needed = out.position();
        }
        state.round = flush_signal::round();
        if at_once {
            self.hand_over(state);
            AfterPut::Drain
        } else if state.buffer.len > self.endpoint.pool.batch_bytes() {
            self.hand_over(state).max(next)
        } else {
            next
        }
    }

    /// Appends the buffer to the sink's queue and takes an empty one. While all spare
    /// buffers are in flight there is none: the thread must drain the queue first.
    fn hand_over(&self, state: &mut BufferState) -> AfterPut {
        state.finish(&self.endpoint);
        let spare = self.endpoint.pool.take();
        let exhausted = spare.is_none();
        let full = std::mem::replace(&mut state.buffer, spare.unwrap_or_default());
        let waiting = self.endpoint.queue.push(full, &self.endpoint.pool);
        match waiting {
            _ if exhausted => AfterPut::Drain,
            // A wake-up costs more than it gains for a single buffer, which is written
            // with the next one or at the flusher's next sweep.
            0 | 1 => AfterPut::ArmFlusher,
            _ => AfterPut::WakeFlusher,
        }
    }

    /// Appends what it holds to the sink's queue.
    pub(crate) fn flush(&self) {
        if !self.is_inherited() {
            self.flush_state(&mut self.lock());
        }
    }

    /// As [`flush`](Self::flush), but waits for the lock up to a deadline; false if it is
    /// not free by then.
    pub(crate) fn flush_until(&self, deadline: Instant) -> bool {
        if self.is_inherited() {
            return true;
        }
        let Some(mut state) = lock_until(&self.state, deadline) else { return false };
        self.flush_state(&mut state);
        true
    }

    /// Flushes a buffer whose first record is older than the flusher's last sweep; false
    /// if it holds younger records, or its thread is using it.
    pub(crate) fn flush_old(&self, round: usize) -> bool {
        let mut state = match self.state.try_lock() {
            Ok(state) => state,
            Err(TryLockError::Poisoned(state)) => state.into_inner(),
            Err(TryLockError::WouldBlock) => return false,
        };
        if state.buffer.is_empty() {
            return true;
        }
        if state.round >= round {
            return false;
        }
        self.flush_state(&mut state);
        true
    }

    /// Returns how many records it holds; 0 while its thread is using it.
    pub(crate) fn waiting(&self) -> usize {
        match self.state.try_lock() {
            Ok(state) if !self.is_inherited() => state.buffer.ends.len(),
            _ => 0,
        }
    }

    /// Flushes it and sends later records to the new dispatch.
    pub(crate) fn close(&self) {
        if !self.is_inherited() {
            let mut state = self.lock();
            self.flush_state(&mut state);
            state.closed = true;
        }
    }

    fn flush_state(&self, state: &mut BufferState) {
        if !state.buffer.is_empty() {
            state.finish(&self.endpoint);
            let empty = self.endpoint.pool.take_or_make();
            let full = std::mem::replace(&mut state.buffer, empty);
            self.endpoint.queue.push(full, &self.endpoint.pool);
        }
    }

    /// Locks it; no foreign code may run while the lock is held.
    pub(crate) fn lock(&self) -> MutexGuard<'_, BufferState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Flushes the buffer and returns its memory to the pool; it is not used again.
    pub(crate) fn retire(&self) {
        if !self.is_inherited() {
            let mut state = self.lock();
            self.flush_state(&mut state);
            state.closed = true;
            self.endpoint.pool.give(std::mem::take(&mut state.buffer));
        }
    }
}

impl BufferState {
    /// Returns the bytes of the last record.
    pub(crate) fn last(&self) -> &[u8] {
        let ends = &self.buffer.ends;
        let from = ends.len().checked_sub(2).and_then(|at| ends.get(at)).map_or(0, |end| end.end);
        self.buffer.bytes.get(from..self.buffer.len).unwrap_or_default()
    }

    /// Appends the bytes that end the batch.
    fn finish(&mut self, endpoint: &Endpoint) {
        let Self { buffer, cache, .. } = self;
        for _ in 0..2 {
            let mut out = Output::resume(&mut buffer.bytes, buffer.len);
            let mut finish = || endpoint.encoder.finish(cache, &mut out);
            let whole = CatchPanic.run(&mut finish);
            let (end, overflowed) = (out.position(), out.overflowed());
            if whole && !overflowed {
                buffer.len = end;
            }
            if !overflowed || !whole {
                break;
            }
            // A foreign encoder needs more bytes than are kept free for ours.
            buffer.bytes.resize(end, 0);
        }
        // The last record's end is the batch's.
        if let Some(last) = buffer.ends.last_mut() {
            last.end = buffer.len;
        }
    }
}

impl AfterPut {
    /// Does what is left to do, except for putting the record again.
    pub(crate) fn act(self, endpoint: &Endpoint) {
        match self {
            Self::Done | Self::Replaced => {}
            Self::ArmFlusher => flush_signal::arm(),
            Self::WakeFlusher => flush_signal::wake(),
            Self::Drain | Self::DrainAndRetry => {
                if !endpoint.queue.drain(RetryMode::Backoff) {
                    flush_signal::arm();
                }
            }
        }
    }
}
