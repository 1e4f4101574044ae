//! Records logged while a record is being logged: by a `Display`, a filter, a sink, a
//! panic hook.
//!
//! The thread's buffers are in use then, so such records are deferred in wire form and
//! replayed when the outer call is done. What is nested too deep, or too much, is
//! dropped and counted as `reentrant`.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use kakashi_core::{Call, Clock as _, DropReason, LogLevel, encode_deferred, merge_now};

use crate::clock::SystemClock;
use crate::delivery::counters::COUNTERS;
use crate::dispatch::Dispatch;
use crate::dispatch::logger_core::LoggerCore;
use crate::dispatch::root::root_if_made;
use crate::reentrancy::{CatchPanic, is_in_sink};

/// Bytes that a thread defers at most.
const MAX_BYTES: usize = 256 * 1024;
/// Bounds a `Display` that logs itself.
const MAX_DEPTH: usize = 4;
/// Bounds a sink that logs what it writes.
pub(crate) const MAX_ROUNDS: usize = 8;

thread_local! {
    static PENDING: Cell<bool> = const { Cell::new(false) };
    static DEPTH: Cell<usize> = const { Cell::new(0) };
    static QUEUE: RefCell<DeferredQueue> = const { RefCell::new(DeferredQueue { records: Vec::new(), bytes: 0 }) };
}

struct DeferredQueue {
    records: Vec<Deferred>,
    bytes: usize,
}

/// A record that waits for the outer call.
pub(crate) struct Deferred {
    /// None: the root dispatch.
    pub(crate) dispatch: Option<Arc<Dispatch>>,
    level: LogLevel,
    /// A sink has logged it.
    pub(crate) from_sink: bool,
    /// The record as a wire block.
    pub(crate) block: Vec<u8>,
}

/// Tells whether a record has been deferred.
#[inline]
pub(crate) fn is_pending() -> bool {
    PENDING.try_with(Cell::get).unwrap_or(false)
}

/// Defers a record.
#[cold]
pub(crate) fn defer(core: &LoggerCore, call: &Call<'_>) {
    let depth = DEPTH.try_with(|depth| depth.replace(depth.get() + 1)).unwrap_or(MAX_DEPTH);
    let deferred = depth < MAX_DEPTH && defer_at_depth(core, call);
    let _ = DEPTH.try_with(|depth| depth.set(depth.get().saturating_sub(1)));
    if !deferred {
        count_dropped(core.dispatch.as_ref(), call.level);
    }
}

fn defer_at_depth(core: &LoggerCore, call: &Call<'_>) -> bool {
    let dispatch = core.dispatch.clone().or_else(root_if_made);
    let context = merge_now(&core.context, |logger, current| match &dispatch {
        Some(dispatch) => dispatch.merge(core.dispatch.is_some(), logger, current),
        None => logger.merge(current),
    });
    let record = call.record(SystemClock.now(), core.entry.name(), context.fields());
    let Some(block) = encode_deferred(&record, &CatchPanic, MAX_BYTES) else { return false };
    let deferred = QUEUE.try_with(|queue| {
        let Ok(mut queue) = queue.try_borrow_mut() else { return false };
        if queue.bytes + block.len() > MAX_BYTES {
            return false;
        }
        queue.bytes += block.len();
        let dispatch = core.dispatch.clone();
        queue.records.push(Deferred { dispatch, level: call.level, from_sink: is_in_sink(), block });
        true
    });
    let deferred = deferred.unwrap_or(false);
    if deferred {
        let _ = PENDING.try_with(|pending| pending.set(true));
    }
    deferred
}

/// Takes all deferred records.
pub(crate) fn take() -> Vec<Deferred> {
    let records = QUEUE.try_with(|queue| {
        let mut queue = queue.borrow_mut();
        queue.bytes = 0;
        std::mem::take(&mut queue.records)
    });
    let _ = PENDING.try_with(|pending| pending.set(false));
    records.unwrap_or_default()
}

impl Deferred {
    /// Counts it as dropped.
    pub(crate) fn drop_reentrant(self) {
        count_dropped(self.dispatch.as_ref(), self.level);
    }
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
