//! Whether the flusher has already been signalled that a buffer holds records.
//!
//! Threads put a record into a buffer and then raise the flag; the flusher lowers
//! it *before* it sweeps the buffers. A buffer's mutex orders the two: a record put
//! in after the sweep finds the flag lowered, and the thread that raises it signals.
//! loom checks this over all interleavings.

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
        !self.raised.load(Ordering::Relaxed) && !self.raised.swap(true, Ordering::AcqRel)
    }

    /// Lowers the flag; called before the buffers are swept.
    pub(crate) fn lower(&self) {
        self.raised.store(false, Ordering::Release);
    }
}
