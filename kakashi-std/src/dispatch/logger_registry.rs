//! The loggers of the process, by kind and name.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use kakashi_core::Registry;

/// Returns the registry of all loggers.
pub(crate) fn logger_registry() -> &'static Registry {
    static REGISTRY: OnceLock<Registry> = OnceLock::new();
    REGISTRY.get_or_init(Registry::new)
}

static MAKING_ROOT: Mutex<()> = Mutex::new(());

/// Locks the making of the root logger and of those of macros without one: for the thread
/// that makes one, and for a fork, in whose child no thread would finish it.
pub(crate) fn lock_making_root() -> MutexGuard<'static, ()> {
    MAKING_ROOT.lock().unwrap_or_else(PoisonError::into_inner)
}
