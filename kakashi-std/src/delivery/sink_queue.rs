//! A sink with what waits for it.
//!
//! Full buffers queue up in order; whoever has time (the flusher, a thread with
//! an error to report, a thread that finds no empty buffer) takes the sink's
//! lock and writes them. A sink that fails keeps its place: what it took is
//! never written twice, what it did not take waits and is tried again, up to a
//! limit; beyond that records are dropped, counted, and announced in the stream
//! once it flows again.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use kakashi_core::{
    Batch, Counters, DropReason, Dropped, Encoder, EncoderCache, Guard as _, LogLevel, Output, RecordEnd,
    Sink, SinkError, SinkErrorKind,
};

use crate::delivery::buffer_pool::Buffer;
use crate::delivery::buffer_pool::Pool;
use crate::submit::CatchPanic;
use crate::clock;
use crate::submit;

/// What may wait for a sink that fails, beside the buffer under way.
const BACKLOG_BYTES: usize = 4 << 20;
/// More buffers than this wait only for a sink that is stuck or fails.
const FEW_BUFFERS: usize = 8;
/// Buffers that may join those that wait while they are written.
const SPARE_ROUNDS: usize = 64;
/// How long a failed sink is left alone, at first and at most.
const RETRY_FIRST: Duration = Duration::from_millis(50);
const RETRY_MOST: Duration = Duration::from_secs(1);

/// The counts of the whole process.
pub(crate) static COUNTERS: Counters = Counters::new();

/// A sink, its queue, and what is known of its health.
pub(crate) struct Outlet {
    pub(crate) name: Box<str>,
    pub(crate) terminal: bool,
    /// Bytes and records of a wire batch only make sense together.
    queue: Mutex<Queue>,
    sink: Mutex<Slot>,
    failing: AtomicBool,
    /// Records of the buffer under way that the sink has not taken.
    under_way: AtomicUsize,
    /// In the child of a fork: a thread of the parent has the sink for ever.
    lost: AtomicBool,
}

#[derive(Default)]
struct Queue {
    buffers: VecDeque<(Buffer, Arc<Pool>)>,
    bytes: usize,
    /// Dropped and not announced yet.
    dropped: Dropped,
    /// Writes the announcement in the stream's form.
    encoder: Option<Arc<dyn Encoder>>,
}

struct Slot {
    sink: Box<dyn Sink + Send>,
    /// The buffer under way.
    current: Option<(Buffer, Arc<Pool>)>,
    /// How much of it the sink has taken.
    taken: usize,
    /// How many of its records are taken, and counted.
    counted: usize,
    retry_at: Option<Instant>,
    retry_after: Duration,
}

/// How much a caller wants what waits to be written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Effort {
    /// Leave a sink alone that failed a moment ago.
    Patient,
    /// Try now, whatever happened before.
    Eager,
}

impl Outlet {
    pub(crate) fn new(name: Box<str>, sink: Box<dyn Sink + Send>) -> Arc<Self> {
        let terminal = sink.is_terminal();
        let slot =
            Slot { sink, current: None, taken: 0, counted: 0, retry_at: None, retry_after: RETRY_FIRST };
        let outlet = Arc::new(Self {
            name,
            terminal,
            queue: Mutex::default(),
            sink: Mutex::new(slot),
            failing: AtomicBool::new(false),
            under_way: AtomicUsize::new(0),
            lost: AtomicBool::new(false),
        });
        crate::threads::flusher::register(&outlet);
        outlet
    }

    pub(crate) fn set_encoder(&self, encoder: &Arc<dyn Encoder>) {
        self.queue().encoder = Some(encoder.clone());
    }

