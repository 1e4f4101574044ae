//! Control block of one worker thread: wake-up, flush requests, shutdown, progress.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread::Thread;
use std::time::{Duration, Instant};

use crate::sync::AtomicU8;
use crate::sync::wake_state::WakeState;

/// What a worker and the rest of the process share.
pub(crate) struct WorkerControl {
    wake_state: WakeState,
    thread: Mutex<Option<Thread>>,
    /// Records that the worker has taken out of rings and not delivered yet.
    in_flight: AtomicUsize,
    /// Grows with each flush that is requested.
    flush_seq: AtomicUsize,
    /// The last of them that has been done.
    acked: Mutex<usize>,
    ack_changed: Condvar,
    stop: AtomicBool,
    /// A worker runs, or comes to its end.
    alive: AtomicBool,
    /// The worker did not end in time.
    given_up: AtomicBool,
    /// No worker will be started for it again.
    retired: AtomicBool,
}

impl WorkerControl {
    pub(crate) fn new() -> Self {
        Self {
            wake_state: WakeState { state: AtomicU8::new(WakeState::NO_WORKER) },
            thread: Mutex::new(None),
            in_flight: AtomicUsize::new(0),
            flush_seq: AtomicUsize::new(0),
            acked: Mutex::new(0),
            ack_changed: Condvar::new(),
            stop: AtomicBool::new(false),
            alive: AtomicBool::new(false),
            given_up: AtomicBool::new(false),
            retired: AtomicBool::new(false),
        }
    }

    /// Returns whether the worker sleeps, for callers and for the worker itself.
    #[inline]
    pub(crate) fn wake_state(&self) -> &WakeState {
        &self.wake_state
    }

    /// Ends the worker's nap or sleep.
    #[cold]
    pub(crate) fn wake(&self) {
        if let Some(thread) = &*self.thread.lock().unwrap_or_else(PoisonError::into_inner) {
            thread.unpark();
        }
    }

    // --- the worker's thread

    /// Says that a worker is being started; before its thread runs, which could not
    /// announce its sleep otherwise.
    pub(crate) fn begin(&self) {
        self.alive.store(true, Ordering::SeqCst);
        self.wake_state.open();
    }

    /// Says that the worker's thread could not be started.
    pub(crate) fn not_started(&self) {
        self.wake_state.close();
        self.alive.store(false, Ordering::SeqCst);
    }

    /// Makes `wake` reach the calling thread.
    pub(crate) fn set_thread(&self, thread: Thread) {
        *self.thread.lock().unwrap_or_else(PoisonError::into_inner) = Some(thread);
    }

    /// Says that the worker has ended; all flushes are done.
    pub(crate) fn end(&self) {
        self.alive.store(false, Ordering::SeqCst);
        self.ack_flush(self.flush_seq());
    }

    pub(crate) fn is_alive(&self) -> bool {
        self.alive.load(Ordering::SeqCst)
    }

    /// Returns the count of records that the worker has taken and not delivered yet.
    pub(crate) fn in_flight(&self) -> &AtomicUsize {
        &self.in_flight
    }

    // --- flushing

    /// Asks the worker to hand over what it finds; returns the request's number.
    pub(crate) fn request_flush(&self) -> usize {
        let seq = self.flush_seq.fetch_add(1, Ordering::SeqCst) + 1;
        self.wake();
        seq
    }

    /// Returns the number of the last request.
    pub(crate) fn flush_seq(&self) -> usize {
        self.flush_seq.load(Ordering::SeqCst)
    }

    /// Says that a request has been done, and all before it.
    pub(crate) fn ack_flush(&self, seq: usize) {
        let mut acked = self.acked.lock().unwrap_or_else(PoisonError::into_inner);
        *acked = seq.max(*acked);
        drop(acked);
        self.ack_changed.notify_all();
    }

    /// Waits until the worker has done a request; false if it takes too long.
    pub(crate) fn wait_until(&self, seq: usize, deadline: Instant) -> bool {
        self.wait(deadline, |acked| seq <= acked || !self.is_alive())
            && (self.is_alive() || self.in_flight.load(Ordering::Relaxed) == 0)
    }

    // --- ending

    /// Asks the worker to end.
    pub(crate) fn request_stop(&self) {
        self.stop.store(true, Ordering::SeqCst);
        self.wake();
    }

    pub(crate) fn is_stop_requested(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    /// Waits until the worker has ended. One that takes too long is given up: from then
    /// on other threads may empty its rings.
    pub(crate) fn wait_for_end(&self, deadline: Instant) {
        if !self.given_up.load(Ordering::Relaxed) && !self.wait(deadline, |_| !self.is_alive()) {
            self.given_up.store(true, Ordering::Relaxed);
        }
    }

    /// Says that no worker will be started for it again.
    pub(crate) fn retire(&self) {
        self.retired.store(true, Ordering::SeqCst);
    }

    /// Tells whether no worker will be started for it again.
    #[inline]
    pub(crate) fn is_retired(&self) -> bool {
        self.retired.load(Ordering::Relaxed)
    }

    /// Tells whether any thread may empty its rings.
    pub(crate) fn is_orphaned(&self) -> bool {
        self.wake_state.is_closed() && (!self.is_alive() || self.given_up.load(Ordering::Relaxed))
    }

    /// Says, in the child of a fork, that the worker is the parent's.
    #[cfg(unix)]
    pub(crate) fn abandon(&self) {
        self.not_started();
        self.retire();
    }

    fn wait(&self, deadline: Instant, done: impl Fn(usize) -> bool) -> bool {
        let mut acked = self.acked.lock().unwrap_or_else(PoisonError::into_inner);
        while !done(*acked) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            // Checks now and then without a signal: in the child of a fork none comes.
            let moment = left.min(Duration::from_millis(20));
            acked = self.ack_changed.wait_timeout(acked, moment).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }
}
