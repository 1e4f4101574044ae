//! One thread's records for one destination, not written yet.
//!
//! The mutex is contended only by the flusher: no two logging threads share
//! one. Nothing but encoding runs under it, and encoding runs no foreign code.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::Instant;

use kakashi_core::{DropReason, EncoderCache, Guard as _, LogLevel, LogRecord, Output, RecordEnd};

use crate::threads::flusher;
use crate::delivery::sink_queue::Effort;
use crate::delivery::sink_queue::lock_until;
use crate::delivery::buffer_pool::Buffer;
use crate::delivery::buffer_pool::FINISH_ROOM;
use crate::dispatch::Driver;
use crate::submit::CatchPanic;

/// A record that needs more bytes than this is dropped and counted.
const MAX_RECORD_BYTES: usize = 128 << 20;

/// Grows by one with each fork: a buffer of an earlier number is the parent's.
pub(crate) static FORKS: AtomicUsize = AtomicUsize::new(0);

/// A thread's buffer for a destination.
#[derive(Debug)]
pub(crate) struct LocalBuffer {
    pub(crate) driver: Arc<Driver>,
    state: Mutex<State>,
    forks: usize,
}

/// What the mutex guards.
#[derive(Debug)]
pub(crate) struct State {
    buffer: Buffer,
    cache: EncoderCache,
    /// The flusher's round in which the buffer got its first record.
    round: usize,
    /// The route has been replaced: records go to the new one.
    closed: bool,
}

/// What a thread must still do after its record is in the buffer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Next {
    /// Nothing.
    Done,
    /// Tell the flusher that there is something to look after.
    Arm,
    /// Tell the flusher that a buffer is full.
    Wake,
    /// Write what is queued.
    Drain,
    /// Write what is queued, then put the record: no buffer is left for it.
    Help,
    /// Ask for the new route and log again.
    Reroute,
}

impl LocalBuffer {
    pub(crate) fn new(driver: Arc<Driver>) -> Arc<Self> {
        let buffer = driver.pool.take_or_make();
        let state = State { buffer, cache: EncoderCache::new(), round: 0, closed: false };
        let forks = FORKS.load(Ordering::Relaxed);
        let local = Arc::new(Self { driver, state: Mutex::new(state), forks });
        flusher::register_local(&local);
        local
    }

    /// Tells whether the buffer was made before a fork and belongs to the parent.
    pub(crate) fn is_inherited(&self) -> bool {
        self.forks != FORKS.load(Ordering::Relaxed)
    }

    /// Appends a record; `at_once` hands it over before returning.
    #[inline]
    pub(crate) fn put(&self, record: &LogRecord<'_>, at_once: bool) -> Next {
        self.put_locked(&mut self.lock(), record, at_once)
    }

    /// As `put`, for who puts many.
    #[inline]
    pub(crate) fn put_locked(&self, state: &mut State, record: &LogRecord<'_>, at_once: bool) -> Next {
        if state.closed {
            return Next::Reroute;
        }
        let buffer = &mut state.buffer;
        if buffer.ends.len() == buffer.ends.capacity() {
            // So many short records: full, rather than to be enlarged. Or no
            // buffer at all: the last went and none was left (see `hand_over`).
            return self.put_slowly(state, record, 0, at_once);
        }
        let start = buffer.len;
        let room = buffer.bytes.len() - FINISH_ROOM;
        let mut out = Output::resume(&mut buffer.bytes[..room], start);
        if !self.encode(record, &mut state.cache, &mut out) {
            return Next::Wake;
        }
        if out.overflowed() {
            let needed = out.position() - start;
            return self.put_slowly(state, record, needed, at_once);
        }
        buffer.len = out.position();
        buffer.ends.push(RecordEnd { end: buffer.len, level: record.level });
        if at_once {
            self.hand_over(state);
            return Next::Drain;
        }
        if start == 0 {
            state.round = flusher::round();
            return Next::Arm;
        }
        Next::Done
    }

