//! A logging call on its thread.
//!
//! [`submit`] takes a record through the pipeline into the thread's buffers;
//! [`submit_queued`] copies it into the thread's ring. A record that is logged while
//! another is being logged on the same thread (by a `Display`, a filter, a sink) is
//! published like any other, from buffers of its own depth: so it keeps the order too. What
//! nests too deep is dropped and counted as `reentrant`. Nothing is written inside of a
//! call: an ERROR there is written when the outermost call is done, a sink's by the
//! flusher.

pub(crate) mod local;

use std::cell::Cell;
use std::time::Instant;

use kakashi_core::{Call, DropReason, LogLevel, Site, Value};

use self::local::{LOCAL, Local, NESTED, new_local};
use crate::delivery::counters::COUNTERS;
use crate::delivery::limits;
use crate::dispatch::logger_core::LoggerCore;
use crate::dispatch::registry;
use crate::dispatch::root::root_if_made;
use crate::dispatch::thread_dispatch::AfterPut;
use crate::queue::queued::Queued;
use crate::queue::writer::Put;
use crate::queue::{ring, workers};
use crate::reentrancy::{CallDepth, CriticalSection, is_exiting, is_in_sink, is_muted};

thread_local! {
    /// What the outermost call must do for the nested ones.
    static AFTER_NESTED: Cell<AfterPut> = const { Cell::new(AfterPut::Done) };
}

/// Tells whether this thread is inside a logging call or a sink.
pub(crate) fn is_busy() -> bool {
    is_in_sink() || CallDepth::is_in_call()
}

/// Tells whether a record of this level is written before its call returns.
#[inline]
fn is_urgent(level: LogLevel) -> bool {
    level >= LogLevel::Error
}

/// Logs a macro call's record, with the current time and context.
#[inline]
pub(crate) fn submit_site(core: &LoggerCore, site: Site<'static>, values: &[Value<'_>]) {
    submit(core, &Call::of_site(site, values, &[]));
}

/// Logs a call's record, with the current time and context.
#[inline]
pub(crate) fn submit(core: &LoggerCore, call: &Call<'_>) {
    let (depth, nested) = CallDepth::begin();
    if nested > 0 || is_in_sink() {
        return submit_nested(core, call, nested, is_urgent(call.level));
    }
    let urgent = is_urgent(call.level) || is_exiting();
    let after = match LOCAL.try_with(|local| local.try_with(|local| local.log(core, call, urgent))) {
        Ok(Some(after)) => after,
        Ok(None) => return submit_nested(core, call, nested, is_urgent(call.level)),
        // The thread's locals are gone: nothing may stay in a buffer.
        Err(_) => {
            Local::default().log(core, call, false);
            AfterPut::WriteThrough
        }
    };
    drop(depth);
    if after != AfterPut::Done || urgent || has_nested() {
        finish(core, call.level, after);
    }
}

/// Publishes a record and leaves its writing to the caller, who has a deadline of its own.
pub(crate) fn publish(core: &LoggerCore, call: &Call<'_>) {
    let _depth = CallDepth::begin();
    with_local(|local| local.log(core, call, false));
}

/// Logs a record of a call inside of another, or of a sink. If it is urgent, the outermost
/// call waits for it.
#[cold]
fn submit_nested(core: &LoggerCore, call: &Call<'_>, depth: usize, urgent: bool) {
    if is_muted() {
        return;
    }
    if depth >= CallDepth::MOST {
        return count_reentrant(core, call.level);
    }
    // Taken out while it is used: the record's own code may need one too.
    let local = NESTED.try_with(|locals| locals.try_borrow_mut().ok().and_then(|mut locals| locals.pop()));
    let local = local.ok().flatten().unwrap_or_else(new_local);
    let after = local.try_with(|local| {
        local.is_nested = true;
        local.log(core, call, false)
    });
    let after = after.unwrap_or(AfterPut::Done);
    let _ = NESTED.try_with(|locals| {
        if let Ok(mut locals) = locals.try_borrow_mut() {
            locals.push(local);
        }
    });
    if !is_in_sink() {
        let after = if urgent { AfterPut::WriteThrough } else { after };
        AFTER_NESTED.set(AFTER_NESTED.get().max(after));
    }
}

/// Counts a record that is dropped because calls nest too deep.
pub(crate) fn count_reentrant(core: &LoggerCore, level: LogLevel) {
    // Inside of a critical section the locks of dispatches and queues may be this thread's.
    let dispatch =
        if CriticalSection::is_active() { None } else { core.dispatch.clone().or_else(root_if_made) };
    match dispatch {
        Some(dispatch) => {
            dispatch.queues(level, false).for_each(|queue| queue.count_dropped(level, DropReason::Reentrant));
        }
        None => COUNTERS.add_dropped(level, DropReason::Reentrant, 1),
    }
}

