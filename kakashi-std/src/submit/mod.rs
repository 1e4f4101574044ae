//! A logging call on its thread.
//!
//! [`submit`] takes a record through the pipeline into the thread's buffers;
//! [`submit_queued`] copies it into the thread's ring. A record that is logged while
//! another is being logged on the same thread (by a `Display`, a filter, a sink) is
//! published like any other, from buffers of its own depth: so it keeps the order too. What
//! nests too deep is dropped and counted as `reentrant`. Nothing is written inside of a
//! call: an ERROR there is written when the outermost call is done, a sink's by the
//! flusher.

mod kept;
pub(crate) mod left_out;
pub(crate) mod local;

use std::cell::Cell;
use std::time::Instant;

#[cfg(all(feature = "black-box", unix))]
use kakashi_core::LogRecord;
use kakashi_core::{Call, DropReason, LogLevel, Site, Value};

use self::local::{LOCAL, Local, NESTED, new_local, with_local};
use crate::delivery::counters::{self, COUNTERS};
use crate::delivery::limits;
use crate::delivery::not_kept::NotKept;
use crate::dispatch::endpoint::Endpoint;
use crate::dispatch::logger_core::LoggerCore;
use crate::dispatch::registry;
use crate::dispatch::root::root_if_made;
use crate::dispatch::thread_dispatch::AfterPut;
use crate::flight_recorder::state::has_been_on;
use crate::queue::queued::Queued;
use crate::queue::writer::Put;
use crate::queue::{ring, workers};
use crate::reentrancy::{CallDepth, CriticalSection, is_exiting, is_in_sink, is_muted};
use crate::segment::live;

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
    if has_been_on() && is_only_kept(core, call) {
        return;
    }
    submit_written(core, call);
}

/// Logs a call's record that goes to destinations.
#[inline]
fn submit_written(core: &LoggerCore, call: &Call<'_>) {
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

/// As [`submit`], but writes the record to all that take it before it returns, and tells
/// whether they have it.
#[cold]
pub(crate) fn submit_kept(core: &LoggerCore, call: &Call<'_>) -> Result<(), NotKept> {
    if has_been_on() && is_only_kept(core, call) {
        return Err(NotKept::NoDestination);
    }
    let (depth, nested) = CallDepth::begin();
    if nested > 0 || is_in_sink() {
        submit_nested(core, call, nested, is_urgent(call.level));
        return Err(NotKept::Nested);
    }
    let mut is_captured = false;
    let mut takers = Vec::new();
    let mut note = |endpoint: Option<&Endpoint>| match endpoint {
        Some(endpoint) => takers.push((endpoint.queue.clone(), endpoint.queue.marks(call.level))),
        None => is_captured = true,
    };
    let logged =
        LOCAL.try_with(|local| local.try_with(|local| local.log_noting(core, call, true, &mut note)));
    let after = match logged {
        Ok(Some(after)) => after,
        Ok(None) => {
            submit_nested(core, call, nested, is_urgent(call.level));
            return Err(NotKept::Nested);
        }
        // The thread's locals are gone.
        Err(_) => Local::default().log_noting(core, call, false, &mut note),
    };
    drop(depth);
    let deadline = Instant::now() + limits::urgent_timeout();
    let mut result = if takers.is_empty() && !is_captured { Err(NotKept::NoDestination) } else { Ok(()) };
    let chosen = takers.iter().map(|(queue, _)| queue.clone());
    let mut at = 0;
    let mut queues = Vec::new();
    let late = registry::write_through(&mut queues, chosen, deadline, |queue, is_written| {
        let outcome = queue.outcome_since(takers[at].1, call.level, is_written);
        at += 1;
        if result.is_ok() {
            result = outcome;
        }
    });
    if late > 0 {
        COUNTERS.add_late(late);
    }
    // What its values have logged.
    with_local(Local::take_written_through);
    if after == AfterPut::HandOver || has_nested() {
        finish(core, call.level, AfterPut::HandOver);
    }
    result
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
        None => counters::add_dropped_without_destination(level, DropReason::Reentrant),
    }
}

/// Keeps a call's record if its logger does not write it, and tells whether that is so.
#[cold]
#[inline(never)]
fn is_only_kept(core: &LoggerCore, call: &Call<'_>) -> bool {
    let is_kept = kept::is_only_kept(core, call);
    finish_kept(core, is_kept);
    is_kept
}

