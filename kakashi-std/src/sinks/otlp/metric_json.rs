//! Requests of metrics as JSON: protobuf's mapping.
//!
//! <https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>

use std::fmt::Write as _;

use kakashi_core::Value;
use kakashi_core::encode::writers::AsJson;

use super::json_value::put_attributes;
use super::metric::{CUMULATIVE, MetricData, MetricsRequest, SCOPE};

/// Writes a whole request.
pub(super) fn request(request: &MetricsRequest<'_>) -> Vec<u8> {
    let mut json = String::from("{\"resourceMetrics\":[{\"resource\":{\"attributes\":[");
    let attributes = request.resource.iter();
    put_attributes(&mut json, attributes.map(|(key, value)| (&**key, Value::Str(value))));
    let _ = write!(
        json,
        "]}},\"scopeMetrics\":[{{\"scope\":{{\"name\":\"{SCOPE}\",\"version\":\"{}\"}},\"metrics\":[",
        env!("CARGO_PKG_VERSION")
    );
    for (at, metric) in request.metrics.iter().enumerate() {
        json.push_str(if at > 0 { "," } else { "" });
        put_metric(&mut json, metric, request);
    }
    json.push_str("]}]}]}");
    json.into_bytes()
}

fn put_metric(json: &mut String, metric: &MetricData<'_>, request: &MetricsRequest<'_>) {
    let MetricData { name, description, unit, is_sum, points } = metric;
    let (name, description, unit) = (AsJson(&**name), AsJson(*description), AsJson(*unit));
    let _ = write!(json, "{{\"name\":{name},\"description\":{description},\"unit\":{unit},");
    let _ = match is_sum {
        true => write!(json, "\"sum\":{{\"aggregationTemporality\":{CUMULATIVE},\"isMonotonic\":true,"),
        false => write!(json, "\"gauge\":{{"),
    };
    json.push_str("\"dataPoints\":[");
    for (at, point) in points.iter().enumerate() {
        let before = if at > 0 { "," } else { "" };
        let _ = write!(json, "{before}{{\"attributes\":[");
        put_attributes(json, point.attributes.iter().map(|(key, value)| (*key, Value::Str(value))));
        json.push(']');
        if *is_sum {
            let _ = write!(json, ",\"startTimeUnixNano\":\"{}\"", request.since_unix_nanos);
        }
        let _ = write!(json, ",\"timeUnixNano\":\"{}\",\"asInt\":\"{}\"}}", request.unix_nanos, point.value);
    }
    json.push_str("]}}");
}
