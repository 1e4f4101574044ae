//! How often another file was found behind a stream.

use std::sync::atomic::{AtomicUsize, Ordering};

static CHANGES: AtomicUsize = AtomicUsize::new(0);

/// Returns how often another file was found behind a stream: whether it is a terminal must be
/// asked again.
pub(crate) fn changes() -> usize {
    CHANGES.load(Ordering::Relaxed)
}

/// Notes that another file was found.
#[cfg(unix)]
pub(super) fn note_change() {
    CHANGES.fetch_add(1, Ordering::Relaxed);
}