/// Does what is left to do for what values have logged while a record was kept.
#[inline]
fn finish_kept(core: &LoggerCore, is_kept: bool) {
    if is_kept && has_nested() && !is_busy() {
        finish(core, LogLevel::Trace, AfterPut::Done);
    }
}

#[inline]
fn has_nested() -> bool {
    AFTER_NESTED.get() != AfterPut::Done
}

/// Does what is left to do for a record, outside of the thread's borrow.
#[cold]
fn finish(core: &LoggerCore, level: LogLevel, after: AfterPut) {
    finish_waiting(core, level, after, true);
}

/// As [`finish`]; waits for a destination that takes nothing if it may.
fn finish_waiting(core: &LoggerCore, level: LogLevel, after: AfterPut, may_wait: bool) {
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
        let late = registry::write_through(&mut queues, chosen, deadline, |_, _| {});
        if late > 0 && (urgent || dispatch.as_ref().is_some_and(|dispatch| dispatch.is_durable(level))) {
            COUNTERS.add_late(late);
        }
    } else {
        registry::hand_over(&mut queues, may_wait);
    }
    with_local(|local| local.queues = queues);
}

/// Queues a macro call's record for the worker, with the current time and context.
#[inline]
pub(crate) fn submit_queued_site(queued: &Queued, site: Site<'static>, values: &[Value<'_>]) {
    if has_been_on() && is_only_kept(&queued.core, &Call::of_site(site, values, &[])) {
        return;
    }
    let put = try_queue(|local| local.enqueue_site(queued, site, values));
    if !settle(queued, site.level_number(), put) {
        submit_unqueued(queued, &Call::of_site(site, values, &[]));
    }
}

/// As [`submit_queued_site`], for any call.
pub(crate) fn submit_queued(queued: &Queued, call: &Call<'_>) {
    if has_been_on() && is_only_kept(&queued.core, call) {
        return;
    }
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
        Put::WriteThrough => return settle_durable(queued, level),
    };
    if level >= LogLevel::Error.number() && put != Put::Dropped {
        finish_urgent(queued, level, after);
    } else if after != AfterPut::Done || has_nested() {
        finish(&queued.core, LogLevel::Trace, after);
    }
    true
}

/// As [`settle`], for a record whose call waits until it is written.
#[cold]
fn settle_durable(queued: &Queued, level: u8) -> bool {
    let level = LogLevel::from_number(level).unwrap_or(LogLevel::Critical);
    finish(&queued.core, level, AfterPut::WriteThrough);
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
    if live::is_on() {
        return submit_boxed(queued, call);
    }
    submit_written(&queued.core, call);
}

/// As [`submit`], for a logger that has no queue as long as there is a black box: it waits for no more than it
/// did before.
#[cold]
fn submit_boxed(queued: &Queued, call: &Call<'_>) {
    let core = &queued.core;
    let urgent = is_urgent(call.level) && waits_for_errors(queued) || is_exiting();
    let (depth, _) = CallDepth::begin();
    let after = match LOCAL.try_with(|local| local.try_with(|local| local.log(core, call, urgent))) {
        Ok(Some(after)) => after,
        Ok(None) => return submit_nested(core, call, 0, urgent),
        // The thread's locals are gone: nothing may stay in a buffer.
        Err(_) => {
            Local::default().log(core, call, false);
            AfterPut::WriteThrough
        }
    };
    drop(depth);
    let after = if queued.policy.is_some() { after.min(AfterPut::HandOver) } else { after };
    if after != AfterPut::Done || urgent || has_nested() {
        let level = if urgent { call.level } else { LogLevel::Trace };
        finish_waiting(core, level, after, queued.waits());
    }
}

/// Passes on the counts of what rings have dropped, announces what samplers have left out, then
/// writes all that was published before the call, up to a deadline; returns how many records
/// are left.
pub(crate) fn flush_until(deadline: Instant) -> usize {
    ring::pass_on_drops();
    left_out::announce();
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
    left_out::abandon();
}

/// Logs a record that another process has left, with its own time and context.
#[cfg(all(feature = "black-box", unix))]
#[cold]
pub(crate) fn submit_recovered(record: &LogRecord<'_>) {
    let _depth = CallDepth::begin();
    if with_local(|local| local.log_recovered(record)).is_none() {
        Local::default().log_recovered(record);
    }
}
