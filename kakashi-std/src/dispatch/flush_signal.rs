//! How threads signal the flusher, and what it waits for.
//!
//! The flusher sleeps without a timer while nothing is buffered. A thread that puts
//! the first record into an empty buffer arms it: one relaxed load when it is armed
//! already; see [`PendingFlag`] for why no record is left behind. The thread itself
//! stands above this stage: a [`Hook`] starts it.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
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
/// Grows with each sweep of the buffers.
static ROUND: AtomicUsize = AtomicUsize::new(1);
static SIGNAL: Mutex<Signal> = Mutex::new(Signal::NONE);
static CHANGED: Condvar = Condvar::new();

/// What the flusher waits for.
#[derive(Debug)]
pub(crate) struct Signal {
    /// The flusher's thread runs.
    running: bool,
    /// A buffer holds records: sweep within the idle interval.
    armed: bool,
    /// Full buffers wait: write them now.
    work: bool,
}

impl Signal {
    const NONE: Self = Self { running: false, armed: false, work: false };
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

/// Returns the number of the latest sweep.
#[inline]
pub(crate) fn round() -> usize {
    ROUND.load(Ordering::Relaxed)
}

/// Makes the flusher sweep the buffers within the idle interval.
#[inline]
pub(crate) fn arm() {
    if PENDING.raise() {
        signal(|signal| signal.armed = true);
    }
}

/// Makes the flusher write the buffers that wait.
pub(crate) fn wake() {
    signal(|signal| signal.work = true);
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

/// Begins a sweep; returns its number.
pub(crate) fn begin_round() -> usize {
    PENDING.lower();
    ROUND.fetch_add(1, Ordering::AcqRel) + 1
}

/// Sleeps until buffers wait or it is time to sweep; tells whether buffers wait.
pub(crate) fn wait(sweep_at: &mut Option<Instant>) -> bool {
    let mut signal = lock();
    loop {
        if std::mem::take(&mut signal.armed) {
            // Two sweeps an interval: a record that both find is old enough.
            let idle = Duration::from_millis(IDLE.load(Ordering::Relaxed));
            let at = Instant::now() + idle / 2;
            *sweep_at = Some(sweep_at.map_or(at, |earlier| at.min(earlier)));
        }
        if std::mem::take(&mut signal.work) {
            return true;
        }
        signal = match *sweep_at {
            None => CHANGED.wait(signal).unwrap_or_else(PoisonError::into_inner),
            Some(at) => {
                let left = at.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return false;
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
