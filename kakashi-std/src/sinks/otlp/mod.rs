//! OpenTelemetry's receivers: a collector, or what speaks as one, over HTTP.
//!
//! A batch is one request; it is taken when the receiver has answered 200. It speaks no gRPC
//! and needs no runtime: the destination's own thread waits for the answer.

mod entry;
pub(crate) mod environment;
mod error;
mod exporter;
mod form;
mod hex;
mod json;
mod json_value;
mod metric;
mod metric_json;
mod metric_protobuf;
mod partial_success;
mod parts;
mod protobuf;
mod protobuf_writer;
mod resource;
mod settings;
mod signal;

use std::path::PathBuf;
use std::time::Duration;

use kakashi_core::Destination;

pub(crate) use self::entry::SERVICE_FIELDS;
pub use self::error::OtlpError;
use self::exporter::OtlpExporter;
use self::form::RequestForm;
use self::json::JsonRequest;
pub(crate) use self::metric::{MetricData, MetricPoint, MetricsRequest};
pub(crate) use self::parts::OtlpParts;
use self::protobuf::Protobuf;
use self::settings::OtlpSettings;
pub use self::settings::{OtlpCompression, OtlpProtocol};
pub(crate) use self::signal::OtlpSignal;
use super::disk_buffer::DiskBuffer;
use super::http_client::{HttpClient, HttpClientSettings, is_http_url, json_reader, without_password};

/// As much of an answer is read.
const MOST_ANSWER_BYTES: u64 = 64 << 10;

/// Makes the destination for an OTLP receiver at an endpoint such as `http://localhost:4318`;
/// the path `/v1/logs` is added. What else there is to choose is as OpenTelemetry's standard
/// variables say; [`Otlp`] has all of it, and what is sent.
///
/// ```no_run
/// use kakashi_std::{configure, info, sinks};
///
/// configure().service("shop", "1.4.2", "production").destination(sinks::otlp("http://localhost:4318")?).apply();
/// info!("Order {id} accepted", id = 1042);
/// # Ok::<(), kakashi_std::sinks::OtlpError>(())
/// ```
///
/// # Errors
/// [`OtlpError`] if the endpoint is no URL, or a variable makes no sense.
pub fn otlp(endpoint: &str) -> Result<Destination, OtlpError> {
    Otlp::new(endpoint)?.destination()
}

/// Chooses how records go to an OTLP receiver.
///
/// ```no_run
/// use std::time::Duration;
/// use kakashi_std::configure;
/// use kakashi_std::sinks::{Otlp, OtlpCompression};
///
/// let otlp = Otlp::from_env()?                       // OTEL_EXPORTER_OTLP_ENDPOINT, or localhost
///     .header("authorization", "Bearer 4711")
///     .resource("service.instance.id", "web-1")
///     .compression(OtlpCompression::Gzip)
///     .timeout(Duration::from_secs(5));
/// configure().destination(otlp.destination()?).apply();
/// # Ok::<(), kakashi_std::sinks::OtlpError>(())
/// ```
///
/// # What is sent
///
/// | of a record | in OpenTelemetry's |
/// |---|---|
/// | time | `time_unix_nano`, and the observed one |
/// | TRACE, DEBUG, INFO, WARNING, ERROR, CRITICAL | severity 1, 5, 9, 13, 17, 21, and the name |
/// | logger | the scope's name |
/// | message | the body; a template with placeholders also as the attribute `log.record.template` |
/// | fields, the request's context | attributes with their types; integers beyond 64 bits as text |
/// | `service_name`, `version`, `environment` of the context | the resource: `service.name`, `service.version`, `deployment.environment.name` |
/// | `trace_id`, `span_id` that are 32 and 16 hexadecimal digits | the ids of trace and span |
///
/// What the variables `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` say of the resource holds
/// before what the program says. A record has at most 128 attributes, and its message and its
/// attributes about 1 MiB each: what is more is counted in `dropped_attributes_count`.
///
/// # Delivery
///
/// As of every [sink](crate::Sink) on a thread of its own. Records that the receiver confirms
/// count as written. They are sent again after an answer of 429, 502, 503 or 504, when
/// `Retry-After` says so or after a pause that grows from 100 ms to 5 s and varies; and where no
/// answer came, in which case the receiver may get them twice. What it refuses (any other
/// answer, or a part of a batch: "partial success") is counted as
/// [`Rejected`](crate::DropReason::Rejected) and announced. A request has at most 4 MiB before it
/// is compressed.
///
/// What the HTTP client logs while it sends (by the `log` crate) is not logged: each batch would
/// make more of it.
#[derive(Clone, Debug)]
#[must_use = "it does nothing until a destination is made of it"]
pub struct Otlp {
    settings: OtlpSettings,
}

impl Otlp {
    /// Begins with an endpoint of all signals, to which `/v1/logs` is added if it does not end
    /// so; the rest is as the standard variables say.
    ///
    /// # Errors
    /// [`OtlpError`] if the endpoint is no URL, or a variable makes no sense.
    pub fn new(endpoint: &str) -> Result<Self, OtlpError> {
        Self::of_signal(OtlpSignal::Logs, Some(endpoint))
    }

    /// Begins as the standard variables say: `OTEL_EXPORTER_OTLP_ENDPOINT` (without it,
    /// `http://localhost:4318`), `_PROTOCOL` (`http/protobuf`, `http/json`), `_HEADERS`,
    /// `_COMPRESSION` (`none`, `gzip`), `_TIMEOUT` (milliseconds; 10 s), each also as
    /// `OTEL_EXPORTER_OTLP_LOGS_…`, as are the PEM files `_CERTIFICATE`, `_CLIENT_CERTIFICATE` and
    /// `_CLIENT_KEY`; `OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`.
    ///
    /// # Errors
    /// [`OtlpError`] if a variable makes no sense.
    pub fn from_env() -> Result<Self, OtlpError> {
        Self::of_signal(OtlpSignal::Logs, None)
    }

