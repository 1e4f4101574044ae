//! How threads signal the flusher, and what it waits for.
//!
//! The flusher sleeps without a timer while nothing is buffered. A thread that publishes
//! a record arms it: a relaxed load when it is armed already; see [`PendingFlag`] for why
//! no record is left behind. The flusher's thread itself stands above this stage: a
//! [`Hook`] starts it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use kakashi_core::Settings;

use crate::sync::AtomicBool;
use crate::sync::hook::Hook;
use crate::sync::pending_flag::PendingFlag;
#[cfg(unix)]
use crate::sync::timed_lock::lock_until;

/// Starts the flusher's thread.
pub(crate) static START: Hook<fn()> = Hook::new();

static IDLE: AtomicU64 = AtomicU64::new(Settings::<()>::FLUSH_AFTER_MILLIS);
#[cfg(not(all(test, loom)))]
static PENDING: PendingFlag = PendingFlag { raised: AtomicBool::new(false) };
#[cfg(all(test, loom))]
static PENDING: std::sync::LazyLock<PendingFlag> =
    std::sync::LazyLock::new(|| PendingFlag { raised: AtomicBool::new(false) });
static SIGNAL: Mutex<Signal> = Mutex::new(Signal::NONE);
static CHANGED: Condvar = Condvar::new();

/// What the flusher waits for.
#[derive(Debug)]
pub(crate) struct Signal {
    /// The flusher's thread runs.
    running: bool,
    /// A record is buffered: sweep within the idle interval.
    armed: bool,
    /// Much waits: write it now.
    work: bool,
    /// A thread has ended: sweep now.
    sweep: bool,
}

impl Signal {
    const NONE: Self = Self { running: false, armed: false, work: false, sweep: false };
}

/// What the flusher is to do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Work {
    /// Write what waits for sinks.
    Drain,
    /// Collect, then write.
    Sweep,
}

fn lock() -> MutexGuard<'static, Signal> {
    SIGNAL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Sets the idle interval, 1 to 2³² − 1 milliseconds.
pub(crate) fn set_idle_millis(millis: u64) {
    // A clock can add this much to any time: 49 days.
    IDLE.store(millis.clamp(1, u64::from(u32::MAX)), Ordering::Relaxed);
    // It may be about to sleep for longer than that.
    let mut signal = lock();
    signal.armed |= signal.running;
    drop(signal);
    CHANGED.notify_one();
}

/// Makes the flusher sweep within the idle interval; called after publishing.
#[inline]
pub(crate) fn arm() {
    if PENDING.raise() {
        signal(|signal| signal.armed = true);
    }
}

/// Makes the flusher sweep within the idle interval, once more.
pub(crate) fn arm_again() {
    signal(|signal| signal.armed = true);
}

/// Makes the flusher write what waits for sinks.
pub(crate) fn wake() {
    signal(|signal| signal.work = true);
}

/// Makes the flusher sweep now.
pub(crate) fn wake_to_sweep() {
    signal(|signal| signal.sweep = true);
}

fn signal(set: impl FnOnce(&mut Signal)) {
    let mut signal = lock();
    set(&mut signal);
    if !signal.running {
        signal.running = true;
        drop(signal);
        if let Some(start) = START.get() {
            start();
        }
    } else {
        drop(signal);
        CHANGED.notify_one();
    }
}

/// Says that the flusher's thread could not be started: the next signal tries again.
pub(crate) fn not_started() {
    lock().running = false;
    PENDING.lower();
}

/// Begins a sweep.
pub(crate) fn begin_sweep() {
    PENDING.lower();
}

/// Sleeps until something waits or it is time to sweep.
pub(crate) fn wait(sweep_at: &mut Option<Instant>) -> Work {
    let mut signal = lock();
    loop {
        if std::mem::take(&mut signal.armed) {
            let at = Instant::now() + Duration::from_millis(IDLE.load(Ordering::Relaxed));
            *sweep_at = Some(sweep_at.map_or(at, |earlier| at.min(earlier)));
        }
        if std::mem::take(&mut signal.sweep) {
            return Work::Sweep;
        }
        if std::mem::take(&mut signal.work) {
            return Work::Drain;
        }
        signal = match *sweep_at {
            None => CHANGED.wait(signal).unwrap_or_else(PoisonError::into_inner),
            Some(at) => {
                let left = at.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return Work::Sweep;
                }
                CHANGED.wait_timeout(signal, left).unwrap_or_else(PoisonError::into_inner).0
            }
        };
    }
}

/// Locks the signal for a fork; none if it is not free in time.
#[cfg(unix)]
pub(crate) fn lock_for_fork(deadline: Instant) -> Option<MutexGuard<'static, Signal>> {
    lock_until(&SIGNAL, deadline)
}

/// Forgets, in the child of a fork, the parent's flusher.
#[cfg(unix)]
pub(crate) fn abandon(signal: &mut Signal) {
    *signal = Signal::NONE;
    PENDING.lower();
}
