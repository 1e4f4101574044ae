//! Records logged while a record is being logged: by a `Display`, a filter, a sink, a
//! panic hook.
//!
//! The thread's buffers are in use then, so such records are deferred in wire form and
//! replayed when the outer call is done. What is nested too deep, or too much, is
//! dropped and counted as `reentrant`.

use std::cell::Cell;
use std::sync::Arc;

use kakashi_core::{
    Call, CatchPanic, Clock as _, Deferred, DeferredQueue, DropReason, LogLevel, LogRecord,
    MAX_DEFERRED_BYTES, encode_deferred, merge_now, replay_deferred,
};

use crate::clock::SystemClock;
use crate::delivery::counters::COUNTERS;
use crate::dispatch::Dispatch;
use crate::dispatch::logger_core::LoggerCore;
use crate::dispatch::root::root_if_made;
use crate::reentrancy::is_in_sink;

thread_local! {
    static PENDING: Cell<bool> = const { Cell::new(false) };
    static QUEUE: DeferredQueue<Target> = const { DeferredQueue::new() };
}

/// Where a deferred record must go.
pub(crate) struct Target {
    /// None: the root dispatch.
    pub(crate) dispatch: Option<Arc<Dispatch>>,
    /// A sink has logged it.
    pub(crate) from_sink: bool,
}

/// Tells whether a record has been deferred.
#[inline]
pub(crate) fn is_pending() -> bool {
    PENDING.try_with(Cell::get).unwrap_or(false)
}

/// Defers a record.
#[cold]
pub(crate) fn defer(core: &LoggerCore, call: &Call<'_>) {
    let deferred = QUEUE.try_with(|queue| queue.defer(call.level, || encode(core, call)));
    if deferred.unwrap_or(false) {
        let _ = PENDING.try_with(|pending| pending.set(true));
    } else {
        count_dropped(core.dispatch.as_ref(), call.level);
    }
}

fn encode(core: &LoggerCore, call: &Call<'_>) -> Option<(Vec<u8>, Target)> {
    let dispatch = core.dispatch.clone().or_else(root_if_made);
    let context = merge_now(&core.context, |logger, current| match &dispatch {
        Some(dispatch) => dispatch.merge(core.dispatch.is_some(), logger, current),
        None => logger.merge(current),
    });
    let record = call.record(SystemClock.now(), core.entry.name(), context.fields());
    let block = encode_deferred(&record, &CatchPanic, MAX_DEFERRED_BYTES)?;
    Some((block, Target { dispatch: core.dispatch.clone(), from_sink: is_in_sink() }))
}

/// Logs the deferred records by `log`, then those that they defer.
pub(crate) fn replay(mut log: impl FnMut(&Target, &LogRecord<'_>)) {
    replay_deferred(
        take,
        |deferred, record| log(&deferred.target, record),
        |deferred| count_dropped(deferred.target.dispatch.as_ref(), deferred.level),
    );
}

fn take() -> Vec<Deferred<Target>> {
    let records = QUEUE.try_with(DeferredQueue::take);
    let _ = PENDING.try_with(|pending| pending.set(false));
    records.unwrap_or_default()
}

fn count_dropped(dispatch: Option<&Arc<Dispatch>>, level: LogLevel) {
    match dispatch.cloned().or_else(root_if_made) {
        Some(dispatch) => {
            let admitting = dispatch.endpoints.iter().filter(|endpoint| endpoint.threshold.enables(level));
            admitting.for_each(|endpoint| endpoint.queue.count_dropped(level, DropReason::Reentrant));
        }
        None => COUNTERS.add_dropped(level, DropReason::Reentrant, 1),
    }
}