    /// Begins with an endpoint of all signals, or as the variables say.
    pub(crate) fn of_signal(signal: OtlpSignal, endpoint: Option<&str>) -> Result<Self, OtlpError> {
        let url = match endpoint {
            Some(endpoint) => environment::url_of_endpoint(signal, endpoint),
            None => environment::url(signal),
        };
        if !is_http_url(&url) {
            return Err(OtlpError::Endpoint(without_password(&url)));
        }
        let mut settings = OtlpSettings::new(url);
        environment::apply(signal, &mut settings)?;
        Ok(Self { settings })
    }

    /// Sets the form of requests.
    pub fn protocol(mut self, protocol: OtlpProtocol) -> Self {
        self.settings.protocol = protocol;
        self
    }

    /// Sets the compression of requests.
    pub fn compression(mut self, compression: OtlpCompression) -> Self {
        self.settings.compression = compression;
        self
    }

    /// Sets how long a request may take, its answer included: at least 1 ms.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeout = timeout.max(Duration::from_millis(1));
        self
    }

    /// Adds a header to each request.
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

    /// Adds an attribute of the resource; a variable that names it holds before it.
    pub fn resource(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.resource.own.push((key.into(), value.into()));
        self
    }

    /// Keeps on the disk what the receiver does not take, and sends it when it does.
    ///
    /// ```no_run
    /// use kakashi_std::configure;
    /// use kakashi_std::sinks::{DiskBuffer, Otlp};
    ///
    /// let otlp = Otlp::from_env()?.disk_buffer(DiskBuffer::new("/var/spool/shop"));
    /// configure().destination(otlp.destination()?).apply();
    /// # Ok::<(), kakashi_std::sinks::OtlpError>(())
    /// ```
    pub fn disk_buffer(mut self, buffer: DiskBuffer) -> Self {
        self.settings.disk_buffer = Some(buffer);
        self
    }

    /// Makes the destination. Nothing is sent before there is a record, but for what lies in its
    /// disk buffer.
    ///
    /// # Errors
    /// [`OtlpError::Header`] if a header has characters that no header may have;
    /// [`OtlpError::Certificate`] if a file is not what TLS needs;
    /// [`OtlpError::DiskBuffer`] if the buffer's directory can't be had.
    pub fn destination(self) -> Result<Destination, OtlpError> {
        let disk_buffer = self.settings.disk_buffer.clone();
        let parts = self.into_parts()?;
        let name = parts.name.clone();
        let exporter = OtlpExporter::new(parts);
        match disk_buffer {
            Some(buffer) => buffer
                .destination_named(exporter, &name)
                .map_err(|error| OtlpError::DiskBuffer(error.to_string())),
            None => Ok(Destination::records(exporter).named(name)),
        }
    }

    /// Makes what sends requests.
    pub(crate) fn into_parts(self) -> Result<OtlpParts, OtlpError> {
        let OtlpSettings { url, protocol, compression, timeout, headers, tls_files, resource, .. } =
            self.settings;
        let name = format!("otlp {}", without_password(&url));
        if let Some(name) = headers.refused() {
            return Err(OtlpError::Header(name.to_owned()));
        }
        let form: Box<dyn RequestForm> = match protocol {
            OtlpProtocol::Protobuf => Box::new(Protobuf),
            OtlpProtocol::Json => Box::new(JsonRequest),
        };
        let mut client = HttpClient::new(HttpClientSettings {
            url,
            headers,
            timeout,
            is_gzip: compression == OtlpCompression::Gzip,
            user_agent: concat!("OTel-OTLP-Exporter-kakashi/", env!("CARGO_PKG_VERSION")),
            most_answer_bytes: MOST_ANSWER_BYTES,
        });
        if !tls_files.is_empty() {
            let own = tls_files.read().map_err(|error| OtlpError::Certificate(error.to_string()))?;
            client = client.with_certificates(&own);
        }
        Ok(OtlpParts { name, client, form, resource })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_url_of_http_is_refused_with_what_would_be_right() {
        for endpoint in ["", "localhost:4318", "ftp://localhost", "http://", "http://a b", "/v1/logs"] {
            let error = Otlp::new(endpoint).expect_err(endpoint);
            assert!(error.to_string().contains("http://localhost:4318"), "{error}");
        }
        assert!(Otlp::new("http://[::1]:4318").is_ok());
    }

    #[test]
    fn a_header_that_is_none_is_refused_and_its_value_not_shown() {
        for (name, value) in [("a b", "secret"), ("a", "secret\n"), ("", "secret")] {
            let otlp = Otlp::new("http://localhost").expect("a URL").header(name, value);
            let error = otlp.destination().expect_err("no header");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }

    #[test]
    fn a_password_in_the_endpoint_is_in_no_report() {
        let otlp = Otlp::new("http://user:secret@localhost:4318").expect("a URL");
        let destination = otlp.destination().expect("it is right");
        assert_eq!(&*destination.name, "otlp http://localhost:4318/v1/logs");
        let error = Otlp::new("ftp://user:secret@localhost").expect_err("no HTTP");
        assert!(!error.to_string().contains("secret"), "{error}");
    }

    #[test]
    fn what_headers_say_is_not_printed() {
        let otlp = Otlp::new("http://localhost").expect("a URL").header("authorization", "secret");
        assert!(!format!("{otlp:?}").contains("secret"));
    }
}
