//! What a program says to its flight recorder.

#[cfg(all(feature = "signals", unix))]
use crate::delivery::report;
use crate::dispatch::logger_registry::logger_registry;
use crate::dispatch::settings;
use crate::flight_recorder::settings::FlightRecorder;
#[cfg(all(feature = "signals", unix))]
use crate::flight_recorder::settings::Trigger;
use crate::flight_recorder::{dump, switch};
use crate::flush::flush;

/// Turns the flight recorder on or off, and has SIGUSR1 waited for if it is a trigger.
pub(crate) fn set_flight_recorder(recorder: Option<FlightRecorder>) {
    #[cfg(all(feature = "signals", unix))]
    let waits = recorder.as_ref().is_some_and(|recorder| recorder.is_on(Trigger::UserSignal));
    settings::change_others(|| switch::set(recorder, &logger_registry()));
    // Bridges keep what they know of the levels.
    logger_registry().announce_levels();
    #[cfg(all(feature = "signals", unix))]
    if waits && let Err(error) = super::user_signal::start() {
        report::print(format_args!("SIGUSR1 is no trigger of the flight recorder: {error}"));
    }
}

/// Has what is kept lie where other settings, or other destinations, want it.
pub(crate) fn follow_settings() {
    settings::change_others(switch::follow_settings);
}

/// Writes what the flight recorder has kept: in a scope that keeps its own what that has kept, else what
/// all threads and all open scopes have; returns how many records. They are no longer kept then.
///
/// They stand between two records of the logger `kakashi` that give the reason; see
/// [`FlightRecorder`](crate::FlightRecorder). Without one, or where nothing is kept, nothing is written.
///
/// ```
/// use kakashi_std::{FlightRecorder, configure, debug, dump_flight_recorder};
///
/// configure().flight_recorder(FlightRecorder::new()).apply();
/// debug!("Cache asked", key = "a");
/// assert_eq!(dump_flight_recorder("the queue is stuck"), 1);
/// ```
///
/// # Blocking
/// As [`flush`](crate::flush()).
pub fn dump_flight_recorder(reason: &str) -> usize {
    let records = dump::on_demand(reason, true);
    if records > 0 {
        flush();
    }
    records
}

/// Says that the current scope has failed: when it ends, what the flight recorder has kept for it is
/// written, if [`Trigger::FailedScope`](crate::Trigger::FailedScope) is on. Of several reasons the first counts.
///
/// It does nothing outside of a scope that keeps its own records, and without a recorder.
///
/// ```
/// use kakashi_std::{LogContext, Scope, fail_scope};
///
/// async fn handle() -> Result<(), std::num::ParseIntError> {
///     let parsed = "x".parse::<u8>().map(drop);
///     if let Err(error) = &parsed {
///         fail_scope(&error.to_string());
///     }
///     parsed
/// }
///
/// let request = LogContext::new().with_request_id("r-7").scope(handle());
/// // tokio::spawn(request), or request.await
/// # drop(request);
/// ```
pub fn fail_scope(reason: &str) {
    dump::fail_current(reason);
}
