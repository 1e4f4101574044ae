//! A sink that reads the wire for another that takes records.

use alloc::vec::Vec;

use super::Sink;
use super::batch::Batch;
use super::record_batch::RecordBatch;
use super::record_sink::RecordSink;
use super::sink_error::{SinkError, SinkErrorKind};

/// Decodes batches for a [`RecordSink`]; [`Destination::records`](crate::Destination::records)
/// makes a destination of both.
///
/// Its batches must be [`RecordWire`](crate::encode::RecordWire)'s. A
/// [`Destination`](crate::Destination) sees to that, and takes no other form.
#[derive(Debug)]
pub struct DecodingSink<S> {
    sink: S,
}

impl<S: RecordSink> DecodingSink<S> {
    /// Decodes for a sink.
    pub const fn new(sink: S) -> Self {
        Self { sink }
    }

    /// Returns the sink.
    pub const fn get_ref(&self) -> &S {
        &self.sink
    }
}

impl<S: RecordSink> Sink for DecodingSink<S> {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        let begun = batch.begun();
        let whole: Vec<u8>;
        let bytes = if begun.is_empty() {
            batch.bytes()
        } else {
            // The block whose first records were taken before.
            whole = [begun, batch.bytes()].concat();
            &whole
        };
        let records = RecordBatch::new(bytes, begun.len(), batch.ends(), batch.dropped());
        let accepted = self.sink.write(&records).map_err(|error| error.accepted(0).rejecting(0))?;
        let (ends, unreadable) = records.ends_of(accepted.records());
        let rejected = accepted.rejected() + unreadable;
        if ends == batch.ends().len() && rejected == 0 {
            return Ok(());
        }
        let bytes = match ends.checked_sub(1).and_then(|last| batch.ends().get(last)) {
            Some(_) if ends == batch.ends().len() => batch.bytes().len(),
            Some(last) => last.end,
            None => 0,
        };
        let part = SinkError::new(SinkErrorKind::Partial).accepted(bytes).rejecting(rejected);
        Err(accepted.cause().map_or(part, |cause| part.because(cause)))
    }

    fn flush(&mut self) -> Result<(), SinkError> {
        self.sink.flush()
    }

    /// What its receiver has confirmed is the receiver's to keep.
    fn sync(&mut self) -> Result<(), SinkError> {
        self.sink.flush()
    }

    fn takes_records(&self) -> bool {
        true
    }
}
