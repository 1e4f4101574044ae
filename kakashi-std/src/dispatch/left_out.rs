//! What samplers leave out, counted for the destinations that it would have gone to.
//!
//! A call that leaves a record out touches only the counts of its call site. They are taken from there
//! when somebody asks for counts, and before the stream announces them.

use super::settings;
use crate::sampling::samplers;

/// Counts what was left out since the last time. A custom logger's records never are: so all of
/// it would have gone to the root's destinations.
pub(crate) fn count() {
    if !samplers::any() {
        return;
    }
    samplers::for_each_uncounted(|level, reason, records| {
        for endpoint in &settings::root().endpoints {
            if endpoint.threshold.enables(level) {
                endpoint.queue.count_left_out(level, reason, records);
            }
        }
    });
}
