//! Turning the recorder on and off.

use std::sync::atomic::Ordering;

use kakashi_core::{LevelFilter, Registry, set_scope_recorder};

use super::memory::MEMORY;
use super::scope_ring::{self, ScopeRings};
use super::settings::FlightRecorder;
use super::state::{BYTES_PER_SCOPE, BYTES_PER_THREAD, HAS_BEEN_ON, IS_ON, RECORD_TRIGGER};
use super::{dump, outliving, registry};

/// Turns the recorder on with other settings, or off: then what it has kept is forgotten. Called under the settings' lock.
pub(crate) fn set(recorder: Option<FlightRecorder>, loggers: &Registry) {
    let levels = recorder.as_ref().map(FlightRecorder::levels);
    let trigger = recorder.as_ref().map_or(LevelFilter::OFF, FlightRecorder::record_trigger);
    let bytes = recorder.as_ref().map_or([0; 3], FlightRecorder::bytes);
    let is_on = recorder.is_some();
    outliving::set_wanted(recorder.as_ref().is_some_and(FlightRecorder::is_on_death));
    registry::set(recorder);
    BYTES_PER_THREAD.store(bytes[0], Ordering::Relaxed);
    BYTES_PER_SCOPE.store(bytes[1], Ordering::Relaxed);
    MEMORY.set_most(bytes[2]);
    RECORD_TRIGGER.set(trigger);
    scope_ring::LIST.set(registry::list_scope);
    scope_ring::UNLIST.set(registry::unlist_scope);
    scope_ring::PUBLISH.set(dump::of_failed_scope);
    set_scope_recorder(&ScopeRings, is_on);
    if is_on {
        IS_ON.store(true, Ordering::Release);
        // Before the levels: who passes by them sees it.
        HAS_BEEN_ON.store(true, Ordering::Release);
        loggers.set_kept(levels);
    } else {
        loggers.set_kept(None);
        IS_ON.store(false, Ordering::Release);
        // A call that the levels of before have let through finds that rings may have no bytes.
        registry::clear();
    }
}

/// Has what is kept lie where other settings, or other destinations, want it.
pub(crate) fn follow_settings() {
    registry::move_to(outliving::follow_settings().as_ref());
}
