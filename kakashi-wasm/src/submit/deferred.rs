//! Records logged while a record is being logged: by a `Display`, a filter, a
//! sink, a panic hook.
//!
//! One call runs at a time, so they are kept in wire form and logged when the call
//! under way has ended. What is nested too deep, or too much, is dropped and counted
//! as `reentrant`.

use std::cell::Cell;
use std::rc::Rc;

use kakashi_core::{
    Call, CatchPanic, Deferred, DeferredQueue, DropReason, LogLevel, LogRecord, MAX_DEFERRED_BYTES,
    Timestamp, encode_deferred, merge_now, replay_deferred,
};

use crate::delivery::report::COUNTERS;
use crate::dispatch::{self, Dispatch};
use crate::host::clock::now_nanos;
use crate::host::timer;
use crate::reentrancy::is_in_sink;
use crate::submit::origin::{Origin, Urgency, next_sequence};

thread_local! {
    static PENDING: Cell<bool> = const { Cell::new(false) };
    static QUEUE: DeferredQueue<Target> = const { DeferredQueue::new() };
}

/// Where a deferred record must go, and when.
pub(crate) struct Target {
    /// None: the root dispatch.
    pub(crate) dispatch: Option<Rc<Dispatch>>,
    pub(crate) urgency: Urgency,
}

/// Tells whether records are deferred.
#[inline]
pub(crate) fn is_pending() -> bool {
    PENDING.get()
}

/// Defers a record until the call under way has ended.
#[cold]
pub(crate) fn defer(origin: &Origin<'_>, call: &Call<'_>) {
    if QUEUE.with(|queue| queue.defer(call.level, || encode(origin, call))) {
        PENDING.set(true);
    } else {
        count_dropped(origin.dispatch, call.level);
    }
}

/// Begins at depth 0 again, after a call that never comes back.
pub(crate) fn forget_depth() {
    QUEUE.with(DeferredQueue::forget_depth);
    #[cfg(any(feature = "log", feature = "tracing"))]
    kakashi_core::forget_foreign_depth();
}

fn encode(origin: &Origin<'_>, call: &Call<'_>) -> Option<(Vec<u8>, Target)> {
    let dispatch = origin.dispatch.cloned().or_else(dispatch::root_if_made);
    let context = merge_now(origin.context, |logger, current| match &dispatch {
        Some(dispatch) => dispatch.merge(origin.dispatch.is_some(), logger, current),
        None => logger.merge(current),
    });
    let now = now_nanos();
    // The call under way may never return (it threw); then the timer logs this record.
    timer::arm(now);
    let mut record = call.record(Timestamp::Wall(now), origin.entry.name(), context.fields());
    record.sequence = Some(next_sequence());
    let block = encode_deferred(&record, &CatchPanic, MAX_DEFERRED_BYTES)?;
    // What a sink has logged is not urgent, whatever its level: writing it at once
    // would make the sink log again.
    let urgency = if is_in_sink() { Urgency::Batched } else { Urgency::of(call.level) };
    Some((block, Target { dispatch: origin.dispatch.cloned(), urgency }))
}

/// Logs the deferred records by `log`, then those that they defer; counts those that it
/// does not take.
pub(crate) fn replay(mut log: impl FnMut(&Target, &LogRecord<'_>) -> bool) {
    replay_deferred(
        take,
        |deferred, record| {
            if !log(&deferred.target, record) {
                refuse(deferred);
            }
        },
        refuse,
    );
}

fn take() -> Vec<Deferred<Target>> {
    PENDING.set(false);
    QUEUE.with(DeferredQueue::take)
}

fn refuse(deferred: &Deferred<Target>) {
    count_dropped(deferred.target.dispatch.as_ref(), deferred.level);
}

/// Counts a record that was deferred too often, too deep, or found no room.
pub(crate) fn count_dropped(dispatch: Option<&Rc<Dispatch>>, level: LogLevel) {
    match dispatch.cloned().or_else(dispatch::root_if_made) {
        Some(dispatch) => dispatch.count_dropped(level, DropReason::Reentrant),
        None => COUNTERS.add_dropped(level, DropReason::Reentrant, 1),
    }
}
