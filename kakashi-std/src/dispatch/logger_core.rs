//! What every kind of logger consists of.

use std::sync::Arc;

use kakashi_core::{LogContext, LoggerEntry};

use super::Dispatch;
use crate::delivery::logger_counts;

/// A logger's name and level, its dispatch, and the context that it adds.
#[derive(Clone, Debug)]
pub(crate) struct LoggerCore {
    pub(crate) entry: Arc<LoggerEntry>,
    /// None: the root dispatch, whichever it is at the call.
    pub(crate) dispatch: Option<Arc<Dispatch>>,
    pub(crate) context: LogContext,
}

impl LoggerCore {
    pub(crate) fn new(entry: Arc<LoggerEntry>, dispatch: Option<Arc<Dispatch>>) -> Self {
        logger_counts::number(&entry);
        Self { entry, dispatch, context: LogContext::new() }
    }
}
