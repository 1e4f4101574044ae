//! Where the records of a logger go: its pipeline and its drivers.

pub(crate) mod thread_buffer;
pub(crate) mod thread_dispatch;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use kakashi_core::{Clock, Encoder, Filter, LevelFilter, LogContext, LogRecord, Pipeline};

use crate::threads::flusher;
use crate::delivery::sink_queue::Effort;
use crate::delivery::sink_queue::Outlet;
use crate::delivery::buffer_pool::Pool;

/// Grows whenever a thread must look at its routes again: a new root route, a
/// fork.
static GENERATION: AtomicUsize = AtomicUsize::new(1);

/// Tells which routes are current.
#[inline]
pub(crate) fn generation() -> usize {
    GENERATION.load(Ordering::Acquire)
}

/// Makes every thread look at its routes again.
pub(crate) fn next_generation() {
    GENERATION.fetch_add(1, Ordering::AcqRel);
}

/// A destination as records reach it.
pub(crate) struct Driver {
    pub(crate) threshold: LevelFilter,
    pub(crate) filter: Option<Arc<dyn Filter>>,
    pub(crate) encoder: Arc<dyn Encoder>,
    /// The encoder may be somebody else's code, which may panic.
    pub(crate) foreign_encoder: bool,
    /// The first of the route's drivers that writes the same bytes, if it is not
    /// this one.
    pub(crate) same_as: Option<usize>,
    pub(crate) outlet: Arc<Outlet>,
    pub(crate) pool: Arc<Pool>,
}

impl Driver {
    /// Tells whether a record goes there; a filter that panics lets it pass.
    #[inline]
    pub(crate) fn takes(&self, record: &LogRecord<'_>) -> bool {
        if !self.threshold.enables(record.level) {
            return false;
        }
        match &self.filter {
            None => true,
            Some(filter) => {
                let mut passes = true;
                kakashi_core::Guard::run(&crate::submit::CatchPanic, &mut || passes = filter.passes(record));
                passes
            }
        }
    }
}

impl std::fmt::Debug for Driver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Driver").field("outlet", &self.outlet).finish_non_exhaustive()
    }
}

/// What happens to a record, and where it goes.
#[derive(Default)]
pub(crate) struct Route {
    pub(crate) pipeline: Pipeline,
    /// Lies under every other context.
    pub(crate) base: LogContext,
    /// None: the thread's own clock.
    pub(crate) clock: Option<Arc<dyn Clock + Send + Sync>>,
    pub(crate) drivers: Vec<Arc<Driver>>,
}

impl Route {
    /// Writes all that is buffered for this route by any thread; returns how
    /// many records are left.
    pub(crate) fn flush_until(&self, deadline: Instant) -> usize {
        flusher::flush_locals(|local| self.drivers.iter().any(|driver| Arc::ptr_eq(driver, &local.driver)));
        self.drivers.iter().map(|driver| driver.outlet.flush_until(deadline)).sum()
    }

    /// Writes all that is buffered, and sends the threads that still hold this
    /// route to the new one.
    pub(crate) fn close(&self) {
        flusher::close_locals(|local| self.drivers.iter().any(|driver| Arc::ptr_eq(driver, &local.driver)));
        for driver in &self.drivers {
            driver.outlet.drain(Effort::Eager);
        }
    }
}

impl std::fmt::Debug for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Route")
            .field("pipeline", &self.pipeline)
            .field("drivers", &self.drivers)
            .finish_non_exhaustive()
    }
}

static ROOT: RwLock<Option<Arc<Route>>> = RwLock::new(None);

/// Returns the route of all loggers without one of their own; makes the
/// default one at first.
pub(crate) fn root() -> Arc<Route> {
    let current = ROOT.read().unwrap_or_else(PoisonError::into_inner).clone();
    current.unwrap_or_else(|| {
        crate::configure::configure().apply();
        ROOT.read().unwrap_or_else(PoisonError::into_inner).clone().unwrap_or_default()
    })
}

/// Returns the root route if one has been made.
pub(crate) fn root_if_made() -> Option<Arc<Route>> {
    ROOT.read().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Returns what lies under the contexts of a route: a custom logger's records
/// tell the service's name too.
pub(crate) fn base_of(own: bool, route: &Route) -> LogContext {
    let root = if own { root_if_made() } else { None };
    root.map_or_else(|| route.base.clone(), |root| root.base.clone())
}

/// Sends all records from now on over a new root route; returns the old one,
/// which must be closed.
pub(crate) fn replace_root(route: Arc<Route>) -> Option<Arc<Route>> {
    let old = ROOT.write().unwrap_or_else(PoisonError::into_inner).replace(route);
    next_generation();
    old
}

/// Holds the root route over a fork.
#[cfg(unix)]
pub(crate) fn hold_root() -> std::sync::RwLockWriteGuard<'static, Option<Arc<Route>>> {
    ROOT.write().unwrap_or_else(PoisonError::into_inner)
}
