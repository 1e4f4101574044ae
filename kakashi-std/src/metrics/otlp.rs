//! All counts to an OTLP receiver, on a period.

use std::path::PathBuf;
use std::time::Duration;

use super::export;
use crate::sinks::otlp::{OtlpSignal, environment};
use crate::sinks::{Otlp, OtlpCompression, OtlpError, OtlpProtocol};

/// How often counts are sent if nobody says it.
const INTERVAL: Duration = Duration::from_secs(60);
/// No more often.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(100);

/// Sends all counts to an OpenTelemetry receiver: every minute, at a flush and at the end of the
/// process.
///
/// ```no_run
/// use std::time::Duration;
/// use kakashi_std::metrics::OtlpMetrics;
///
/// OtlpMetrics::new("http://localhost:4318")?.interval(Duration::from_secs(10)).start()?;
/// OtlpMetrics::from_env()?.start()?;                 // as OTEL_… variables say; in place of the one before
/// # Ok::<(), kakashi_std::sinks::OtlpError>(())
/// ```
///
/// # What is sent
///
/// The [counts](crate::metrics) as cumulative monotonic sums, and what waits as a gauge, with dots in
/// their names: `kakashi.records.written` with the attributes `destination` and `level`. The
/// resource is that of the records: the variables', what `configure().service(…)` says, the
/// program's own.
///
/// # Delivery
///
/// By a thread of its own. A request that fails is not repeated: the next one has all of it. A
/// receiver that fails is told once on stderr, until it takes something again; while it does
/// [`flush`](crate::flush) does not wait for it. After `Retry-After` nothing is sent before that
/// time. What the HTTP client logs while it sends is not logged.
///
/// In the child of a fork nothing is sent until `start` is called there.
#[derive(Clone, Debug)]
#[must_use = "it does nothing until it is started"]
pub struct OtlpMetrics {
    otlp: Otlp,
    interval: Duration,
}

impl OtlpMetrics {
    /// Begins with an endpoint of all signals, to which `/v1/metrics` is added if it does not end
    /// so; the rest is as the standard variables say.
    ///
    /// # Errors
    /// [`OtlpError`] if the endpoint is no URL, or a variable makes no sense.
    pub fn new(endpoint: &str) -> Result<Self, OtlpError> {
        Self::of(Some(endpoint))
    }

    /// Begins as the standard variables say: those of [`Otlp::from_env`], each also as
    /// `OTEL_EXPORTER_OTLP_METRICS_…`, and `OTEL_METRIC_EXPORT_INTERVAL` (milliseconds; 60 s).
    ///
    /// # Errors
    /// [`OtlpError`] if a variable makes no sense.
    pub fn from_env() -> Result<Self, OtlpError> {
        Self::of(None)
    }

    fn of(endpoint: Option<&str>) -> Result<Self, OtlpError> {
        let otlp = Otlp::of_signal(OtlpSignal::Metrics, endpoint)?;
        let interval = match environment::variable("OTEL_METRIC_EXPORT_INTERVAL") {
            None => INTERVAL,
            Some(text) => {
                let millis = text.parse().ok().filter(|&millis| millis > 0);
                Duration::from_millis(millis.ok_or(OtlpError::Interval(text))?)
            }
        };
        Ok(Self { otlp, interval })
    }

    /// Sets how often counts are sent, at least 100 ms.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.interval = interval;
        self
    }

    /// Sets the form of requests.
    pub fn protocol(mut self, protocol: OtlpProtocol) -> Self {
        self.otlp = self.otlp.protocol(protocol);
        self
    }

    /// Sets the compression of requests.
    pub fn compression(mut self, compression: OtlpCompression) -> Self {
        self.otlp = self.otlp.compression(compression);
        self
    }

    /// Sets how long a request may take, its answer included: at least 1 ms.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.otlp = self.otlp.timeout(timeout);
        self
    }

    /// Adds a header to each request.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.otlp = self.otlp.header(name, value);
        self
    }

    /// Trusts the CAs in a PEM file, as [`Otlp::ca_certificate`] says.
    pub fn ca_certificate(mut self, file: impl Into<PathBuf>) -> Self {
        self.otlp = self.otlp.ca_certificate(file);
        self
    }

    /// Shows a certificate to a receiver that asks for one, as [`Otlp::client_certificate`] says.
    pub fn client_certificate(mut self, certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        self.otlp = self.otlp.client_certificate(certificate, key);
        self
    }

    /// Adds an attribute of the resource; a variable that names it holds before it.
    pub fn resource(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.otlp = self.otlp.resource(key, value);
        self
    }

    /// Begins to send, until the process ends or another is started. The first request is sent
    /// after one interval, or at a flush.
    ///
    /// # Errors
    /// [`OtlpError::Header`] if a header has characters that no header may have;
    /// [`OtlpError::Certificate`] if a file is not what TLS needs.
    pub fn start(self) -> Result<(), OtlpError> {
        export::start(self.otlp.into_parts()?, self.interval.max(SHORTEST_INTERVAL));
        Ok(())
    }
}
