//! How much memory all rings together may occupy, and do.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes that rings may occupy, and those that they do.
#[derive(Debug)]
pub(super) struct RingMemory {
    most: AtomicUsize,
    used: AtomicUsize,
}

/// That of the process.
pub(super) static MEMORY: RingMemory = RingMemory::new();

impl RingMemory {
    pub(super) const fn new() -> Self {
        Self { most: AtomicUsize::new(0), used: AtomicUsize::new(0) }
    }

    pub(super) fn set_most(&self, bytes: usize) {
        self.most.store(bytes, Ordering::Relaxed);
    }

    /// Takes bytes, if so many are left.
    pub(super) fn take(&self, bytes: usize) -> bool {
        let most = self.most.load(Ordering::Relaxed);
        let fits = |used: usize| used.checked_add(bytes).filter(|sum| *sum <= most);
        self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).is_ok()
    }

    /// Gives bytes back.
    pub(super) fn give_back(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Forgets, in the child of a fork, what the parent's rings occupy.
    #[cfg(unix)]
    pub(super) fn forget(&self) {
        self.used.store(0, Ordering::Relaxed);
    }
}
