//! A deferred record: encoded as a block of its own, which a [`Reader`](crate::wire::Reader)
//! reads when its turn comes.

use alloc::{vec, vec::Vec};

use crate::encode::{Encoder as _, EncoderCache, Wire};
use crate::pipeline::guard::Guard;
use crate::record::LogRecord;
use crate::util::output::Output;
use crate::wire::BLOCK_OVERHEAD;

/// Encodes a record as a block; none if its values' code panics, never yields the
/// same length twice, or needs more than `most_bytes`.
pub fn encode_deferred(record: &LogRecord<'_>, guard: &dyn Guard, most_bytes: usize) -> Option<Vec<u8>> {
    let mut bytes = vec![0; 1024];
    for _ in 0..4 {
        let mut cache = EncoderCache::new();
        let mut out = Output::new(&mut bytes);
        let whole = guard.run(&mut || {
            Wire.encode(record, &mut cache, &mut out);
            Wire.finish(&mut cache, &mut out);
        });
        let (needed, overflowed) = (out.position(), out.overflowed());
        if !whole {
            return None;
        }
        if !overflowed {
            bytes.truncate(needed);
            return Some(bytes);
        }
        if needed > most_bytes {
            return None;
        }
        bytes.resize(needed + BLOCK_OVERHEAD, 0);
    }
    None
}
