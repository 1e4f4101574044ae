//! The threads that write what async loggers have queued.
//!
//! A worker takes what all of its rings hold, encodes and writes it, and looks
//! again. With little to do it naps between two looks: waking a thread that
//! sleeps costs a caller microseconds, so only one that found nothing for a
//! while, and says so at its [`Doorbell`], is woken. Where there is no worker
//! (before the first record, after a shutdown, in the child of a fork until its
//! next record, when no thread is to be had) callers take the sync road.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use kakashi_core::{DropReason, LogLevel};

use crate::async_config::AsyncConfig;
use crate::outlet::{COUNTERS, lock_until};
use crate::overflow::OverflowPolicy;
use crate::queue::{Doorbell, Drain, Ring};
use crate::road::{Roads, Writing};
use crate::thread::with_roads;
use crate::{barrier, flusher, reentry, route, sync};

/// A pass of so many records is followed by the next one at once.
const BUSY_RECORDS: usize = 64;
/// What has been forwarded is written after so long, busy or not.
const WRITE_AFTER: Duration = Duration::from_millis(2);

/// What a worker and the rest of the process share.
pub(crate) struct Line {
    pub(crate) doorbell: Doorbell,
    thread: Mutex<Option<Thread>>,
    /// Records that were taken out of rings and not handed on yet.
    left: AtomicUsize,
    /// Grows with each flush that somebody asks for.
    asked: AtomicUsize,
    /// The last of them that has been done.
    answered: Mutex<usize>,
    answer_bell: Condvar,
    stop: AtomicBool,
    /// A worker runs, or comes to its end.
    alive: AtomicBool,
    /// It did not come to its end in time.
    given_up: AtomicBool,
    /// No worker comes after.
    retired: AtomicBool,
}

struct Workers {
    config: Option<AsyncConfig>,
    lines: Vec<Arc<Line>>,
    /// Those of before the last shutdown; their workers may be at their end still.
    retired: Vec<Arc<Line>>,
    /// The line of the next ring.
    next: usize,
    /// After a shutdown.
    shut: bool,
}

static WORKERS: Mutex<Workers> =
    Mutex::new(Workers { config: None, lines: Vec::new(), retired: Vec::new(), next: 0, shut: false });
static RING_BYTES: AtomicUsize = AtomicUsize::new(48 * 1024);
static OVERFLOW: AtomicU8 = AtomicU8::new(0);
static NAP_MICROS: AtomicU64 = AtomicU64::new(200);
static PARK_AFTER_MILLIS: AtomicU64 = AtomicU64::new(10);

thread_local! {
    static IS_WORKER: Cell<bool> = const { Cell::new(false) };
}

fn workers() -> MutexGuard<'static, Workers> {
    WORKERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Tells whether this thread is a worker.
pub(crate) fn is_this_thread() -> bool {
    IS_WORKER.try_with(Cell::get).unwrap_or(false)
}

pub(crate) fn ring_bytes() -> usize {
    RING_BYTES.load(Ordering::Relaxed)
}

pub(crate) fn overflow_policy() -> OverflowPolicy {
    match OVERFLOW.load(Ordering::Relaxed) {
        1 => OverflowPolicy::DropNewest,
        2 => OverflowPolicy::DropOldest,
        _ => OverflowPolicy::Block,
    }
}

/// Works by other settings from now on.
pub(crate) fn configure(config: AsyncConfig) {
    RING_BYTES.store(config.ring_bytes, Ordering::Relaxed);
    NAP_MICROS.store(config.nap_micros, Ordering::Relaxed);
    PARK_AFTER_MILLIS.store(config.park_after_millis, Ordering::Relaxed);
    let overflow = match config.overflow {
        OverflowPolicy::Block => 0,
        OverflowPolicy::DropNewest => 1,
        OverflowPolicy::DropOldest => 2,
    };
    OVERFLOW.store(overflow, Ordering::Relaxed);
    workers().config = Some(config);
}

/// Returns the line of a new ring.
pub(crate) fn line() -> Arc<Line> {
    let mut workers = workers();
    if workers.lines.is_empty() {
        let count = workers.config.get_or_insert_default().threads;
        workers.lines.extend((0..count).map(|_| Arc::new(Line::new())));
    }
    workers.next += 1;
    workers.lines[workers.next % workers.lines.len()].clone()
}

