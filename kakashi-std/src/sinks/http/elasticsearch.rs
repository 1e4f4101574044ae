//! The bulk API of Elasticsearch and OpenSearch.
//!
//! <https://www.elastic.co/docs/api/doc/elasticsearch/operation/operation-bulk>,
//! <https://docs.opensearch.org/latest/api-reference/document-apis/bulk/>. Each record is an action
//! `create`, the only one that data streams have, and a document.

use kakashi_core::LogRecord;
use kakashi_core::encode::writers::AsJson;

use super::bulk_answer::read_verdicts;
use super::error::HttpError;
use super::form::{BatchForm, Stream};
use super::verdict::ItemVerdict;

/// Chooses where in Elasticsearch or OpenSearch records go.
///
/// ```no_run
/// use kakashi_std::configure;
/// use kakashi_std::sinks::{ElasticsearchBulk, Http};
///
/// let bulk = ElasticsearchBulk::new("logs-shop-production");
/// let search = Http::elasticsearch("https://search.example.com", bulk)?.header("authorization", "ApiKey 4711");
/// configure().destination(search.destination()?).apply();
/// # Ok::<(), kakashi_std::sinks::HttpError>(())
/// ```
///
/// A record is a document with an `@timestamp` and the names of the Elastic Common Schema. (Field
/// names with dots are objects for the receiver: a record with the fields `user` and `user.id` is
/// one that it refuses.) Its id is made here, once: where a request is sent again because no
/// answer came, what the receiver has already is not stored twice.
///
/// The status of each document is read: with 429, 503 and the like it is sent again, alone;
/// so it is with 401, 403 and 404 (a blocked or missing index), after longer pauses; 409 means that
/// it is there; what is refused with 400 is rejected, and the receiver's reason printed once for each
/// type of error. An answer that does not say what became of each is none.
#[derive(Clone, Debug)]
#[must_use = "it does nothing until a destination is made of it"]
pub struct ElasticsearchBulk {
    target: String,
    has_ids: bool,
}

impl ElasticsearchBulk {
    /// Begins with the name of a data stream, an index or an alias.
    pub fn new(target: impl Into<String>) -> Self {
        Self { target: target.into(), has_ids: true }
    }

    /// Leaves ids to the receiver, for one that refuses others (time series). What is sent again
    /// because no answer came may then be stored twice.
    pub fn without_ids(mut self) -> Self {
        self.has_ids = false;
        self
    }

    /// Returns the path of requests below the receiver's address, and what answers are asked for.
    ///
    /// # Errors
    /// The target's name is none.
    pub(super) fn path_and_query(&self) -> Result<(String, &'static str), HttpError> {
        let Self { target, .. } = self;
        let is_refused =
            |char: char| char.is_control() || char.is_uppercase() || " \\/*?\"<>|,#:%".contains(char);
        if target.is_empty()
            || target.len() > 255
            || target.starts_with(['-', '_', '+', '.'])
            || target.contains(is_refused)
        {
            return Err(HttpError::Target(target.clone()));
        }
        let mut path = String::from("/");
        for byte in target.bytes() {
            match byte {
                b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => path.push(char::from(byte)),
                _ => path.push_str(&format!("%{byte:02X}")),
            }
        }
        path.push_str("/_bulk");
        Ok((path, "filter_path=errors,items.*.status,items.*.error.type,items.*.error.reason"))
    }
}

impl BatchForm for ElasticsearchBulk {
    fn content_type(&self) -> &'static str {
        "application/x-ndjson"
    }

    fn most_answer_bytes(&self, request_bytes: usize) -> usize {
        // Who does not know `filter_path` answers with some 300 bytes for each record.
        (64 << 10) + 4 * request_bytes
    }

    fn put_entry(&self, _: &LogRecord<'_>, line: &str, id: &str, entry: &mut Vec<u8>) {
        match self.has_ids {
            true => {
                entry.extend_from_slice(format!("{{\"create\":{{\"_id\":{}}}}}\n", AsJson(id)).as_bytes())
            }
            false => entry.extend_from_slice(b"{\"create\":{}}\n"),
        }
        entry.extend_from_slice(line.as_bytes());
        entry.push(b'\n');
    }

    fn request(&self, mut streams: Vec<Stream>) -> Vec<u8> {
        streams.pop().unwrap_or_default().entries
    }

    fn verdicts(&self, body: Option<&[u8]>, records: usize) -> Option<Vec<ItemVerdict>> {
        read_verdicts(body?, records)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_no_index_may_have_are_refused_and_others_are_escaped() {
        for target in [
            "", "Logs", "a b", "a/b", "_bulk", "-x", "+x", ".x", "..", "a,b", "a*", "a?b", "a:b", "a\n",
            "%2e",
        ] {
            let error = ElasticsearchBulk::new(target).path_and_query().expect_err(target);
            assert_eq!(error, HttpError::Target(target.to_owned()));
        }
        let path = |target: &str| ElasticsearchBulk::new(target).path_and_query().unwrap().0;
        assert_eq!(path("logs-shop-1.0"), "/logs-shop-1.0/_bulk");
        assert_eq!(path("läden"), "/l%C3%A4den/_bulk");
    }
}
