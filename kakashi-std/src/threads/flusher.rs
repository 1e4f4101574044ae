//! The thread that writes what others have buffered: full buffers at once, the
//! rest when it has lain for the idle interval.
//!
//! It sleeps without a timer while nothing is buffered. A thread that puts the
//! first record into an empty buffer arms it: one relaxed load when it is armed
//! already; see [`Alarm`] for why no record is left behind.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use crate::sync::pending_flag::Alarm;
use crate::dispatch::thread_buffer::LocalBuffer;
use crate::delivery::sink_queue::Effort;
use crate::delivery::sink_queue::Outlet;

/// The default of the idle interval.
pub(crate) const IDLE_MILLIS: u64 = 100;

static IDLE: AtomicU64 = AtomicU64::new(IDLE_MILLIS);
static ALARM: Alarm = Alarm { armed: AtomicBool::new(false) };
/// Grows with each look at the buffers.
static ROUND: AtomicUsize = AtomicUsize::new(1);
static SIGNAL: Mutex<Signal> = Mutex::new(Signal { running: false, armed: false, work: false });
static BELL: Condvar = Condvar::new();
static LOCALS: Mutex<Vec<Arc<LocalBuffer>>> = Mutex::new(Vec::new());
static OUTLETS: Mutex<Vec<Weak<Outlet>>> = Mutex::new(Vec::new());

#[derive(Debug)]
pub(crate) struct Signal {
    running: bool,
    armed: bool,
    work: bool,
}

fn lock<T>(mutex: &'static Mutex<T>) -> MutexGuard<'static, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn set_idle_millis(millis: u64) {
    // A clock can add this much to any time: 49 days.
    IDLE.store(millis.clamp(1, u64::from(u32::MAX)), Ordering::Relaxed);
    // It may be about to sleep for longer than that.
    let mut signal = lock(&SIGNAL);
    signal.armed |= signal.running;
    drop(signal);
    BELL.notify_one();
}

/// Returns the number of the flusher's next look.
#[inline]
pub(crate) fn round() -> usize {
    ROUND.load(Ordering::Relaxed)
}

/// Has the flusher look at the buffers within the idle interval.
#[inline]
pub(crate) fn arm() {
    if ALARM.arm() {
        ring(|signal| signal.armed = true);
    }
}

/// Has the flusher write what is queued.
pub(crate) fn wake() {
    ring(|signal| signal.work = true);
}

fn ring(set: impl FnOnce(&mut Signal)) {
    let mut signal = lock(&SIGNAL);
    set(&mut signal);
    if !signal.running {
        signal.running = true;
        drop(signal);
        start();
    } else {
        drop(signal);
        BELL.notify_one();
    }
}

fn start() {
    let spawned = std::thread::Builder::new().name("kakashi-flusher".into()).spawn(run);
    if spawned.is_err() {
        // No thread to be had: the caller does the work, now and next time.
        lock(&SIGNAL).running = false;
        ALARM.disarm();
        sweep(usize::MAX);
    }
}

fn run() {
    // When the buffers are looked at next, if there may be something in them:
    // full buffers from busy threads must not put that off.
    let mut look_at = None;
    loop {
        let work = wait_for_work(&mut look_at);
        // What panics in there is a fault of ours: there is nobody to take over.
        let _ = catch_unwind(AssertUnwindSafe(|| look(&mut look_at, work)));
    }
}

fn look(look_at: &mut Option<Instant>, work: bool) {
    if look_at.is_some_and(|at| at <= Instant::now()) {
        *look_at = None;
        ALARM.disarm();
        let round = ROUND.fetch_add(1, Ordering::AcqRel) + 1;
        if !sweep(round) {
            arm();
        }
    } else if work && !drain_outlets(Effort::Patient) {
        arm();
    }
    // What sinks have logged on this thread.
    if crate::submit::deferred::is_pending() {
        crate::submit::deferred::replay();
    }
}

/// Sleeps until a buffer is full or it is time to look; tells whether one is full.
fn wait_for_work(look_at: &mut Option<Instant>) -> bool {
    let mut signal = lock(&SIGNAL);
    loop {
        if std::mem::take(&mut signal.armed) {
            // Two looks an interval: what lies there at both is old enough.
            let idle = Duration::from_millis(IDLE.load(Ordering::Relaxed));
            let at = Instant::now() + idle / 2;
            *look_at = Some(look_at.map_or(at, |earlier| at.min(earlier)));
        }
        if std::mem::take(&mut signal.work) {
            return true;
        }
        signal = match *look_at {
            None => BELL.wait(signal).unwrap_or_else(PoisonError::into_inner),
            Some(at) => {
                let left = at.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return false;
                }
                BELL.wait_timeout(signal, left).unwrap_or_else(PoisonError::into_inner).0
            }
        };
    }
}

