//! What differs from receiver to receiver: requests, and what answers mean.

use kakashi_core::LogRecord;

use super::verdict::ItemVerdict;

/// Bytes that a stream has beside its labels and entries, and a request beside its streams.
pub(super) const HEAD_BYTES: usize = 64;

/// Makes requests for one kind of receiver, and reads its answers.
pub(super) trait BatchForm: Send {
    /// The media type of requests.
    fn content_type(&self) -> &'static str;

    /// Whether a line must be a JSON object.
    fn wants_json(&self) -> bool {
        true
    }

    /// The most bytes of an answer to a request that may have so many.
    fn most_answer_bytes(&self, _request_bytes: usize) -> usize {
        64 << 10
    }

    /// Appends what a record has in common with the others of its stream.
    fn put_stream(&self, _record: &LogRecord<'_>, _stream: &mut String) {}

    /// Appends a record, of which the encoder has made a line, without its end.
    fn put_entry(&self, record: &LogRecord<'_>, line: &str, id: &str, entry: &mut Vec<u8>);

    /// Makes the request.
    fn request(&self, streams: Vec<Stream>) -> Vec<u8>;

    /// Reads what became of each of so many records of a request that was answered by 2xx;
    /// nothing if that can't be known. `body` is nothing if it did not come whole.
    fn verdicts(&self, _body: Option<&[u8]>, records: usize) -> Option<Vec<ItemVerdict>> {
        Some((0..records).map(|_| ItemVerdict::Taken).collect())
    }

    /// Reads how many of so many records a receiver has refused that answers 400 and has taken
    /// the others; nothing if it does not say so.
    fn refused_of_taken(&self, _body: &[u8], _records: usize) -> Option<usize> {
        None
    }
}

/// Records that go together.
#[derive(Default)]
pub(super) struct Stream {
    /// What they have in common.
    pub(super) head: String,
    pub(super) entries: Vec<u8>,
}
