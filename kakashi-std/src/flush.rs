//! Writing what is buffered, now.

use std::sync::Arc;
use std::time::{Duration, Instant};

use kakashi_core::Flushed;

use crate::dispatch::Dispatch;
use crate::queue::{ring, workers};
use crate::submit::{self, is_busy};
use crate::sync::hook::Hook;

/// Sends the counts of records, up to a deadline, after a flush of everything.
pub(crate) static AFTER_FLUSH: Hook<fn(Instant)> = Hook::new();

/// How long [`flush`] waits for sinks.
pub(crate) const FLUSH_TIMEOUT: Duration = Duration::from_secs(10);

/// A clock can add this much to any time.
const MAX_TIMEOUT: Duration = Duration::from_secs(1 << 30);

/// Writes all that any logger has buffered on any thread.
///
/// # Blocking
/// As long as the sinks take, ten seconds at most; one that fails is tried again until
/// then; a stream whose reader has gone, or that is closed, once. Not at all from inside a
/// sink or a `Display`.
pub fn flush() -> Flushed {
    if is_busy() {
        return Flushed::default();
    }
    flush_until(Instant::now() + FLUSH_TIMEOUT)
}

/// As [`flush`], but waits at most for `timeout`.
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
/// At most for `timeout`, whatever a sink does; not at all from inside a sink or a
/// `Display`. A sink that fails is tried again until then; a stream whose reader has gone, or that is
/// closed, once.
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
    let left = submit::flush_until(deadline);
    if let Some(export) = AFTER_FLUSH.get() {
        export(deadline);
    }
    Flushed { left }
}

/// Writes all that any thread has buffered for a dispatch, if there is one.
pub(crate) fn flush_dispatch(dispatch: Option<Arc<Dispatch>>) -> Flushed {
    let Some(dispatch) = dispatch else { return Flushed::default() };
    if is_busy() {
        return Flushed::default();
    }
    ring::pass_on_drops();
    submit::left_out::announce();
    Flushed { left: dispatch.flush_until(Instant::now() + FLUSH_TIMEOUT) }
}
