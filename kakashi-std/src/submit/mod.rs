//! A logging call on its thread.
//!
//! [`submit`] takes a record through the pipeline into the thread's buffers;
//! [`submit_queued`] copies it into the thread's ring. A record that is logged while
//! another is being logged on the same thread (by a `Display`, a filter, a sink) is
//! [deferred] and replayed when that call is done.

pub(crate) mod deferred;
pub(crate) mod local;
pub(crate) mod orphaned;

use std::sync::Arc;
use std::time::Instant;

use kakashi_core::{Call, LogLevel, LogRecord, Site, Value};

use self::local::{LOCAL, Local};
use crate::dispatch::Dispatch;
use crate::dispatch::logger_core::LoggerCore;
use crate::dispatch::thread_dispatch::ThreadDispatches;
use crate::queue::queued::Queued;
use crate::queue::writer::Put;
use crate::queue::{ring, workers};
use crate::reentrancy::{is_exiting, is_in_sink, is_worker};

/// Tells whether this thread is inside a logging call or a sink.
pub(crate) fn is_busy() -> bool {
    is_in_sink() || LOCAL.try_with(|local| local.try_borrow_mut().is_err()).unwrap_or(false)
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
    let urgent = is_urgent(call.level) || is_exiting();
    if is_in_sink() {
        return deferred::defer(core, call);
    }
    let taken = LOCAL.try_with(|local| match local.try_borrow_mut() {
        Ok(mut local) => {
            local.log(core, call, urgent);
            true
        }
        Err(_) => false,
    });
    match taken {
        Ok(true) => {
            if deferred::is_pending() {
                replay();
            }
        }
        Ok(false) => deferred::defer(core, call),
        // The thread's locals are gone: nothing may stay in a buffer.
        Err(_) => Local::new().log(core, call, true),
    }
}

/// Queues a macro call's record for the worker, with the current time and context.
#[inline]
pub(crate) fn submit_queued_site(queued: &Queued, site: Site<'static>, values: &[Value<'_>]) {
    if !is_in_sink() {
        let put = LOCAL.try_with(|local| match local.try_borrow_mut() {
            Ok(mut local) => Some(local.enqueue_site(queued, site, values)),
            Err(_) => None,
        });
        if let Ok(Some(Put::Done)) = put
            && !deferred::is_pending()
        {
            return;
        }
        return finish_queued(queued, &Call::of_site(site, values, &[]), put.ok());
    }
    deferred::defer(&queued.core, &Call::of_site(site, values, &[]));
}

/// As [`submit_queued_site`], for any call.
pub(crate) fn submit_queued(queued: &Queued, call: &Call<'_>) {
    if is_in_sink() {
        return deferred::defer(&queued.core, call);
    }
    let put = LOCAL.try_with(|local| match local.try_borrow_mut() {
        Ok(mut local) => Some(local.enqueue(queued, call)),
        Err(_) => None,
    });
    finish_queued(queued, call, put.ok());
}

/// Does what is left to do for a record, outside of the thread's borrow.
#[cold]
fn finish_queued(queued: &Queued, call: &Call<'_>, put: Option<Option<Put>>) {
    match put {
        Some(Some(Put::Done)) => {}
        Some(Some(Put::Closed)) => {
            // No worker: first the records that it has from this thread, then this one.
            let worker = LOCAL.try_with(|local| local.borrow().worker());
            if let Ok(Some(worker)) = worker {
                orphaned::wait_for_end(&worker);
            }
            drain_orphaned();
            submit(&queued.core, call);
        }
        Some(Some(Put::Orphaned)) => drain_orphaned(),
        Some(None) => return deferred::defer(&queued.core, call),
        // The thread's locals are gone: its ring is the worker's.
        None => {
            flush_queues_until(Instant::now() + orphaned::WORKER_TIMEOUT);
            submit(&queued.core, call);
        }
    }
    if deferred::is_pending() {
        replay();
    }
}

/// Lends the thread's dispatches to code that forwards other threads' records; none
/// inside of a logging call.
pub(crate) fn with_dispatches<R>(run: impl FnOnce(&mut ThreadDispatches) -> R) -> Option<R> {
    let lent = LOCAL.try_with(|local| local.try_borrow_mut().ok().map(|mut local| run(local.dispatches())));
    lent.unwrap_or_default()
}

/// Takes over what is in the rings that no worker empties; see [`orphaned`].
#[cold]
fn drain_orphaned() {
    with_dispatches(orphaned::drain_orphaned);
}

/// Makes the workers hand over what is in the rings, and takes over what no worker
/// empties, up to a deadline; returns how many records are left.
pub(crate) fn flush_queues_until(deadline: Instant) -> usize {
    if is_worker() {
        return 0;
    }
    let in_time = workers::flush_until(deadline);
    drain_orphaned();
    ring::pass_on_drops();
    if in_time { 0 } else { workers::left_until(deadline) }
}

/// Makes this thread's ring before its first record.
pub(crate) fn prepare_queue() {
    let _ = LOCAL.try_with(|local| {
        if let Ok(mut local) = local.try_borrow_mut() {
            local.prepare_queue();
        }
    });
}

/// Logs what has been deferred.
#[cold]
pub(crate) fn replay() {
    deferred::replay(|target, record| submit_deferred(target.dispatch.as_ref(), record, target.from_sink));
}

/// Logs a deferred record, with its own time and context.
///
/// A sink's record is not urgent, whatever its level: writing it at once would make
/// the sink log again.
fn submit_deferred(dispatch: Option<&Arc<Dispatch>>, record: &LogRecord<'_>, from_sink: bool) {
    let urgent = (is_urgent(record.level) && !from_sink) || is_exiting();
    let taken = LOCAL.try_with(|local| match local.try_borrow_mut() {
        Ok(mut local) => local.send_after_queued(dispatch, record, urgent),
        Err(_) => debug_assert!(false, "deferred records are replayed outside of calls"),
    });
    if taken.is_err() {
        Local::new().send(dispatch, record, true);
    }
}

/// Forgets, in the child of a fork, what this thread has buffered: the parent writes
/// it.
#[cfg(unix)]
pub(crate) fn abandon_inherited() {
    // A call that is in progress on this very thread notices by itself.
    let _ = LOCAL.try_with(|local| {
        if let Ok(mut local) = local.try_borrow_mut() {
            local.abandon_inherited();
        }
    });
}
