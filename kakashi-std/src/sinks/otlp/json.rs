//! Requests as JSON: protobuf's mapping, with ids in hexadecimal digits.
//!
//! <https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>

use std::fmt::Write as _;

use kakashi_core::Value;
use kakashi_core::encode::writers::AsJson;

use super::entry::LogEntry;
use super::form::{RequestForm, ResourceRecords};

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

    fn rejected(&self, answer: &[u8]) -> usize {
        // Within a string the quotes would have backslashes before them.
        const KEY: &[u8] = b"\"rejectedLogRecords\"";
        let Some(at) = answer.windows(KEY.len()).position(|window| window == KEY) else { return 0 };
        let after = &answer[at + KEY.len()..];
        // An int64: a string, or a number from those who do not keep to that.
        let digits =
            after.iter().skip_while(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b':' | b'"'));
        digits.take_while(|byte| byte.is_ascii_digit()).fold(0, |number: usize, digit| {
            number.saturating_mul(10).saturating_add(usize::from(digit - b'0'))
        })
    }
}

fn put_attributes<'a>(json: &mut String, attributes: impl Iterator<Item = (&'a str, Value<'a>)>) {
    for (at, (key, value)) in attributes.enumerate() {
        let before = if at > 0 { "," } else { "" };
        let _ = write!(json, "{before}{{\"key\":{},\"value\":", AsJson(key));
        put_any(json, &value);
        json.push('}');
    }
}

/// Appends an `AnyValue`; it is empty for `null`.
fn put_any(json: &mut String, value: &Value<'_>) {
    let _ = match value {
        Value::Null => write!(json, "{{}}"),
        Value::Bool(truth) => write!(json, "{{\"boolValue\":{truth}}}"),
        Value::I64(number) => write!(json, "{{\"intValue\":\"{number}\"}}"),
        Value::U64(number) if i64::try_from(*number).is_ok() => write!(json, "{{\"intValue\":\"{number}\"}}"),
        Value::U64(number) => write!(json, "{{\"stringValue\":\"{number}\"}}"),
        Value::I128(number) => write!(json, "{{\"stringValue\":\"{}\"}}", number.get()),
        Value::U128(number) => write!(json, "{{\"stringValue\":\"{}\"}}", number.get()),
        // "NaN" as a number's text is right, and not every receiver knows it.
        Value::F32(number) if !number.is_finite() => write!(json, "{{\"stringValue\":{}}}", AsJson(value)),
        Value::F64(number) if !number.is_finite() => write!(json, "{{\"stringValue\":{}}}", AsJson(value)),
        Value::F32(number) => write!(json, "{{\"doubleValue\":{}}}", AsJson(&Value::F64(f64::from(*number)))),
        Value::F64(_) | Value::Duration(_) => write!(json, "{{\"doubleValue\":{}}}", AsJson(value)),
        Value::Char(_) | Value::Str(_) => write!(json, "{{\"stringValue\":{}}}", AsJson(value)),
        Value::Bytes(_) => write!(json, "{{\"bytesValue\":{}}}", AsJson(value)),
        Value::List(_) => {
            json.push_str("{\"arrayValue\":{\"values\":[");
            for (at, item) in value.items().enumerate() {
                json.push_str(if at > 0 { "," } else { "" });
                put_any(json, &item);
            }
            write!(json, "]}}}}")
        }
        Value::Map(_) => {
            json.push_str("{\"kvlistValue\":{\"values\":[");
            put_attributes(json, value.entries());
            write!(json, "]}}}}")
        }
        // None comes out of the wire.
        other => write!(json, "{{\"stringValue\":{}}}", AsJson(&*AsJson(other).to_string())),
    };
}

fn put_id(json: &mut String, key: &str, id: &[u8]) {
    let _ = write!(json, ",\"{key}\":\"");
    id.iter().for_each(|byte| _ = write!(json, "{byte:02x}"));
    json.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejected_records_are_read_and_garbage_is_none() {
        for (answer, rejected) in [
            (r#"{"partialSuccess":{"rejectedLogRecords":"300","errorMessage":"no"}}"#, 300),
            (r#"{ "partialSuccess" : { "rejectedLogRecords" : 7 } }"#, 7),
            (r#"{"partialSuccess":{"errorMessage":"\"rejectedLogRecords\":5"}}"#, 0),
            (r#"{"partialSuccess":{"rejectedLogRecords":"-1"}}"#, 0),
            ("{}", 0),
            ("", 0),
            ("<html>", 0),
        ] {
            assert_eq!(JsonRequest.rejected(answer.as_bytes()), rejected, "{answer}");
        }
    }
}