#[inline]
fn has_nested() -> bool {
    AFTER_NESTED.get() != AfterPut::Done
}

/// Does what is left to do for a record, outside of the thread's borrow.
#[cold]
fn finish(core: &LoggerCore, level: LogLevel, after: AfterPut) {
    let nested = AFTER_NESTED.replace(AfterPut::Done);
    let mut queues = with_local(|local| std::mem::take(&mut local.queues)).unwrap_or_default();
    let urgent = is_urgent(level) || is_exiting();
    if urgent || after.max(nested) == AfterPut::WriteThrough {
        let dispatch = with_local(Local::take_written_through).flatten();
        let dispatch = dispatch.or_else(|| core.dispatch.clone().or_else(root_if_made));
        // Nested ones may have gone anywhere: all of these queues.
        let level = if nested == AfterPut::WriteThrough { LogLevel::Critical } else { level };
        let deadline = Instant::now() + limits::urgent_timeout();
        let all = urgent || nested == AfterPut::WriteThrough;
        let chosen = dispatch.iter().flat_map(|dispatch| dispatch.queues(level, !all));
        let late = registry::write_through(&mut queues, chosen, deadline);
        if late > 0 && urgent {
            COUNTERS.add_late(late);
        }
    } else {
        registry::hand_over(&mut queues, true);
    }
    with_local(|local| local.queues = queues);
}

#[inline]
fn with_local<R>(run: impl FnOnce(&mut Local) -> R) -> Option<R> {
    LOCAL.try_with(|local| local.try_with(run)).ok().flatten()
}

/// Queues a macro call's record for the worker, with the current time and context.
#[inline]
pub(crate) fn submit_queued_site(queued: &Queued, site: Site<'static>, values: &[Value<'_>]) {
    let put = try_queue(|local| local.enqueue_site(queued, site, values));
    if !settle(queued, site.level_number(), put) {
        submit_unqueued(queued, &Call::of_site(site, values, &[]));
    }
}

/// As [`submit_queued_site`], for any call.
pub(crate) fn submit_queued(queued: &Queued, call: &Call<'_>) {
    let put = try_queue(|local| local.enqueue(queued, call));
    if !settle(queued, call.level.number(), put) {
        submit_unqueued(queued, call);
    }
}

/// Has a record queued; closed to a call inside of another or of a sink, and where the
/// thread's locals are in use or gone.
#[inline(always)]
fn try_queue(put: impl FnOnce(&mut Local) -> Put) -> Put {
    let (_depth, nested) = CallDepth::begin();
    if nested > 0 || is_in_sink() {
        return Put::Closed;
    }
    with_local(put).unwrap_or(Put::Closed)
}

/// Does what is left to do for a record that was queued: waits for it, if it is urgent and
/// the settings say so. False if it was not queued.
#[inline(always)]
fn settle(queued: &Queued, level: u8, put: Put) -> bool {
    let after = match put {
        Put::Closed => return false,
        Put::Done | Put::Dropped => AfterPut::Done,
        Put::HandOver => AfterPut::HandOver,
    };
    if level >= LogLevel::Error.number() && put != Put::Dropped {
        finish_urgent(queued, level, after);
    } else if after != AfterPut::Done || has_nested() {
        finish(&queued.core, LogLevel::Trace, after);
    }
    true
}

#[cold]
fn finish_urgent(queued: &Queued, level: u8, after: AfterPut) {
    let level = LogLevel::from_number(level).filter(|_| waits_for_errors(queued));
    if level.is_some() || after != AfterPut::Done || has_nested() {
        finish(&queued.core, level.unwrap_or(LogLevel::Trace), after);
    }
}

/// Tells whether the logger's calls of ERROR and above wait: a performance logger's never.
fn waits_for_errors(queued: &Queued) -> bool {
    queued.policy.is_none() && workers::wait_for_errors()
}

/// Logs a record of a logger with a queue the sync way: it is logged inside of a call or a
/// sink, or there is no worker.
#[cold]
fn submit_unqueued(queued: &Queued, call: &Call<'_>) {
    if is_busy() {
        let (_depth, nested) = CallDepth::begin();
        return submit_nested(&queued.core, call, nested, is_urgent(call.level) && waits_for_errors(queued));
    }
    submit(&queued.core, call);
}

/// Passes on the counts of what rings have dropped, then writes all that was published
/// before the call, up to a deadline; returns how many records are left.
pub(crate) fn flush_until(deadline: Instant) -> usize {
    ring::pass_on_drops();
    registry::flush_all_until(deadline)
}

/// Makes this thread's ring before its first record.
pub(crate) fn prepare_queue() {
    if CriticalSection::is_active() {
        return;
    }
    with_local(Local::prepare_queue);
}

/// Forgets, in the child of a fork, what this thread has buffered: the parent writes
/// it.
#[cfg(unix)]
pub(crate) fn abandon_inherited() {
    local::abandon_inherited();
}
