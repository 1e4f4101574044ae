//! Logging without a logger: functions over one named `root`, macros over one that has
//! their module's path as its name. They set themselves up at their first call.

use std::sync::OnceLock;

use crate::loggers::logger::{Logger, get_logger};

/// Returns the logger of the direct functions, named `root`.
#[inline]
pub fn root_logger() -> &'static Logger {
    static ROOT: OnceLock<Logger> = OnceLock::new();
    logger_at(&ROOT, "root")
}

/// Returns the logger of a place, which is looked up at the first call.
#[doc(hidden)]
#[inline]
pub fn logger_at(place: &'static OnceLock<Logger>, name: &str) -> &'static Logger {
    place.get_or_init(|| get_logger(name))
}

kakashi_core::__root_functions! {
    root_logger;
    /// ```no_run
    /// kakashi_wasm::metric("queue.depth", 17, kakashi_wasm::fields![unit = "jobs"]);
    /// ```
    metric;
}

macro_rules! root_macros {
    ($d:tt) => {
        kakashi_core::__root_macros! { $d $crate "kakashi_wasm" "```no_run" }
    };
}
root_macros! { $ }
