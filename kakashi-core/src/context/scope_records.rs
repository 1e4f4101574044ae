//! Records that are kept for one scope, beside its context: a platform's flight recorder.
//!
//! Which records these are, and where they lie, is the platform's. Here it is decided which scopes
//! have some of their own, and when they end: what a scope keeps goes wherever its context goes.

use alloc::{sync::Arc, vec::Vec};
use core::fmt;
use std::sync::OnceLock;
use std::thread::panicking;

use portable_atomic::{AtomicBool, Ordering};

use crate::context::LogContext;
use crate::context::attached::{Attached, ScopedRecords};
use crate::context::current::current_context;

/// Makes what keeps the records of scopes.
#[doc(hidden)]
pub trait ScopeRecorder: Sync {
    /// Makes what keeps those of a scope that begins. It runs no code of a program's.
    fn begin(&self) -> Arc<dyn ScopedRecords>;
}

static RECORDER: OnceLock<&'static dyn ScopeRecorder> = OnceLock::new();
static IS_ON: AtomicBool = AtomicBool::new(false);

/// Has records kept for scopes that begin from now on, or no longer; the first recorder counts.
#[doc(hidden)]
pub fn set_scope_recorder(recorder: &'static dyn ScopeRecorder, is_on: bool) {
    let _ = RECORDER.set(recorder);
    IS_ON.store(is_on, Ordering::Release);
}

/// The records of a scope that is open; they end when it is dropped.
#[doc(hidden)]
#[derive(Default)]
pub struct OpenRecords(Option<Arc<dyn ScopedRecords>>);

impl OpenRecords {
    /// Begins those of a request, which has its own whatever is around it.
    #[inline]
    pub fn of_request(context: LogContext) -> (LogContext, Self) {
        if IS_ON.load(Ordering::Acquire) { Self::begin(context) } else { (context, Self(None)) }
    }

    /// Begins those of a scope that adds `own` to what is current, unless it is a part of the scope
    /// around it: who brings no request's id is.
    #[inline]
    pub(super) fn of_scope(context: LogContext, own: &LogContext) -> (LogContext, Self) {
        if IS_ON.load(Ordering::Acquire) && (context.records().is_none() || own.request_id().is_some()) {
            Self::begin(context)
        } else {
            (context, Self(None))
        }
    }

    /// Begins those of a part of a thread's work, if it is a request.
    #[inline]
    pub(super) fn of_guard(own: &LogContext) -> Self {
        if IS_ON.load(Ordering::Acquire) && own.request_id().is_some() {
            Self(RECORDER.get().map(|recorder| recorder.begin()))
        } else {
            Self(None)
        }
    }

    #[cold]
    fn begin(context: LogContext) -> (LogContext, Self) {
        let records = Self(RECORDER.get().map(|recorder| recorder.begin()));
        (records.attach(context), records)
    }

    /// Has the records of this context kept here.
    pub(super) fn attach(&self, context: LogContext) -> LogContext {
        match &self.0 {
            Some(records) => context.with_records(records.clone()),
            None => context,
        }
    }

    /// Ends the scope now.
    pub fn end(&mut self) {
        self.end_as(panicking());
    }

    fn end_as(&mut self, has_panicked: bool) {
        if let Some(records) = self.0.take() {
            records.end(has_panicked);
        }
    }
}

impl Drop for OpenRecords {
    fn drop(&mut self) {
        self.end();
    }
}

impl fmt::Debug for OpenRecords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OpenRecords").field(&self.0.is_some()).finish()
    }
}

/// Says that the scope that is current has failed, if it keeps records.
pub(super) fn fail_current(error: &dyn fmt::Display) {
    if IS_ON.load(Ordering::Acquire)
        && let Some(records) = current_context().records()
    {
        records.fail(error);
    }
}

/// Ends a scope as one that has panicked, if its piece does.
pub(super) struct EndOnPanic<'a>(pub(super) &'a mut OpenRecords);

impl Drop for EndOnPanic<'_> {
    fn drop(&mut self) {
        if panicking() {
            self.0.end_as(true);
        }
    }
}

impl LogContext {
    /// Has records of this context that are only kept, kept here.
    fn with_records(&self, records: Arc<dyn ScopedRecords>) -> Self {
        let pairs = [self.typed(), self.custom()].concat();
        let attached = Attached { capture: self.capture().cloned(), records: Some(records) };
        Self { level: self.level, ..Self::of(self.fields().mask, pairs, self.typed().len(), attached) }
    }

    /// Makes one without fields.
    pub(super) fn of_attached(attached: Attached) -> Self {
        if attached.is_empty() { Self::new() } else { Self::of(0, Vec::new(), 0, attached) }
    }

    /// Returns where records of this context are kept, if it is in a scope that keeps its own.
    #[doc(hidden)]
    #[inline]
    pub fn records(&self) -> Option<&Arc<dyn ScopedRecords>> {
        self.inner.as_ref().and_then(|inner| inner.attached.records.as_ref())
    }
}
