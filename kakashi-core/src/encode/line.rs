//! A form of line, by its pieces: text, JSON and pretty.

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