/// Starts the worker of a line, if there is none and there may be one.
#[cold]
pub(crate) fn begin(line: &Arc<Line>) -> bool {
    let mut workers = workers();
    if workers.shut || line.is_retired() || crate::thread::EXITING.load(Ordering::Relaxed) {
        return false;
    }
    if !line.doorbell.is_closed() {
        return true;
    }
    let Some(index) = workers.lines.iter().position(|other| Arc::ptr_eq(other, line)) else { return false };
    let config = workers.config.get_or_insert_default().clone();
    let core = config.cpu.map(|first| first + index);
    let own = line.clone();
    barrier::prepare();
    // Before it runs: it could not say that it sleeps otherwise.
    line.alive.store(true, Ordering::SeqCst);
    line.doorbell.open();
    let spawned = thread::Builder::new().name(config.thread_name).spawn(move || {
        let cores = core.and_then(|_| core_affinity::get_core_ids()).unwrap_or_default();
        if let Some(core) = cores.into_iter().find(|other| Some(other.id) == core) {
            // Not ours to mend if the system says no: it runs all the same.
            core_affinity::set_for_current(core);
        }
        run(&own);
    });
    if spawned.is_err() {
        line.doorbell.close();
        line.alive.store(false, Ordering::SeqCst);
    }
    spawned.is_ok()
}

/// Lets workers start again after a shutdown, by the settings of now.
pub(crate) fn reopen() {
    let mut workers = workers();
    let Workers { lines, retired, shut, .. } = &mut *workers;
    if *shut && !crate::thread::EXITING.load(Ordering::Relaxed) {
        *shut = false;
        retired.retain(|line| line.is_alive());
        for line in lines.drain(..) {
            line.retired.store(true, Ordering::SeqCst);
            retired.push(line);
        }
        // Every thread looks again, and takes a ring of another line.
        route::next_generation();
    }
}

/// Returns all lines that may have something in hand.
fn lines() -> Vec<Arc<Line>> {
    let workers = workers();
    workers.lines.iter().chain(&workers.retired).cloned().collect()
}

impl Line {
    fn new() -> Self {
        Self {
            doorbell: Doorbell { state: sync::AtomicU8::new(Doorbell::NOBODY) },
            thread: Mutex::new(None),
            left: AtomicUsize::new(0),
            asked: AtomicUsize::new(0),
            answered: Mutex::new(0),
            answer_bell: Condvar::new(),
            stop: AtomicBool::new(false),
            alive: AtomicBool::new(false),
            given_up: AtomicBool::new(false),
            retired: AtomicBool::new(false),
        }
    }

    /// Ends the worker's nap.
    #[cold]
    pub(crate) fn wake(&self) {
        if let Some(thread) = &*self.thread.lock().unwrap_or_else(PoisonError::into_inner) {
            thread.unpark();
        }
    }

    /// Tells whether no worker will ever serve it again.
    #[inline]
    pub(crate) fn is_retired(&self) -> bool {
        self.retired.load(Ordering::Relaxed)
    }

    fn is_alive(&self) -> bool {
        self.alive.load(Ordering::SeqCst)
    }

    fn answer(&self, asked: usize) {
        let mut answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        *answered = asked.max(*answered);
        drop(answered);
        self.answer_bell.notify_all();
    }

    /// Waits until the worker has done what was asked; false if it takes too long.
    fn wait_until(&self, asked: usize, deadline: Instant) -> bool {
        self.wait(deadline, |answered| asked <= answered || !self.is_alive())
            && (self.is_alive() || self.left.load(Ordering::Relaxed) == 0)
    }

    /// Waits until the worker has ended. One that takes too long is given up: its
    /// rings are others' from then on.
    fn wait_for_end(&self, deadline: Instant) {
        if !self.given_up.load(Ordering::Relaxed) && !self.wait(deadline, |_| !self.is_alive()) {
            self.given_up.store(true, Ordering::Relaxed);
        }
    }

