//! All workers: how they are configured, started, flushed and ended.
//!
//! While there is no worker (before the first record, after a shutdown, in the child
//! of a fork until its next record, if no thread can be started) async records are
//! written synchronously.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use super::config::AsyncConfig;
use super::overflow::OverflowPolicy;
use super::worker_control::WorkerControl;
use crate::dispatch::root;
use crate::reentrancy::{CriticalSection, HeldLock, hold, is_exiting, is_worker};
use crate::sync::fence;
use crate::sync::hook::Hook;

/// Runs a worker to its end, on its own thread.
pub(crate) static RUN: Hook<fn(&Arc<WorkerControl>)> = Hook::new();

struct Workers {
    config: Option<AsyncConfig>,
    controls: Vec<Arc<WorkerControl>>,
    /// Those from before the last shutdown; their workers may still be ending.
    retired: Vec<Arc<WorkerControl>>,
    /// Counts rings, which take the controls in turn.
    next: usize,
    /// After a shutdown.
    shut_down: bool,
}

static WORKERS: Mutex<Workers> = Mutex::new(Workers {
    config: None,
    controls: Vec::new(),
    retired: Vec::new(),
    next: 0,
    shut_down: false,
});
static RING_BYTES: AtomicUsize = AtomicUsize::new(48 * 1024);
static OVERFLOW: AtomicU8 = AtomicU8::new(0);
static WAIT_FOR_ERRORS: AtomicBool = AtomicBool::new(false);
static NAP_MICROS: AtomicU64 = AtomicU64::new(200);
static PARK_AFTER_MILLIS: AtomicU64 = AtomicU64::new(10);

fn workers() -> HeldLock<'static, Workers> {
    hold(&WORKERS)
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

/// Tells whether async loggers' calls of ERROR and above wait until they are written.
pub(crate) fn wait_for_errors() -> bool {
    WAIT_FOR_ERRORS.load(Ordering::Relaxed)
}

/// Replaces the settings.
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
    WAIT_FOR_ERRORS.store(config.wait_for_errors, Ordering::Relaxed);
    workers().config = Some(config);
}

/// Returns the control block of the worker that a new ring belongs to.
pub(crate) fn assign() -> Arc<WorkerControl> {
    let mut workers = workers();
    if workers.controls.is_empty() {
        let count = workers.config.get_or_insert_default().threads;
        workers.controls.extend((0..count).map(|_| Arc::new(WorkerControl::new())));
    }
    workers.next += 1;
    workers.controls[workers.next % workers.controls.len()].clone()
}

/// Starts a worker, if it does not run and may; tells whether it runs.
#[cold]
pub(crate) fn start(control: &Arc<WorkerControl>) -> bool {
    let mut workers = workers();
    if workers.shut_down || control.is_retired() || is_exiting() {
        return false;
    }
    if !control.wake_state().is_closed() {
        return true;
    }
    let Some(run) = RUN.get() else { return false };
    let index = workers.controls.iter().position(|other| Arc::ptr_eq(other, control));
    let Some(index) = index else { return false };
    let config = workers.config.get_or_insert_default().clone();
    let core = config.cpu.and_then(|first| first.checked_add(index));
    let own = control.clone();
    fence::prepare();
    control.begin();
    let spawned = thread::Builder::new().name(config.thread_name).spawn(move || {
        let cores = core.and_then(|_| core_affinity::get_core_ids()).unwrap_or_default();
        if let Some(core) = cores.into_iter().find(|other| Some(other.id) == core) {
            // If the system refuses, it runs on any core.
            core_affinity::set_for_current(core);
        }
        run(&own);
    });
    if spawned.is_err() {
        control.not_started();
    }
    spawned.is_ok()
}

/// Allows workers to be started again after a shutdown, with the current settings.
pub(crate) fn reopen() {
    if CriticalSection::is_active() {
        return;
    }
    let mut workers = workers();
    let Workers { controls, retired, shut_down, .. } = &mut *workers;
    if *shut_down && !is_exiting() {
        *shut_down = false;
        retired.retain(|control| control.is_alive());
        for control in controls.drain(..) {
            control.retire();
            retired.push(control);
        }
        // Every thread looks again, and takes a ring of another worker.
        root::next_generation();
    }
}

/// Ends all workers, up to a deadline; from now on async records are written
/// synchronously.
pub(crate) fn shut_down_until(deadline: Instant) {
    if is_worker() {
        return;
    }
    let controls = {
        let mut workers = workers();
        workers.shut_down = true;
        workers.controls.clone()
    };
    for control in &controls {
        control.request_stop();
    }
    for control in &controls {
        control.wait_for_end(deadline);
        control.wake_state().close();
    }
    // Every thread looks again, and finds that its worker has ended.
    root::next_generation();
}

/// The workers, locked for a fork.
#[cfg(unix)]
pub(crate) struct LockedWorkers(HeldLock<'static, Workers>);

/// Locks the workers for a fork.
#[cfg(unix)]
pub(crate) fn lock_for_fork() -> LockedWorkers {
    LockedWorkers(workers())
}

#[cfg(unix)]
impl LockedWorkers {
    /// Forgets, in the child of a fork, the parent's workers; the next record starts new
    /// ones.
    pub(crate) fn abandon(&mut self) {
        let Workers { controls, retired, .. } = &mut *self.0;
        for control in controls.drain(..).chain(retired.drain(..)) {
            // A call that is in progress on this thread finds that there is no worker.
            control.abandon();
            std::mem::forget(control);
        }
    }
}
