//! Whether the flusher has already been signalled that a record is buffered.
//!
//! A thread publishes a record and then raises the flag; the flusher lowers it *before* it
//! collects. Between the two steps of each side stands a [`fence`](super::fence), so at
//! least one side sees the other: a record that the collection misses finds the flag
//! lowered, and the thread that raises it signals. loom checks this over all
//! interleavings.

use super::fence::{heavy, light};
use super::{AtomicBool, Ordering};

/// Makes one of many threads signal, once between two sweeps.
#[derive(Debug)]
pub(crate) struct PendingFlag {
    /// Begins as false; no constructor, for loom's is not `const`.
    pub(crate) raised: AtomicBool,
}

impl PendingFlag {
    /// Raises the flag; tells whether the caller must signal, because no other thread
    /// has since the flag was lowered.
    #[inline]
    pub(crate) fn raise(&self) -> bool {
        light();
        !self.raised.load(Ordering::Relaxed) && !self.raised.swap(true, Ordering::AcqRel)
    }

    /// Lowers the flag; called before what is published is collected.
    pub(crate) fn lower(&self) {
        self.raised.store(false, Ordering::Release);
        heavy();
    }
}
