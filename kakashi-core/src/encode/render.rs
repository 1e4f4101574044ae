//! Renders a record as a line, by its form's pieces: fields in order, remembered texts.

use super::cache::EncoderCache;
use super::line::Line;
use crate::record::LogRecord;
use crate::util::output::Output;

/// Appends all that stands after the time.
#[inline]
pub(super) fn put_line(
    line: &impl Line,
    record: &LogRecord<'_>,
    cache: &mut EncoderCache,
    out: &mut Output<'_>,
) {
    // One copy for all forms where a page downloads the code, one for each elsewhere.
    #[cfg(target_family = "wasm")]
    let line: &dyn Line = line;
    put_call(line, record, cache, out);
    record.for_each_extra(|key, value| line.put_field(key, value, out));
    cache.put_context(line, record, out);
}

/// Appends what the call itself has: what precedes its fields, then its keys and values.
#[inline]
fn put_call<L: Line + ?Sized>(
    line: &L,
    record: &LogRecord<'_>,
    cache: &mut EncoderCache,
    out: &mut Output<'_>,
) {
    #[cfg(feature = "alloc")]
    if let Some(text) = cache.sites.get(line, record) {
        return text.put(line, record, out);
    }
    let _ = cache;
    line.put_head(record, out);
    record.for_each_site_field(|key, value| line.put_field(key, value, out));
}
