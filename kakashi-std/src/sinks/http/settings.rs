//! What there is to choose of a destination over HTTP.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use kakashi_core::{Encoder, Json, Profile};

use super::elasticsearch::ElasticsearchBulk;
use super::error::HttpError;
use super::form::BatchForm;
use super::json_lines::JsonLines;
use super::loki::LokiStreams;
use crate::sinks::disk_buffer::DiskBuffer;
use crate::sinks::http_client::{Headers, is_http_url, without_password};
use crate::sinks::tls::TlsFiles;

/// Who takes the records.
#[derive(Clone, Debug)]
pub(super) enum ReceiverKind {
    JsonLines,
    Loki(LokiStreams),
    Elasticsearch(ElasticsearchBulk),
}

#[derive(Clone)]
pub(super) struct HttpSettings {
    pub(super) url: String,
    /// What reports call the destination.
    pub(super) name: String,
    pub(super) kind: ReceiverKind,
    pub(super) encoder: Arc<dyn Encoder>,
    pub(super) headers: Headers,
    pub(super) tls_files: TlsFiles,
    pub(super) disk_buffer: Option<DiskBuffer>,
    pub(super) is_gzip: bool,
    pub(super) timeout: Duration,
    pub(super) request_bytes: usize,
}

impl HttpSettings {
    /// Begins with a receiver's address.
    ///
    /// # Errors
    /// It is no URL, or what is chosen of the receiver makes no sense.
    pub(super) fn new(given: &str, kind: ReceiverKind) -> Result<Self, HttpError> {
        let (kind, url, word) = match kind {
            ReceiverKind::JsonLines => (ReceiverKind::JsonLines, given.to_owned(), "http"),
            ReceiverKind::Loki(streams) => {
                const PATH: &str = "/loki/api/v1/push";
                (ReceiverKind::Loki(streams.checked()?), below(given, PATH, ""), "loki")
            }
            ReceiverKind::Elasticsearch(bulk) => {
                let (path, query) = bulk.path_and_query()?;
                (ReceiverKind::Elasticsearch(bulk), below(given, &path, query), "elasticsearch")
            }
        };
        if !is_http_url(&url) {
            return Err(HttpError::Url(without_password(given)));
        }
        let encoder: Arc<dyn Encoder> = match &kind {
            ReceiverKind::Elasticsearch(_) => Arc::new(Json::profile(Profile::Ecs)),
            _ => Arc::new(Json::new()),
        };
        Ok(Self {
            name: format!("{word} {}", without_password(&url)),
            url,
            kind,
            encoder,
            headers: Headers::default(),
            tls_files: TlsFiles::default(),
            disk_buffer: None,
            is_gzip: false,
            timeout: Duration::from_secs(30),
            request_bytes: 1 << 20,
        })
    }

    pub(super) fn set_encoder(&mut self, encoder: impl Encoder + 'static) {
        self.encoder = Arc::new(encoder);
    }

    /// Returns what makes the requests.
    pub(super) fn form(kind: ReceiverKind) -> Box<dyn BatchForm> {
        match kind {
            ReceiverKind::JsonLines => Box::new(JsonLines),
            ReceiverKind::Loki(streams) => Box::new(streams),
            ReceiverKind::Elasticsearch(bulk) => Box::new(bulk),
        }
    }
}

/// Adds a path to an address that does not end so, and a query to what it has.
fn below(url: &str, path: &str, query: &str) -> String {
    let (base, own_query) = url.split_once('?').unwrap_or((url, ""));
    let base = base.trim_end_matches('/');
    let path = if base.ends_with(path) { "" } else { path };
    let between = if own_query.is_empty() || query.is_empty() { "" } else { "&" };
    let mark = if own_query.is_empty() && query.is_empty() { "" } else { "?" };
    format!("{base}{path}{mark}{own_query}{between}{query}")
}

impl fmt::Debug for HttpSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpSettings")
            .field("name", &self.name)
            .field("kind", &self.kind)
            .field("headers", &self.headers)
            .field("tls_files", &self.tls_files)
            .field("disk_buffer", &self.disk_buffer)
            .field("is_gzip", &self.is_gzip)
            .field("timeout", &self.timeout)
            .field("request_bytes", &self.request_bytes)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_added_once_and_a_query_is_kept() {
        for url in ["http://h", "http://h/", "http://h/push", "http://h/push/"] {
            assert_eq!(below(url, "/push", ""), "http://h/push");
        }
        assert_eq!(below("http://h/es?pipeline=p", "/i/_bulk", "f=1"), "http://h/es/i/_bulk?pipeline=p&f=1");
        assert_eq!(below("http://h?a=/push", "/push", ""), "http://h/push?a=/push");
        assert_eq!(below("http://h", "/i/_bulk", "f=1"), "http://h/i/_bulk?f=1");
    }
}
