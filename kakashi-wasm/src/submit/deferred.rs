//! Records logged while a record is being logged: by a `Display`, a filter, a
//! sink, a panic hook.
//!
//! One call runs at a time, so they are kept in wire form and logged when the call
//! under way has ended. What is nested too deep, or too much, is dropped and counted
//! as `reentrant`.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use kakashi_core::{Call, DropReason, LogLevel, Timestamp, encode_deferred, merge_now};

use crate::delivery::report::COUNTERS;
use crate::dispatch::{self, Dispatch};
use crate::host::clock::now_nanos;
use crate::host::timer;
use crate::reentrancy::{CatchPanic, is_in_sink};
use crate::submit::origin::{Origin, Urgency, next_sequence};

/// How many bytes of deferred records are kept at most.
const MOST_BYTES: usize = 256 * 1024;
/// A `Display` that logs itself must end somewhere.
const MOST_DEPTH: usize = 4;

thread_local! {
    static PENDING: Cell<bool> = const { Cell::new(false) };
    static DEPTH: Cell<usize> = const { Cell::new(0) };
    static QUEUE: RefCell<DeferredQueue> = const { RefCell::new(DeferredQueue { records: Vec::new(), bytes: 0 }) };
}

struct DeferredQueue {
    records: Vec<Deferred>,
    bytes: usize,
}

/// A record in wire form, with what its call knew.
pub(crate) struct Deferred {
    pub(crate) dispatch: Option<Rc<Dispatch>>,
    pub(crate) level: LogLevel,
    pub(crate) urgency: Urgency,
    pub(crate) block: Vec<u8>,
}

/// Tells whether records are deferred.
#[inline]
pub(crate) fn is_pending() -> bool {
    PENDING.get()
}

/// Keeps a record until the call under way has ended.
#[cold]
pub(crate) fn defer(origin: &Origin<'_>, call: &Call<'_>) {
    let depth = DEPTH.replace(DEPTH.get() + 1);
    let deferred = depth < MOST_DEPTH && defer_at_depth(origin, call);
    DEPTH.set(DEPTH.get().saturating_sub(1));
    if !deferred {
        count_dropped(origin.dispatch, call.level);
    }
}

/// Begins at the surface again, after a call that never comes back.
pub(crate) fn forget_depth() {
    DEPTH.set(0);
}

fn defer_at_depth(origin: &Origin<'_>, call: &Call<'_>) -> bool {
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
    let Some(block) = encode_deferred(&record, &CatchPanic, MOST_BYTES) else { return false };
    // What a sink has logged is not urgent, whatever its level: writing it at once
    // would make the sink log again.
    let urgency = if is_in_sink() { Urgency::Batched } else { Urgency::of(call.level) };
    QUEUE.with(|queue| {
        let Ok(mut queue) = queue.try_borrow_mut() else { return false };
        if queue.bytes + block.len() > MOST_BYTES {
            return false;
        }
        queue.bytes += block.len();
        queue.records.push(Deferred {
            dispatch: origin.dispatch.cloned(),
            level: call.level,
            urgency,
            block,
        });
        PENDING.set(true);
        true
    })
}

/// Takes all deferred records.
pub(crate) fn take() -> Vec<Deferred> {
    PENDING.set(false);
    QUEUE.with(|queue| {
        let Ok(mut queue) = queue.try_borrow_mut() else { return Vec::new() };
        queue.bytes = 0;
        std::mem::take(&mut queue.records)
    })
}

/// Counts a record that was deferred too often, too deep, or found no room.
pub(crate) fn count_dropped(dispatch: Option<&Rc<Dispatch>>, level: LogLevel) {
    match dispatch.cloned().or_else(dispatch::root_if_made) {
        Some(dispatch) => dispatch.count_dropped(level, DropReason::Reentrant),
        None => COUNTERS.add_dropped(level, DropReason::Reentrant, 1),
    }
}
