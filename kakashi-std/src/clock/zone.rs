//! The system's time zone, as jiff finds it (`TZ`, `/etc/localtime`).
//!
//! jiff keeps it behind locks of its own, which a forked child could find taken for ever: so it is
//! asked under one that a fork takes.

#[cfg(unix)]
use std::sync::MutexGuard;
use std::sync::{Mutex, PoisonError};

use jiff::tz::TimeZone;

static ASKING: Mutex<()> = Mutex::new(());

/// Returns the system's time zone as it is now.
pub(crate) fn system_zone() -> TimeZone {
    let _asking = ASKING.lock().unwrap_or_else(PoisonError::into_inner);
    TimeZone::system()
}

/// Waits until no thread asks, and lets none ask until the result is dropped.
#[cfg(unix)]
pub(crate) fn lock_zone_for_fork() -> MutexGuard<'static, ()> {
    ASKING.lock().unwrap_or_else(PoisonError::into_inner)
}
