//! What each call looks at: whether the recorder is on, and how much may be kept.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use kakashi_core::{AtomicLevelFilter, LevelFilter};

pub(super) static IS_ON: AtomicBool = AtomicBool::new(false);
/// Never false again: a call that a recorder has let through may come when it is off, and is not written then.
pub(super) static HAS_BEEN_ON: AtomicBool = AtomicBool::new(false);
/// Records of this level and above are a trigger.
pub(super) static RECORD_TRIGGER: AtomicLevelFilter = AtomicLevelFilter::new(LevelFilter::OFF);
pub(super) static BYTES_PER_THREAD: AtomicUsize = AtomicUsize::new(0);
pub(super) static BYTES_PER_SCOPE: AtomicUsize = AtomicUsize::new(0);

/// Tells whether a call that comes here may be one to keep only.
#[inline]
pub(crate) fn has_been_on() -> bool {
    HAS_BEEN_ON.load(Ordering::Relaxed)
}

/// Tells whether records are kept.
#[inline]
pub(crate) fn is_on() -> bool {
    IS_ON.load(Ordering::Relaxed)
}
