//! Writing what is buffered, now.

use std::sync::Arc;
use std::time::{Duration, Instant};

use kakashi_core::Flushed;

use crate::dispatch::Route;
use crate::threads::flusher;
use crate::submit;
use crate::queue::workers;

/// How long [`flush`] waits for sinks that somebody else is writing to.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// How long a lock that is never held for long is waited for.
const GLIMPSE: Duration = Duration::from_millis(100);

/// A clock can add this much to any time.
const MOST_PATIENCE: Duration = Duration::from_secs(1 << 30);

/// Writes all that any logger has buffered on any thread.
///
/// # Blocking
/// As long as the sinks take, ten seconds at most where another thread holds
/// one; not at all from inside a sink or a `Display`.
pub fn flush() -> Flushed {
    if submit::is_busy() {
        return Flushed::default();
    }
    flush_until(Instant::now() + PATIENCE)
}

/// As [`flush`], but waits for so long at most where a worker or a sink is busy.
///
/// # Blocking
/// As long as `timeout` says; not at all from inside a sink or a `Display`.
pub fn flush_timeout(timeout: Duration) -> Flushed {
    if submit::is_busy() {
        return Flushed::default();
    }
    flush_until(Instant::now() + timeout.min(MOST_PATIENCE))
}

/// Ends the workers after they have written what async loggers have queued.
/// From now on those loggers' records take the sync road, until another
/// [`get_async_logger`](crate::get_async_logger) or
/// [`get_performance_logger`](crate::get_performance_logger) is asked for.
///
/// # Blocking
/// As [`flush`].
pub fn shutdown_async_logging() -> Flushed {
    if submit::is_busy() {
        return Flushed::default();
    }
    let deadline = Instant::now() + PATIENCE;
    workers::shut_until(deadline);
    flush_until(deadline)
}

fn flush_until(deadline: Instant) -> Flushed {
    let queued = workers::flush_until(deadline);
    // Late or not: what waits is at least to be seen.
    let left = queued + flusher::flush_all_until(deadline.max(Instant::now() + GLIMPSE));
    if crate::submit::deferred::is_pending() {
        crate::submit::deferred::replay();
    }
    Flushed { left }
}

pub(crate) fn flush_route(route: Option<Arc<Route>>) -> Flushed {
    let Some(route) = route else { return Flushed::default() };
    if submit::is_busy() {
        return Flushed::default();
    }
    let left = route.flush_until(Instant::now() + PATIENCE);
    if crate::submit::deferred::is_pending() {
        crate::submit::deferred::replay();
    }
    Flushed { left }
}
