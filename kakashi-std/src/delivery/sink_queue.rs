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
//! Here is the state and what appends to it; [`room`] bounds it, [`write`] writes,
//! [`barrier`] waits, [`sync`] brings it to the disk. Of the locks a thread takes the writer's before the backlog's.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use kakashi_core::{DropReason, Dropped, Encoder, LogLevel, Readiness, Sink, SinkTarget, Stats};

use super::backlog::Backlog;
use super::counters::{DestinationCounters, NamedCounts};
use super::destination_stats::DestinationStats;
use super::run::Run;
use super::sink_writer::SinkWriter;
use super::store_counter::{DropAnnouncer, QueueStoreCounter};
use super::writer_thread::WriterThread;
use super::{limits, report};
use crate::reentrancy::{in_sink, is_in_sink};
use crate::segment::live::{BoxDestination, BoxPlace};
use crate::sync::timed_lock::lock_until;

pub(crate) mod barrier;
mod room;
mod sync;
mod write;

/// How long a thread waits at a time for a sink or for the thread that writes.
const MOMENT: Duration = Duration::from_millis(20);

/// A sink, its backlog, and whether it fails.
pub(crate) struct SinkQueue {
    pub(crate) name: Box<str>,
    pub(crate) is_terminal: bool,
    /// What the sink wrote to when it was asked last.
    target: Mutex<Option<SinkTarget>>,
    backlog: Mutex<Backlog>,
    counters: Arc<DestinationCounters>,
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
    /// As the last write found it, the stream has no reader, or is closed: nobody waits for it.
    gone: AtomicBool,
    /// Its receiver refused records of the last batch.
    rejecting: AtomicBool,
    /// How many endpoints want what is written on the disk.
    synced: AtomicUsize,
    /// How often that could not be had, and whether it could not the last time.
    sync_failures: AtomicUsize,
    failing_sync: AtomicBool,
    /// It took nothing for so long that nobody waits for it any more.
    stalled: AtomicBool,
    /// When it last took something, or something to take came: nanoseconds of `start`.
    progress: AtomicU64,
    start: Instant,
    /// Bytes that wait.
    waiting_bytes: AtomicUsize,
    /// Records in flight that the sink has not taken.
    in_flight: AtomicUsize,
    /// Records that are held back.
    held: AtomicUsize,
    /// Set in a forked child if another thread held the writer's lock at `fork`. It
    /// can never be released.
    lock_lost: AtomicBool,
    /// What a black box knows of it.
    boxed: Arc<BoxDestination>,
}

impl SinkQueue {
    pub(crate) fn new(name: Box<str>, sink: Box<dyn Sink + Send>) -> Arc<Self> {
        let (is_terminal, target) = (sink.is_terminal(), sink.target());
        let boxed = BoxDestination::new(&name, &*sink);
        let counters = Arc::new(DestinationCounters::new(&name));
        let mut writer = SinkWriter::new(sink, counters.clone());
        let direct = writer.readiness(Duration::ZERO) == Readiness::Always;
        Arc::new_cyclic(|queue| {
            writer.count_stored(Arc::new(QueueStoreCounter::new(queue.clone(), counters.clone())));
            Self {
                name,
                is_terminal,
                target: Mutex::new(target),
                backlog: Mutex::new(Backlog::new(counters.clone())),
                counters,
                changed: Condvar::new(),
                writer: Mutex::new(writer),
                thread: Arc::default(),
                batch_bytes: AtomicUsize::new(64 << 10),
                encoder: Mutex::default(),
                newer: Mutex::default(),
                has_newer: AtomicBool::new(false),
                direct: AtomicBool::new(direct),
                failing: AtomicBool::new(false),
                gone: AtomicBool::new(false),
                rejecting: AtomicBool::new(false),
                synced: AtomicUsize::new(0),
                sync_failures: AtomicUsize::new(0),
                failing_sync: AtomicBool::new(false),
                stalled: AtomicBool::new(false),
                progress: AtomicU64::new(0),
                start: Instant::now(),
                waiting_bytes: AtomicUsize::new(0),
                in_flight: AtomicUsize::new(0),
                held: AtomicUsize::new(0),
                lock_lost: AtomicBool::new(false),
                boxed,
            }
        })
    }

