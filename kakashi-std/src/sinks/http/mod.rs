//! Receivers of records over HTTP: any that takes JSON lines, Loki, Elasticsearch.
//!
//! A batch is one request; its records are settled by what the receiver answers, each by its
//! own status where the receiver says so. Redirections are not followed, and no answer is
//! believed to be longer or deeper than one of its kind can be.

mod bulk_answer;
mod elasticsearch;
mod error;
mod form;
mod halving;
mod in_flight;
mod json_lines;
mod loki;
mod request_limit;
mod settings;
mod sink;
mod verdict;

use std::path::PathBuf;
#[cfg(feature = "config")]
use std::sync::Arc;
use std::time::Duration;

use kakashi_core::{Destination, Encoder};

pub use self::elasticsearch::ElasticsearchBulk;
pub use self::error::HttpError;
pub use self::loki::LokiStreams;
use self::settings::{HttpSettings, ReceiverKind};
pub use self::sink::HttpSink;
use super::disk_buffer::DiskBuffer;
use super::http_client::json_reader;

/// Makes the destination for a receiver of JSON lines: each batch is a POST of one JSON object a
/// record and line. [`Http`] has more to choose, and what becomes of records.
///
/// ```no_run
/// use kakashi_std::{configure, sinks};
///
/// configure().destination(sinks::http("https://logs.example.com/ingest")?).apply();
/// # Ok::<(), kakashi_std::sinks::HttpError>(())
/// ```
///
/// # Errors
/// [`HttpError::Url`] if it is no URL.
pub fn http(url: &str) -> Result<Destination, HttpError> {
    Http::new(url)?.destination()
}

/// Makes the destination for Grafana Loki at an address such as `http://localhost:3100`, to which
/// `/loki/api/v1/push` is added if it does not end so. A record is a line of JSON in the stream of
/// its level and service; [`LokiStreams`] has more to choose.
///
/// # Errors
/// [`HttpError::Url`] if it is no URL.
pub fn loki(url: &str) -> Result<Destination, HttpError> {
    Http::loki(url, LokiStreams::new())?.destination()
}

/// Makes the destination for Elasticsearch or OpenSearch at an address such as
/// `http://localhost:9200`, and a data stream or an index there. A record is a document with the
/// names of the Elastic Common Schema; [`ElasticsearchBulk`] has more to choose.
///
/// ```no_run
/// use kakashi_std::{configure, sinks};
///
/// let search = sinks::elasticsearch("http://localhost:9200", "logs-shop-production")?;
/// configure().destination(search).apply();
/// # Ok::<(), kakashi_std::sinks::HttpError>(())
/// ```
///
/// # Errors
/// [`HttpError`] if it is no URL, or the name is none of an index.
pub fn elasticsearch(url: &str, target: &str) -> Result<Destination, HttpError> {
    Http::elasticsearch(url, ElasticsearchBulk::new(target))?.destination()
}

/// Chooses how records go to a receiver over HTTP.
///
/// ```no_run
/// use std::time::Duration;
/// use kakashi_std::sinks::{Http, LokiStreams};
/// use kakashi_std::{Json, Profile, configure};
///
/// let lines = Http::new("https://logs.example.com/ingest")?
///     .header("authorization", "Bearer 4711")
///     .encoder(Json::profile(Profile::Datadog))
///     .gzip()
///     .timeout(Duration::from_secs(5));
/// let loki = Http::loki("http://localhost:3100", LokiStreams::new().label("env", "production"))?
///     .header("x-scope-orgid", "tenant-1");
/// configure().destination(lines.destination()?).destination(loki.destination()?).apply();
/// # Ok::<(), kakashi_std::sinks::HttpError>(())
/// ```
///
/// # What becomes of records
///
/// | the receiver's answer | what is done |
/// |---|---|
/// | 2xx | they count as written; of Elasticsearch's, those whose own status says so |
/// | none within the timeout, or none that is HTTP | they are sent again, and may come twice |
/// | 408, 425, 429, 5xx | they are sent again, when `Retry-After` says so or after a pause that grows from 100 ms to 5 s and varies |
/// | 3xx, 401, 402, 403, 404, 405, 406, 407, 410, 415, 421, 431, 451: about the address, the credentials or the form, whatever the records are | they wait, and are sent again after a pause that grows to a minute: an operator can put it right, here or there |
/// | 413 | they are sent again in requests half as large; a record that is too large alone is rejected |
/// | 400, 422 and any other 4xx | the request is halved until the record is found that is refused, which is rejected; after many refusals without a success whole requests are |
///
/// What is rejected is counted as [`Rejected`](crate::DropReason::Rejected) and announced; what the
/// receiver says of it is printed once on stderr, each thing that it says once. What
/// waits is bounded as for every [sink](crate::Sink), on whose thread all of this
/// happens: no caller waits for the receiver, but for what [`Sink`](crate::Sink) lists.
///
/// Redirections are not followed: the first request behind one would be without its body or
/// carry credentials elsewhere. TLS trusts the roots of Mozilla's list, where no other is named. The proxy is the one that
/// `HTTPS_PROXY`, `HTTP_PROXY` or `ALL_PROXY` name, but to this machine there is none. A user
/// and a password in the URL become basic authentication.
///
/// What the HTTP client logs while it sends (by the `log` crate) is not logged: each batch would
/// make more of it.
#[derive(Clone, Debug)]
#[must_use = "it does nothing until a destination is made of it"]
pub struct Http {
    settings: HttpSettings,
}

