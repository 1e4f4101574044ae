//! A record's way: from its call through the pipeline into batches.

pub(crate) mod deferred;

use std::cell::Cell;
use std::rc::Rc;

use kakashi_core::{
    Call, Clock as _, Guard as _, LogContext, LogLevel, LogRecord, LoggerEntry, Scratch, Timestamp,
};

use crate::context;
use crate::delivery::sink_queue::RetryMode;
use crate::dispatch::{self, Dispatch};
use crate::host::clock::{SystemClock, now_nanos};
use crate::host::{microtask, timer};
use crate::reentrancy::{CallGuard, CatchPanic};

/// What a logger gives to each of its records.
#[derive(Clone, Copy)]
pub(crate) struct Origin<'a> {
    pub(crate) entry: &'a LoggerEntry,
    /// None: the root dispatch, whichever it is.
    pub(crate) dispatch: Option<&'a Rc<Dispatch>>,
    pub(crate) context: &'a LogContext,
}

/// When a record must be written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Urgency {
    /// With its batch.
    Batched,
    /// As soon as the caller has given the engine its turn.
    Soon,
    /// Before the call returns.
    Now,
}

impl Urgency {
    /// Tells how urgent a level is to a logger that writes at once.
    #[inline]
    pub(crate) fn of(level: LogLevel) -> Self {
        if level >= LogLevel::Error { Self::Now } else { Self::Batched }
    }

    /// Tells how urgent a level is to a logger that does not hold up its caller.
    #[inline]
    pub(crate) fn of_async(level: LogLevel) -> Self {
        if level >= LogLevel::Error { Self::Soon } else { Self::Batched }
    }
}

thread_local! {
    /// Taken out by a call and put back: one that dies on the way takes it along,
    /// and the next makes a new one.
    static CALL_STATE: Cell<Option<Box<CallState>>> = const { Cell::new(None) };
    static SEQUENCE: Cell<u64> = const { Cell::new(0) };
}

/// What a call works with.
#[derive(Default)]
struct CallState {
    merged: MergedContext,
    scratch: Scratch,
}

/// Returns the number of the next record.
#[inline]
pub(crate) fn next_sequence() -> u64 {
    let next = SEQUENCE.get() + 1;
    SEQUENCE.set(next);
    next
}

/// Logs a call's record, with the current time and context.
pub(crate) fn submit(origin: &Origin<'_>, call: &Call<'_>, urgency: Urgency) {
    let Some(guard) = CallGuard::take() else { return deferred::defer(origin, call) };
    let mut state = CALL_STATE.take().unwrap_or_default();
    state.log(origin, call, urgency);
    CALL_STATE.set(Some(state));
    drop(guard);
    if deferred::is_pending() {
        deferred::replay();
    }
}

/// Logs a deferred record, with the time and the context it has; false if another
/// call is under way.
pub(crate) fn submit_deferred(
    dispatch: Option<&Rc<Dispatch>>,
    record: &LogRecord<'_>,
    urgency: Urgency,
) -> bool {
    let Some(_guard) = CallGuard::take() else { return false };
    let mut state = CALL_STATE.take().unwrap_or_default();
    let dispatch = dispatch.cloned().unwrap_or_else(dispatch::root);
    send(&dispatch, record, &mut state.scratch, urgency);
    CALL_STATE.set(Some(state));
    true
}

/// Runs code that writes to sinks outside of any call, then logs the records that
/// they deferred.
pub(crate) fn apart<R>(run: impl FnOnce() -> R) -> R {
    let guard = CallGuard::take();
    let result = run();
    if guard.is_some() {
        drop(guard);
        if deferred::is_pending() {
            deferred::replay();
        }
    }
    result
}

impl CallState {
    #[inline]
    fn log(&mut self, origin: &Origin<'_>, call: &Call<'_>, urgency: Urgency) {
        let dispatch = origin.dispatch.cloned().unwrap_or_else(dispatch::root);
        let now = time(&dispatch);
        let context = self.merged.get(origin, &dispatch);
        let mut record = call.record(now, origin.entry.name(), context.fields());
        record.sequence = Some(next_sequence());
        send(&dispatch, &record, &mut self.scratch, urgency);
    }
}

/// Takes a record through the pipeline into batches, and sees to it that these are
/// written in time.
#[inline]
fn send(dispatch: &Dispatch, record: &LogRecord<'_>, scratch: &mut Scratch, urgency: Urgency) {
    let sent = dispatch.pipeline.run(record, scratch, &CatchPanic, |record| dispatch.put(record));
    if sent.is_none() {
        return;
    }
    match urgency {
        Urgency::Batched => match (record.timestamp, &dispatch.clock) {
            (Timestamp::Wall(nanos), None) => timer::arm(nanos),
            _ => timer::arm(now_nanos()),
        },
        Urgency::Now => dispatch.write(RetryMode::Backoff),
        Urgency::Soon => microtask::schedule(),
    }
}

/// Asks a dispatch's own clock, if it has one that does not panic, or the engine's.
#[inline]
fn time(dispatch: &Dispatch) -> Timestamp {
    let Some(own) = &dispatch.clock else { return Timestamp::Wall(now_nanos()) };
    let mut told = None;
    CatchPanic.run(&mut || told = Some(own.now()));
    told.unwrap_or_else(|| SystemClock.now())
}

/// The context that the last record had, and what it was merged of.
#[derive(Default)]
struct MergedContext {
    /// The ids of the scope's and the logger's context, of the dispatch, and of the
    /// root dispatch.
    of: (usize, usize, usize, usize),
    context: LogContext,
}

impl MergedContext {
    /// Returns the context of a record of now.
    #[inline]
    fn get(&mut self, origin: &Origin<'_>, dispatch: &Dispatch) -> &LogContext {
        let now = (context::current_id(), origin.context.fields().id, dispatch.id, dispatch::root_id());
        if now != self.of {
            self.of = now;
            self.context = context_of(origin, Some(dispatch));
        }
        &self.context
    }
}

/// Merges the context of a record of now.
#[cold]
pub(crate) fn context_of(origin: &Origin<'_>, dispatch: Option<&Dispatch>) -> LogContext {
    let base =
        dispatch.map(|dispatch| dispatch::base_of(origin.dispatch.is_some(), dispatch)).unwrap_or_default();
    let merged = base.merge(origin.context).merge(&context::current_context());
    dispatch.map(|dispatch| dispatch.pipeline.redaction.context(&merged)).unwrap_or(merged)
}
