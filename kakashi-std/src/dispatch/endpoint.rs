//! One destination of a dispatch, as records reach it.

use std::sync::Arc;

use kakashi_core::{Durability, Encoder, Filter, LevelFilter, LogRecord, admits};

use crate::delivery::held_form::HeldForm;
use crate::delivery::sink_queue::SinkQueue;
use crate::segment::chunk_pool::ChunkPool;

/// Threshold, filter, encoder and durability of a destination, and the queue of its sink.
pub(crate) struct Endpoint {
    pub(crate) threshold: LevelFilter,
    pub(crate) filter: Option<Arc<dyn Filter>>,
    pub(crate) encoder: Arc<dyn Encoder>,
    /// Records are held back before they are written: until then the encoder is the wire's.
    pub(crate) held: Option<Arc<HeldForm>>,
    /// Encodes what threads' buffers hold: the encoder above, or the wire where that must know the
    /// order of the records.
    pub(crate) buffered: Arc<dyn Encoder>,
    /// Of what threads' buffers hold.
    pub(crate) form: EncoderForm,
    /// How far a record has come when its call returns.
    pub(crate) durability: Durability,
    /// Each call waits for it: for its durability, or because a person reads it.
    pub(crate) writes_through: bool,
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
    /// Tells whether calls of async loggers wait for it too.
    pub(crate) fn is_durable(&self) -> bool {
        self.durability > Durability::Buffered
    }

    /// Tells whether a record goes there; a filter that panics lets it pass.
    #[inline]
    pub(crate) fn admits(&self, record: &LogRecord<'_>) -> bool {
        admits(self.threshold, self.filter.as_deref(), record)
    }
}

/// Its queue is synced as long as there is one that wants it.
impl Drop for Endpoint {
    fn drop(&mut self) {
        if self.durability == Durability::Synced {
            self.queue.release_synced();
        }
    }
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoint").field("queue", &self.queue).finish_non_exhaustive()
    }
}
