//! Logging without a logger: functions and macros over one named `root`, which
//! set themselves up at their first call.

use std::sync::OnceLock;

use super::logger::{Logger, get_logger};
use crate::dispatch::logger_registry::lock_making_root;

static ROOT: OnceLock<Logger> = OnceLock::new();

/// Returns the logger of the direct functions and macros, named `root`.
#[inline]
pub fn root_logger() -> &'static Logger {
    match ROOT.get() {
        Some(logger) => logger,
        None => make_root_logger(),
    }
}

#[cold]
fn make_root_logger() -> &'static Logger {
    let _making = lock_making_root();
    ROOT.get_or_init(|| get_logger("root"))
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
