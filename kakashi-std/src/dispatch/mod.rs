//! Where a logger's records go, and the calling thread's buffers for it.
//!
//! A [`Dispatch`] is a pipeline and its endpoints. All loggers without one of their own
//! share the root dispatch, which [`settings`] makes and replaces; a
//! [`ThreadDispatch`](thread_dispatch::ThreadDispatch) is one thread's buffers for one
//! dispatch. Nothing here starts a thread or reads a ring.

pub(crate) mod endpoint;
pub(crate) mod flush_signal;
pub(crate) mod logger_core;
pub(crate) mod logger_registry;
pub(crate) mod registry;
pub(crate) mod root;
pub(crate) mod settings;
pub(crate) mod thread_buffer;
pub(crate) mod thread_dispatch;

use std::sync::Arc;
use std::time::Instant;

use kakashi_core::{Clock, LogContext, Pipeline, RetryMode};

use self::endpoint::Endpoint;

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
        registry::flush_buffers(|buffer| self.has(&buffer.endpoint));
        self.endpoints.iter().map(|endpoint| endpoint.queue.flush_until(deadline)).sum()
    }

    /// Writes all that is buffered, and makes the threads that still hold this dispatch
    /// look for the new one.
    pub(crate) fn close(&self) {
        registry::close_buffers(|buffer| self.has(&buffer.endpoint));
        for endpoint in &self.endpoints {
            endpoint.queue.drain(RetryMode::Now);
        }
    }

    fn has(&self, endpoint: &Arc<Endpoint>) -> bool {
        self.endpoints.iter().any(|own| Arc::ptr_eq(own, endpoint))
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
