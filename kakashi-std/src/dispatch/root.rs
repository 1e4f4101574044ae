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

impl Dispatch {
    /// Merges the context of a record, redacted. Under all others lies the root's base,
    /// also for a custom logger's own dispatch, whose records carry the service's name too.
    pub(crate) fn merge(&self, is_own: bool, logger: &LogContext, current: &LogContext) -> LogContext {
        let root = if is_own { root_if_made() } else { None };
        let base = root.as_ref().map_or(&self.base, |root| &root.base);
        self.pipeline.redaction.context(&base.merge(logger).merge(current))
    }
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
