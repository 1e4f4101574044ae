//! What a thread keeps for logging: clock, context, scratch, ring and buffers.
//!
//! A thread that logs nothing for a while gives them back, unless they are small: then they
//! end as they do with their thread, and its next call begins anew.

use std::cell::RefCell;
use std::sync::Arc;

#[cfg(all(feature = "black-box", unix))]
use kakashi_core::LogRecord;
use kakashi_core::{
    Call, CatchPanic, DropReason, Guard as _, LogContext, LogLevel, MergedContext, Name, Scratch, Site,
    Timestamp, Value, current_id,
};

use crate::clock::{Moment, ThreadClock};
use crate::delivery::sink_queue::SinkQueue;
use crate::dispatch::Dispatch;
use crate::dispatch::endpoint::Endpoint;
use crate::dispatch::logger_core::LoggerCore;
use crate::dispatch::root::generation;
use crate::dispatch::thread_dispatch::{AfterPut, ThreadDispatches};
use crate::flight_recorder::thread_recorder::{PlainKey, ThreadRecorder};
use crate::queue::queued::Queued;
use crate::queue::writer::{Put, QueueWriter};
use crate::segment::live;
use crate::sync::reclaim::{Reclaimer, Registrations, ThreadOwned, Verdict};

/// What threads keep, until the flusher knows it.
#[cfg(not(all(test, loom)))]
static LOCALS: Registrations<Local> = Registrations::new();
#[cfg(all(test, loom))]
static LOCALS: std::sync::LazyLock<Registrations<Local>> = std::sync::LazyLock::new(Registrations::new);

thread_local! {
    /// In use while the thread logs: a call that finds it in use is nested.
    pub(super) static LOCAL: ThreadOwned<Local> = new_local();
    /// Those of nested calls, by depth.
    pub(super) static NESTED: RefCell<Vec<ThreadOwned<Local>>> = const { RefCell::new(Vec::new()) };
}

/// Bytes that an idle thread may keep: enough for one that logs a little now and then.
const IDLE_BYTES: usize = 7 * 1024;

/// Makes what a thread keeps for logging.
pub(super) fn new_local() -> ThreadOwned<Local> {
    ThreadOwned::new(&LOCALS)
}

/// Runs code with what this thread keeps; none if it is in use or gone.
#[inline]
pub(super) fn with_local<R>(run: impl FnOnce(&mut Local) -> R) -> Option<R> {
    LOCAL.try_with(|local| local.try_with(run)).ok().flatten()
}

/// Takes from threads that log nothing what they keep for logging.
pub(crate) struct IdleLocals(Reclaimer<Local>);

impl IdleLocals {
    pub(crate) const fn new() -> Self {
        Self(Reclaimer::new())
    }

    /// Takes what no thread has used since the last call; tells whether to look again.
    #[must_use]
    pub(crate) fn reclaim(&mut self) -> bool {
        let mut taken = Vec::new();
        let again = self.0.look(&LOCALS, Local::judge, &mut taken);
        // Their ends make the flusher sweep, which frees what collections see of them.
        drop(taken);
        again
    }
}

/// Forgets, in the child of a fork, what this thread has buffered and what all others keep.
#[cfg(unix)]
pub(super) fn abandon_inherited() {
    // A call that is in progress on this very thread notices by itself.
    let _ = LOCAL.try_with(|local| local.try_with(Local::abandon_inherited));
    let _ = NESTED.try_with(|locals| {
        let Ok(locals) = locals.try_borrow() else { return };
        locals.iter().for_each(|local| _ = local.try_with(Local::abandon_inherited));
    });
    LOCALS.abandon();
    let _ = LOCAL.try_with(ThreadOwned::register_again);
    let _ = NESTED.try_with(|locals| {
        let Ok(locals) = locals.try_borrow() else { return };
        locals.iter().for_each(ThreadOwned::register_again);
    });
}

/// One thread's state of logging, at one depth.
pub(super) struct Local {
    clock: ThreadClock,
    merged: MergedContext,
    scratch: Scratch,
    queue: Option<QueueWriter>,
    /// Made when the first record is kept.
    recorder: Option<Box<ThreadRecorder>>,
    dispatches: ThreadDispatches,
    /// Where the last record went that must be written before its call returns.
    written_through: Option<Arc<Dispatch>>,
    /// Memory for those that touch many queues.
    pub(super) queues: Vec<Arc<SinkQueue>>,
    /// It is one of several of its thread.
    pub(super) is_nested: bool,
}

impl Default for Local {
    fn default() -> Self {
        Self {
            clock: ThreadClock::new(),
            merged: MergedContext::new(),
            scratch: Scratch::new(),
            queue: None,
            recorder: None,
            dispatches: ThreadDispatches::new(),
            written_through: None,
            queues: Vec::new(),
            is_nested: false,
        }
    }
}

