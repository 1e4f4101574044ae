//! Where a logger's records go, and the calling thread's buffers for it.
//!
//! A [`Dispatch`] is a pipeline and its endpoints. All loggers without one of their own
//! share the root dispatch, which [`settings`] makes and replaces; a
//! [`ThreadDispatch`](thread_dispatch::ThreadDispatch) is one thread's buffers for one
//! dispatch. Nothing here starts a thread or reads a ring.

mod call_sampler;
pub(crate) mod directives;
pub(crate) mod endpoint;
pub(crate) mod flush_signal;
pub(crate) mod left_out;
pub(crate) mod logger_core;
pub(crate) mod logger_registry;
pub(crate) mod registry;
pub(crate) mod root;
pub(crate) mod settings;
pub(crate) mod thread_buffer;
pub(crate) mod thread_dispatch;

use std::sync::Arc;
use std::time::Instant;

use kakashi_core::{Clock, LogContext, LogLevel, Pipeline};

use self::endpoint::Endpoint;
use crate::delivery::collect::{Until, collect};
use crate::delivery::limits;
use crate::delivery::sink_queue::SinkQueue;
use crate::delivery::sink_queue::barrier::Barrier;

/// What happens to a record, and where it goes.
#[derive(Default)]
pub(crate) struct Dispatch {
    pub(crate) pipeline: Pipeline,
    /// Lies under every other context.
    pub(crate) base: LogContext,
    /// None: the thread's own clock.
    pub(crate) clock: Option<Arc<dyn Clock + Send + Sync>>,
    pub(crate) endpoints: Vec<Arc<Endpoint>>,
}

impl Dispatch {
    /// Writes all that any thread has buffered for this dispatch; returns how many
    /// records are left.
    pub(crate) fn flush_until(&self, deadline: Instant) -> usize {
        let missed = match collect(Until::Now, Some(deadline), &mut Vec::new()) {
            Some(_) => 0,
            None => registry::uncollected_until(deadline),
        };
        let queues: Vec<_> = self.endpoints.iter().map(|endpoint| endpoint.queue.clone()).collect();
        let left = missed + registry::flush_queues(&queues, deadline);
        // What was collected for others.
        if !registry::drain_sink_queues() {
            flush_signal::arm();
        }
        left
    }

    /// Writes all that was published before the call for this dispatch, which has been
    /// replaced. It waits for a destination as an ERROR would.
    pub(crate) fn close(&self) {
        let deadline = Instant::now() + limits::urgent_timeout();
        let mut touched = Vec::new();
        let mut clean = collect(Until::Now, Some(deadline), &mut touched).is_some();
        for endpoint in &self.endpoints {
            clean &= endpoint.queue.write_until(deadline, Barrier::Urgent);
        }
        if !clean || touched.iter().any(|queue| queue.has_work()) {
            flush_signal::wake_to_sweep();
        }
    }

    /// Tells whether more waits for one of its destinations than may.
    pub(crate) fn is_over_limit(&self) -> bool {
        self.endpoints.iter().any(|endpoint| endpoint.queue.is_over_limit())
    }

    /// Tells whether a call of any logger waits until a record of this level is written.
    pub(crate) fn is_durable(&self, level: LogLevel) -> bool {
        self.endpoints.iter().any(|endpoint| endpoint.is_durable() && endpoint.threshold.enables(level))
    }

    /// Returns the queues of the endpoints that may have taken a record of this level; on
    /// demand only of those that each call waits for.
    pub(crate) fn queues(&self, level: LogLevel, only_awaited: bool) -> impl Iterator<Item = Arc<SinkQueue>> {
        let admitting = self.endpoints.iter().filter(move |endpoint| {
            endpoint.threshold.enables(level) && (endpoint.writes_through || !only_awaited)
        });
        admitting.map(|endpoint| endpoint.queue.clone())
    }
}

impl std::fmt::Debug for Dispatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dispatch")
            .field("pipeline", &self.pipeline)
            .field("endpoints", &self.endpoints)
            .finish_non_exhaustive()
    }
}