    /// Queues a buffer behind the others; tells how many wait now.
    pub(crate) fn push(&self, mut buffer: Buffer, pool: &Arc<Pool>) -> usize {
        let mut queue = self.queue();
        let lost = self.lost.load(Ordering::Relaxed);
        if queue.buffers.len() >= FEW_BUFFERS {
            // What waits for long is not to keep more memory than it needs.
            buffer.shrink();
        }
        let full = self.failing.load(Ordering::Relaxed) && queue.bytes + buffer.memory() > BACKLOG_BYTES;
        if lost && !self.failing.swap(true, Ordering::Relaxed) {
            tell(format_args!(
                "{}: its records are dropped: it was writing when the process forked",
                self.name
            ));
        }
        if lost || full {
            let reason = if lost { DropReason::Shutdown } else { DropReason::SinkFailed };
            for end in &buffer.ends {
                queue.drop_many(end.level, reason, 1);
            }
            drop(queue);
            pool.give(buffer);
            return 0;
        }
        queue.announce(pool);
        queue.bytes += buffer.memory();
        queue.buffers.push_back((buffer, pool.clone()));
        queue.buffers.len()
    }

    /// Counts a record that can't go this road.
    pub(crate) fn count_dropped(&self, level: LogLevel, reason: DropReason) {
        self.count_dropped_many(level, reason, 1);
    }

    /// Counts records that can't go this road.
    pub(crate) fn count_dropped_many(&self, level: LogLevel, reason: DropReason, records: usize) {
        self.queue().drop_many(level, reason, records);
    }

    /// Tells whether something waits.
    pub(crate) fn has_work(&self) -> bool {
        let queue = self.queue();
        !queue.buffers.is_empty() || queue.dropped.total() > 0 || self.failing.load(Ordering::Relaxed)
    }

    /// Writes what waits, as long as the sink takes it; false if something is left.
    ///
    /// Called from inside a sink it does nothing: the lock may be this thread's.
    pub(crate) fn drain(&self, effort: Effort) -> bool {
        if submit::is_in_sink() {
            return false;
        }
        if self.lost.load(Ordering::Relaxed) {
            return true;
        }
        let slot = self.sink.lock().unwrap_or_else(PoisonError::into_inner);
        self.drain_locked(slot, effort)
    }

    /// As `drain`, but gives up on the lock at a deadline.
    pub(crate) fn drain_until(&self, deadline: Instant) -> bool {
        if submit::is_in_sink() || self.lost.load(Ordering::Relaxed) {
            return false;
        }
        match lock_until(&self.sink, deadline) {
            Some(slot) => self.drain_locked(slot, Effort::Eager),
            None => false,
        }
    }

    fn drain_locked(&self, mut slot: MutexGuard<'_, Slot>, effort: Effort) -> bool {
        if effort == Effort::Patient && slot.retry_at.is_some_and(|at| Instant::now() < at) {
            return false;
        }
        // A sink that logs what it writes must not keep this going for ever: the
        // news of what was dropped is told once, and as much is written as waits now.
        let mut may_announce = true;
        let mut left = self.queue().buffers.len() + SPARE_ROUNDS;
        loop {
            if slot.current.is_none() && (left == 0 || !self.next_buffer(&mut slot, &mut may_announce)) {
                return true;
            }
            left = left.saturating_sub(1);
            self.under_way.store(slot.left(), Ordering::Relaxed);
            let result = slot.write_current();
            self.under_way.store(slot.left(), Ordering::Relaxed);
            match result {
                Ok(()) => self.recover(&mut slot),
                Err(error) => {
                    self.fail(&mut slot, error);
                    return false;
                }
            }
        }
    }

    /// Writes what waits and has the sink pass on what it keeps back; gives up
    /// at a deadline. Returns how many records are left.
    pub(crate) fn flush_until(&self, deadline: Instant) -> usize {
        let clean = self.drain_until(deadline);
        self.flush_sink(deadline);
        // What others have queued since is not left behind by this flush.
        if clean { 0 } else { self.waiting() }
    }

    /// Passes on what the sink keeps back, up to a deadline.
    fn flush_sink(&self, deadline: Instant) {
        if self.lost.load(Ordering::Relaxed) {
            return;
        }
        let Some(mut slot) = lock_until(&self.sink, deadline) else { return };
        let flushed = guarded(|| slot.sink.flush());
        if let Err(error) = flushed {
            self.fail(&mut slot, error);
        }
    }

