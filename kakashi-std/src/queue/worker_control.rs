//! What lies between a worker and the rest of the process: how it is woken, asked
//! and ended, and how far it is.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread::Thread;
use std::time::{Duration, Instant};

use crate::sync::wake_state::Doorbell;
use crate::sync;

/// What a worker and the rest of the process share.
pub(crate) struct Line {
    pub(crate) doorbell: Doorbell,
    pub(crate) thread: Mutex<Option<Thread>>,
    /// Records that were taken out of rings and not handed on yet.
    pub(crate) left: AtomicUsize,
    /// Grows with each flush that somebody asks for.
    pub(crate) asked: AtomicUsize,
    /// The last of them that has been done.
    answered: Mutex<usize>,
    answer_bell: Condvar,
    pub(crate) stop: AtomicBool,
    /// A worker runs, or comes to its end.
    pub(crate) alive: AtomicBool,
    /// It did not come to its end in time.
    given_up: AtomicBool,
    /// No worker comes after.
    pub(crate) retired: AtomicBool,
}

impl Line {
    pub(crate) fn new() -> Self {
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

    pub(crate) fn is_alive(&self) -> bool {
        self.alive.load(Ordering::SeqCst)
    }

    pub(crate) fn answer(&self, asked: usize) {
        let mut answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        *answered = asked.max(*answered);
        drop(answered);
        self.answer_bell.notify_all();
    }

    /// Asks the worker to hand over what it finds; returns what to wait for.
    pub(crate) fn ask(&self) -> usize {
        let asked = self.asked.fetch_add(1, Ordering::SeqCst) + 1;
        self.wake();
        asked
    }

    /// Waits until the worker has done what was asked; false if it takes too long.
    pub(crate) fn wait_until(&self, asked: usize, deadline: Instant) -> bool {
        self.wait(deadline, |answered| asked <= answered || !self.is_alive())
            && (self.is_alive() || self.left.load(Ordering::Relaxed) == 0)
    }

    /// Waits until the worker has ended. One that takes too long is given up: its
    /// rings are others' from then on.
    pub(crate) fn wait_for_end(&self, deadline: Instant) {
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

    /// Says, in the child of a fork, that the worker is the parent's.
    #[cfg(unix)]
    pub(crate) fn abandon(&self) {
        self.doorbell.close();
        self.alive.store(false, Ordering::SeqCst);
        self.retired.store(true, Ordering::SeqCst);
    }

    /// Tells whether whoever comes by may empty its rings.
    pub(crate) fn is_forsaken(&self) -> bool {
        self.doorbell.is_closed() && (!self.is_alive() || self.given_up.load(Ordering::Relaxed))
    }
}
