//! The loggers of the process, by kind and name.

use std::ops::Deref;
use std::sync::{Mutex, OnceLock};

#[cfg(unix)]
use kakashi_core::HeldRegistry;
use kakashi_core::{LevelFilter, LevelScopeListener, Registry, set_level_scope_listener};

use crate::reentrancy::{CriticalSection, HeldLock, hold};

/// The registry of all loggers, whose locks are taken inside of a critical section.
pub(crate) struct LoggerRegistry {
    pub(crate) registry: &'static Registry,
    _section: CriticalSection,
}

static REGISTRY: OnceLock<Registry> = OnceLock::new();

/// Returns the registry of all loggers.
pub(crate) fn logger_registry() -> LoggerRegistry {
    let section = CriticalSection::begin();
    LoggerRegistry { registry: REGISTRY.get_or_init(Registry::new), _section: section }
}

/// Returns the registry of all loggers, for who needs none of its locks or begins a critical
/// section itself.
#[cfg(any(feature = "log", feature = "tracing"))]
#[inline]
pub(crate) fn registry() -> &'static Registry {
    REGISTRY.get().unwrap_or_else(|| logger_registry().registry)
}

impl Deref for LoggerRegistry {
    type Target = Registry;

    fn deref(&self) -> &Registry {
        self.registry
    }
}

/// Hands to the loggers what they must hear of scopes with a level of their own.
#[derive(Debug)]
struct ScopesOfLoggers;

impl LevelScopeListener for ScopesOfLoggers {
    fn floor_changed(&self) {
        logger_registry().floor_changed();
    }

    fn lowest_of_spans(&self) -> LevelFilter {
        logger_registry().lowest_of_spans()
    }

    fn may_be_lower(&self, level: LevelFilter) {
        logger_registry().may_be_lower(level);
    }
}

/// Has loggers hear of scopes with a level of their own.
pub(crate) fn follow_level_scopes() {
    set_level_scope_listener(&ScopesOfLoggers);
}

/// Locks the registry for a fork.
#[cfg(unix)]
pub(crate) fn lock_for_fork() -> HeldRegistry<'static> {
    logger_registry().registry.hold()
}

static MAKING_ROOT: Mutex<()> = Mutex::new(());

/// Locks the making of the root logger and of those of macros without one: for the thread
/// that has made one and keeps it, and for a fork, in whose child no thread would finish it.
pub(crate) fn lock_making_root() -> HeldLock<'static, ()> {
    hold(&MAKING_ROOT)
}
