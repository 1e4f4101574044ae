//! What every logger with a queue consists of.

use std::sync::Arc;

use super::interner::LoggerSlot;
use super::overflow::OverflowPolicy;
use super::workers;
use crate::dispatch::logger_core::LoggerCore;
use crate::reentrancy::is_worker;

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

impl Queued {
    /// Returns what happens to a record that finds no room.
    pub(crate) fn policy(&self) -> OverflowPolicy {
        self.policy.unwrap_or_else(workers::overflow_policy)
    }

    /// Tells whether a call waits for room.
    pub(crate) fn waits(&self) -> bool {
        self.policy() == OverflowPolicy::Block && !is_worker()
    }
}