    fn wait(&self, deadline: Instant, done: impl Fn(usize) -> bool) -> bool {
        let mut answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        while !done(*answered) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            // Looks now and then by itself: in the child of a fork nobody would call.
            let moment = left.min(Duration::from_millis(20));
            answered =
                self.answer_bell.wait_timeout(answered, moment).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    /// Tells whether whoever comes by may empty its rings.
    fn is_forsaken(&self) -> bool {
        self.doorbell.is_closed() && (!self.is_alive() || self.given_up.load(Ordering::Relaxed))
    }
}

fn run(line: &Arc<Line>) {
    IS_WORKER.set(true);
    *line.thread.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread::current());
    let drain = Drain::default();
    let mut worker = Worker { line, drain, forwarded_at: None, idle_since: None, answered: 0 };
    // What panics in there is a fault of ours: foreign code has guards of its own.
    // Others' records are not to suffer, nor the processor.
    let look = |worker: &mut Worker<'_>| {
        catch_unwind(AssertUnwindSafe(|| worker.look())).unwrap_or_else(|_| {
            thread::park_timeout(WRITE_AFTER);
            true
        })
    };
    while look(&mut worker) {}
    line.doorbell.close();
    // What was published before somebody could see that.
    worker.take_and_forward();
    worker.write(true);
    line.alive.store(false, Ordering::SeqCst);
    line.answer(line.asked.load(Ordering::SeqCst));
}

struct Worker<'l> {
    line: &'l Arc<Line>,
    drain: Drain,
    /// Since when something waits to be written.
    forwarded_at: Option<Instant>,
    /// Since when there was nothing.
    idle_since: Option<Instant>,
    answered: usize,
}

impl Worker<'_> {
    /// Looks once for records and for what else is to be done; false at the end.
    fn look(&mut self) -> bool {
        let asked = self.line.asked.load(Ordering::SeqCst);
        let stop = self.line.stop.load(Ordering::SeqCst);
        let count = self.take_and_forward();
        if count > 0 {
            self.idle_since = None;
            self.forwarded_at.get_or_insert_with(Instant::now);
        }
        if asked != self.answered {
            // The sinks are with who asked: here it is handed over only.
            with_roads(|roads| roads.hand_over_forwarded());
            self.answered = asked;
            self.line.answer(asked);
        }
        if stop {
            return false;
        }
        let late = self.forwarded_at.is_some_and(|at| at.elapsed() >= WRITE_AFTER);
        if late || count == 0 {
            self.write(false);
        }
        if count < BUSY_RECORDS {
            self.rest(count);
        }
        true
    }

    /// Takes what there is and puts it into the destinations' buffers; returns
    /// how many records that was.
    fn take_and_forward(&mut self) -> usize {
        let line = self.line;
        let count = self.drain.take(|ring: &Ring| Arc::ptr_eq(&ring.line, line));
        line.left.store(count, Ordering::Relaxed);
        let level = Cell::new(LogLevel::Info);
        loop {
            let whole = catch_unwind(AssertUnwindSafe(|| {
                with_roads(|roads| {
                    if !self.drain.is_empty() {
                        roads.forward(Writing::Here, |deliver| {
                            self.drain.hand_on(&line.left, |record| {
                                level.set(record.level);
                                deliver(record);
                            });
                        });
                    }
                });
            }));
            if whole.is_ok() {
                break;
            }
            COUNTERS.add_dropped(level.get(), DropReason::EncoderFailed, 1);
        }
        self.drain.tell_dropped();
        if reentry::is_pending() {
            reentry::replay();
        }
        count
    }

    /// Writes what has been forwarded, if anything has, or by all means.
    fn write(&mut self, by_all_means: bool) {
        if self.forwarded_at.take().is_some() || by_all_means {
            with_roads(|roads| roads.write_forwarded());
            // What sinks log meanwhile waits for the flusher: were it written here,
            // a sink that logs what it writes would never let the worker rest.
            if reentry::is_pending() {
                reentry::replay();
            }
        }
    }

    /// Naps, or sleeps until somebody calls.
    fn rest(&mut self, count: usize) {
        let nap = Duration::from_micros(NAP_MICROS.load(Ordering::Relaxed));
        let park_after = Duration::from_millis(PARK_AFTER_MILLIS.load(Ordering::Relaxed));
        let idle = count == 0 && self.forwarded_at.is_none();
        if !idle || self.idle_since.get_or_insert_with(Instant::now).elapsed() < park_after {
            return thread::park_timeout(nap);
        }
        let line = self.line;
        let may_sleep = line.doorbell.doze();
        let called = line.asked.load(Ordering::SeqCst) != self.answered || line.stop.load(Ordering::SeqCst);
        if may_sleep && !called && !self.drain.finds_any(|ring| Arc::ptr_eq(&ring.line, line)) {
            thread::park();
            self.idle_since = None;
        }
        line.doorbell.rise();
        if !may_sleep {
            thread::park_timeout(nap);
        }
    }
}

