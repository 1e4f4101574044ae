//! A sink with what waits for it.
//!
//! One thread at a time writes, in order: a caller where that can't block (a regular file,
//! memory) or where it has a deadline and the sink says how much it takes at once, the
//! destination's own thread everywhere else. So no destination holds up another. A sink
//! that fails keeps its place: what it took is never written twice, what it did not take
//! waits and is tried again.
//!
//! What waits is bounded. While the sink merely takes nothing, callers wait for it, up to
//! a limit; after that, and at once where it fails, records are dropped by level, counted,
//! and announced in the stream once it flows again.
//!
//! Over 400 lines because what appends, writes, waits and forks shares one set of states,
//! whose order of locks must be seen at once.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use kakashi_core::{
    BatchBuilder, CatchPanic, Clock as _, DropReason, Encoder, Guard as _, LogLevel, Readiness, Sink,
    SinkError, SinkErrorKind, SinkTarget,
};

use super::backlog::Backlog;
use super::counters::COUNTERS;
use super::run::Run;
use super::sink_writer::SinkWriter;
use super::writer_thread::WriterThread;
use super::{limits, report};
use crate::clock::SystemClock;
use crate::reentrancy::{in_sink, is_in_sink};
use crate::sync::fork_epoch::is_fork_waiting;
use crate::sync::timed_lock::lock_until;

/// Collections that may join those that wait while they are written.
const SPARE_ROUNDS: usize = 64;
/// With more full batches waiting than this, a caller writes where it can't block.
const FEW_BATCHES: usize = 4;
/// Bytes for an announcement of drops at first.
const ANNOUNCEMENT_BYTES: usize = 1024;
/// How long a thread waits at a time for a sink or for the thread that writes.
const MOMENT: Duration = Duration::from_millis(20);
/// How long a flush waits before it tries a failed sink again.
const RETRY_AFTER: Duration = Duration::from_millis(20);

/// Why a caller waits for a destination.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Barrier {
    /// A record of ERROR or above: it does not wait for a sink that fails.
    Urgent,
    /// A flush or an end: everything must be written, and what the sink buffers too.
    Flush,
}

/// A sink, its backlog, and whether it fails.
pub(crate) struct SinkQueue {
    pub(crate) name: Box<str>,
    pub(crate) is_terminal: bool,
    /// What the sink wrote to when it was asked last.
    target: Mutex<Option<SinkTarget>>,
    backlog: Mutex<Backlog>,
    /// Something has been written, or has failed.
    changed: Condvar,
    writer: Mutex<SinkWriter>,
    thread: Arc<WriterThread>,
    /// The bytes of a batch.
    batch_bytes: AtomicUsize,
    /// The encoder of announcements.
    encoder: Mutex<Option<Arc<dyn Encoder>>>,
    /// A newer sink for the same target, which takes over between two batches.
    newer: Mutex<Option<Box<dyn Sink + Send>>>,
    has_newer: AtomicBool,
    /// A write returns at once, as far as the sink knows.
    direct: AtomicBool,
    failing: AtomicBool,
    /// It took nothing for so long that nobody waits for it any more.
    stalled: AtomicBool,
    /// When it last took something, or something to take came: nanoseconds of `start`.
    progress: AtomicU64,
    start: Instant,
    /// Bytes that wait.
    waiting_bytes: AtomicUsize,
    /// Records in flight that the sink has not taken.
    in_flight: AtomicUsize,
    /// Set in a forked child if another thread held the writer's lock at `fork`. It
    /// can never be released.
    lock_lost: AtomicBool,
}

impl SinkQueue {
    pub(crate) fn new(name: Box<str>, sink: Box<dyn Sink + Send>) -> Arc<Self> {
        let (is_terminal, target) = (sink.is_terminal(), sink.target());
        let mut writer = SinkWriter::new(sink);
        let direct = writer.readiness(Duration::ZERO) == Readiness::Always;
        Arc::new(Self {
            name,
            is_terminal,
            target: Mutex::new(target),
            backlog: Mutex::default(),
            changed: Condvar::new(),
            writer: Mutex::new(writer),
            thread: Arc::default(),
            batch_bytes: AtomicUsize::new(64 << 10),
            encoder: Mutex::default(),
            newer: Mutex::default(),
            has_newer: AtomicBool::new(false),
            direct: AtomicBool::new(direct),
            failing: AtomicBool::new(false),
            stalled: AtomicBool::new(false),
            progress: AtomicU64::new(0),
            start: Instant::now(),
            waiting_bytes: AtomicUsize::new(0),
            in_flight: AtomicUsize::new(0),
            lock_lost: AtomicBool::new(false),
        })
    }