    /// As `put_locked`, by copying what the same record has become elsewhere.
    #[inline]
    pub(crate) fn put_copy(&self, state: &mut State, record: &LogRecord<'_>, bytes: &[u8]) -> Next {
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
            state.round = flusher::round();
            return Next::Arm;
        }
        Next::Done
    }

    /// Encodes a record; false if the encoder panicked: then it is counted.
    #[inline(always)]
    fn encode(&self, record: &LogRecord<'_>, cache: &mut EncoderCache, out: &mut Output<'_>) -> bool {
        let encoder = &self.driver.encoder;
        if !self.driver.foreign_encoder {
            encoder.encode(record, cache, out);
            return true;
        }
        let whole = CatchPanic.run(&mut || encoder.encode(record, cache, out));
        if !whole {
            self.driver.outlet.count_dropped(record.level, DropReason::EncoderFailed);
        }
        whole
    }

    /// Makes room for a record that did not fit, which needs about this many bytes.
    #[inline(never)]
    fn put_slowly(
        &self,
        state: &mut State,
        record: &LogRecord<'_>,
        mut needed: usize,
        at_once: bool,
    ) -> Next {
        let mut next = Next::Arm;
        if !state.buffer.is_empty() {
            next = self.hand_over(state);
            if next == Next::Drain {
                return Next::Help;
            }
        }
        if state.buffer.bytes.is_empty() {
            state.buffer = self.driver.pool.take_or_make();
        }
        // Begins a batch: nothing stands before it.
        loop {
            if needed > MAX_RECORD_BYTES {
                self.driver.outlet.count_dropped(record.level, DropReason::TooLarge);
                return next.max(Next::Wake);
            }
            let buffer = &mut state.buffer;
            let room = self.driver.pool.batch_bytes().max(needed);
            if buffer.bytes.len() < room + FINISH_ROOM {
                buffer.bytes.resize(room + FINISH_ROOM, 0);
            }
            let room = buffer.bytes.len() - FINISH_ROOM;
            let mut out = Output::new(&mut buffer.bytes[..room]);
            if !self.encode(record, &mut state.cache, &mut out) {
                return Next::Wake;
            }
            if !out.overflowed() {
                buffer.len = out.position();
                buffer.ends.push(RecordEnd { end: buffer.len, level: record.level });
                break;
            }
            needed = out.position();
        }
        state.round = flusher::round();
        if at_once {
            self.hand_over(state);
            Next::Drain
        } else if state.buffer.len > self.driver.pool.batch_bytes() {
            self.hand_over(state).max(next)
        } else {
            next
        }
    }

    /// Queues the buffer and takes an empty one. While all spare ones are under
    /// way there is none: the thread must help to write, and then finds some.
    fn hand_over(&self, state: &mut State) -> Next {
        state.finish(&self.driver);
        let spare = self.driver.pool.take();
        let exhausted = spare.is_none();
        let full = std::mem::replace(&mut state.buffer, spare.unwrap_or_default());
        let waiting = self.driver.outlet.push(full, &self.driver.pool);
        match waiting {
            _ if exhausted => Next::Drain,
            // A wake-up costs more than what it saves a lone buffer, which is
            // written with the next one or at the flusher's next look.
            0 | 1 => Next::Arm,
            _ => Next::Wake,
        }
    }

    /// Queues what there is.
    pub(crate) fn flush(&self) {
        if !self.is_inherited() {
            self.flush_state(&mut self.lock());
        }
    }

    /// As `flush`, but gives up on the lock at a deadline, and then says so.
    pub(crate) fn flush_until(&self, deadline: Instant) -> bool {
        if self.is_inherited() {
            return true;
        }
        let Some(mut state) = lock_until(&self.state, deadline) else { return false };
        self.flush_state(&mut state);
        true
    }

    /// Queues what was there before the flusher's last round; false if
    /// something younger is left, or the thread is just writing.
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

    /// Returns how many records it holds, if nobody is just using it.
    pub(crate) fn waiting(&self) -> usize {
        match self.state.try_lock() {
            Ok(state) if !self.is_inherited() => state.buffer.ends.len(),
            _ => 0,
        }
    }

    /// Queues what there is and sends later records to the new route.
    pub(crate) fn close(&self) {
        if !self.is_inherited() {
            let mut state = self.lock();
            self.flush_state(&mut state);
            state.closed = true;
        }
    }

    fn flush_state(&self, state: &mut State) {
        if !state.buffer.is_empty() {
            state.finish(&self.driver);
            let empty = self.driver.pool.take_or_make();
            let full = std::mem::replace(&mut state.buffer, empty);
            self.driver.outlet.push(full, &self.driver.pool);
        }
    }

    /// Locks it: nothing foreign may run until it is free.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives the memory back once the thread is done with it.
    pub(crate) fn retire(&self) {
        if !self.is_inherited() {
            let mut state = self.lock();
            self.flush_state(&mut state);
            state.closed = true;
            self.driver.pool.give(std::mem::take(&mut state.buffer));
        }
        flusher::forget_local(self);
    }
}

impl State {
    /// Returns the bytes of the last record.
    pub(crate) fn last(&self) -> &[u8] {
        let ends = &self.buffer.ends;
        let from = ends.len().checked_sub(2).and_then(|at| ends.get(at)).map_or(0, |end| end.end);
        self.buffer.bytes.get(from..self.buffer.len).unwrap_or_default()
    }

    /// Appends what closes the batch.
    fn finish(&mut self, driver: &Driver) {
        let Self { buffer, cache, .. } = self;
        for _ in 0..2 {
            let mut out = Output::resume(&mut buffer.bytes, buffer.len);
            let mut finish = || driver.encoder.finish(cache, &mut out);
            let whole = CatchPanic.run(&mut finish);
            let (end, overflowed) = (out.position(), out.overflowed());
            if whole && !overflowed {
                buffer.len = end;
            }
            if !overflowed || !whole {
                break;
            }
            // Somebody else's encoder needs more than is kept for ours.
            buffer.bytes.resize(end, 0);
        }
        // The last record's end is the batch's.
        if let Some(last) = buffer.ends.last_mut() {
            last.end = buffer.len;
        }
    }
}

impl Next {
    /// Does it.
    pub(crate) fn act(self, driver: &Driver) {
        match self {
            Self::Done | Self::Reroute => {}
            Self::Arm => flusher::arm(),
            Self::Wake => flusher::wake(),
            Self::Drain | Self::Help => {
                if !driver.outlet.drain(Effort::Patient) {
                    flusher::arm();
                }
            }
        }
    }
}

/// Tells whether a level is written before its call returns.
#[inline]
pub(crate) fn is_urgent(level: LogLevel) -> bool {
    level >= LogLevel::Error
}
