//! A sink with what waits for it.
//!
//! Full buffers wait in order; whichever thread has time (the flusher, a thread that
//! logs an ERROR, a thread that finds no empty buffer) takes the sink's lock and
//! writes them. A sink that fails keeps its place: what it took is never written
//! twice, what it did not take waits and is tried again, up to a limit; beyond that
//! records are dropped, counted, and announced in the stream once it flows again.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use kakashi_core::{DropReason, Encoder, LogLevel, RetryMode, Sink, SinkError, SinkErrorKind};

use super::backlog::Backlog;
use super::buffer_pool::{Buffer, BufferPool};
use super::counters::COUNTERS;
use super::report;
use super::sink_writer::SinkWriter;
use crate::reentrancy::is_in_sink;
use crate::sync::timed_lock::lock_until;

/// What may wait for a sink that fails, beside the buffer in flight.
const BACKLOG_BYTES: usize = 4 << 20;
/// More buffers than this wait only for a sink that is stuck or fails.
const FEW_BUFFERS: usize = 8;
/// Buffers that may join those that wait while they are written.
const SPARE_ROUNDS: usize = 64;

/// A sink, its backlog, and whether it fails.
pub(crate) struct SinkQueue {
    pub(crate) name: Box<str>,
    pub(crate) is_terminal: bool,
    /// Bytes and records of a wire batch only make sense together.
    backlog: Mutex<Backlog>,
    writer: Mutex<SinkWriter>,
    failing: AtomicBool,
    /// Records of the buffer in flight that the sink has not taken.
    in_flight: AtomicUsize,
    /// Set in a forked child if another thread held the writer's lock at `fork`. It
    /// can never be released.
    lock_lost: AtomicBool,
}

impl SinkQueue {
    pub(crate) fn new(name: Box<str>, sink: Box<dyn Sink + Send>) -> Arc<Self> {
        Arc::new(Self {
            name,
            is_terminal: sink.is_terminal(),
            backlog: Mutex::default(),
            writer: Mutex::new(SinkWriter::new(sink)),
            failing: AtomicBool::new(false),
            in_flight: AtomicUsize::new(0),
            lock_lost: AtomicBool::new(false),
        })
    }

    pub(crate) fn set_encoder(&self, encoder: &Arc<dyn Encoder>) {
        self.backlog().set_encoder(encoder);
    }

    /// Appends a buffer; returns how many wait now.
    pub(crate) fn push(&self, mut buffer: Buffer, pool: &Arc<BufferPool>) -> usize {
        let mut backlog = self.backlog();
        let lost = self.lock_lost.load(Ordering::Relaxed);
        if backlog.len() >= FEW_BUFFERS {
            // What waits for long must not occupy more memory than it needs.
            buffer.shrink();
        }
        let full = self.failing.load(Ordering::Relaxed) && backlog.bytes() + buffer.memory() > BACKLOG_BYTES;
        if lost && !self.failing.swap(true, Ordering::Relaxed) {
            report::print(format_args!(
                "{}: its records are dropped: it was writing when the process forked",
                self.name
            ));
        }
        if lost || full {
            let reason = if lost { DropReason::Shutdown } else { DropReason::SinkFailed };
            for end in &buffer.ends {
                backlog.drop_many(end.level, reason, 1);
            }
            drop(backlog);
            pool.give(buffer);
            return 0;
        }
        backlog.push(buffer, pool);
        backlog.len()
    }

    /// Counts a record that can't be delivered.
    pub(crate) fn count_dropped(&self, level: LogLevel, reason: DropReason) {
        self.count_dropped_many(level, reason, 1);
    }

    /// Counts records that can't be delivered.
    pub(crate) fn count_dropped_many(&self, level: LogLevel, reason: DropReason, records: usize) {
        self.backlog().drop_many(level, reason, records);
    }

    /// Tells whether something waits.
    pub(crate) fn has_work(&self) -> bool {
        let backlog = self.backlog();
        backlog.has_work() || self.failing.load(Ordering::Relaxed)
    }

    /// Writes what waits, as long as the sink takes it; false if something is left.
    ///
    /// Called from inside a sink it does nothing: the lock may be this thread's.
    pub(crate) fn drain(&self, mode: RetryMode) -> bool {
        if is_in_sink() {
            return false;
        }
        if self.lock_lost.load(Ordering::Relaxed) {
            return true;
        }
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        self.drain_locked(writer, mode)
    }

    /// As [`drain`](Self::drain), but waits for the lock up to a deadline.
    pub(crate) fn drain_until(&self, deadline: Instant) -> bool {
        if is_in_sink() || self.lock_lost.load(Ordering::Relaxed) {
            return false;
        }
        match lock_until(&self.writer, deadline) {
            Some(writer) => self.drain_locked(writer, RetryMode::Now),
            None => false,
        }
    }