/// Hands over buffers that have lain since before `round`'s predecessor, and
/// writes; false if something is left to look after.
fn sweep(round: usize) -> bool {
    let locals = lock(&LOCALS).clone();
    let mut clean = true;
    for local in &locals {
        clean &= local.flush_old(round.saturating_sub(1));
    }
    drain_outlets(Effort::Patient) && clean
}

fn drain_outlets(effort: Effort) -> bool {
    // All of them, also after one that fails.
    let failed = outlets().iter().filter(|outlet| outlet.has_work() && !outlet.drain(effort)).count();
    failed == 0
}

/// Returns all outlets that are in use.
pub(crate) fn outlets() -> Vec<Arc<Outlet>> {
    lock(&OUTLETS).iter().filter_map(Weak::upgrade).collect()
}

/// Returns how many records wait in buffers and for their sinks, as far as it can
/// be seen without waiting.
pub(crate) fn waiting() -> usize {
    let locals = crate::delivery::sink_queue::lock_until(&LOCALS, Instant::now()).map(|locals| locals.clone());
    let buffered: usize = locals.iter().flatten().map(|local| local.waiting()).sum();
    buffered + outlets().iter().map(|outlet| outlet.waiting()).sum::<usize>()
}

pub(crate) fn register(outlet: &Arc<Outlet>) {
    let mut outlets = lock(&OUTLETS);
    outlets.retain(|outlet| outlet.strong_count() > 0);
    outlets.push(Arc::downgrade(outlet));
}

pub(crate) fn register_local(local: &Arc<LocalBuffer>) {
    lock(&LOCALS).push(local.clone());
}

pub(crate) fn forget_local(local: &LocalBuffer) {
    lock(&LOCALS).retain(|other| !std::ptr::eq(&**other, local));
}

/// Hands over what the chosen buffers hold.
pub(crate) fn flush_locals(choose: impl Fn(&LocalBuffer) -> bool) {
    let locals = lock(&LOCALS).clone();
    locals.iter().filter(|local| choose(local)).for_each(|local| local.flush());
}

/// Hands over what the chosen buffers hold, and closes them.
pub(crate) fn close_locals(choose: impl Fn(&LocalBuffer) -> bool) {
    let locals = lock(&LOCALS).clone();
    locals.iter().filter(|local| choose(local)).for_each(|local| local.close());
}

/// Writes all there is in the process; gives up at a deadline. Returns how many
/// records are left, as far as can be told.
pub(crate) fn flush_all_until(deadline: Instant) -> usize {
    let Some(locals) = crate::delivery::sink_queue::lock_until(&LOCALS, deadline).map(|locals| locals.clone()) else {
        return 0;
    };
    let missed = locals.iter().filter(|local| !local.flush_until(deadline)).count();
    let Some(outlets) = crate::delivery::sink_queue::lock_until(&OUTLETS, deadline)
        .map(|outlets| outlets.iter().filter_map(Weak::upgrade).collect::<Vec<_>>())
    else {
        return missed;
    };
    missed + outlets.iter().map(|outlet| outlet.flush_until(deadline)).sum::<usize>()
}

/// Locks that a fork must find free.
#[cfg(unix)]
pub(crate) struct Held {
    signal: MutexGuard<'static, Signal>,
    locals: MutexGuard<'static, Vec<Arc<LocalBuffer>>>,
    _outlets: MutexGuard<'static, Vec<Weak<Outlet>>>,
}

#[cfg(unix)]
pub(crate) fn hold(deadline: Instant) -> Option<Held> {
    Some(Held {
        locals: crate::delivery::sink_queue::lock_until(&LOCALS, deadline)?,
        _outlets: crate::delivery::sink_queue::lock_until(&OUTLETS, deadline)?,
        signal: crate::delivery::sink_queue::lock_until(&SIGNAL, deadline)?,
    })
}

#[cfg(unix)]
impl Held {
    /// Forgets, in the child, the parent's thread and its threads' buffers.
    pub(crate) fn abandon(&mut self) {
        *self.signal = Signal { running: false, armed: false, work: false };
        ALARM.disarm();
        // Not dropped: another thread of the parent may have held a lock inside.
        self.locals.drain(..).for_each(std::mem::forget);
    }
}
