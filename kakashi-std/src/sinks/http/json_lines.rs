//! Requests of JSON lines.

use kakashi_core::LogRecord;

use super::form::{BatchForm, Stream};

pub(super) struct JsonLines;

impl BatchForm for JsonLines {
    fn content_type(&self) -> &'static str {
        "application/x-ndjson"
    }

    fn put_entry(&self, _: &LogRecord<'_>, line: &str, _: &str, entry: &mut Vec<u8>) {
        entry.extend_from_slice(line.as_bytes());
        entry.push(b'\n');
    }

    fn request(&self, mut streams: Vec<Stream>) -> Vec<u8> {
        streams.pop().unwrap_or_default().entries
    }
}
