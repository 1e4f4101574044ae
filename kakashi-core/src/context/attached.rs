//! What a context leads to beside its fields: where its records go, and where they are kept.

use alloc::sync::Arc;
#[cfg(feature = "std")]
use core::{any::Any, fmt};

use crate::record::LogRecord;

/// Takes the records of a scope in place of the process's destinations: those of a test.
#[doc(hidden)]
pub trait RecordCapture: Send + Sync {
    /// Takes a record as it would be written; called on the thread that logs, within the call.
    fn take(&self, record: &LogRecord<'_>);
}

/// Keeps the records of one scope until the scope ends.
#[cfg(feature = "std")]
#[doc(hidden)]
pub trait ScopedRecords: Any + Send + Sync {
    /// Says that the scope has failed: what is kept is shown when it ends. The first reason counts;
    /// printing it may panic.
    fn fail(&self, reason: &dyn fmt::Display);

    /// Ends the scope: what is kept is forgotten, or shown if it has failed. Nothing is kept
    /// afterwards, though contexts may still lead here.
    fn end(&self, has_panicked: bool);
}

/// What a context leads to beside its fields.
#[derive(Clone, Default)]
pub(super) struct Attached {
    /// Where the records of this context go.
    pub(super) capture: Option<Arc<dyn RecordCapture>>,
    /// Where those are kept that go nowhere.
    #[cfg(feature = "std")]
    pub(super) records: Option<Arc<dyn ScopedRecords>>,
}

impl Attached {
    pub(super) fn is_empty(&self) -> bool {
        #[cfg(feature = "std")]
        if self.records.is_some() {
            return false;
        }
        self.capture.is_none()
    }

    /// Takes from another what this one has not.
    pub(super) fn or(&self, other: &Self) -> Self {
        Self {
            capture: self.capture.as_ref().or(other.capture.as_ref()).cloned(),
            #[cfg(feature = "std")]
            records: self.records.as_ref().or(other.records.as_ref()).cloned(),
        }
    }
}