    fn drain_locked(&self, mut writer: MutexGuard<'_, SinkWriter>, mode: RetryMode) -> bool {
        if mode == RetryMode::Backoff && writer.is_backing_off() {
            return false;
        }
        // A sink that logs what it writes must not keep this going for ever: drops are
        // announced once, and as much is written as waits now.
        let mut may_announce = true;
        let mut left = self.backlog().len() + SPARE_ROUNDS;
        loop {
            if writer.is_idle() && (left == 0 || !self.begin_next(&mut writer, &mut may_announce)) {
                return true;
            }
            left = left.saturating_sub(1);
            self.in_flight.store(writer.records_left(), Ordering::Relaxed);
            let result = writer.write_current();
            self.in_flight.store(writer.records_left(), Ordering::Relaxed);
            match result {
                Ok(()) => self.recover(&mut writer),
                Err(error) => {
                    self.fail(&mut writer, error);
                    return false;
                }
            }
        }
    }

    /// Writes what waits and has the sink pass on what it buffers itself, up to a
    /// deadline. Returns how many records are left.
    pub(crate) fn flush_until(&self, deadline: Instant) -> usize {
        let clean = self.drain_until(deadline);
        self.flush_sink(deadline);
        // What other threads have appended since does not count as left.
        if clean { 0 } else { self.waiting() }
    }

    /// Has the sink pass on what it buffers itself, up to a deadline.
    fn flush_sink(&self, deadline: Instant) {
        if self.lock_lost.load(Ordering::Relaxed) {
            return;
        }
        let Some(mut writer) = lock_until(&self.writer, deadline) else { return };
        if let Err(error) = writer.flush() {
            self.fail(&mut writer, error);
        }
    }

    /// Puts the next buffer in flight; false if none waits.
    fn begin_next(&self, writer: &mut SinkWriter, may_announce: &mut bool) -> bool {
        let mut backlog = self.backlog();
        if backlog.len() == 0 && backlog.has_unannounced() && std::mem::take(may_announce) {
            // No buffer comes after the drops that could carry the announcement.
            backlog.announce(&Arc::new(BufferPool::new(0)));
        }
        let Some((buffer, pool)) = backlog.pop() else { return false };
        writer.begin(buffer, pool);
        true
    }

    fn recover(&self, writer: &mut SinkWriter) {
        writer.reset_backoff();
        if self.failing.load(Ordering::Relaxed) {
            self.failing.store(false, Ordering::Relaxed);
        }
    }

    #[cold]
    fn fail(&self, writer: &mut SinkWriter, error: SinkError) {
        COUNTERS.add_failure();
        writer.back_off();
        let reported = self.failing.swap(true, Ordering::Relaxed);
        if !reported && error.kind() != SinkErrorKind::Retry {
            report::sink_failed(&self.name, error, BACKLOG_BYTES);
        }
    }

    /// Returns how many records wait.
    pub(crate) fn waiting(&self) -> usize {
        let queued = self.backlog().records();
        // Not read from the writer: another thread may hold its lock.
        queued + self.in_flight.load(Ordering::Relaxed)
    }

    fn backlog(&self) -> MutexGuard<'_, Backlog> {
        self.backlog.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Locks it for a fork: the backlog, and the writer if it is free in time.
    #[cfg(unix)]
    pub(crate) fn lock_for_fork(&self, deadline: Instant) -> LockedSinkQueue<'_> {
        LockedSinkQueue { writer: lock_until(&self.writer, deadline), backlog: self.backlog() }
    }

    /// Forgets, in the child of a fork, what the parent will write.
    #[cfg(unix)]
    pub(crate) fn abandon(&self, locked: &mut LockedSinkQueue<'_>) {
        locked.backlog.abandon();
        self.in_flight.store(0, Ordering::Relaxed);
        match &mut locked.writer {
            Some(writer) => writer.abandon(),
            None => self.lock_lost.store(true, Ordering::Relaxed),
        }
    }
}

/// A destination that was replaced while its sink failed is tried once more; the
/// records that are left are counted and reported.
impl Drop for SinkQueue {
    fn drop(&mut self) {
        self.drain(RetryMode::Now);
        let left = self.waiting();
        if left == 0 {
            return;
        }
        let writer = self.writer.get_mut().unwrap_or_else(PoisonError::into_inner);
        let backlog = self.backlog.get_mut().unwrap_or_else(PoisonError::into_inner);
        for level in writer.levels_left().chain(backlog.levels()) {
            COUNTERS.add_dropped(level, DropReason::SinkFailed, 1);
        }
        report::print(format_args!(
            "{left} records for {} were dropped: it failed until it was replaced",
            self.name
        ));
    }
}

/// A queue that no other thread can use while the process forks.
#[cfg(unix)]
pub(crate) struct LockedSinkQueue<'a> {
    writer: Option<MutexGuard<'a, SinkWriter>>,
    backlog: MutexGuard<'a, Backlog>,
}

impl std::fmt::Debug for SinkQueue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SinkQueue").field("name", &self.name).finish_non_exhaustive()
    }
}