/// Has all workers hand over what is in the rings, up to a deadline; returns how
/// many records are left.
pub(crate) fn flush_until(deadline: Instant) -> usize {
    if is_this_thread() {
        return 0;
    }
    let lines = lines();
    let asked: Vec<_> = lines.iter().map(|line| ask(line)).collect();
    let mut late = false;
    for (line, asked) in lines.iter().zip(asked) {
        late |= !line.wait_until(asked, deadline);
    }
    rescue();
    crate::queue::tell_dropped();
    if late { left_until(deadline) } else { 0 }
}

fn ask(line: &Line) -> usize {
    let asked = line.asked.fetch_add(1, Ordering::SeqCst) + 1;
    line.wake();
    asked
}

/// Counts what lies in rings and in workers' hands, as far as it can be seen in time.
pub(crate) fn left_until(deadline: Instant) -> usize {
    let in_hand: usize = lines().iter().map(|line| line.left.load(Ordering::Relaxed)).sum();
    in_hand + crate::queue::waiting_until(deadline.max(Instant::now() + Duration::from_millis(1)))
}

/// Ends all workers, up to a deadline; from now on records take the sync road.
pub(crate) fn shut_until(deadline: Instant) {
    if is_this_thread() {
        return;
    }
    let lines = {
        let mut workers = workers();
        workers.shut = true;
        workers.lines.clone()
    };
    for line in &lines {
        line.stop.store(true, Ordering::SeqCst);
        line.wake();
    }
    for line in &lines {
        line.wait_for_end(deadline);
        line.doorbell.close();
    }
    // Every thread looks again, and finds its line closed.
    route::next_generation();
}

/// Takes over what is in the rings of lines without a worker, to be written by
/// whoever has time.
///
/// When it returns, what this thread had in its ring is in the destinations'
/// queues, even if another thread has taken it over.
#[cold]
pub(crate) fn rescue() {
    with_roads(rescue_by);
}

/// As [`rescue`], inside of a logging call.
#[cold]
pub(crate) fn rescue_by(roads: &mut Roads) {
    /// Held from the ring to the queues. The child of a fork may find it taken:
    /// it does not wait for ever.
    static RESCUE: Mutex<()> = Mutex::new(());
    let _one_at_a_time = lock_until(&RESCUE, Instant::now() + LAST_PATIENCE);
    let mut drain = Drain::default();
    drain.take(|ring| ring.line.is_forsaken());
    if !drain.is_empty() {
        roads.forward(Writing::ByOthers, |deliver| drain.hand_on(&AtomicUsize::new(0), deliver));
        roads.hand_over_forwarded();
        flusher::wake();
    }
}

/// How long a record waits for those before it that a worker has in hand.
pub(crate) const LAST_PATIENCE: Duration = Duration::from_secs(1);

/// Waits until a worker that is about to end has handed on what it holds; not
/// again for one that did not do so in time.
#[cold]
pub(crate) fn wait_for_the_last(line: &Line) {
    if !is_this_thread() {
        line.wait_for_end(Instant::now() + LAST_PATIENCE);
    }
}

/// The workers, held over a fork.
#[cfg(unix)]
pub(crate) struct HeldWorkers(MutexGuard<'static, Workers>);

#[cfg(unix)]
pub(crate) fn hold_workers() -> HeldWorkers {
    HeldWorkers(workers())
}

#[cfg(unix)]
impl HeldWorkers {
    /// Forgets, in the child, the parent's workers; new ones begin at the next call.
    pub(crate) fn abandon(&mut self) {
        self.0.lines.drain(..).for_each(std::mem::forget);
        self.0.retired.drain(..).for_each(std::mem::forget);
        let _ = IS_WORKER.try_with(|flag| flag.set(false));
    }
}
