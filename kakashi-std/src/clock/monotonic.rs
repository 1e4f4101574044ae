//! The monotonic clock as a counter: no two ticks are equal, and a call that begins after
//! another has returned has the larger one.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// What is added to nanoseconds.
static OFFSET: AtomicU64 = AtomicU64::new(0);

/// Makes all ticks that are read from now on larger than this.
#[cfg(all(target_arch = "x86_64", target_os = "linux", not(miri)))]
pub(super) fn begin_beyond(tick: u64) {
    OFFSET.store(tick, Ordering::SeqCst);
}

pub(super) fn read() -> u64 {
    static BEGIN: OnceLock<Instant> = OnceLock::new();
    static LAST: AtomicU64 = AtomicU64::new(0);
    let since = BEGIN.get_or_init(Instant::now).elapsed().as_nanos();
    let since = u64::try_from(since).unwrap_or(u64::MAX);
    let now = since.saturating_add(OFFSET.load(Ordering::Acquire));
    let mut last = LAST.load(Ordering::Relaxed);
    loop {
        let next = now.max(last + 1);
        match LAST.compare_exchange_weak(last, next, Ordering::AcqRel, Ordering::Relaxed) {
            Ok(_) => return next,
            Err(other) => last = other,
        }
    }
}
