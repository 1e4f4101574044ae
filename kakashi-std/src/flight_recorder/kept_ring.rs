//! The ring of a thread, which outlives it.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use super::record_ring::{KeptRecords, RecordRing};
use crate::reentrancy::{HeldLock, hold};

/// The ring of a thread, or of one that has ended until another goes on with it.
#[derive(Debug, Default)]
pub(super) struct KeptRing {
    ring: Mutex<RecordRing>,
    has_thread: AtomicBool,
}

impl KeptRing {
    /// Makes this thread's one of it; false if it is another's.
    pub(super) fn take_over(&self) -> bool {
        !self.has_thread.swap(true, Ordering::AcqRel)
    }

    /// Leaves it to another thread.
    pub(super) fn leave(&self) {
        self.has_thread.store(false, Ordering::Release);
    }

    #[inline]
    pub(super) fn lock(&self) -> HeldLock<'_, RecordRing> {
        hold(&self.ring)
    }

    pub(super) fn has_records(&self) -> bool {
        self.lock().has_records()
    }

    pub(super) fn take(&self) -> KeptRecords {
        self.lock().take()
    }
}