    /// Takes the next buffer under way; false if none waits.
    fn next_buffer(&self, slot: &mut Slot, may_announce: &mut bool) -> bool {
        let mut queue = self.queue();
        if queue.buffers.is_empty() && queue.dropped.total() > 0 && std::mem::take(may_announce) {
            // Nothing else will carry the news.
            let pool = Arc::new(Pool::new(0));
            queue.announce(&pool);
        }
        let Some((buffer, pool)) = queue.buffers.pop_front() else { return false };
        queue.bytes -= buffer.memory();
        slot.current = Some((buffer, pool));
        slot.taken = 0;
        slot.counted = 0;
        true
    }

    fn recover(&self, slot: &mut Slot) {
        slot.retry_at = None;
        slot.retry_after = RETRY_FIRST;
        if self.failing.load(Ordering::Relaxed) {
            self.failing.store(false, Ordering::Relaxed);
        }
    }

    #[cold]
    fn fail(&self, slot: &mut Slot, error: SinkError) {
        COUNTERS.add_failure();
        slot.retry_at = Some(Instant::now() + slot.retry_after);
        slot.retry_after = (slot.retry_after * 2).min(RETRY_MOST);
        let known = self.failing.swap(true, Ordering::Relaxed);
        if !known && error.kind() != SinkErrorKind::Retry {
            report(&self.name, error);
        }
    }

    /// Returns how many records wait.
    pub(crate) fn waiting(&self) -> usize {
        let queued: usize = self.queue().buffers.iter().map(|(buffer, _)| buffer.ends.len()).sum();
        // Not asked of the sink: somebody may be writing to it.
        let under_way = self.under_way.load(Ordering::Relaxed);
        queued + under_way
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Holds the locks over a fork: the queue's, and the sink's if it is free in time.
    #[cfg(unix)]
    pub(crate) fn hold(&self, deadline: Instant) -> Held<'_> {
        Held { slot: lock_until(&self.sink, deadline), queue: self.queue() }
    }

    /// Forgets, in the child, what the parent will write.
    #[cfg(unix)]
    pub(crate) fn abandon(&self, held: &mut Held<'_>) {
        held.queue.buffers.clear();
        held.queue.bytes = 0;
        held.queue.dropped = Dropped::default();
        self.under_way.store(0, Ordering::Relaxed);
        match &mut held.slot {
            Some(slot) => slot.current = None,
            // A thread of the parent was writing: nobody here will free the lock.
            None => self.lost.store(true, Ordering::Relaxed),
        }
    }
}

/// A destination that was replaced while its sink failed has a last chance;
/// what is left is counted, and told.
impl Drop for Outlet {
    fn drop(&mut self) {
        self.drain(Effort::Eager);
        let left = self.waiting();
        if left == 0 {
            return;
        }
        let slot = self.sink.get_mut().unwrap_or_else(PoisonError::into_inner);
        let queue = self.queue.get_mut().unwrap_or_else(PoisonError::into_inner);
        let under_way = slot.current.iter().flat_map(|(buffer, _)| &buffer.ends[slot.counted..]);
        let queued = queue.buffers.iter().flat_map(|(buffer, _)| &buffer.ends);
        for end in under_way.chain(queued) {
            COUNTERS.add_dropped(end.level, DropReason::SinkFailed, 1);
        }
        tell(format_args!("{left} records for {} were dropped: it failed until it was replaced", self.name));
    }
}

/// An outlet that nobody else can use while the process forks.
#[cfg(unix)]
pub(crate) struct Held<'a> {
    slot: Option<MutexGuard<'a, Slot>>,
    queue: MutexGuard<'a, Queue>,
}

impl Queue {
    fn drop_many(&mut self, level: LogLevel, reason: DropReason, records: usize) {
        self.dropped.add(level, reason, records);
        COUNTERS.add_dropped(level, reason, records);
    }

