//! Another encoder, without some fields of contexts.

use alloc::sync::Arc;

use super::cache::EncoderCache;
use super::encoder::Encoder;
use crate::clock::Timestamp;
use crate::record::LogRecord;
use crate::record::left_out::LeftOut;
use crate::stats::Dropped;
use crate::util::output::Output;

/// Writes records as another encoder does, without some fields of their contexts.
#[derive(Clone)]
pub(crate) struct WithoutFields {
    encoder: Arc<dyn Encoder>,
    left_out: LeftOut,
}

impl WithoutFields {
    pub(crate) fn new(encoder: Arc<dyn Encoder>, left_out: LeftOut) -> Self {
        Self { encoder, left_out }
    }
}

impl Encoder for WithoutFields {
    fn encode(&self, record: &LogRecord<'_>, cache: &mut EncoderCache, out: &mut Output<'_>) {
        if self.left_out.may_touch(record.context().mask) {
            self.encoder.encode(&record.leaving_out(&self.left_out), cache, out);
        } else {
            self.encoder.encode(record, cache, out);
        }
    }

    fn finish(&self, cache: &mut EncoderCache, out: &mut Output<'_>) {
        self.encoder.finish(cache, out);
    }

    fn follows_order(&self) -> bool {
        self.encoder.follows_order()
    }

    fn is_wire(&self) -> bool {
        self.encoder.is_wire()
    }

    fn encode_dropped(
        &self,
        timestamp: Timestamp,
        dropped: &Dropped,
        cache: &mut EncoderCache,
        out: &mut Output<'_>,
    ) {
        self.encoder.encode_dropped(timestamp, dropped, cache, out);
    }
}
