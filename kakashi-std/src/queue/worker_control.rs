//! Control block of one worker thread: wake-up and shutdown.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread::Thread;
use std::time::{Duration, Instant};

use crate::sync::AtomicU8;
use crate::sync::wake_state::WakeState;

/// What a worker and the rest of the process share.
pub(crate) struct WorkerControl {
    wake_state: WakeState,
    thread: Mutex<Option<Thread>>,
    /// Notified when the worker has ended.
    end: Mutex<()>,
    ended: Condvar,
    stop: AtomicBool,
    /// A worker runs, or comes to its end.
    alive: AtomicBool,
    /// No worker will be started for it again.
    retired: AtomicBool,
}

impl WorkerControl {
    pub(crate) fn new() -> Self {
        Self {
            wake_state: WakeState { state: AtomicU8::new(WakeState::NO_WORKER) },
            thread: Mutex::new(None),
            end: Mutex::new(()),
            ended: Condvar::new(),
            stop: AtomicBool::new(false),
            alive: AtomicBool::new(false),
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

    /// Says that the worker has ended.
    pub(crate) fn end(&self) {
        self.alive.store(false, Ordering::SeqCst);
        drop(self.end.lock().unwrap_or_else(PoisonError::into_inner));
        self.ended.notify_all();
    }

    pub(crate) fn is_alive(&self) -> bool {
        self.alive.load(Ordering::SeqCst)
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

    /// Waits until the worker has ended, up to a deadline.
    pub(crate) fn wait_for_end(&self, deadline: Instant) {
        let mut end = self.end.lock().unwrap_or_else(PoisonError::into_inner);
        while self.is_alive() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            // Checks now and then without a signal: in the child of a fork none comes.
            let moment = left.min(Duration::from_millis(20));
            end = self.ended.wait_timeout(end, moment).unwrap_or_else(PoisonError::into_inner).0;
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

    /// Says, in the child of a fork, that the worker is the parent's.
    #[cfg(unix)]
    pub(crate) fn abandon(&self) {
        self.not_started();
        self.retire();
    }
}