impl Http {
    /// Begins with a receiver of JSON lines (`application/x-ndjson`): one object a record, by
    /// [`Json`](crate::Json).
    ///
    /// # Errors
    /// [`HttpError::Url`] if it is no URL.
    pub fn new(url: &str) -> Result<Self, HttpError> {
        Ok(Self { settings: HttpSettings::new(url, ReceiverKind::JsonLines)? })
    }

    /// Begins with Grafana Loki's address; `/loki/api/v1/push` is added if it does not end so.
    ///
    /// # Errors
    /// [`HttpError`] if it is no URL, or a label's name is none.
    pub fn loki(url: &str, streams: LokiStreams) -> Result<Self, HttpError> {
        Ok(Self { settings: HttpSettings::new(url, ReceiverKind::Loki(streams))? })
    }

    /// Begins with the address of Elasticsearch, OpenSearch or what speaks as they do.
    ///
    /// # Errors
    /// [`HttpError`] if it is no URL, or the name is none of an index.
    pub fn elasticsearch(url: &str, bulk: ElasticsearchBulk) -> Result<Self, HttpError> {
        Ok(Self { settings: HttpSettings::new(url, ReceiverKind::Elasticsearch(bulk))? })
    }

    /// Sets the form of each record: [`Json`](crate::Json), a [profile](crate::Json::profile) of it, or
    /// JSON of one's own. To Loki it may be any form of lines. At first it is `Json`, for
    /// Elasticsearch the profile [`Ecs`](crate::Profile::Ecs).
    pub fn encoder(mut self, encoder: impl Encoder + 'static) -> Self {
        self.settings.set_encoder(encoder);
        self
    }

    /// As [`encoder`](Self::encoder), for one that is shared.
    #[cfg(feature = "config")]
    pub(crate) fn with_encoder(mut self, encoder: Arc<dyn Encoder>) -> Self {
        self.settings.encoder = encoder;
        self
    }

