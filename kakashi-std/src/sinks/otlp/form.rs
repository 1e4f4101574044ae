//! What both forms of a request do: protobuf and JSON.

use super::entry::LogEntry;
use super::metric::MetricsRequest;

/// Writes requests in one form, and reads the answers.
pub(crate) trait RequestForm: Send {
    /// The media type of requests.
    fn content_type(&self) -> &'static str;

    /// Appends one record's form.
    fn put_entry(&self, entry: &LogEntry<'_>, out: &mut Vec<u8>);

    /// What stands between two records of a logger.
    fn separator(&self) -> &'static [u8];

    /// Writes a whole request.
    fn request(&self, resources: &[ResourceRecords]) -> Vec<u8>;

    /// Writes a whole request of metrics.
    fn metrics_request(&self, request: &MetricsRequest<'_>) -> Vec<u8>;

    /// Reads how many records, or points of metrics, a receiver refused of a request that it has taken; 0 of what is
    /// no such answer.
    fn rejected(&self, answer: &[u8]) -> usize;
}

/// Records of one service.
pub(crate) struct ResourceRecords {
    pub(super) attributes: Vec<(String, String)>,
    pub(super) scopes: Vec<ScopeRecords>,
}

/// Records of one logger, encoded.
pub(super) struct ScopeRecords {
    pub(super) logger: String,
    pub(super) records: Vec<u8>,
}
