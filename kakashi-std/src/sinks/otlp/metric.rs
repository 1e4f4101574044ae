//! Metrics as OpenTelemetry's data model has them.
//!
//! <https://opentelemetry.io/docs/specs/otel/metrics/data-model/>

/// A metric: a monotonic sum since a begin, or a gauge.
pub(crate) struct MetricData<'a> {
    pub(crate) name: String,
    pub(crate) description: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) is_sum: bool,
    pub(crate) points: Vec<MetricPoint<'a>>,
}

/// One value of a metric.
pub(crate) struct MetricPoint<'a> {
    pub(crate) attributes: Vec<(&'static str, &'a str)>,
    pub(crate) value: i64,
}

/// Metrics of one moment, for one request.
pub(crate) struct MetricsRequest<'a> {
    pub(crate) resource: &'a [(String, String)],
    pub(crate) metrics: Vec<MetricData<'a>>,
    /// When the sums began, and when they were read.
    pub(crate) since_unix_nanos: u64,
    pub(crate) unix_nanos: u64,
}

/// The scope of all of them.
pub(super) const SCOPE: &str = "kakashi";
/// `AGGREGATION_TEMPORALITY_CUMULATIVE`.
pub(super) const CUMULATIVE: u8 = 2;
