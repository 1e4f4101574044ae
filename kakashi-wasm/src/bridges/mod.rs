//! Doors for the records of other crates: what a front end's libraries log becomes kakashi's.
//!
//! The bridges themselves stand in kakashi-core, which kakashi-std has too; here is what they
//! need of this crate's loggers.

#[cfg(feature = "log")]
pub mod log;
#[cfg(feature = "tracing")]
pub mod tracing;

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Duration;

pub use kakashi_core::InstallError;
use kakashi_core::{BridgeCache, BridgedLogger, Call, LogContext, LogLevel, LoggerEntry, Registry};

use crate::dispatch::logger_registry::logger_registry;
use crate::host::clock::steady_millis;
use crate::submit::deferred::count_dropped;
use crate::submit::origin::{Origin, Urgency};
use crate::submit::submit;
use crate::{flush, lifecycle};

thread_local! {
    static KNOWN: RefCell<BridgeCache<WasmLogger>> = const { RefCell::new(BridgeCache::new()) };
}

/// A logger for records of another crate's macros: the one of its name.
#[doc(hidden)]
#[derive(Debug)]
pub struct WasmLogger(Arc<LoggerEntry>);

impl BridgedLogger for WasmLogger {
    fn registry() -> &'static Registry {
        logger_registry()
    }

    fn prepare() {
        lifecycle::install();
    }

    fn of(entry: Arc<LoggerEntry>) -> Self {
        Self(entry)
    }

    fn entry(&self) -> &LoggerEntry {
        &self.0
    }

    fn with_cache<R>(run: impl FnOnce(&mut BridgeCache<Self>) -> R) -> Option<R> {
        KNOWN.try_with(|known| known.try_borrow_mut().ok().map(|mut known| run(&mut known))).ok().flatten()
    }

    fn submit(&self, call: &Call<'_>) {
        const NO_CONTEXT: &LogContext = &LogContext::new();
        let origin = Origin { entry: &self.0, dispatch: None, context: NO_CONTEXT };
        submit(&origin, call, Urgency::of(call.level));
    }

    fn count_reentrant(&self, level: LogLevel) {
        count_dropped(None, level);
    }

    fn flush() {
        flush::flush();
    }

    fn uptime() -> Duration {
        Duration::try_from_secs_f64(steady_millis() / 1000.0).unwrap_or_default()
    }
}
