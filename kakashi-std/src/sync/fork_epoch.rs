//! Which process made a buffer or a ring: this one, or one that it was forked from.

use std::sync::atomic::{AtomicUsize, Ordering};

static CURRENT: AtomicUsize = AtomicUsize::new(0);
/// How many threads are about to fork.
static FORKING: AtomicUsize = AtomicUsize::new(0);

/// A fork that waits for locks: who has one for long lets it go.
#[cfg(unix)]
pub(crate) struct Forking(());

#[cfg(unix)]
impl Forking {
    /// Begins to wait.
    pub(crate) fn begin() -> Self {
        FORKING.fetch_add(1, Ordering::Relaxed);
        Self(())
    }
}

#[cfg(unix)]
impl Drop for Forking {
    fn drop(&mut self) {
        FORKING.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Tells whether a fork waits for locks.
pub(crate) fn is_fork_waiting() -> bool {
    FORKING.load(Ordering::Relaxed) > 0
}

/// The number of forks between the first process and the one that made something.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct ForkEpoch(usize);

impl ForkEpoch {
    /// Returns the epoch of this process.
    #[inline]
    pub(crate) fn current() -> Self {
        Self(CURRENT.load(Ordering::Relaxed))
    }

    /// Tells whether this process was forked after the epoch, so that what was made
    /// in it belongs to the parent.
    #[inline]
    pub(crate) fn is_past(self) -> bool {
        self != Self::current()
    }

    /// Begins the epoch of a forked child.
    #[cfg(unix)]
    pub(crate) fn advance() {
        CURRENT.fetch_add(1, Ordering::AcqRel);
        // Other threads that were about to fork are the parent's.
        FORKING.store(0, Ordering::Relaxed);
    }
}
