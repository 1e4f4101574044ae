//! What a thread keeps for logging: clock, context, scratch, ring and buffers.

use std::cell::RefCell;
use std::sync::Arc;

use kakashi_core::{
    Call, CatchPanic, Guard as _, LogContext, LogRecord, MergedContext, Scratch, Site, Timestamp, Value,
    current_id,
};

use super::orphaned;
use crate::clock::ThreadClock;
use crate::dispatch::Dispatch;
use crate::dispatch::logger_core::LoggerCore;
use crate::dispatch::root::generation;
use crate::dispatch::thread_dispatch::ThreadDispatches;
use crate::queue::queued::Queued;
use crate::queue::worker_control::WorkerControl;
use crate::queue::writer::{Put, QueueWriter};

thread_local! {
    /// Borrowed while the thread logs: a call that finds it borrowed is re-entrant.
    pub(super) static LOCAL: RefCell<Local> = const { RefCell::new(Local::new()) };
}

/// One thread's state of logging.
pub(super) struct Local {
    clock: ThreadClock,
    merged: MergedContext,
    scratch: Scratch,
    /// Dropped before `dispatches`: what the worker is to write is published first.
    queue: Option<QueueWriter>,
    /// An async record was written synchronously (no worker). Buffers are handed over
    /// before the next is queued, to keep the order.
    async_went_sync: bool,
    dispatches: ThreadDispatches,
}

impl Local {
    pub(super) const fn new() -> Self {
        Self {
            clock: ThreadClock::new(),
            merged: MergedContext::new(),
            scratch: Scratch::new(),
            queue: None,
            async_went_sync: false,
            dispatches: ThreadDispatches::new(),
        }
    }

    pub(super) fn dispatches(&mut self) -> &mut ThreadDispatches {
        &mut self.dispatches
    }

    /// Returns the worker of the thread's ring, if it has one.
    pub(super) fn worker(&self) -> Option<Arc<WorkerControl>> {
        self.queue.as_ref().map(|queue| queue.worker().clone())
    }

    /// Sends a record with the current time and context.
    #[inline]
    pub(super) fn log(&mut self, core: &LoggerCore, call: &Call<'_>, urgent: bool) {
        let Self { clock, merged, scratch, dispatches, .. } = self;
        let own = dispatches.get(core.dispatch.as_ref());
        let now = time(&own.dispatch, clock);
        let context = context_of(merged, core.dispatch.is_some(), &own.dispatch, &core.context);
        let record = call.record(now, core.entry.name(), context.fields());
        if let Some(reached) = own.send(&record, scratch, urgent, &[]) {
            dispatches.send_again(core.dispatch.as_ref(), &record, scratch, urgent, reached);
        }
    }

    /// Queues a record with the current time and context for the worker.
    #[inline(never)]
    pub(super) fn enqueue(&mut self, queued: &Queued, call: &Call<'_>) -> Put {
        let Self { clock, merged, scratch, dispatches, queue, async_went_sync } = self;
        // Read before foreign code runs, which may change both.
        let key = (generation(), current_id());
        if std::mem::take(async_went_sync) {
            // What was written synchronously stands before what is queued from now on.
            dispatches.hand_over_forwarded();
        }
        let queue = match queue {
            Some(queue) if !queue.is_stale() => queue,
            _ => renew(queue, dispatches),
        };
        // Before any code of the call's values runs: it would run once more.
        if !queue.is_served() {
            *async_went_sync = true;
            return Put::Closed;
        }
        let root = dispatches.get(None);
        let now = time(&root.dispatch, clock);
        let context = context_of(merged, false, &root.dispatch, &queued.core.context);
        let record = call.record(now, queued.core.entry.name(), context.fields());
        let put = root
            .dispatch
            .pipeline
            .run(&record, scratch, &CatchPanic, |record| queue.put(queued, call.site(), record, context));
        let put = put.unwrap_or(Put::Done);
        let dispatch = &root.dispatch;
        let plain = put == Put::Done && dispatch.clock.is_none() && dispatch.pipeline.is_empty();
        // A context is dropped where its record is: then the ring does not have it.
        let plain = plain && queue.has_context(context);
        queue.fast_path_key = plain.then_some(key);
        *async_went_sync = put == Put::Closed;
        put
    }

    /// As [`enqueue`](Self::enqueue), but checks nothing that was the same at the last
    /// record.
    #[inline]
    pub(super) fn enqueue_site(&mut self, queued: &Queued, site: Site<'static>, values: &[Value<'_>]) -> Put {
        let Self { clock, queue, .. } = self;
        if let Some(queue) = queue
            && queue.fast_path_key == Some((generation(), current_id()))
            && let Some(put) = queue.put_plain(queued, site, values, clock.now())
        {
            return put;
        }
        self.enqueue(queued, &Call::of_site(site, values, &[]))
    }

    /// Sends a record as it is.
    pub(super) fn send(&mut self, dispatch: Option<&Arc<Dispatch>>, record: &LogRecord<'_>, urgent: bool) {
        if let Some(reached) = self.dispatches.get(dispatch).send(record, &mut self.scratch, urgent, &[]) {
            self.dispatches.send_again(dispatch, record, &mut self.scratch, urgent, reached);
        }
    }

    /// As [`send`](Self::send), on a thread that may queue records later.
    pub(super) fn send_after_queued(
        &mut self,
        dispatch: Option<&Arc<Dispatch>>,
        record: &LogRecord<'_>,
        urgent: bool,
    ) {
        self.async_went_sync |= self.queue.is_some();
        self.send(dispatch, record, urgent);
    }

    /// Makes the thread's ring before its first record.
    pub(super) fn prepare_queue(&mut self) {
        renew(&mut self.queue, &mut self.dispatches);
    }

    /// Forgets, in the child of a fork, what the parent writes.
    #[cfg(unix)]
    pub(super) fn abandon_inherited(&mut self) {
        self.dispatches.refresh(generation());
        if let Some(queue) = self.queue.take_if(|queue| queue.is_inherited()) {
            std::mem::forget(queue);
        }
    }
}

/// Gives the thread a ring, in place of one that is the parent's or has no worker.
#[cold]
fn renew<'q>(queue: &'q mut Option<QueueWriter>, dispatches: &mut ThreadDispatches) -> &'q mut QueueWriter {
    if let Some(inherited) = queue.take_if(|queue| queue.is_inherited()) {
        std::mem::forget(inherited);
    }
    if let Some(retired) = queue.take_if(|queue| queue.is_stale()) {
        // Its records stand before those in the next ring.
        orphaned::wait_for_end(retired.worker());
        orphaned::drain_orphaned(dispatches);
    }
    queue.get_or_insert_with(QueueWriter::new)
}

/// Reads a dispatch's own clock, if it has one that does not panic, or the thread's.
#[inline]
fn time(dispatch: &Dispatch, clock: &mut ThreadClock) -> Timestamp {
    let Some(own) = &dispatch.clock else { return clock.now() };
    let mut now = None;
    CatchPanic.run(&mut || now = Some(own.now()));
    now.unwrap_or_else(|| clock.now())
}

/// Returns the context of a record that is logged now.
#[inline]
fn context_of<'c>(
    merged: &'c mut MergedContext,
    is_own: bool,
    dispatch: &Arc<Dispatch>,
    logger: &LogContext,
) -> &'c LogContext {
    let key = (Arc::as_ptr(dispatch).addr(), generation());
    merged.get(key, logger, |logger, current| dispatch.merge(is_own, logger, current))
}