    /// Returns where records for it are kept that outlive the process, if any do: in a form that becomes
    /// another's.
    pub(crate) fn box_place(&self, buffered: &dyn Encoder, written: &dyn Encoder) -> Option<BoxPlace> {
        BoxPlace::new(&self.boxed, buffered, written)
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
    pub(crate) fn replace_sink(self: &Arc<Self>, mut sink: Box<dyn Sink + Send>) {
        let counter = QueueStoreCounter::new(Arc::downgrade(self), self.counters.clone());
        let counted = AssertUnwindSafe(|| sink.count_stored(Arc::new(counter)));
        let _ = in_sink(|| catch_unwind(counted));
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
        // The line that is written in their place says so.
        if reason == DropReason::Repeated {
            return self.count_left_out(level, reason, 1);
        }
        self.count_dropped_many(level, reason, 1);
    }

    /// Counts records that can't be delivered.
    pub(crate) fn count_dropped_many(&self, level: LogLevel, reason: DropReason, records: usize) {
        self.backlog().drop_many(level, reason, records);
    }

    /// Counts records that were left out on purpose: whoever left them out announces it.
    pub(crate) fn count_left_out(&self, level: LogLevel, reason: DropReason, records: usize) {
        self.counters.add_dropped(level, reason, records);
    }

    /// Tells whether something waits.
    pub(crate) fn has_work(&self) -> bool {
        self.in_flight.load(Ordering::Relaxed) > 0
            || self.is_holding()
            || self.failing.load(Ordering::Relaxed)
            || self.backlog().has_work()
    }

    /// Tells whether records are held back, which must be looked at now and then.
    pub(crate) fn is_holding(&self) -> bool {
        self.held.load(Ordering::Relaxed) > 0
    }

    /// Returns how many records wait in memory.
    pub(crate) fn waiting(&self) -> usize {
        // Not read from the writer: another thread may hold its lock.
        self.backlog().records() + self.begun()
    }

    /// Returns what became of its records.
    pub(crate) fn stats(&self) -> DestinationStats {
        // First what waits: what is written meanwhile is counted twice rather than not at all.
        let (in_memory, on_disk) = (self.waiting(), self.counters.waiting_stored());
        let Stats { written, bytes, failures, dropped, .. } = self.counters.own.snapshot();
        DestinationStats {
            name: self.name.clone(),
            written,
            waiting: in_memory + on_disk,
            on_disk,
            found: self.counters.found(),
            bytes,
            failures,
            dropped,
        }
    }

    /// Tells whether these are the counts of its name.
    pub(crate) fn is_counted_in(&self, counts: &NamedCounts) -> bool {
        counts.are_of(&self.counters)
    }

    /// Returns how many records wait, if that can be seen in time.
    pub(crate) fn waiting_until(&self, deadline: Instant) -> Option<usize> {
        let queued = lock_until(&self.backlog, deadline)?.records();
        Some(queued + self.begun())
    }

    /// Returns how many records are in flight or held back.
    fn begun(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed) + self.held.load(Ordering::Relaxed)
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
        self.held.store(0, Ordering::Relaxed);
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

impl DropAnnouncer for SinkQueue {
    fn drop_stored(&self, dropped: &Dropped) {
        let mut backlog = self.backlog();
        dropped.iter().for_each(|(level, reason, records)| backlog.drop_many(level, reason, records));
    }

    fn reject_stored(&self, rejected: &Dropped, cause: Option<&'static str>) {
        self.count_rejected(rejected, cause);
    }

    fn announce_again(&self, dropped: &Dropped) {
        self.backlog().announce(dropped);
    }

    fn note_accepted(&self) {
        self.accept();
    }

    fn begin_announcing(self: Arc<Self>) {
        self.drain();
    }
}

/// A destination that was replaced while its sink failed is tried once more; the
/// records that are left are counted and reported.
impl Drop for SinkQueue {
    fn drop(&mut self) {
        if self.lock_lost.load(Ordering::Relaxed) {
            return;
        }
        if let Some(mut writer) = self.try_writer()
            && writer.asked_pause().is_zero()
            && (self.direct.load(Ordering::Relaxed) || self.failing.load(Ordering::Relaxed))
        {
            let _ = self.write_most(&mut writer, usize::MAX);
            if writer.is_idle() && self.let_go(&mut writer, true) {
                let _ = self.write_most(&mut writer, usize::MAX);
            }
        }
        let left = self.waiting();
        if left == 0 {
            return;
        }
        let writer = self.writer.get_mut().unwrap_or_else(PoisonError::into_inner);
        writer.let_go(true, &mut |level, reason| self.counters.add_dropped(level, reason, 1));
        writer.for_each_left(|level| self.counters.add_dropped(level, DropReason::SinkFailed, 1));
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
