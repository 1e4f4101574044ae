//! Requests of metrics as protobuf: the messages of
//! `opentelemetry/proto/collector/metrics/v1/metrics_service.proto` (opentelemetry-proto 1.x).

use kakashi_core::Value;

use super::metric::{CUMULATIVE, MetricData, MetricsRequest, SCOPE};
use super::protobuf_writer::{put_attribute, put_bytes, put_fixed64, put_message, put_varint};

/// The field numbers, by message.
mod field {
    pub(super) const REQUEST_RESOURCE_METRICS: u32 = 1;
    pub(super) const RESOURCE_METRICS_RESOURCE: u32 = 1;
    pub(super) const RESOURCE_METRICS_SCOPE_METRICS: u32 = 2;
    pub(super) const RESOURCE_ATTRIBUTES: u32 = 1;
    pub(super) const SCOPE_METRICS_SCOPE: u32 = 1;
    pub(super) const SCOPE_METRICS_METRICS: u32 = 2;
    pub(super) const SCOPE_NAME: u32 = 1;
    pub(super) const SCOPE_VERSION: u32 = 2;
    pub(super) const METRIC_NAME: u32 = 1;
    pub(super) const METRIC_DESCRIPTION: u32 = 2;
    pub(super) const METRIC_UNIT: u32 = 3;
    pub(super) const METRIC_GAUGE: u32 = 5;
    pub(super) const METRIC_SUM: u32 = 7;
    /// Of a sum and of a gauge.
    pub(super) const DATA_POINTS: u32 = 1;
    pub(super) const SUM_TEMPORALITY: u32 = 2;
    pub(super) const SUM_IS_MONOTONIC: u32 = 3;
    pub(super) const POINT_START_TIME: u32 = 2;
    pub(super) const POINT_TIME: u32 = 3;
    pub(super) const POINT_INT: u32 = 6;
    pub(super) const POINT_ATTRIBUTES: u32 = 7;
}

/// Writes a whole request.
pub(super) fn request(request: &MetricsRequest<'_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    put_message(&mut bytes, field::REQUEST_RESOURCE_METRICS, |out| {
        put_message(out, field::RESOURCE_METRICS_RESOURCE, |out| {
            for (key, value) in request.resource {
                put_attribute(out, field::RESOURCE_ATTRIBUTES, key, &Value::Str(value));
            }
        });
        put_message(out, field::RESOURCE_METRICS_SCOPE_METRICS, |out| {
            put_message(out, field::SCOPE_METRICS_SCOPE, |out| {
                put_bytes(out, field::SCOPE_NAME, SCOPE.as_bytes());
                put_bytes(out, field::SCOPE_VERSION, env!("CARGO_PKG_VERSION").as_bytes());
            });
            for metric in &request.metrics {
                put_message(out, field::SCOPE_METRICS_METRICS, |out| put_metric(out, metric, request));
            }
        });
    });
    bytes
}

fn put_metric(out: &mut Vec<u8>, metric: &MetricData<'_>, request: &MetricsRequest<'_>) {
    put_bytes(out, field::METRIC_NAME, metric.name.as_bytes());
    put_bytes(out, field::METRIC_DESCRIPTION, metric.description.as_bytes());
    put_bytes(out, field::METRIC_UNIT, metric.unit.as_bytes());
    let kind = if metric.is_sum { field::METRIC_SUM } else { field::METRIC_GAUGE };
    put_message(out, kind, |out| {
        for point in &metric.points {
            put_message(out, field::DATA_POINTS, |out| {
                if metric.is_sum {
                    put_fixed64(out, field::POINT_START_TIME, request.since_unix_nanos);
                }
                put_fixed64(out, field::POINT_TIME, request.unix_nanos);
                // An sfixed64.
                put_fixed64(out, field::POINT_INT, point.value as u64);
                for (key, value) in &point.attributes {
                    put_attribute(out, field::POINT_ATTRIBUTES, key, &Value::Str(value));
                }
            });
        }
        if metric.is_sum {
            put_varint(out, field::SUM_TEMPORALITY, CUMULATIVE.into());
            put_varint(out, field::SUM_IS_MONOTONIC, 1);
        }
    });
}
