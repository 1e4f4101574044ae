//! Whether the flusher has been told that there is something to look after.
//!
//! Threads put records into buffers and then arm; the flusher disarms *before*
//! it looks at the buffers. A buffer's mutex orders the two: a record put in
//! after the flusher's look finds the alarm disarmed, and whoever finds it so
//! rings. loom checks this over all interleavings.

use crate::sync::AtomicBool;
use crate::sync::Ordering;

/// Lets one of many threads ring a bell, once for each time it is looked after.
#[derive(Debug)]
pub(crate) struct Alarm {
    /// Begins as false; no constructor, for loom's is not `const`.
    pub(crate) armed: AtomicBool,
}

impl Alarm {
    /// Tells whether the caller must ring: nobody has since the last disarming.
    #[inline]
    pub(crate) fn arm(&self) -> bool {
        !self.armed.load(Ordering::Relaxed) && !self.armed.swap(true, Ordering::AcqRel)
    }

    /// Says that the buffers are about to be looked at.
    pub(crate) fn disarm(&self) {
        self.armed.store(false, Ordering::Release);
    }
}
