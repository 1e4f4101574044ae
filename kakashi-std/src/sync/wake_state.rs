//! Whether the worker must be woken for a record that was just published.
//!
//! Both sides do two things with a fence between them (see [`fence`](super::fence)):
//! the caller publishes, then reads the worker's state; the worker announces its
//! sleep, then looks for records. At least one of them sees the other, so no record
//! is left behind and no running worker is woken. loom checks this over all
//! interleavings.

use super::fence::{heavy, light};
use super::{AtomicU8, Ordering};

const AWAKE: u8 = 0;
const ASLEEP: u8 = 1;
const CLOSED: u8 = 2;

/// What a caller must do after it has published.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Notified {
    /// Nothing: the worker runs and will find the record.
    Awake,
    /// Wake the worker; no other caller does.
    MustWake,
    /// Write the record itself: there is no worker.
    Closed,
}

/// The worker's state, as callers see it.
#[derive(Debug)]
pub(crate) struct WakeState {
    /// No constructor, for loom's is not `const`; begins as [`WakeState::NO_WORKER`].
    pub(crate) state: AtomicU8,
}

impl WakeState {
    /// No worker has been started yet.
    pub(crate) const NO_WORKER: u8 = CLOSED;

    /// Returns what the caller must do; called after publishing.
    #[inline]
    pub(crate) fn notify(&self) -> Notified {
        light();
        match self.state.load(Ordering::Relaxed) {
            AWAKE => Notified::Awake,
            _ => self.notify_sleeper(),
        }
    }

    #[cold]
    fn notify_sleeper(&self) -> Notified {
        match self.state.compare_exchange(ASLEEP, AWAKE, Ordering::SeqCst, Ordering::SeqCst) {
            Ok(_) => Notified::MustWake,
            Err(CLOSED) => Notified::Closed,
            Err(_) => Notified::Awake,
        }
    }

    /// Tells whether there is no worker.
    #[cfg_attr(all(test, loom), allow(dead_code, reason = "the models ask by notifying"))]
    #[inline]
    pub(crate) fn is_closed(&self) -> bool {
        self.state.load(Ordering::Relaxed) == CLOSED
    }

    /// Announces that the worker is about to sleep. It must then look for records
    /// once more and sleep only if there are none; if this is false, not at all.
    #[must_use]
    pub(crate) fn begin_sleep(&self) -> bool {
        let _ = self.state.compare_exchange(AWAKE, ASLEEP, Ordering::SeqCst, Ordering::SeqCst);
        heavy()
    }

    /// Announces that the worker runs again.
    pub(crate) fn end_sleep(&self) {
        let _ = self.state.compare_exchange(ASLEEP, AWAKE, Ordering::SeqCst, Ordering::SeqCst);
    }

    /// Announces that a worker begins.
    pub(crate) fn open(&self) {
        self.state.store(AWAKE, Ordering::SeqCst);
    }

    /// Announces that the worker ends: each caller that publishes from now on is told
    /// so. The worker must look for records once more afterwards.
    pub(crate) fn close(&self) {
        self.state.store(CLOSED, Ordering::SeqCst);
        heavy();
    }
}