    /// Sets the bytes of a batch, and the form of announcements of drops.
    pub(crate) fn set_form(&self, encoder: &Arc<dyn Encoder>, batch_bytes: usize) {
        self.batch_bytes.store(batch_bytes, Ordering::Relaxed);
        *self.encoder.lock().unwrap_or_else(PoisonError::into_inner) = Some(encoder.clone());
    }

    /// Returns what the sink writes to: a file that was opened anew is another one.
    pub(crate) fn target(&self) -> Option<SinkTarget> {
        let now = if is_in_sink() { None } else { self.try_writer().map(|writer| writer.target()) };
        let mut target = self.target.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(now) = now {
            *target = now;
        }
        *target
    }

    /// Goes on with another sink for the same target: it knows the target as it is now.
    pub(crate) fn replace_sink(&self, sink: Box<dyn Sink + Send>) {
        let replaced = self.newer.lock().unwrap_or_else(PoisonError::into_inner).replace(sink);
        self.has_newer.store(true, Ordering::Release);
        // Outside of the lock: it is foreign code.
        drop(replaced);
    }

    fn backlog(&self) -> MutexGuard<'_, Backlog> {
        self.backlog.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Locks the writer if no other thread writes.
    fn try_writer(&self) -> Option<MutexGuard<'_, SinkWriter>> {
        match self.writer.try_lock() {
            Ok(writer) => Some(writer),
            Err(TryLockError::Poisoned(writer)) => Some(writer.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    // --- what waits

    /// Appends the runs of a collection.
    pub(super) fn append(&self, collection: u64, runs: impl Iterator<Item = Run>) {
        let mut backlog = self.backlog();
        if backlog.bytes() == 0 {
            self.note_progress();
        }
        runs.for_each(|run| backlog.push(collection, run));
        self.waiting_bytes.store(backlog.bytes(), Ordering::Relaxed);
        if self.lock_lost.load(Ordering::Relaxed) {
            if !self.failing.swap(true, Ordering::Relaxed) {
                report::print(format_args!(
                    "{}: its records are dropped: it was writing when the process forked",
                    self.name
                ));
            }
            backlog.shed(0, DropReason::Shutdown);
            self.waiting_bytes.store(0, Ordering::Relaxed);
        }
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
        self.in_flight.load(Ordering::Relaxed) > 0
            || self.failing.load(Ordering::Relaxed)
            || self.backlog().has_work()
    }

    /// Returns how many records wait.
    pub(crate) fn waiting(&self) -> usize {
        // Not read from the writer: another thread may hold its lock.
        self.backlog().records() + self.in_flight.load(Ordering::Relaxed)
    }

    /// Returns how many records wait, if that can be seen in time.
    pub(crate) fn waiting_until(&self, deadline: Instant) -> usize {
        let queued = lock_until(&self.backlog, deadline).map_or(0, |backlog| backlog.records());
        queued + self.in_flight.load(Ordering::Relaxed)
    }

    /// Tells whether more waits than may.
    pub(crate) fn is_over_limit(&self) -> bool {
        self.waiting_bytes.load(Ordering::Relaxed) > limits::backlog_bytes()
    }

    /// Tells whether callers write themselves, since that can't block.
    pub(crate) fn is_direct(&self) -> bool {
        self.direct.load(Ordering::Relaxed)
    }

    /// Tells whether a queue that nobody uses any more has nothing to write, or can't.
    pub(crate) fn may_be_forgotten(&self) -> bool {
        self.failing.load(Ordering::Relaxed) || !self.has_work()
    }

    /// Makes sure that no more waits than may. While the sink only takes nothing, a caller
    /// that may wait does so, up to a limit; then, and at once where the sink fails, records
    /// are dropped by level.
    pub(crate) fn make_room(self: &Arc<Self>, may_wait: bool) {
        if !self.is_over_limit() {
            return;
        }
        if may_wait && !is_in_sink() && !self.is_hopeless() {
            self.drain();
            let mut backlog = self.backlog();
            while self.is_over_limit() && !self.is_hopeless() {
                let left = self.patience();
                if left.is_zero() {
                    break;
                }
                let waited = self.changed.wait_timeout(backlog, left.min(MOMENT));
                backlog = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
        }
        if self.is_over_limit() && !self.is_hopeless() && self.patience().is_zero() {
            self.stall();
        }
        let limit = limits::backlog_bytes();
        if self.is_hopeless() && self.is_over_limit() {
            let mut backlog = self.backlog();
            // A quarter more than must be, or each collection would look through it again.
            backlog.shed(limit - limit / 4, DropReason::SinkFailed);
            self.waiting_bytes.store(backlog.bytes(), Ordering::Relaxed);
        }
    }

    /// Tells whether nobody waits for the sink.
    fn is_hopeless(&self) -> bool {
        self.failing.load(Ordering::Relaxed) || self.stalled.load(Ordering::Relaxed)
    }

    /// Returns how much longer a sink that takes nothing is waited for.
    fn patience(&self) -> Duration {
        let progress = Duration::from_nanos(self.progress.load(Ordering::Relaxed));
        limits::stall_timeout().saturating_sub(self.start.elapsed().saturating_sub(progress))
    }

    /// Says that nobody waits for it any more, until it takes something.
    fn stall(&self) {
        if !self.stalled.swap(true, Ordering::Relaxed) {
            report::print(format_args!(
                "{} takes nothing: nobody waits for it until it does; what exceeds {} MiB is dropped",
                self.name,
                limits::backlog_bytes() >> 20
            ));
        }
    }

    // --- writing

    /// Writes what waits where that can't block, or has the destination's thread do it;
    /// false if something is left that nobody has begun to write.
    ///
    /// Called from inside a sink it does nothing: the lock may be this thread's.
    pub(crate) fn drain(self: &Arc<Self>) -> bool {
        if is_in_sink() {
            return false;
        }
        if self.lock_lost.load(Ordering::Relaxed) || !self.has_work() {
            return true;
        }
        if !self.direct.load(Ordering::Relaxed) {
            return self.thread.wake(self, Self::write_on_its_thread);
        }
        match self.try_writer() {
            Some(mut writer) => {
                if writer.readiness(Duration::ZERO) != Readiness::Always {
                    // The descriptor is another file's by now.
                    drop(writer);
                    self.direct.store(false, Ordering::Relaxed);
                    return self.thread.wake(self, Self::write_on_its_thread);
                }
                !writer.is_backing_off() && self.write_all(&mut writer).is_ok_and(|whole| whole)
            }
            None => false,
        }
    }

    /// Writes what waits where that can't block, after waiting for the thread that writes.
    fn drain_until(self: &Arc<Self>, deadline: Instant) -> bool {
        if is_in_sink() || self.lock_lost.load(Ordering::Relaxed) || !self.is_direct() {
            return false;
        }
        let Some(mut writer) = lock_until(&self.writer, deadline) else { return false };
        !writer.is_backing_off() && self.write_all(&mut writer).is_ok_and(|whole| whole)
    }

    /// As [`drain`](Self::drain), where a caller has just appended: it writes itself only
    /// what is much. False if another thread should write.
    pub(crate) fn begin_write(self: &Arc<Self>) -> bool {
        let waiting = self.waiting_bytes.load(Ordering::Relaxed);
        let batch = self.batch_bytes.load(Ordering::Relaxed);
        if !self.is_direct() {
            return self.drain();
        }
        if waiting > (FEW_BATCHES - 1) * batch {
            // Another thread may be writing; much must not wait for long.
            return self.drain() || self.drain_until(Instant::now() + limits::stall_timeout());
        }
        // Waking a thread costs more than it gains for a single batch.
        waiting < 2 * batch
    }

    /// Writes what waits, on the destination's own thread: as long as it takes. Returns after
    /// which pause to call it again, if something is left.
    fn write_on_its_thread(&self) -> Option<Duration> {
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let readiness = writer.readiness(Duration::ZERO);
        self.direct.store(readiness == Readiness::Always, Ordering::Relaxed);
        let flush = self.flush_wanted();
        let result = if writer.is_backing_off() && flush.is_none() {
            Err(SinkError::new(SinkErrorKind::Failed))
        } else {
            self.write_all(&mut writer).map(drop)
        };
        match result {
            Ok(()) => {
                let flushed = flush.is_none_or(|wanted| self.flush_sink(&mut writer, wanted));
                drop(writer);
                let more = self.flush_wanted().is_some() || self.backlog().has_work();
                if !more || self.lock_lost.load(Ordering::Relaxed) {
                    return None;
                }
                Some(match flushed {
                    true if is_fork_waiting() => Duration::from_millis(1),
                    true => Duration::ZERO,
                    false => RETRY_AFTER,
                })
            }
            Err(error) if error.kind() == SinkErrorKind::Retry => match writer.readiness(MOMENT) {
                Readiness::Unknown => Some(Duration::from_millis(1)),
                _ => Some(Duration::ZERO),
            },
            Err(_) if flush.is_some() => Some(RETRY_AFTER),
            Err(_) => Some(writer.pause().max(Duration::from_millis(1))),
        }
    }

    /// Writes what waits now, as long as the sink takes it; false if more has come.
    fn write_all(&self, writer: &mut SinkWriter) -> Result<bool, SinkError> {
        self.write_most(writer, usize::MAX)
    }

    /// Writes what waits now, at most so many bytes at a time that the sink takes at once;
    /// false if something is left.
    fn write_most(&self, writer: &mut SinkWriter, mut most: usize) -> Result<bool, SinkError> {
        // A sink that logs what it writes must not keep this going for ever: drops are
        // announced once, and as much is written as waits now.
        let mut may_announce = true;
        let mut left = SPARE_ROUNDS;
        let until = self.backlog().appended();
        loop {
            if is_fork_waiting() {
                return Ok(false);
            }
            if writer.is_idle() {
                if self.has_newer.load(Ordering::Relaxed)
                    && self.has_newer.swap(false, Ordering::Acquire)
                    && let Some(sink) = self.newer.lock().unwrap_or_else(PoisonError::into_inner).take()
                {
                    in_sink(|| writer.replace_sink(sink));
                }
                if writer.collection() >= until {
                    left = left.saturating_sub(1);
                }
                if left == 0 {
                    return Ok(false);
                }
                if !self.begin_next(writer, &mut may_announce) {
                    return Ok(true);
                }
                if writer.is_idle() {
                    // Nothing came of it.
                    self.finish_collection();
                    continue;
                }
            }
            self.in_flight.store(writer.records_left(), Ordering::Relaxed);
            let result = writer.write_current(most);
            self.in_flight.store(writer.records_left(), Ordering::Relaxed);
            match result {
                Ok(()) => self.recover(writer),
                Err(error) => {
                    self.fail(writer, error);
                    return Err(error);
                }
            }
            if writer.is_idle() {
                self.finish_collection();
            }
            if most != usize::MAX {
                // It may take less by now.
                match writer.readiness(Duration::ZERO) {
                    Readiness::Bytes(bytes) => most = bytes,
                    Readiness::Always => most = usize::MAX,
                    _ => return Ok(false),
                }
            }
        }
    }

    /// Puts the next collection in flight, or an announcement; false if there is none.
    fn begin_next(&self, writer: &mut SinkWriter, may_announce: &mut bool) -> bool {
        let mut backlog = self.backlog();
        if backlog.has_unannounced() && std::mem::take(may_announce) {
            let dropped = backlog.take_unannounced();
            drop(backlog);
            if let Some(batch) = self.announcement(&dropped) {
                writer.begin_announcement(batch);
                return true;
            }
            backlog = self.backlog();
        }
        let Some(collection) = backlog.pop(&mut writer.runs) else { return false };
        self.waiting_bytes.store(backlog.bytes(), Ordering::Relaxed);
        let records = writer.runs.iter().map(Run::records).sum();
        self.in_flight.store(records, Ordering::Relaxed);
        drop(backlog);
        let batch_bytes = self.batch_bytes.load(Ordering::Relaxed);
        writer.begin(collection, batch_bytes, &mut |level, reason| self.count_dropped(level, reason));
        true
    }

    /// Encodes an announcement of drops.
    fn announcement(&self, dropped: &kakashi_core::Dropped) -> Option<BatchBuilder> {
        let encoder = self.encoder.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        let mut batch = BatchBuilder::new(encoder, ANNOUNCEMENT_BYTES);
        // A foreign encoder may panic or log.
        let encoded = in_sink(|| {
            CatchPanic.run(&mut || {
                batch.add_all_dropped(dropped);
                batch.announce(SystemClock.now());
                batch.close();
            })
        });
        if !encoded || batch.is_empty() {
            report::print(format_args!(
                "{} records were dropped; the encoder could not say so",
                dropped.total()
            ));
            return None;
        }
        Some(batch)
    }

    fn finish_collection(&self) {
        self.in_flight.store(0, Ordering::Relaxed);
        self.backlog().finish();
        self.changed.notify_all();
    }

    fn note_progress(&self) {
        let nanos = u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.progress.store(nanos, Ordering::Relaxed);
    }

    fn recover(&self, writer: &mut SinkWriter) {
        writer.reset_backoff();
        self.note_progress();
        if self.failing.load(Ordering::Relaxed) {
            self.failing.store(false, Ordering::Relaxed);
        }
        if self.stalled.load(Ordering::Relaxed) {
            self.stalled.store(false, Ordering::Relaxed);
        }
    }

    #[cold]
    fn fail(&self, writer: &mut SinkWriter, error: SinkError) {
        COUNTERS.add_failure();
        if error.kind() == SinkErrorKind::Retry {
            if error.accepted_bytes() > 0 {
                self.recover(writer);
            }
            return;
        }
        writer.back_off();
        if !self.failing.swap(true, Ordering::Relaxed) {
            report::sink_failed(&self.name, error, limits::backlog_bytes());
        }
        self.changed.notify_all();
    }

    // --- barriers

    /// Writes what waits now and waits until the sink has taken it, up to a deadline;
    /// false if something is left then.
    pub(crate) fn write_until(self: &Arc<Self>, deadline: Instant, barrier: Barrier) -> bool {
        if is_in_sink() {
            return false;
        }
        if self.lock_lost.load(Ordering::Relaxed) {
            return true;
        }
        let (collection, flush) = self.begin_barrier(barrier);
        let mut deadline = deadline;
        if barrier == Barrier::Urgent && self.stalled.load(Ordering::Relaxed) {
            // Others have waited in vain: one attempt.
            deadline = Instant::now();
        }
        loop {
            if self.is_barrier_done(collection, flush) {
                return true;
            }
            match self.attempt(barrier, deadline, (collection, flush)) {
                Attempt::Again if Instant::now() < deadline => {}
                Attempt::Again | Attempt::GiveUp => {
                    let done = self.is_barrier_done(collection, flush);
                    if !done && !self.failing.load(Ordering::Relaxed) && barrier == Barrier::Urgent {
                        self.stall();
                    }
                    return done;
                }
            }
        }
    }

    /// Has the destination's thread begin to write, if a caller can't; for callers that
    /// wait for several destinations.
    pub(crate) fn begin_flush(self: &Arc<Self>) {
        if !self.direct.load(Ordering::Relaxed) && !is_in_sink() && self.has_work() {
            self.thread.wake(self, Self::write_on_its_thread);
        }
    }

    fn begin_barrier(&self, barrier: Barrier) -> (u64, u64) {
        let mut backlog = self.backlog();
        if barrier == Barrier::Flush {
            backlog.flushes_wanted += 1;
            return (backlog.appended(), backlog.flushes_wanted);
        }
        (backlog.appended(), 0)
    }

    fn is_barrier_done(&self, collection: u64, flush: u64) -> bool {
        self.backlog().has_passed(collection, flush)
    }

    /// Returns the number of the last request to flush the sink, if it is not done. What
    /// was appended before the request is written before the sink is flushed.
    fn flush_wanted(&self) -> Option<u64> {
        let backlog = self.backlog();
        (backlog.flushes_done < backlog.flushes_wanted).then_some(backlog.flushes_wanted)
    }

    /// Writes, or waits for the thread that does, for a moment.
    fn attempt(self: &Arc<Self>, barrier: Barrier, deadline: Instant, until: (u64, u64)) -> Attempt {
        let left = deadline.saturating_duration_since(Instant::now());
        if is_fork_waiting() {
            return self.wait_for_change(left.min(Duration::from_millis(1)), until);
        }
        let Some(mut writer) = self.try_writer() else {
            if barrier == Barrier::Urgent && self.failing.load(Ordering::Relaxed) {
                return Attempt::GiveUp;
            }
            return self.wait_for_change(left, until);
        };
        if barrier == Barrier::Urgent && writer.is_backing_off() {
            return Attempt::GiveUp;
        }
        let mut readiness = writer.readiness(Duration::ZERO);
        self.direct.store(readiness == Readiness::Always, Ordering::Relaxed);
        if readiness == Readiness::NotNow {
            readiness = writer.readiness(left.min(MOMENT));
        }
        let most = match readiness {
            Readiness::Always => usize::MAX,
            Readiness::Bytes(bytes) => bytes,
            Readiness::NotNow => return Attempt::Again,
            _ => {
                drop(writer);
                if self.thread.wake(self, Self::write_on_its_thread) {
                    return self.wait_for_change(left, until);
                }
                // No thread can be had: as long as it takes.
                let Some(again) = self.try_writer() else { return Attempt::Again };
                writer = again;
                usize::MAX
            }
        };
        let wanted = self.flush_wanted();
        match self.write_most(&mut writer, most) {
            Ok(_) => {
                let flushed =
                    !writer.is_idle() || wanted.is_none_or(|wanted| self.flush_sink(&mut writer, wanted));
                drop(writer);
                if !flushed {
                    std::thread::sleep(left.min(RETRY_AFTER));
                }
                Attempt::Again
            }
            Err(error) if error.kind() == SinkErrorKind::Retry => {
                writer.readiness(left.min(MOMENT));
                Attempt::Again
            }
            Err(_) if barrier == Barrier::Urgent => Attempt::GiveUp,
            Err(_) => {
                drop(writer);
                std::thread::sleep(left.min(RETRY_AFTER));
                Attempt::Again
            }
        }
    }

    fn wait_for_change(&self, left: Duration, until: (u64, u64)) -> Attempt {
        let backlog = self.backlog();
        if !left.is_zero() && !backlog.has_passed(until.0, until.1) {
            drop(self.changed.wait_timeout(backlog, left.min(MOMENT)));
        }
        Attempt::Again
    }

    /// Has the sink pass on what it buffers itself; tells whether it could.
    fn flush_sink(&self, writer: &mut SinkWriter, wanted: u64) -> bool {
        match writer.flush() {
            Ok(()) => {
                self.backlog().flushes_done = wanted;
                self.changed.notify_all();
                true
            }
            Err(error) => {
                self.fail(writer, error);
                false
            }
        }
    }

    // --- forks

    /// Locks the writer and its thread for a fork, if they are free in time.
    #[cfg(unix)]
    pub(crate) fn lock_for_fork(&self, deadline: Instant) -> LockedSinkQueue<'_> {
        LockedSinkQueue {
            writer: lock_until(&self.writer, deadline),
            thread: self.thread.lock_for_fork(deadline),
            backlog: None,
        }
    }

    /// Locks the backlog too, if it is free in time.
    #[cfg(unix)]
    pub(crate) fn lock_backlog_for_fork<'q>(&'q self, locked: &mut LockedSinkQueue<'q>, deadline: Instant) {
        locked.backlog = lock_until(&self.backlog, deadline);
    }

    /// Forgets, in the child of a fork, what the parent will write.
    #[cfg(unix)]
    pub(crate) fn abandon(&self, locked: &mut LockedSinkQueue<'_>) {
        self.in_flight.store(0, Ordering::Relaxed);
        self.waiting_bytes.store(0, Ordering::Relaxed);
        self.stalled.store(false, Ordering::Relaxed);
        match (&mut locked.writer, &mut locked.thread, &mut locked.backlog) {
            (Some(writer), Some(thread), Some(backlog)) => {
                backlog.abandon();
                writer.abandon();
                thread.abandon();
            }
            (_, _, backlog) => {
                if let Some(backlog) = backlog {
                    backlog.abandon();
                }
                self.lock_lost.store(true, Ordering::Relaxed);
            }
        }
    }
}

/// What came of an attempt to write.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Attempt {
    Again,
    GiveUp,
}

/// A destination that was replaced while its sink failed is tried once more; the
/// records that are left are counted and reported.
impl Drop for SinkQueue {
    fn drop(&mut self) {
        if self.lock_lost.load(Ordering::Relaxed) {
            return;
        }
        if let Some(mut writer) = self.try_writer()
            && (self.direct.load(Ordering::Relaxed) || self.failing.load(Ordering::Relaxed))
        {
            let _ = self.write_all(&mut writer);
        }
        let left = self.waiting();
        if left == 0 {
            return;
        }
        let writer = self.writer.get_mut().unwrap_or_else(PoisonError::into_inner);
        writer.for_each_left(|level| COUNTERS.add_dropped(level, DropReason::SinkFailed, 1));
        let backlog = self.backlog.get_mut().unwrap_or_else(PoisonError::into_inner);
        backlog.shed(0, DropReason::SinkFailed);
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
    thread: Option<MutexGuard<'a, super::writer_thread::ThreadState>>,
    backlog: Option<MutexGuard<'a, Backlog>>,
}

impl std::fmt::Debug for SinkQueue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SinkQueue").field("name", &self.name).finish_non_exhaustive()
    }
}
