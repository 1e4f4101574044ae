//! Whether the worker must be woken for a record that was just published.
//!
//! Both sides do two things and a fence between (see [`barrier`](crate::sync::fence)): the caller publishes, then
//! looks whether the worker sleeps; the worker says that it will sleep, then
//! looks for records. At least one of them sees the other, so no record is
//! left behind and no awake worker is woken. loom checks this over all
//! interleavings.

use crate::sync::AtomicU8;
use crate::sync::Ordering;
use crate::sync::fence::heavy;
use crate::sync::fence::light;

const AWAKE: u8 = 0;
const ASLEEP: u8 = 1;
const CLOSED: u8 = 2;

/// What a caller must do after it has published.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Answer {
    /// Nothing: the worker will come by.
    Heard,
    /// Wake the worker; nobody else does.
    Wake,
    /// See to the record itself: there is no worker.
    Closed,
}

/// The worker's state, as callers see it.
#[derive(Debug)]
pub(crate) struct Doorbell {
    /// No constructor, for loom's is not `const`; begins as [`Doorbell::NOBODY`].
    pub(crate) state: AtomicU8,
}

impl Doorbell {
    /// There is no worker yet.
    pub(crate) const NOBODY: u8 = CLOSED;

    /// Asks what to do, after publishing.
    #[inline]
    pub(crate) fn ring(&self) -> Answer {
        light();
        match self.state.load(Ordering::Relaxed) {
            AWAKE => Answer::Heard,
            _ => self.ring_sleeper(),
        }
    }

    #[cold]
    fn ring_sleeper(&self) -> Answer {
        match self.state.compare_exchange(ASLEEP, AWAKE, Ordering::SeqCst, Ordering::SeqCst) {
            Ok(_) => Answer::Wake,
            Err(CLOSED) => Answer::Closed,
            Err(_) => Answer::Heard,
        }
    }

    /// Tells whether there is no worker.
    #[cfg_attr(loom, allow(dead_code, reason = "the models ask by ringing"))]
    #[inline]
    pub(crate) fn is_closed(&self) -> bool {
        self.state.load(Ordering::Relaxed) == CLOSED
    }

    /// The worker is about to sleep: it must look for records once more, and
    /// sleep only if there are none; not at all if this says so.
    #[must_use]
    pub(crate) fn doze(&self) -> bool {
        let _ = self.state.compare_exchange(AWAKE, ASLEEP, Ordering::SeqCst, Ordering::SeqCst);
        heavy()
    }

    /// The worker is awake again.
    pub(crate) fn rise(&self) {
        let _ = self.state.compare_exchange(ASLEEP, AWAKE, Ordering::SeqCst, Ordering::SeqCst);
    }

    /// The worker begins.
    pub(crate) fn open(&self) {
        self.state.store(AWAKE, Ordering::SeqCst);
    }

    /// The worker ends: whoever publishes from now on learns of it; who closes
    /// must look for records once more.
    pub(crate) fn close(&self) {
        self.state.store(CLOSED, Ordering::SeqCst);
        heavy();
    }
}
