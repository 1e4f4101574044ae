//! Records as blocks of the [wire](crate::wire), one block a batch.

use super::cache::EncoderCache;
use super::encoder::Encoder;
#[cfg(any(test, target_os = "none"))]
use super::typed_call::CallPath;
use crate::clock::Timestamp;
use crate::record::LogRecord;
use crate::stats::Dropped;
use crate::util::output::Output;
#[cfg(any(test, target_os = "none"))]
use crate::value::arguments::Arguments;

/// Writes the binary form, for those who make it readable later.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wire;

impl Encoder for Wire {
    fn encode(&self, record: &LogRecord<'_>, cache: &mut EncoderCache, out: &mut Output<'_>) {
        cache.wire.put_record(record, out);
    }

    fn finish(&self, cache: &mut EncoderCache, out: &mut Output<'_>) {
        cache.wire.finish(out);
    }

    fn is_wire(&self) -> bool {
        true
    }

    #[cfg(any(test, target_os = "none"))]
    #[inline(always)]
    fn choose_path(&self, path: impl CallPath, arguments: &impl Arguments) {
        path.typed(self, arguments);
    }

    fn encode_dropped(
        &self,
        timestamp: Timestamp,
        dropped: &Dropped,
        cache: &mut EncoderCache,
        out: &mut Output<'_>,
    ) {
        cache.wire.put_dropped(timestamp, dropped, out);
    }
}
