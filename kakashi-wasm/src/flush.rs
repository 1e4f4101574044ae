//! Flushing: writing what is in batches now.

use kakashi_core::{Flushed, RetryMode};

use crate::dispatch::{self, Dispatch};
use crate::submit::deferred;
use crate::{reentrancy, submit};

/// Writes all that any logger has in a batch, and has sinks pass on what they keep
/// back; what failed before is tried again.
///
/// Called from inside a sink or a `Display`, it does nothing.
pub fn flush() -> Flushed {
    if reentrancy::is_busy() {
        return Flushed::default();
    }
    flush_all(RetryMode::Now);
    let left = submit::apart(|| dispatch::all().iter().map(|dispatch| dispatch.flush_sinks()).sum());
    Flushed { left }
}

/// Writes all that any logger has in a batch, unless a call or a sink is under way:
/// that one writes, or arms a timer, before it ends.
pub(crate) fn flush_all(mode: RetryMode) {
    if !reentrancy::is_busy() {
        submit::apart(|| dispatch::all().iter().for_each(|dispatch| dispatch.write(mode)));
    }
}

/// As [`flush_all`], for the engine's timers and microtasks.
pub(crate) fn flush_by_engine() {
    if reentrancy::reset_after_throw() {
        deferred::forget_depth();
    }
    flush_all(RetryMode::Backoff);
}

/// As [`flush`], for one dispatch.
pub(crate) fn flush_dispatch(dispatch: &Dispatch) -> Flushed {
    if reentrancy::is_busy() {
        return Flushed::default();
    }
    submit::apart(|| dispatch.write(RetryMode::Now));
    Flushed { left: submit::apart(|| dispatch.flush_sinks()) }
}
