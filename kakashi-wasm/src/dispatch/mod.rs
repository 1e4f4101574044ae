//! Where the records of a logger go: its pipeline and its endpoints.

pub(crate) mod endpoint;
pub(crate) mod logger_registry;
pub(crate) mod settings;

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::{Rc, Weak};

use kakashi_core::{Clock, DropReason, LogContext, LogLevel, LogRecord, Pipeline, RetryMode};

use crate::dispatch::endpoint::Endpoint;

thread_local! {
    static ROOT: RefCell<Option<Rc<Dispatch>>> = const { RefCell::new(None) };
    static ROOT_ID: Cell<usize> = const { Cell::new(0) };
    static DISPATCHES: RefCell<Vec<Weak<Dispatch>>> = const { RefCell::new(Vec::new()) };
}

/// What happens to a record, and where it goes.
pub(crate) struct Dispatch {
    /// No other dispatch ever has it.
    pub(crate) id: usize,
    pub(crate) pipeline: Pipeline,
    /// Merged beneath every other context.
    pub(crate) base: LogContext,
    /// None: the engine's own.
    pub(crate) clock: Option<Rc<dyn Clock>>,
    endpoints: Vec<Endpoint>,
}

impl Dispatch {
    pub(crate) fn new(
        pipeline: Pipeline,
        base: LogContext,
        clock: Option<Rc<dyn Clock>>,
        endpoints: Vec<Endpoint>,
    ) -> Rc<Self> {
        thread_local! {
            static LAST: Cell<usize> = const { Cell::new(0) };
        }
        let id = LAST.get() + 1;
        LAST.set(id);
        let dispatch = Rc::new(Self { id, pipeline, base, clock, endpoints });
        DISPATCHES.with_borrow_mut(|dispatches| {
            dispatches.retain(|dispatch| dispatch.strong_count() > 0);
            dispatches.push(Rc::downgrade(&dispatch));
        });
        dispatch
    }

    /// Appends a record, as it comes out of the pipeline, to the batches of all
    /// endpoints that it passes.
    #[inline]
    pub(crate) fn put(&self, record: &LogRecord<'_>) {
        for endpoint in &self.endpoints {
            if endpoint.admits(record) {
                endpoint.put(record);
            }
        }
    }

    /// Merges the context of a record, redacted. The base of a custom logger's dispatch
    /// (`is_own`) is the root's, so that its records name the service.
    pub(crate) fn merge(&self, is_own: bool, logger: &LogContext, current: &LogContext) -> LogContext {
        let root = if is_own { root_if_made() } else { None };
        let base = root.as_ref().map_or(&self.base, |root| &root.base);
        self.pipeline.redaction.context(&base.merge(logger).merge(current))
    }

    /// Writes all that is in batches.
    pub(crate) fn write(&self, mode: RetryMode) {
        self.endpoints.iter().for_each(|endpoint| endpoint.write(mode));
    }

    /// Has the sinks pass on what they keep back; returns how many records still wait.
    pub(crate) fn flush_sinks(&self) -> usize {
        self.endpoints.iter().map(Endpoint::flush_sink).sum()
    }

    /// Counts a record that none of the endpoints can get.
    #[cold]
    pub(crate) fn count_dropped(&self, level: LogLevel, reason: DropReason) {
        let missing = self.endpoints.iter().filter(|endpoint| endpoint.enables(level));
        missing.for_each(|endpoint| endpoint.count_dropped(level, reason));
    }
}

impl fmt::Debug for Dispatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dispatch")
            .field("pipeline", &self.pipeline)
            .field("endpoints", &self.endpoints)
            .finish_non_exhaustive()
    }
}

/// Returns the root dispatch if one has been made.
#[inline]
pub(crate) fn root_if_made() -> Option<Rc<Dispatch>> {
    ROOT.with(|root| root.try_borrow().ok().and_then(|root| root.clone()))
}

/// Returns the root dispatch's id, 0 before it is made.
#[inline]
pub(crate) fn root_id() -> usize {
    ROOT_ID.get()
}

/// Sends all records from now on to a new root dispatch; returns the old one.
pub(crate) fn replace_root(dispatch: Rc<Dispatch>) -> Option<Rc<Dispatch>> {
    ROOT_ID.set(dispatch.id);
    ROOT.with(|root| root.try_borrow_mut().ok().and_then(|mut root| root.replace(dispatch)))
}

/// Returns all dispatches that a logger still uses.
pub(crate) fn all() -> Vec<Rc<Dispatch>> {
    DISPATCHES.with_borrow(|dispatches| dispatches.iter().filter_map(Weak::upgrade).collect())
}
