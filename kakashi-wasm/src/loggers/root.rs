//! Logging without a logger: functions over one named `root`, macros over one that has
//! their module's path as its name. They set themselves up at their first call.

use std::sync::OnceLock;

use crate::loggers::logger::{Logger, get_logger};

/// Returns the logger of the direct functions, named `root`.
#[inline]
pub fn root_logger() -> &'static Logger {
    static LOGGER: OnceLock<Logger> = OnceLock::new();
    LOGGER.get_or_init(|| get_logger("root"))
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
        self.0.get_or_init(|| get_logger(module))
    }
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
