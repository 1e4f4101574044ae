//! Receivers over HTTP as destinations, as they are written: `http = { url = "…" }`, `loki = { … }`,
//! `elasticsearch = { … }`.

#[cfg(not(feature = "http"))]
pub(super) use self::elsewhere::HttpTable;
#[cfg(feature = "http")]
pub(super) use self::with_feature::HttpTable;

/// Under which key the table stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum HttpReceiverName {
    JsonLines,
    Loki,
    Elasticsearch,
}

#[cfg(feature = "http")]
mod with_feature {
    use std::collections::BTreeMap;
    use std::fmt;
    use std::path::PathBuf;
    use std::time::Duration;

    use kakashi_core::Destination;
    use serde::Deserialize;

    use super::HttpReceiverName;
    use crate::config::disk_buffer::DiskBufferTable;
    use crate::config::error::ConfigError;
    use crate::config::values::{FormatName, PatternText, with};
    use crate::sinks::{ElasticsearchBulk, Http, HttpError, LokiStreams};

    /// Where records go, and how; the last five keys are of one receiver alone.
    #[derive(Clone, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(in crate::config) struct HttpTable {
        url: String,
        #[serde(default)]
        headers: BTreeMap<String, String>,
        #[serde(default)]
        gzip: bool,
        timeout_millis: Option<u64>,
        request_bytes: Option<usize>,
        ca_certificate: Option<PathBuf>,
        client_certificate: Option<PathBuf>,
        client_key: Option<PathBuf>,
        disk_buffer: Option<DiskBufferTable>,
        labels: Option<BTreeMap<String, String>>,
        logger_label: Option<bool>,
        structured_metadata: Option<Vec<String>>,
        index: Option<String>,
        ids: Option<bool>,
    }

    /// Headers and the URL may have secrets.
    impl fmt::Debug for HttpTable {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.debug_struct("HttpTable").finish_non_exhaustive()
        }
    }

    impl HttpTable {
        /// Makes the destination, which connects when there is something to send.
        pub(in crate::config) fn open(
            self,
            receiver: HttpReceiverName,
            format: Option<FormatName>,
            pattern: Option<PatternText>,
        ) -> Result<Destination, ConfigError> {
            if let Some(message) = self.misplaced(receiver) {
                return Err(ConfigError::at(None, message));
            }
            let made = self.http(receiver).and_then(|mut http| {
                // What it writes to is no terminal.
                http = with(http, format, |http, FormatName(format)| {
                    http.with_encoder(format.encoder(false, false))
                });
                with(http, pattern, |http, PatternText(pattern)| http.encoder(pattern)).destination()
            });
            made.map_err(|error| ConfigError::at(None, error))
        }

        /// Finds a key that is none of this receiver's, or one that it needs.
        fn misplaced(&self, receiver: HttpReceiverName) -> Option<&'static str> {
            let is_of_loki =
                self.labels.is_some() || self.logger_label.is_some() || self.structured_metadata.is_some();
            let is_of_elasticsearch = self.index.is_some() || self.ids.is_some();
            match receiver {
                HttpReceiverName::Elasticsearch if self.index.is_none() => {
                    Some("elasticsearch needs index = \"name\": of a data stream or an index")
                }
                HttpReceiverName::Loki | HttpReceiverName::JsonLines if is_of_elasticsearch => {
                    Some("index and ids go with elasticsearch")
                }
                HttpReceiverName::Elasticsearch | HttpReceiverName::JsonLines if is_of_loki => {
                    Some("labels, logger_label and structured_metadata go with loki")
                }
                _ => None,
            }
        }

        fn http(self, receiver: HttpReceiverName) -> Result<Http, HttpError> {
            let mut http = match receiver {
                HttpReceiverName::JsonLines => Http::new(&self.url)?,
                HttpReceiverName::Loki => {
                    let mut streams = LokiStreams::new();
                    for (name, value) in self.labels.unwrap_or_default() {
                        streams = streams.label(name, value);
                    }
                    if self.logger_label == Some(true) {
                        streams = streams.logger_label();
                    }
                    streams = with(streams, self.structured_metadata, LokiStreams::structured_metadata);
                    Http::loki(&self.url, streams)?
                }
                HttpReceiverName::Elasticsearch => {
                    let bulk = ElasticsearchBulk::new(self.index.unwrap_or_default());
                    let bulk = if self.ids == Some(false) { bulk.without_ids() } else { bulk };
                    Http::elasticsearch(&self.url, bulk)?
                }
            };
            for (name, value) in self.headers {
                http = http.header(name, value);
            }
            if self.gzip {
                http = http.gzip();
            }
            http = with(http, self.timeout_millis.map(Duration::from_millis), Http::timeout);
            http = with(http, self.request_bytes, Http::request_bytes);
            http = http.with_certificates(self.ca_certificate, self.client_certificate, self.client_key);
            Ok(with(http, self.disk_buffer, |http, buffer| http.disk_buffer(buffer.buffer())))
        }
    }
}

#[cfg(not(feature = "http"))]
mod elsewhere {
    use kakashi_core::Destination;
    use serde::de::{Deserialize, Deserializer, Error as _};

    use super::HttpReceiverName;
    use crate::config::error::ConfigError;
    use crate::config::values::{FormatName, PatternText};

    /// There is none: to read one is an error.
    #[derive(Clone, Debug)]
    pub(in crate::config) enum HttpTable {}

    impl HttpTable {
        pub(in crate::config) fn open(
            self,
            _: HttpReceiverName,
            _: Option<FormatName>,
            _: Option<PatternText>,
        ) -> Result<Destination, ConfigError> {
            match self {}
        }
    }

    impl<'de> Deserialize<'de> for HttpTable {
        fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
            Err(D::Error::custom("http, loki and elasticsearch need kakashi-std's feature \"http\""))
        }
    }
}
