//! OpenTelemetry's receivers: a collector, or what speaks as one, over HTTP.
//!
//! A batch is one request; it is taken when the receiver has answered 200. It speaks no gRPC
//! and needs no runtime: the destination's own thread waits for the answer.

mod client;
mod entry;
mod environment;
mod error;
mod exporter;
mod form;
mod hex;
mod json;
mod protobuf;
mod retry_after;
mod settings;

use std::time::Duration;

use kakashi_core::Destination;
use ureq::http::{HeaderName, HeaderValue, Uri};

use self::client::Client;
pub use self::error::OtlpError;
use self::exporter::OtlpExporter;
use self::form::RequestForm;
use self::json::JsonRequest;
use self::protobuf::Protobuf;
use self::settings::OtlpSettings;
pub use self::settings::{OtlpCompression, OtlpProtocol};

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
        Self::of_url(environment::url_of_endpoint(endpoint))
    }

    /// Begins as the standard variables say: `OTEL_EXPORTER_OTLP_ENDPOINT` (without it,
    /// `http://localhost:4318`), `_PROTOCOL` (`http/protobuf`, `http/json`), `_HEADERS`,
    /// `_COMPRESSION` (`none`, `gzip`), `_TIMEOUT` (milliseconds; 10 s), each also as
    /// `OTEL_EXPORTER_OTLP_LOGS_…`; `OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`.
    ///
    /// # Errors
    /// [`OtlpError`] if a variable makes no sense.
    pub fn from_env() -> Result<Self, OtlpError> {
        Self::of_url(environment::url())
    }

    fn of_url(url: String) -> Result<Self, OtlpError> {
        let parsed: Option<Uri> = url.parse().ok();
        let is_http = |uri: &Uri| {
            matches!(uri.scheme_str(), Some("http" | "https"))
                && uri.host().is_some_and(|host| !host.is_empty())
        };
        if !parsed.is_some_and(|uri| is_http(&uri)) {
            return Err(OtlpError::Endpoint(url));
        }
        let mut settings = OtlpSettings::new(url);
        environment::apply(&mut settings)?;
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
        self.settings.headers.push((name.into(), value.into()));
        self
    }

    /// Adds an attribute of the resource; a variable that names it holds before it.
    pub fn resource(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.own_resource.push((key.into(), value.into()));
        self
    }

    /// Makes the destination. Nothing is sent before there is a record.
    ///
    /// # Errors
    /// [`OtlpError::Header`] if a header has characters that no header may have.
    pub fn destination(self) -> Result<Destination, OtlpError> {
        let OtlpSettings { url, protocol, compression, timeout, headers, resource, own_resource } =
            self.settings;
        let name = format!("otlp {}", without_password(&url));
        for (name, value) in &headers {
            if HeaderName::from_bytes(name.as_bytes()).is_err() || HeaderValue::from_str(value).is_err() {
                return Err(OtlpError::Header(name.clone()));
            }
        }
        let form: Box<dyn RequestForm> = match protocol {
            OtlpProtocol::Protobuf => Box::new(Protobuf),
            OtlpProtocol::Json => Box::new(JsonRequest),
        };
        let client = Client::new(url, headers, timeout, compression);
        let exporter = OtlpExporter::new(client, form, resource, own_resource);
        Ok(Destination::records(exporter).named(name))
    }
}

/// Leaves out what stands before the `@` of a URL.
fn without_password(url: &str) -> String {
    match url.split_once("://").and_then(|(scheme, rest)| Some((scheme, rest.split_once('/')?))) {
        Some((scheme, (host, path))) if host.contains('@') => {
            let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
            format!("{scheme}://{host}/{path}")
        }
        _ => url.to_owned(),
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
    }
}
