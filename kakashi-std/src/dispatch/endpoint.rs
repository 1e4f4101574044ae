//! One destination of a dispatch, as records reach it.

use std::sync::Arc;

use kakashi_core::{Encoder, Filter, LevelFilter, LogRecord, admits};

use crate::delivery::sink_queue::SinkQueue;
use crate::segment::chunk::ChunkPool;

/// Threshold, filter and encoder of a destination, and the queue of its sink.
pub(crate) struct Endpoint {
    pub(crate) threshold: LevelFilter,
    pub(crate) filter: Option<Arc<dyn Filter>>,
    pub(crate) encoder: Arc<dyn Encoder>,
    pub(crate) form: EncoderForm,
    /// A person reads it: a record is there when its call returns.
    pub(crate) is_terminal: bool,
    pub(crate) queue: Arc<SinkQueue>,
    pub(crate) pool: Arc<ChunkPool>,
}

/// What is known of an encoder.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum EncoderForm {
    /// A record's bytes depend on the record alone.
    Line,
    /// A record's bytes depend on those before it in its block.
    Wire,
    /// It is foreign code, which may panic.
    Foreign,
}

impl EncoderForm {
    pub(crate) fn of(encoder: &dyn Encoder) -> Self {
        match encoder.line_form() {
            Some(_) => Self::Line,
            None if encoder.is_wire() => Self::Wire,
            None => Self::Foreign,
        }
    }
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
