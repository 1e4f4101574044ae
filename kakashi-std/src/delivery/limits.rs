//! How much waits for a destination, and how long callers wait for one.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

/// The default of what may wait for one destination, in bytes.
pub(crate) const BACKLOG_BYTES: usize = 4 << 20;
/// The default of both timeouts.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(5);

static BACKLOG: AtomicUsize = AtomicUsize::new(BACKLOG_BYTES);
static STALL_MILLIS: AtomicU64 = AtomicU64::new(TIMEOUT.as_millis() as u64);
static URGENT_MILLIS: AtomicU64 = AtomicU64::new(TIMEOUT.as_millis() as u64);

/// Returns how many bytes may wait for one destination.
pub(crate) fn backlog_bytes() -> usize {
    BACKLOG.load(Ordering::Relaxed)
}

/// Sets how many bytes may wait for one destination: 4 KiB to 2⁴⁰.
pub(crate) fn set_backlog_bytes(bytes: usize) {
    BACKLOG
        .store(bytes.clamp(4 << 10, usize::try_from(1_u64 << 40).unwrap_or(usize::MAX)), Ordering::Relaxed);
}

/// Returns how long a caller waits for a destination that takes nothing while its backlog
/// is full.
pub(crate) fn stall_timeout() -> Duration {
    Duration::from_millis(STALL_MILLIS.load(Ordering::Relaxed))
}

/// Sets that time: 0 to 49 days.
pub(crate) fn set_stall_timeout(timeout: Duration) {
    STALL_MILLIS.store(millis(timeout), Ordering::Relaxed);
}

/// Returns how long a call of ERROR or above waits for its destinations.
pub(crate) fn urgent_timeout() -> Duration {
    Duration::from_millis(URGENT_MILLIS.load(Ordering::Relaxed))
}

/// Sets that time: 0 to 49 days.
pub(crate) fn set_urgent_timeout(timeout: Duration) {
    URGENT_MILLIS.store(millis(timeout), Ordering::Relaxed);
}

fn millis(timeout: Duration) -> u64 {
    u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX).min(u64::from(u32::MAX))
}
