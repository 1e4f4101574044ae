//! Records as the wire, for a sink that reads them again.

use super::cache::EncoderCache;
use super::encoder::Encoder;
use super::wire::Wire;
use crate::record::LogRecord;
use crate::util::output::Output;

/// Writes what a [`DecodingSink`](crate::DecodingSink) reads: the binary form, in which
/// announcements of drops are records like all others.
#[derive(Clone, Copy, Debug, Default)]
pub struct RecordWire;

impl Encoder for RecordWire {
    fn encode(&self, record: &LogRecord<'_>, cache: &mut EncoderCache, out: &mut Output<'_>) {
        Wire.encode(record, cache, out);
    }

    fn finish(&self, cache: &mut EncoderCache, out: &mut Output<'_>) {
        Wire.finish(cache, out);
    }

    fn is_wire(&self) -> bool {
        true
    }
}
