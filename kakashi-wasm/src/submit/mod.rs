//! A record's way: from its call through the pipeline into batches.

pub(crate) mod deferred;
pub(crate) mod origin;

use std::cell::Cell;
use std::rc::Rc;

use kakashi_core::{
    Call, CatchPanic, Clock as _, Guard as _, LogRecord, MergedContext, RetryMode, Scratch, Timestamp,
};

use crate::dispatch::{self, Dispatch, settings};
use crate::host::clock::{SystemClock, now_nanos};
use crate::host::{microtask, timer};
use crate::reentrancy::{self, CallGuard};
use crate::submit::origin::{Origin, Urgency, next_sequence};

thread_local! {
    /// Taken out by a call and put back: a call that ends in an exception takes it
    /// along, and the next makes a new one.
    static CALL_STATE: Cell<Option<Box<CallState>>> = const { Cell::new(None) };
}

/// What a call reuses of the one before.
#[derive(Default)]
struct CallState {
    merged: MergedContext,
    scratch: Scratch,
}

/// Logs a call's record, with the current time and context.
pub(crate) fn submit(origin: &Origin<'_>, call: &Call<'_>, urgency: Urgency) {
    let Some(guard) = CallGuard::take() else { return deferred::defer(origin, call) };
    let mut state = CALL_STATE.take().unwrap_or_default();
    state.log(origin, call, urgency);
    CALL_STATE.set(Some(state));
    drop(guard);
    if deferred::is_pending() {
        replay();
    }
}

/// Logs the deferred records, unless a call or a sink is under way, which does it when
/// it ends.
pub(crate) fn replay_deferred() {
    if deferred::is_pending() && !reentrancy::is_busy() {
        replay();
    }
}

/// Logs the deferred records, then those that they defer.
#[cold]
fn replay() {
    deferred::replay(|target, record| submit_deferred(target.dispatch.as_ref(), record, target.urgency));
}

/// Logs a deferred record, with the time and the context it has; false if another
/// call is under way.
fn submit_deferred(dispatch: Option<&Rc<Dispatch>>, record: &LogRecord<'_>, urgency: Urgency) -> bool {
    let Some(_guard) = CallGuard::take() else { return false };
    let mut state = CALL_STATE.take().unwrap_or_default();
    let dispatch = dispatch.cloned().unwrap_or_else(settings::root);
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
            replay();
        }
    }
    result
}

impl CallState {
    #[inline]
    fn log(&mut self, origin: &Origin<'_>, call: &Call<'_>, urgency: Urgency) {
        let dispatch = origin.dispatch.cloned().unwrap_or_else(settings::root);
        let now = time(&dispatch);
        let key = (dispatch.id, dispatch::root_id());
        let context = self.merged.get(key, origin.context, |logger, current| {
            dispatch.merge(origin.dispatch.is_some(), logger, current)
        });
        let mut record = call.record(now, origin.entry.name(), context.fields());
        record.sequence = Some(next_sequence());
        send(&dispatch, &record, &mut self.scratch, urgency);
    }
}

/// Sends a record through the pipeline into batches; writes these, or arms the timer or
/// the microtask that does.
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

/// Reads a dispatch's own clock; the engine's if it has none, or one that panics.
#[inline]
fn time(dispatch: &Dispatch) -> Timestamp {
    let Some(own) = &dispatch.clock else { return Timestamp::Wall(now_nanos()) };
    let mut now = None;
    CatchPanic.run(&mut || now = Some(own.now()));
    now.unwrap_or_else(|| SystemClock.now())
}
