//! The dispatch of all loggers without one of their own.

#[cfg(unix)]
use std::sync::RwLockWriteGuard;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use kakashi_core::LogContext;

use super::Dispatch;

static ROOT: RwLock<Option<Arc<Dispatch>>> = RwLock::new(None);

/// Grows whenever threads must look at their dispatches again: a new root dispatch,
/// other workers, a fork.
static GENERATION: AtomicUsize = AtomicUsize::new(1);

/// Returns the number by which a thread sees that it must look again.
#[inline]
pub(crate) fn generation() -> usize {
    GENERATION.load(Ordering::Acquire)
}

/// Makes every thread look at its dispatches again.
pub(crate) fn next_generation() {
    GENERATION.fetch_add(1, Ordering::AcqRel);
}

/// Returns the root dispatch if one has been made.
pub(crate) fn root_if_made() -> Option<Arc<Dispatch>> {
    ROOT.read().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Returns the context under all others: the root's also for a custom logger's
/// dispatch, whose records carry the service's name too.
pub(crate) fn base_of(is_own: bool, dispatch: &Dispatch) -> LogContext {
    let root = if is_own { root_if_made() } else { None };
    root.map_or_else(|| dispatch.base.clone(), |root| root.base.clone())
}

/// Sends all records from now on through a new root dispatch; returns the old one,
/// which the caller must close.
pub(crate) fn replace_root(dispatch: Arc<Dispatch>) -> Option<Arc<Dispatch>> {
    let old = ROOT.write().unwrap_or_else(PoisonError::into_inner).replace(dispatch);
    next_generation();
    old
}

/// Locks the root dispatch for a fork.
#[cfg(unix)]
pub(crate) fn lock_for_fork() -> RwLockWriteGuard<'static, Option<Arc<Dispatch>>> {
    ROOT.write().unwrap_or_else(PoisonError::into_inner)
}
