//! Doors for the records of other crates: what a program's libraries log becomes kakashi's.
//!
//! The bridges themselves stand in kakashi-core, which kakashi-wasm has too; here is what they
//! need of this crate's loggers.

#[cfg(feature = "log")]
pub mod log;
#[cfg(feature = "tracing")]
pub mod tracing;

use std::cell::RefCell;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

pub use kakashi_core::InstallError;
use kakashi_core::{BridgeCache, BridgedLogger, Call, LevelFilter, LogLevel, LoggerEntry, Registry};

use crate::dispatch::logger_core::LoggerCore;
use crate::dispatch::logger_registry::{logger_registry, registry};
use crate::reentrancy::CriticalSection;
use crate::submit::{count_reentrant, submit};
use crate::{flush, lifecycle};

thread_local! {
    static KNOWN: RefCell<BridgeCache<StdLogger>> = const { RefCell::new(BridgeCache::new()) };
}

/// A logger for records of another crate's macros: the sync one of its name.
#[doc(hidden)]
#[derive(Debug)]
pub struct StdLogger(LoggerCore);

impl BridgedLogger for StdLogger {
    #[inline]
    fn registry() -> &'static Registry {
        // Whoever takes its lock is in a critical section.
        registry()
    }

    fn find(target: &str) -> Arc<LoggerEntry> {
        // An allocator logs: what it logs is counted, and the registry may be this thread's.
        if CriticalSection::is_active() {
            return Arc::new(LoggerEntry::new(target, LevelFilter::default()));
        }
        logger_registry().get_unnamed(target)
    }

    fn prepare() {
        lifecycle::install();
    }

    fn of(entry: Arc<LoggerEntry>) -> Self {
        Self(LoggerCore::new(entry, None))
    }

    #[inline]
    fn entry(&self) -> &LoggerEntry {
        &self.0.entry
    }

    #[inline(always)]
    fn with_cache<R>(run: impl FnOnce(&mut BridgeCache<Self>) -> R) -> Option<R> {
        if CriticalSection::is_active() {
            return None;
        }
        KNOWN.try_with(|known| known.try_borrow_mut().ok().map(|mut known| run(&mut known))).ok().flatten()
    }

    fn submit(&self, call: &Call<'_>) {
        submit(&self.0, call);
    }

    fn count_reentrant(&self, level: LogLevel) {
        count_reentrant(&self.0, level);
    }

    fn flush() {
        flush::flush();
    }

    fn uptime() -> Duration {
        static START: OnceLock<Instant> = OnceLock::new();
        START.get_or_init(Instant::now).elapsed()
    }
}