    /// Adds a header to each request; `content-type` replaces the one that is sent else.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.headers.push(name.into(), value.into());
        self
    }

    /// Trusts the CAs in a PEM file, in place of the public ones (Mozilla's list, as it was when
    /// kakashi was built). It is read when the destination is made.
    pub fn ca_certificate(mut self, file: impl Into<PathBuf>) -> Self {
        self.settings.tls_files.set(Some(file.into()), None, None);
        self
    }

    /// Shows a certificate to a receiver that asks for one: PEM files with the certificate (and
    /// those between it and its CA) and with its key, which has no password. They are read when the
    /// destination is made.
    pub fn client_certificate(mut self, certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        self.settings.tls_files.set(None, Some(certificate.into()), Some(key.into()));
        self
    }

    /// Sets the files that a file of settings names, over those that are set.
    #[cfg(feature = "config")]
    pub(crate) fn with_certificates(
        mut self,
        ca: Option<PathBuf>,
        client_certificate: Option<PathBuf>,
        client_key: Option<PathBuf>,
    ) -> Self {
        self.settings.tls_files.set(ca, client_certificate, client_key);
        self
    }

    /// Keeps on the disk what the receiver does not take, and sends it when it does.
    ///
    /// ```no_run
    /// use kakashi_std::configure;
    /// use kakashi_std::sinks::{DiskBuffer, Http};
    ///
    /// let lines = Http::new("https://logs.example.com/ingest")?.disk_buffer(DiskBuffer::new("/var/spool/shop"));
    /// configure().destination(lines.destination()?).apply();
    /// # Ok::<(), kakashi_std::sinks::HttpError>(())
    /// ```
    pub fn disk_buffer(mut self, buffer: DiskBuffer) -> Self {
        self.settings.disk_buffer = Some(buffer);
        self
    }

    /// Compresses requests by gzip.
    pub fn gzip(mut self) -> Self {
        self.settings.is_gzip = true;
        self
    }

    /// Sets how long a request may take, its answer included: at least 1 ms, 30 s at first.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeout = timeout.max(Duration::from_millis(1));
        self
    }

    /// Sets the most bytes of a request before it is compressed: between 1 KiB and 64 MiB, 1 MiB at
    /// first, which most receivers and proxies take. A record that is larger alone is rejected.
    pub fn request_bytes(mut self, bytes: usize) -> Self {
        self.settings.request_bytes = bytes.clamp(1 << 10, 64 << 20);
        self
    }

    /// Makes the destination. Nothing is sent before there is a record, but for what lies in its
    /// disk buffer.
    ///
    /// # Errors
    /// [`HttpError`] if a header has characters that no header may have, the encoder writes
    /// something else than one line a record, or than one JSON object where the receiver wants it, a
    /// file is not what TLS needs, or the buffer's directory can't be had.
    pub fn destination(mut self) -> Result<Destination, HttpError> {
        let disk_buffer = self.settings.disk_buffer.take();
        let sink = self.sink()?;
        let name = sink.name().to_owned();
        match disk_buffer {
            Some(buffer) => buffer
                .destination_named(sink, &name)
                .map_err(|error| HttpError::DiskBuffer(error.to_string())),
            None => Ok(Destination::records(sink).named(name)),
        }
    }

    /// Makes the sink alone, without a disk buffer, for another sink that passes records on to it.
    ///
    /// # Errors
    /// As [`destination`](Self::destination).
    pub fn sink(self) -> Result<HttpSink, HttpError> {
        HttpSink::new(self.settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Text, Wire};

    #[test]
    fn what_is_no_url_of_http_is_refused_with_what_would_be_right_and_without_its_password() {
        for url in ["", "localhost:3100", "ftp://u:secret@localhost", "http://", "http://a b"] {
            for error in [
                Http::new(url).expect_err(url),
                Http::loki(url, LokiStreams::new()).expect_err(url),
                Http::elasticsearch(url, ElasticsearchBulk::new("logs")).expect_err(url),
            ] {
                let text = error.to_string();
                assert!(text.contains("http://localhost") && !text.contains("secret"), "{error}");
            }
        }
    }

    #[test]
    fn a_password_in_the_url_is_in_no_report() {
        for (http, name) in [
            (Http::new("http://user:secret@localhost?key=secret"), "http http://localhost"),
            (
                Http::loki("http://user:secret@localhost:3100/", LokiStreams::new()),
                "loki http://localhost:3100/loki/api/v1/push",
            ),
            (
                Http::elasticsearch("http://user:secret@h/es?pipeline=p", ElasticsearchBulk::new("logs")),
                "elasticsearch http://h/es/logs/_bulk",
            ),
        ] {
            let http = http.expect("a URL").header("authorization", "secret");
            assert!(!format!("{http:?}").contains("secret"));
            assert_eq!(&*http.destination().expect("it is right").name, name);
        }
    }

    #[test]
    fn a_header_that_is_none_is_refused_and_its_value_not_shown() {
        for (name, value) in [("a b", "secret"), ("a", "secret\n"), ("", "secret"), ("content-length", "1")] {
            let http = Http::new("http://localhost").expect("a URL").header(name, value);
            let error = http.destination().expect_err("no header");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }

    #[test]
    fn a_file_of_certificates_that_is_not_there_is_named() {
        let http = Http::new("https://localhost").expect("a URL").ca_certificate("/nowhere/ca.pem");
        let error = http.destination().expect_err("there is none");
        assert!(error.to_string().contains("/nowhere/ca.pem"), "{error}");
    }

    #[test]
    fn an_encoder_whose_records_are_no_lines_of_json_is_refused() {
        let lines = || Http::new("http://localhost").expect("a URL");
        assert_eq!(lines().encoder(Text).destination().err(), Some(HttpError::Encoder));
        assert_eq!(lines().encoder(Wire).destination().err(), Some(HttpError::Encoder));
        let loki = || Http::loki("http://localhost", LokiStreams::new()).expect("a URL");
        assert!(loki().encoder(Text).destination().is_ok());
        assert_eq!(loki().encoder(Wire).destination().err(), Some(HttpError::Encoder));
    }
}
