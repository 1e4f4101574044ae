//! What every logger with a queue consists of.

use std::sync::Arc;

use super::interner::LoggerSlot;
use super::overflow::OverflowPolicy;
use crate::dispatch::logger_core::LoggerCore;

/// A logger whose records go to the worker.
#[derive(Clone, Debug)]
pub(crate) struct Queued {
    pub(crate) core: LoggerCore,
    /// Its id in this process's rings.
    pub(crate) id: u32,
    /// What is counted under the id.
    pub(crate) slot: Arc<LoggerSlot>,
    /// None: the configured one.
    pub(crate) policy: Option<OverflowPolicy>,
}
