//! Requests as JSON: protobuf's mapping, with ids in hexadecimal digits.
//!
//! <https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>

use std::fmt::Write as _;

use kakashi_core::Value;
use kakashi_core::encode::writers::AsJson;

use super::entry::LogEntry;
use super::form::{RequestForm, ResourceRecords};
use super::json_value::put_attributes;
use super::metric::MetricsRequest;
use super::metric_json;
use super::partial_success::rejected_in_json;

pub(super) struct JsonRequest;

impl RequestForm for JsonRequest {
    fn content_type(&self) -> &'static str {
        "application/json"
    }

    fn put_entry(&self, entry: &LogEntry<'_>, out: &mut Vec<u8>) {
        let LogEntry { unix_nanos, severity_number, severity, message, .. } = entry;
        let mut json = String::new();
        let _ = write!(
            json,
            "{{\"timeUnixNano\":\"{unix_nanos}\",\"observedTimeUnixNano\":\"{unix_nanos}\",\"severityNumber\":{severity_number},\"severityText\":\"{severity}\",\"body\":{{\"stringValue\":{}}},\"attributes\":[",
            AsJson(&**message),
        );
        put_attributes(&mut json, entry.attributes.iter().copied());
        json.push(']');
        if entry.dropped_attributes > 0 {
            let _ = write!(json, ",\"droppedAttributesCount\":{}", entry.dropped_attributes);
        }
        if let Some(id) = &entry.trace_id {
            put_id(&mut json, "traceId", id);
        }
        if let Some(id) = &entry.span_id {
            put_id(&mut json, "spanId", id);
        }
        json.push('}');
        out.extend_from_slice(json.as_bytes());
    }

    fn separator(&self) -> &'static [u8] {
        b","
    }

    fn request(&self, resources: &[ResourceRecords]) -> Vec<u8> {
        let mut request = b"{\"resourceLogs\":[".to_vec();
        for (at, resource) in resources.iter().enumerate() {
            let mut head = String::from(if at > 0 { "," } else { "" });
            head.push_str("{\"resource\":{\"attributes\":[");
            let attributes = resource.attributes.iter();
            put_attributes(&mut head, attributes.map(|(key, value)| (&**key, Value::Str(value))));
            head.push_str("]},\"scopeLogs\":[");
            request.extend_from_slice(head.as_bytes());
            for (at, scope) in resource.scopes.iter().enumerate() {
                let before = if at > 0 { "," } else { "" };
                let head =
                    format!("{before}{{\"scope\":{{\"name\":{}}},\"logRecords\":[", AsJson(&*scope.logger));
                request.extend_from_slice(head.as_bytes());
                request.extend_from_slice(&scope.records);
                request.extend_from_slice(b"]}");
            }
            request.extend_from_slice(b"]}");
        }
        request.extend_from_slice(b"]}");
        request
    }

    fn metrics_request(&self, request: &MetricsRequest<'_>) -> Vec<u8> {
        metric_json::request(request)
    }

    fn rejected(&self, answer: &[u8]) -> usize {
        rejected_in_json(answer)
    }
}

fn put_id(json: &mut String, key: &str, id: &[u8]) {
    let _ = write!(json, ",\"{key}\":\"");
    id.iter().for_each(|byte| _ = write!(json, "{byte:02x}"));
    json.push('"');
}
