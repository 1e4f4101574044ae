//! Logging without a logger: functions and macros over one named `root`, which
//! set themselves up at their first call.

use std::sync::OnceLock;

use crate::loggers::logger::{Logger, get_logger};

/// Returns the logger of the direct functions and macros, named `root`.
#[inline]
pub fn root_logger() -> &'static Logger {
    static LOGGER: OnceLock<Logger> = OnceLock::new();
    LOGGER.get_or_init(|| get_logger("root"))
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