    /// Queues the news of what was dropped.
    fn announce(&mut self, pool: &Arc<Pool>) {
        if self.dropped.total() == 0 {
            return;
        }
        let Some(encoder) = &self.encoder else { return };
        let dropped = std::mem::take(&mut self.dropped);
        let now = kakashi_core::Clock::now(&clock::SystemClock);
        let mut buffer = Buffer { bytes: vec![0; 1024], ..Buffer::default() };
        // Somebody else's encoder may panic or log, and this lock is held: as in a sink.
        let told = submit::in_sink(|| {
            CatchPanic.run(&mut || {
                for _ in 0..2 {
                    let mut cache = EncoderCache::new();
                    let mut out = Output::new(&mut buffer.bytes);
                    encoder.encode_dropped(now, &dropped, &mut cache, &mut out);
                    encoder.finish(&mut cache, &mut out);
                    let (needed, overflowed) = (out.position(), out.overflowed());
                    buffer.len = if overflowed { 0 } else { needed };
                    if !overflowed {
                        break;
                    }
                    buffer.bytes.resize(needed, 0);
                }
            })
        });
        if !told || buffer.len == 0 {
            return tell(format_args!(
                "{} records were dropped; the encoder could not say so",
                dropped.total()
            ));
        }
        buffer.announces = dropped.total();
        self.bytes += buffer.memory();
        self.buffers.push_back((buffer, pool.clone()));
    }
}

impl Slot {
    /// Hands the rest of the buffer under way to the sink.
    fn write_current(&mut self) -> Result<(), SinkError> {
        let Some((buffer, _)) = &self.current else { return Ok(()) };
        let result = if self.taken == 0 {
            let batch = buffer.batch();
            guarded(|| self.sink.write(&batch))
        } else {
            let rest = &buffer.bytes[self.taken..buffer.len];
            let ends: Vec<RecordEnd> = buffer.ends[self.counted..]
                .iter()
                .map(|end| RecordEnd { end: end.end - self.taken, level: end.level })
                .collect();
            let batch = Batch::new(rest, &ends).after_dropped(buffer.announces);
            guarded(|| self.sink.write(&batch))
        };
        let accepted = match &result {
            Ok(()) => buffer.len,
            Err(error) => (self.taken + error.accepted_bytes()).min(buffer.len),
        };
        let counted = buffer.ends.partition_point(|end| end.end <= accepted);
        COUNTERS.add_written(counted - self.counted, accepted - self.taken);
        self.taken = accepted;
        self.counted = counted;
        // A sink may fail after it took everything: then it is not asked again.
        if accepted == buffer.len
            && let Some((buffer, pool)) = self.current.take()
        {
            pool.give(buffer);
        }
        result
    }

    fn left(&self) -> usize {
        self.current.as_ref().map_or(0, |(buffer, _)| buffer.ends.len() - self.counted)
    }
}

/// Runs a sink; its panic is a failure like any other.
fn guarded(run: impl FnOnce() -> Result<(), SinkError>) -> Result<(), SinkError> {
    let result = submit::in_sink(|| catch_unwind(AssertUnwindSafe(run)));
    result.unwrap_or(Err(SinkError::new(SinkErrorKind::Failed)))
}

pub(crate) fn lock_until<T>(mutex: &Mutex<T>, deadline: Instant) -> Option<MutexGuard<'_, T>> {
    loop {
        match mutex.try_lock() {
            Ok(guard) => return Some(guard),
            Err(TryLockError::Poisoned(guard)) => return Some(guard.into_inner()),
            Err(TryLockError::WouldBlock) if Instant::now() >= deadline => return None,
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_micros(50)),
        }
    }
}

/// Tells the operator, once for each time that a sink begins to fail.
fn report(name: &str, error: SinkError) {
    let cause = match error.os_code() {
        Some(code) => std::io::Error::from_raw_os_error(code).to_string(),
        None => error.to_string(),
    };
    let limit = BACKLOG_BYTES >> 20;
    tell(format_args!("{name} failed: {cause}; records wait and are tried again, up to {limit} MiB"));
}

/// Says something on stderr. If that is what failed there is nobody left to
/// tell; `stats()` still counts.
pub(crate) fn tell(news: std::fmt::Arguments<'_>) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "kakashi: {news}");
}

impl std::fmt::Debug for Outlet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outlet").field("name", &self.name).finish_non_exhaustive()
    }
}
