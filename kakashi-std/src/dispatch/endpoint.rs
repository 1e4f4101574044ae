//! One destination of a dispatch, as records reach it.

use std::sync::Arc;

use kakashi_core::{Encoder, Filter, LevelFilter, LogRecord, admits};

use crate::delivery::buffer_pool::BufferPool;
use crate::delivery::sink_queue::SinkQueue;

/// Threshold, filter and encoder of a destination, and the queue of its sink.
pub(crate) struct Endpoint {
    pub(crate) threshold: LevelFilter,
    pub(crate) filter: Option<Arc<dyn Filter>>,
    pub(crate) encoder: Arc<dyn Encoder>,
    /// The encoder may be foreign code, which may panic.
    pub(crate) foreign_encoder: bool,
    /// Index of the dispatch's first endpoint that writes the same bytes, if that is
    /// another one.
    pub(crate) same_as: Option<usize>,
    pub(crate) queue: Arc<SinkQueue>,
    pub(crate) pool: Arc<BufferPool>,
}

impl Endpoint {
    /// Tells whether a record goes there; a filter that panics lets it pass.
    #[inline]
    pub(crate) fn admits(&self, record: &LogRecord<'_>) -> bool {
        admits(self.threshold, self.filter.as_deref(), record)
    }
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoint").field("queue", &self.queue).finish_non_exhaustive()
    }
}