impl Local {
    /// Decides what to do with it while its thread logs nothing.
    fn judge(&self) -> Verdict {
        let queue = self.queue.as_ref();
        let has_records = self.dispatches.has_records() || queue.is_some_and(QueueWriter::has_records);
        let memory = self.scratch.memory() + self.dispatches.memory() + queue.map_or(0, QueueWriter::memory);
        let memory = memory + self.recorder.as_deref().map_or(0, ThreadRecorder::memory);
        match () {
            // What waits counts for the limits of its thread.
            () if has_records || self.written_through.is_some() => Verdict::Later,
            () if memory <= IDLE_BYTES && !self.is_nested => Verdict::Keep,
            () => Verdict::Take,
        }
    }

    /// Publishes a record with the current time and context.
    #[inline]
    pub(super) fn log(&mut self, core: &LoggerCore, call: &Call<'_>, urgent: bool) -> AfterPut {
        self.log_noting(core, call, urgent, |_| {})
    }

    /// As [`log`](Self::log); calls `taken_by` with each endpoint that takes the record, before
    /// it does, and with none if somebody captures it.
    #[inline]
    pub(super) fn log_noting(
        &mut self,
        core: &LoggerCore,
        call: &Call<'_>,
        urgent: bool,
        mut taken_by: impl FnMut(Option<&Endpoint>),
    ) -> AfterPut {
        let Self { clock, merged, scratch, dispatches, written_through, .. } = self;
        let moment = clock.now();
        let (own, made_at) = dispatches.get_of_generation(core.dispatch.as_ref());
        let time = time(&own.dispatch, moment);
        let context = context_of(merged, core.dispatch.is_some(), &own.dispatch, &core.context);
        let record = call.record(time, core.entry.name(), context.fields());
        let mut sent = match context.capture() {
            None => own.send(&record, scratch, moment.tick, made_at, |endpoint| taken_by(Some(endpoint))),
            Some(capture) => {
                let is_own = core.dispatch.is_some();
                taken_by(None);
                own.send_captured(&record, scratch, moment.tick, made_at, &**capture, is_own)
            }
        };
        let mut dispatch = &own.dispatch;
        if sent == AfterPut::Replaced {
            let taken_by = |endpoint: &Endpoint| taken_by(Some(endpoint));
            let own = core.dispatch.as_ref();
            (sent, dispatch) = dispatches.send_again(own, &record, scratch, moment.tick, taken_by);
        }
        if urgent || sent == AfterPut::WriteThrough {
            // The root may be another one when the call comes to write.
            *written_through = Some(dispatch.clone());
        }
        sent
    }

    /// Publishes a record of the logger `kakashi`, which has no request's context.
    #[cold]
    pub(super) fn log_notice(&mut self, call: &Call<'_>) {
        let Self { clock, scratch, dispatches, .. } = self;
        let moment = clock.now();
        let (own, made_at) = dispatches.get_of_generation(None);
        let time = time(&own.dispatch, moment);
        let context = own.dispatch.base.clone();
        let record = call.record(time, const { Name::new("kakashi") }, context.fields());
        if own.send(&record, scratch, moment.tick, made_at, |_| {}) == AfterPut::Replaced {
            dispatches.send_again(None, &record, scratch, moment.tick, |_| {});
        }
    }

    /// Publishes a record that another process has left, as it is.
    #[cfg(all(feature = "black-box", unix))]
    #[cold]
    pub(super) fn log_recovered(&mut self, record: &LogRecord<'_>) {
        let Self { clock, scratch, dispatches, .. } = self;
        let moment = clock.now();
        let (own, made_at) = dispatches.get_of_generation(None);
        if own.send(record, scratch, moment.tick, made_at, |_| {}) == AfterPut::Replaced {
            dispatches.send_again(None, record, scratch, moment.tick, |_| {});
        }
    }

    /// Takes the dispatch of the last record that must be written before its call returns.
    pub(super) fn take_written_through(&mut self) -> Option<Arc<Dispatch>> {
        self.written_through.take()
    }

