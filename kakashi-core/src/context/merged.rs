//! The context of a record: the service's, the logger's and the current one, merged,
//! redacted, and kept for the next record.

use crate::context::LogContext;
use crate::context::current::{current_context, current_id};

/// Identifies the base and the redaction that a context was merged with: a new value
/// whenever either may have changed.
pub type DispatchKey = (usize, usize);

/// Keeps the context of the last record while nothing that it was merged of changes.
#[derive(Debug, Default)]
pub struct MergedContext {
    current: usize,
    logger: usize,
    dispatch: DispatchKey,
    context: LogContext,
}

impl MergedContext {
    /// Makes one that has merged nothing; no dispatch has the key (0, 0).
    pub const fn new() -> Self {
        Self { current: 0, logger: 0, dispatch: (0, 0), context: LogContext::new() }
    }

    /// Returns the context of a record that is logged now. `merge` makes it of the
    /// logger's context and the current one, in this order.
    #[inline]
    pub fn get(
        &mut self,
        dispatch: DispatchKey,
        logger: &LogContext,
        merge: impl FnOnce(&LogContext, &LogContext) -> LogContext,
    ) -> &LogContext {
        let now = (current_id(), logger.fields().id, dispatch);
        if now != (self.current, self.logger, self.dispatch) {
            (self.current, self.logger, self.dispatch) = now;
            self.context = merge_now(logger, merge);
        }
        &self.context
    }
}

/// Merges the context of a record that is logged now.
#[cold]
pub fn merge_now(
    logger: &LogContext,
    merge: impl FnOnce(&LogContext, &LogContext) -> LogContext,
) -> LogContext {
    merge(logger, &current_context())
}
