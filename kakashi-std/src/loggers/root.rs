//! Logging without a logger: functions over one named `root`, macros over one that has
//! their module's path as its name. They set themselves up at their first call.

use std::sync::OnceLock;

use super::logger::{Logger, get_logger};
use crate::dispatch::logger_registry::lock_making_root;

static ROOT: OnceLock<Logger> = OnceLock::new();

/// Returns the logger of the direct functions, named `root`.
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

/// Holds the logger of a macro call without one.
#[doc(hidden)]
#[derive(Debug)]
pub struct ModuleLogger(OnceLock<Logger>);

impl ModuleLogger {
    #[expect(clippy::new_without_default, reason = "only the macros make one")]
    pub const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// Returns the logger of this name.
    #[inline]
    pub fn get(&self, module: &str) -> &Logger {
        match self.0.get() {
            Some(logger) => logger,
            None => self.make(module),
        }
    }

    #[cold]
    fn make(&self, module: &str) -> &Logger {
        let _making = lock_making_root();
        self.0.get_or_init(|| get_logger(module))
    }
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
