//! Writing what is in batches, now.

use kakashi_core::Flushed;

use crate::outlet::Effort;
use crate::route::{self, Route};
use crate::{busy, reentry, road};

/// Writes all that any logger has in a batch, and has sinks pass on what they keep
/// back; what failed before is tried again.
///
/// Called from inside a sink or a `Display`, it does nothing.
pub fn flush() -> Flushed {
    if busy::is_busy() {
        return Flushed::default();
    }
    flush_all(Effort::Eager);
    let left = road::apart(|| route::all().iter().map(|route| route.flush_sinks()).sum());
    Flushed { left }
}

/// Writes all that any logger has in a batch, unless somebody is on the road: who
/// is there writes or arms a timer when it leaves.
pub(crate) fn flush_all(effort: Effort) {
    if !busy::is_busy() {
        road::apart(|| route::all().iter().for_each(|route| route.write(effort)));
    }
}

/// As [`flush_all`], for the engine's timers and microtasks.
pub(crate) fn flush_by_engine() {
    if busy::free_forsaken() {
        reentry::forget_depth();
    }
    flush_all(Effort::Patient);
}

/// As [`flush`], for one route.
pub(crate) fn flush_route(route: &Route) -> Flushed {
    if busy::is_busy() {
        return Flushed::default();
    }
    road::apart(|| route.write(Effort::Eager));
    Flushed { left: road::apart(|| route.flush_sinks()) }
}
