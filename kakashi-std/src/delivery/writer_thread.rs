//! The thread that writes to one destination where a caller would have to wait.
//!
//! It is started when it is first needed and ends when it has had nothing to do for a
//! while, or its queue is gone.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

#[cfg(unix)]
use crate::sync::timed_lock::lock_until;

/// After so long without work the thread ends.
const IDLE: Duration = Duration::from_secs(5);

/// Whether a destination's thread runs, and what it is to do.
#[derive(Debug, Default)]
pub(super) struct WriterThread {
    state: Mutex<ThreadState>,
    changed: Condvar,
}

/// See [`WriterThread`].
#[derive(Debug, Default)]
pub(super) struct ThreadState {
    running: bool,
    /// Something waits.
    wanted: bool,
}

impl WriterThread {
    fn lock(&self) -> MutexGuard<'_, ThreadState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the thread of a queue write, by `write`, which returns after which pause it is
    /// to be called again; false if the thread can't be started.
    pub(super) fn wake<Q: Send + Sync + 'static>(
        self: &Arc<Self>,
        queue: &Arc<Q>,
        write: fn(&Q) -> Option<Duration>,
    ) -> bool {
        let mut state = self.lock();
        state.wanted = true;
        if state.running {
            drop(state);
            self.changed.notify_one();
            return true;
        }
        state.running = true;
        drop(state);
        let (own, queue) = (self.clone(), Arc::downgrade(queue));
        let spawned =
            thread::Builder::new().name("kakashi-writer".into()).spawn(move || own.run(&queue, write));
        if spawned.is_err() {
            self.lock().running = false;
        }
        spawned.is_ok()
    }

    fn run<Q>(&self, queue: &Weak<Q>, write: fn(&Q) -> Option<Duration>) {
        while self.wait() {
            // Held no longer than it writes: a queue that nobody uses may go in a pause.
            while let Some(pause) = queue.upgrade().map(|queue| write(&queue)) {
                match pause {
                    Some(pause) => self.pause(pause),
                    None => break,
                }
            }
            if queue.strong_count() == 0 {
                return self.lock().running = false;
            }
        }
    }

    /// Waits for work; false if there is none for long. Then the thread no longer runs.
    fn wait(&self) -> bool {
        let until = Instant::now() + IDLE;
        let mut state = self.lock();
        while !std::mem::take(&mut state.wanted) {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                state.running = false;
                return false;
            }
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    /// Ends a pause of the thread, to try again at once.
    fn pause(&self, pause: Duration) {
        let mut state = self.lock();
        if !std::mem::take(&mut state.wanted) && !pause.is_zero() {
            state = self.changed.wait_timeout(state, pause).unwrap_or_else(PoisonError::into_inner).0;
            state.wanted = false;
        }
    }

    /// Locks it for a fork; none if it is not free in time.
    #[cfg(unix)]
    pub(super) fn lock_for_fork(&self, deadline: Instant) -> Option<MutexGuard<'_, ThreadState>> {
        lock_until(&self.state, deadline)
    }
}

impl ThreadState {
    /// Forgets, in the child of a fork, the parent's thread.
    #[cfg(unix)]
    pub(super) fn abandon(&mut self) {
        *self = Self::default();
    }
}
