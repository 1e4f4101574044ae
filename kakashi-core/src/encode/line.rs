//! What all lines of text have in common: fields in order, remembered texts.

use super::cache::EncoderCache;
use crate::record::LogRecord;
use crate::util::output::Output;
use crate::value::Value;

/// A form of line, by its pieces.
pub(super) trait Line {
    /// Appends what stands between the time and the first field.
    fn put_head(&self, record: &LogRecord<'_>, out: &mut Output<'_>);

    /// Appends a key and all that stands around it.
    fn put_key(&self, key: &str, out: &mut Output<'_>);

    /// Appends a value.
    fn put_value(&self, value: &Value<'_>, out: &mut Output<'_>);

    /// Appends a string whose bytes need no second look, or says that it is none.
    #[cfg(feature = "alloc")]
    fn put_clean(&self, bytes: &[u8], out: &mut Output<'_>) -> bool;

    /// Appends a field.
    fn put_field(&self, key: &str, value: &Value<'_>, out: &mut Output<'_>) {
        self.put_key(key, out);
        self.put_value(value, out);
    }

    /// Tells whether the text around a call site's values is always the same.
    #[cfg(feature = "alloc")]
    fn is_constant(&self, record: &LogRecord<'_>) -> bool {
        let _ = record;
        true
    }
}

/// Appends all that stands after the time.
#[inline]
pub(super) fn put_line(
    line: &impl Line,
    record: &LogRecord<'_>,
    cache: &mut EncoderCache,
    out: &mut Output<'_>,
) {
    // One copy for all forms where code is downloaded, one for each where it runs long.
    #[cfg(target_family = "wasm")]
    let line: &dyn Line = line;
    put_call(line, record, cache, out);
    record.for_each_extra(|key, value| line.put_field(key, value, out));
    cache.put_context(line, record, out);
}

/// Appends what the call itself says: what stands before its fields, its keys and values.
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
