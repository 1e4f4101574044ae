//! When records that were kept are written: which of them, and whether they may be now.

use kakashi_core::{LogContext, LogLevel, ScopedRecords as _, current_context};

use super::record_ring::KeptRecords;
use super::scope_ring::ScopeRing;
use super::settings::Trigger;
use super::state::{RECORD_TRIGGER, is_on};
use super::{registry, replay_source};
use crate::dispatch::flush_signal;
use crate::reentrancy::CriticalSection;

/// Has what belongs to a record published before it, if it is a trigger.
#[inline]
pub(crate) fn before_record(level: LogLevel) {
    if RECORD_TRIGGER.enables(level) && !CriticalSection::is_active() {
        of_current(level.name(), &current_context());
    }
}

/// Has what belongs to a panic of this thread published before its record, if it is a trigger.
pub(crate) fn before_panic() {
    let is_trigger = || registry::is_trigger(Trigger::Panic) || RECORD_TRIGGER.enables(LogLevel::Critical);
    if is_on() && !CriticalSection::is_active() && is_trigger() {
        of_current("panic", &current_context());
    }
}

/// Has what belongs to a request that fails published before its record, if it is a trigger.
#[cfg(feature = "tower")]
pub(crate) fn before_failure(reason: &str) {
    if is_on() && !CriticalSection::is_active() && registry::is_trigger(Trigger::FailedScope) {
        of_current(reason, &current_context());
    }
}

/// Publishes what is kept for the scope of a context; if it is in none, what threads have kept.
fn of_current(reason: &str, context: &LogContext) {
    match ScopeRing::of(context) {
        Some(scope) if !scope.has_records() || !registry::admits_dump() => {}
        Some(scope) => _ = replay_source::publish(reason, vec![scope.take()], true),
        None => _ = replay_source::publish(reason, registry::take_all(false, registry::admits_dump), false),
    }
}

/// Publishes what was kept for a scope that has failed and ended, if that is a trigger.
pub(super) fn of_failed_scope(reason: &str, kept: KeptRecords) {
    let may = is_on() && !CriticalSection::is_active() && !kept.bytes.is_empty();
    if may
        && registry::is_trigger(Trigger::FailedScope)
        && registry::admits_dump()
        && replay_source::publish(reason, vec![kept], true) > 0
    {
        flush_signal::wake_to_sweep();
    }
}

/// Publishes what somebody asks for, whatever the triggers are: that of the current scope, or all; returns how many records.
pub(crate) fn on_demand(reason: &str, only_current: bool) -> usize {
    if !is_on() || CriticalSection::is_active() {
        return 0;
    }
    let context = current_context();
    match ScopeRing::of(&context).filter(|_| only_current) {
        Some(scope) => replay_source::publish(reason, vec![scope.take()], true),
        None => replay_source::publish(reason, registry::take_all(true, || true), false),
    }
}

/// Publishes all that is kept, if SIGUSR1 is a trigger; returns how many records.
#[cfg(all(feature = "signals", unix))]
pub(crate) fn on_user_signal() -> usize {
    if registry::is_trigger(Trigger::UserSignal) { on_demand("SIGUSR1", false) } else { 0 }
}

/// Says that the current scope has failed.
pub(crate) fn fail_current(reason: &str) {
    if is_on()
        && let Some(scope) = ScopeRing::of(&current_context())
    {
        scope.fail(&reason);
    }
}
