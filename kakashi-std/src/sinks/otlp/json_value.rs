//! Attributes and values as protobuf's JSON mapping has them.

use std::fmt::Write as _;

use kakashi_core::Value;
use kakashi_core::encode::writers::AsJson;

pub(super) fn put_attributes<'a>(json: &mut String, attributes: impl Iterator<Item = (&'a str, Value<'a>)>) {
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
