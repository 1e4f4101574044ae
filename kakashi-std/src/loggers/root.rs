//! Logging without a logger: functions over one named `root`, macros over one that has
//! their module's path as its name. They set themselves up at their first call.

use std::sync::OnceLock;

use super::logger::{Logger, get_logger};
use crate::dispatch::logger_registry::lock_making_root;
use crate::reentrancy::CriticalSection;

static ROOT: OnceLock<Logger> = OnceLock::new();
/// For an allocator that logs while such a logger is being made.
static UNREGISTERED: OnceLock<Logger> = OnceLock::new();

/// Returns the logger of the direct functions, named `root`.
#[inline]
pub fn root_logger() -> &'static Logger {
    logger_at(&ROOT, "root")
}

/// Returns the logger of a place, which is looked up at the first call.
#[doc(hidden)]
#[inline]
pub fn logger_at(place: &'static OnceLock<Logger>, name: &str) -> &'static Logger {
    match place.get() {
        Some(logger) => logger,
        None => make_logger(place, name),
    }
}

#[cold]
fn make_logger(place: &'static OnceLock<Logger>, name: &str) -> &'static Logger {
    // Made outside of the cell and of any lock: an allocator may log meanwhile.
    let logger = get_logger(name);
    if CriticalSection::is_active() {
        return UNREGISTERED.get_or_init(|| logger);
    }
    let _making = lock_making_root();
    place.get_or_init(|| logger)
}

kakashi_core::__root_functions! {
    root_logger;
    /// ```
    /// kakashi_std::metric("queue.depth", 17, kakashi_std::fields![unit = "jobs"]);
    /// ```
    metric;
}

macro_rules! root_macros {
    ($d:tt) => {
        kakashi_core::__root_macros! { $d $crate "kakashi_std" "```" }
    };
}
root_macros! { $ }