    /// Queues a record with the current time and context for the worker.
    #[inline(never)]
    pub(super) fn enqueue(&mut self, queued: &Queued, call: &Call<'_>) -> Put {
        let Self { clock, merged, scratch, dispatches, queue, .. } = self;
        if live::is_on() {
            return enqueue_nothing(dispatches, queued, call.level);
        }
        let moment = clock.now();
        // Read before foreign code runs, which may change both.
        let key = (generation(), current_id());
        // Threads that live for a few records never fill a ring: their first call waits, or
        // is dropped, as one for a full ring would be.
        let is_first = queue.as_ref().is_none_or(QueueWriter::is_stale);
        let is_over_limit = is_first && dispatches.get(None).dispatch.is_over_limit();
        if is_over_limit && !queued.waits() && call.level < LogLevel::Warning {
            return drop_full(dispatches, queued, call.level);
        }
        let Some(queue) = renew(queue) else { return Put::Closed };
        // Before any code of the call's values runs: it would run once more.
        if !queue.is_served() {
            return Put::Closed;
        }
        let root = dispatches.get(None);
        let time = time(&root.dispatch, moment);
        let context = context_of(merged, false, &root.dispatch, &queued.core.context);
        // Who captures a record has it when its call returns.
        if context.capture().is_some() {
            return Put::Closed;
        }
        let record = call.record(time, queued.core.entry.name(), context.fields());
        let put = root.dispatch.pipeline.run(&record, scratch, &CatchPanic, |record| {
            queue.put(queued, call.site(), record, moment.tick, context)
        });
        let put = put.unwrap_or(Put::Done);
        let dispatch = &root.dispatch;
        // Who never waits does not wait for this either.
        let is_awaited = queued.policy.is_none() && dispatch.is_durable(call.level);
        let plain = put != Put::Closed && dispatch.clock.is_none() && dispatch.pipeline.is_empty();
        let plain = plain && !dispatch.is_durable(LogLevel::Critical);
        // A context is dropped where its record is: then the ring does not have it.
        let plain = plain && queue.has_context(context);
        queue.fast_path_key = plain.then_some(key);
        match put {
            Put::Done if is_awaited => Put::WriteThrough,
            Put::Done if is_over_limit && queued.waits() => Put::HandOver,
            put => put,
        }
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

    /// Has a record kept that goes to no destination, with the current time and context.
    #[inline(never)]
    pub(super) fn keep(&mut self, core: &LoggerCore, call: &Call<'_>) {
        let Self { clock, merged, scratch, dispatches, recorder, .. } = self;
        let moment = clock.now();
        // Read before foreign code runs, which may change it.
        let key = plain_key(core);
        let own = dispatches.get(core.dispatch.as_ref());
        let time = time(&own.dispatch, moment);
        let context = context_of(merged, core.dispatch.is_some(), &own.dispatch, &core.context);
        let recorder = recorder.get_or_insert_with(Box::default);
        let record = call.record(time, core.entry.name(), context.fields());
        own.dispatch.pipeline.run(&record, scratch, &CatchPanic, |record| {
            recorder.keep(core, call.site(), record, moment.tick, context);
        });
        let is_plain = own.dispatch.clock.is_none() && own.dispatch.pipeline.is_empty();
        recorder.set_plain(is_plain.then_some(key), context);
    }

    /// As [`keep`](Self::keep), but looks at nothing that was the same at the last record.
    #[inline]
    pub(super) fn keep_site(&mut self, core: &LoggerCore, site: Site<'static>, values: &[Value<'_>]) {
        let Self { clock, recorder, .. } = self;
        if let Some(recorder) = recorder
            && recorder.keep_plain(core, plain_key(core), site, values, || clock.now())
        {
            return;
        }
        self.keep(core, &Call::of_site(site, values, &[]));
    }

    /// Makes the thread's ring before its first record.
    pub(super) fn prepare_queue(&mut self) {
        renew(&mut self.queue);
    }

    /// Forgets, in the child of a fork, what the parent writes.
    #[cfg(unix)]
    fn abandon_inherited(&mut self) {
        self.dispatches.refresh(generation());
        if let Some(queue) = self.queue.take_if(|queue| queue.is_inherited()) {
            std::mem::forget(queue);
        }
        if let Some(recorder) = self.recorder.take_if(|recorder| recorder.is_inherited()) {
            std::mem::forget(recorder);
        }
    }
}

/// Returns what must be the same for a record of plain values to be kept as the last one was.
#[inline]
fn plain_key(core: &LoggerCore) -> PlainKey {
    let logger = (core.entry.id(), core.context.fields().id);
    PlainKey { generation: generation(), current: current_id(), logger }
}

/// Has a record logged the sync way, into memory that outlives the process as no ring does; unless more
/// waits than may, and its logger does not wait for that.
#[cold]
fn enqueue_nothing(dispatches: &mut ThreadDispatches, queued: &Queued, level: LogLevel) -> Put {
    let drops = !queued.waits() && level < LogLevel::Warning;
    if drops && dispatches.get(None).dispatch.is_over_limit() {
        return drop_full(dispatches, queued, level);
    }
    Put::Closed
}

/// Counts a record for which there is no room.
#[cold]
fn drop_full(dispatches: &mut ThreadDispatches, queued: &Queued, level: LogLevel) -> Put {
    queued.slot.count_dropped(level);
    let queues = dispatches.get(None).dispatch.queues(level, false);
    queues.for_each(|queue| queue.count_dropped(level, DropReason::QueueFull));
    Put::Dropped
}

/// Gives the thread a ring, in place of one that is the parent's or has no worker; none
/// inside of a collection.
#[inline]
fn renew(queue: &mut Option<QueueWriter>) -> Option<&mut QueueWriter> {
    if let Some(queue) = queue
        && !queue.is_stale()
    {
        // The borrow checker does not see that it ends here otherwise.
    } else {
        if let Some(inherited) = queue.take_if(|queue| queue.is_inherited()) {
            std::mem::forget(inherited);
        }
        *queue = QueueWriter::new();
    }
    queue.as_mut()
}

/// Reads a dispatch's own clock, if it has one that does not panic; otherwise the time is
/// the thread's.
#[inline]
fn time(dispatch: &Dispatch, moment: Moment) -> Timestamp {
    let Some(own) = &dispatch.clock else { return moment.time };
    let mut now = None;
    CatchPanic.run(&mut || now = Some(own.now()));
    now.unwrap_or(moment.time)
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
