//! Writing what is buffered, now.

use std::sync::Arc;
use std::time::{Duration, Instant};

use kakashi_core::Flushed;

use crate::dispatch::{Dispatch, registry};
use crate::queue::workers;
use crate::submit::{deferred, flush_queues_until, is_busy, replay};

/// How long [`flush`] waits for sinks that other threads are writing to.
pub(crate) const FLUSH_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a flush waits at least for a lock that is never held for long.
const SHORT_LOCK_TIMEOUT: Duration = Duration::from_millis(100);

/// A clock can add this much to any time.
const MAX_TIMEOUT: Duration = Duration::from_secs(1 << 30);

/// Writes all that any logger has buffered on any thread.
///
/// # Blocking
/// As long as the sinks take, ten seconds at most where another thread holds
/// one; not at all from inside a sink or a `Display`.
pub fn flush() -> Flushed {
    if is_busy() {
        return Flushed::default();
    }
    flush_until(Instant::now() + FLUSH_TIMEOUT)
}

/// As [`flush`], but waits at most for `timeout` where a worker or a sink is busy.
///
/// A timeout of more than 2³⁰ seconds (34 years) means 2³⁰ seconds.
///
/// ```
/// use std::time::Duration;
/// use kakashi_std::{flush_timeout, info};
///
/// info!("Stopping");
/// let flushed = flush_timeout(Duration::from_millis(500));
/// if !flushed.is_complete() {
///     eprintln!("{} records are still waiting", flushed.left);
/// }
/// ```
///
/// # Blocking
/// At most for `timeout` (for locks inside kakashi 100 ms at least) where a worker or
/// another thread is busy, and as long as the sinks take that this thread writes to; not
/// at all from inside a sink or a `Display`.
pub fn flush_timeout(timeout: Duration) -> Flushed {
    if is_busy() {
        return Flushed::default();
    }
    flush_until(Instant::now() + timeout.min(MAX_TIMEOUT))
}

/// Ends the workers after they have written what async loggers have queued.
/// From now on those loggers' records are written synchronously, until another
/// [`get_async_logger`](crate::get_async_logger) or
/// [`get_performance_logger`](crate::get_performance_logger) is called.
///
/// # Blocking
/// As [`flush`].
pub fn shutdown_async_logging() -> Flushed {
    if is_busy() {
        return Flushed::default();
    }
    let deadline = Instant::now() + FLUSH_TIMEOUT;
    workers::shut_down_until(deadline);
    flush_until(deadline)
}

fn flush_until(deadline: Instant) -> Flushed {
    let queued = flush_queues_until(deadline);
    // Late or not: what waits must at least be counted.
    let left = queued + registry::flush_all_until(deadline.max(Instant::now() + SHORT_LOCK_TIMEOUT));
    if deferred::is_pending() {
        replay();
    }
    Flushed { left }
}

/// Writes all that any thread has buffered for a dispatch, if there is one.
pub(crate) fn flush_dispatch(dispatch: Option<Arc<Dispatch>>) -> Flushed {
    let Some(dispatch) = dispatch else { return Flushed::default() };
    if is_busy() {
        return Flushed::default();
    }
    let left = dispatch.flush_until(Instant::now() + FLUSH_TIMEOUT);
    if deferred::is_pending() {
        replay();
    }
    Flushed { left }
}
