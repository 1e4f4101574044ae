//! All workers: how they are configured, begun, flushed and ended.
//!
//! Where there is no worker (before the first record, after a shutdown, in the
//! child of a fork until its next record, when no thread is to be had) callers take
//! the sync road.

use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::queue::config::AsyncConfig;
use crate::queue::worker_control::Line;
use crate::queue::overflow::OverflowPolicy;
use crate::sync::fence;
use crate::submit::orphaned;
use crate::dispatch;
use crate::threads::worker;

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

fn workers() -> MutexGuard<'static, Workers> {
    WORKERS.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn ring_bytes() -> usize {
    RING_BYTES.load(Ordering::Relaxed)
}

pub(crate) fn nap() -> Duration {
    Duration::from_micros(NAP_MICROS.load(Ordering::Relaxed))
}

pub(crate) fn park_after() -> Duration {
    Duration::from_millis(PARK_AFTER_MILLIS.load(Ordering::Relaxed))
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
    if workers.shut || line.is_retired() || crate::submit::EXITING.load(Ordering::Relaxed) {
        return false;
    }
    if !line.doorbell.is_closed() {
        return true;
    }
    let Some(index) = workers.lines.iter().position(|other| Arc::ptr_eq(other, line)) else { return false };
    let config = workers.config.get_or_insert_default().clone();
    let core = config.cpu.and_then(|first| first.checked_add(index));
    let own = line.clone();
    fence::prepare();
    // Before it runs: it could not say that it sleeps otherwise.
    line.alive.store(true, Ordering::SeqCst);
    line.doorbell.open();
    let spawned = thread::Builder::new().name(config.thread_name).spawn(move || {
        let cores = core.and_then(|_| core_affinity::get_core_ids()).unwrap_or_default();
        if let Some(core) = cores.into_iter().find(|other| Some(other.id) == core) {
            // Not ours to mend if the system says no: it runs all the same.
            core_affinity::set_for_current(core);
        }
        worker::run(&own);
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
    if *shut && !crate::submit::EXITING.load(Ordering::Relaxed) {
        *shut = false;
        retired.retain(|line| line.is_alive());
        for line in lines.drain(..) {
            line.retired.store(true, Ordering::SeqCst);
            retired.push(line);
        }
        // Every thread looks again, and takes a ring of another line.
        dispatch::next_generation();
    }
}

/// Returns all lines that may have something in hand.
fn lines() -> Vec<Arc<Line>> {
    let workers = workers();
    workers.lines.iter().chain(&workers.retired).cloned().collect()
}

/// Has all workers hand over what is in the rings, up to a deadline; returns how
/// many records are left.
pub(crate) fn flush_until(deadline: Instant) -> usize {
    if worker::is_this_thread() {
        return 0;
    }
    let lines = lines();
    let asked: Vec<_> = lines.iter().map(|line| line.ask()).collect();
    let mut late = false;
    for (line, asked) in lines.iter().zip(asked) {
        late |= !line.wait_until(asked, deadline);
    }
    orphaned::rescue();
    crate::queue::ring::tell_dropped();
    if late { left_until(deadline) } else { 0 }
}

/// Counts what lies in rings and in workers' hands, as far as it can be seen in time.
pub(crate) fn left_until(deadline: Instant) -> usize {
    let in_hand: usize = lines().iter().map(|line| line.left.load(Ordering::Relaxed)).sum();
    in_hand + crate::queue::ring::waiting_until(deadline.max(Instant::now() + Duration::from_millis(1)))
}

/// Ends all workers, up to a deadline; from now on records take the sync road.
pub(crate) fn shut_until(deadline: Instant) {
    if worker::is_this_thread() {
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
    dispatch::next_generation();
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
        let Workers { lines, retired, .. } = &mut *self.0;
        for line in lines.drain(..).chain(retired.drain(..)) {
            // A call that is under way on this very thread finds nobody there.
            line.abandon();
            std::mem::forget(line);
        }
        worker::forget();
    }
}
