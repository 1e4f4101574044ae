//! Requests as protobuf.
//!
//! The messages are those of `opentelemetry/proto/collector/logs/v1/logs_service.proto`
//! (opentelemetry-proto 1.x), written by hand: they are few, and prost with the generated code
//! would be 22 crates more. The tests read them by the generated code.

use kakashi_core::Value;
use kakashi_core::encode::writers::AsJson;

use super::entry::LogEntry;
use super::form::{RequestForm, ResourceRecords};

/// The field numbers, by message.
mod field {
    pub(super) const REQUEST_RESOURCE_LOGS: u32 = 1;
    pub(super) const RESOURCE_LOGS_RESOURCE: u32 = 1;
    pub(super) const RESOURCE_LOGS_SCOPE_LOGS: u32 = 2;
    pub(super) const RESOURCE_ATTRIBUTES: u32 = 1;
    pub(super) const SCOPE_LOGS_SCOPE: u32 = 1;
    pub(super) const SCOPE_LOGS_RECORDS: u32 = 2;
    pub(super) const SCOPE_NAME: u32 = 1;
    pub(super) const RECORD_TIME: u32 = 1;
    pub(super) const RECORD_SEVERITY_NUMBER: u32 = 2;
    pub(super) const RECORD_SEVERITY_TEXT: u32 = 3;
    pub(super) const RECORD_BODY: u32 = 5;
    pub(super) const RECORD_ATTRIBUTES: u32 = 6;
    pub(super) const RECORD_DROPPED_ATTRIBUTES: u32 = 7;
    pub(super) const RECORD_TRACE_ID: u32 = 9;
    pub(super) const RECORD_SPAN_ID: u32 = 10;
    pub(super) const RECORD_OBSERVED_TIME: u32 = 11;
    pub(super) const KEY: u32 = 1;
    pub(super) const VALUE: u32 = 2;
    pub(super) const ANY_STRING: u32 = 1;
    pub(super) const ANY_BOOL: u32 = 2;
    pub(super) const ANY_INT: u32 = 3;
    pub(super) const ANY_DOUBLE: u32 = 4;
    pub(super) const ANY_ARRAY: u32 = 5;
    pub(super) const ANY_MAP: u32 = 6;
    pub(super) const ANY_BYTES: u32 = 7;
    pub(super) const VALUES: u32 = 1;
    pub(super) const ANSWER_PARTIAL_SUCCESS: u64 = 1;
    pub(super) const PARTIAL_REJECTED: u64 = 1;
}

const VARINT: u32 = 0;
const FIXED64: u32 = 1;
const BYTES: u32 = 2;

pub(super) struct Protobuf;

impl RequestForm for Protobuf {
    fn content_type(&self) -> &'static str {
        "application/x-protobuf"
    }

    fn put_entry(&self, entry: &LogEntry<'_>, out: &mut Vec<u8>) {
        put_message(out, field::SCOPE_LOGS_RECORDS, |out| {
            put_fixed64(out, field::RECORD_TIME, entry.unix_nanos);
            put_varint(out, field::RECORD_SEVERITY_NUMBER, u64::from(entry.severity_number));
            put_bytes(out, field::RECORD_SEVERITY_TEXT, entry.severity.as_bytes());
            put_message(out, field::RECORD_BODY, |out| {
                put_bytes(out, field::ANY_STRING, entry.message.as_bytes());
            });
            for (key, value) in &entry.attributes {
                put_attribute(out, field::RECORD_ATTRIBUTES, key, value);
            }
            if entry.dropped_attributes > 0 {
                put_varint(out, field::RECORD_DROPPED_ATTRIBUTES, u64::from(entry.dropped_attributes));
            }
            if let Some(id) = &entry.trace_id {
                put_bytes(out, field::RECORD_TRACE_ID, id);
            }
            if let Some(id) = &entry.span_id {
                put_bytes(out, field::RECORD_SPAN_ID, id);
            }
            put_fixed64(out, field::RECORD_OBSERVED_TIME, entry.unix_nanos);
        });
    }

    fn separator(&self) -> &'static [u8] {
        b""
    }

    fn request(&self, resources: &[ResourceRecords]) -> Vec<u8> {
        let mut request = Vec::new();
        for resource in resources {
            put_message(&mut request, field::REQUEST_RESOURCE_LOGS, |out| {
                put_message(out, field::RESOURCE_LOGS_RESOURCE, |out| {
                    for (key, value) in &resource.attributes {
                        put_attribute(out, field::RESOURCE_ATTRIBUTES, key, &Value::Str(value));
                    }
                });
                for scope in &resource.scopes {
                    put_message(out, field::RESOURCE_LOGS_SCOPE_LOGS, |out| {
                        put_message(out, field::SCOPE_LOGS_SCOPE, |out| {
                            put_bytes(out, field::SCOPE_NAME, scope.logger.as_bytes());
                        });
                        out.extend_from_slice(&scope.records);
                    });
                }
            });
        }
        request
    }

    fn rejected(&self, answer: &[u8]) -> usize {
        let Some(FieldValue::Bytes(partial)) = find(answer, field::ANSWER_PARTIAL_SUCCESS) else { return 0 };
        match find(partial, field::PARTIAL_REJECTED) {
            // An int64: what is negative is none.
            Some(FieldValue::Number(rejected)) if rejected <= i64::MAX as u64 => {
                usize::try_from(rejected).unwrap_or(usize::MAX)
            }
            _ => 0,
        }
    }
}

fn put_attribute(out: &mut Vec<u8>, field: u32, key: &str, value: &Value<'_>) {
    put_message(out, field, |out| {
        put_bytes(out, field::KEY, key.as_bytes());
        put_message(out, field::VALUE, |out| put_any(out, value));
    });
}

/// Appends an `AnyValue`; it is empty for `null`.
fn put_any(out: &mut Vec<u8>, value: &Value<'_>) {
    match value {
        Value::Null => {}
        Value::Bool(truth) => put_varint(out, field::ANY_BOOL, u64::from(*truth)),
        Value::I64(number) => put_varint(out, field::ANY_INT, *number as u64),
        Value::U64(number) => match i64::try_from(*number) {
            Ok(number) => put_varint(out, field::ANY_INT, number as u64),
            // As the conventions have it for what is no int64.
            Err(_) => put_bytes(out, field::ANY_STRING, number.to_string().as_bytes()),
        },
        Value::I128(number) => put_bytes(out, field::ANY_STRING, number.get().to_string().as_bytes()),
        Value::U128(number) => put_bytes(out, field::ANY_STRING, number.get().to_string().as_bytes()),
        Value::F32(number) => put_double(out, f64::from(*number)),
        Value::F64(number) => put_double(out, *number),
        Value::Duration(duration) => put_double(out, duration.as_secs_f64()),
        Value::Char(character) => {
            put_bytes(out, field::ANY_STRING, character.encode_utf8(&mut [0; 4]).as_bytes());
        }
        Value::Str(text) => put_bytes(out, field::ANY_STRING, text.as_bytes()),
        Value::Bytes(bytes) => put_bytes(out, field::ANY_BYTES, bytes),
        Value::List(_) => put_message(out, field::ANY_ARRAY, |out| {
            for item in value.items() {
                put_message(out, field::VALUES, |out| put_any(out, &item));
            }
        }),
        Value::Map(_) => put_message(out, field::ANY_MAP, |out| {
            for (key, value) in value.entries() {
                put_attribute(out, field::VALUES, key, &value);
            }
        }),
        // None comes out of the wire.
        other => put_bytes(out, field::ANY_STRING, AsJson(other).to_string().as_bytes()),
    }
}

fn put_double(out: &mut Vec<u8>, number: f64) {
    put_number(out, u64::from(field::ANY_DOUBLE << 3 | FIXED64));
    out.extend_from_slice(&number.to_le_bytes());
}

fn put_fixed64(out: &mut Vec<u8>, field: u32, number: u64) {
    put_number(out, u64::from(field << 3 | FIXED64));
    out.extend_from_slice(&number.to_le_bytes());
}

fn put_varint(out: &mut Vec<u8>, field: u32, number: u64) {
    put_number(out, u64::from(field << 3 | VARINT));
    put_number(out, number);
}

fn put_bytes(out: &mut Vec<u8>, field: u32, bytes: &[u8]) {
    put_number(out, u64::from(field << 3 | BYTES));
    put_number(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Appends a message whose length is known when it is written.
fn put_message(out: &mut Vec<u8>, field: u32, body: impl FnOnce(&mut Vec<u8>)) {
    put_number(out, u64::from(field << 3 | BYTES));
    let at = out.len();
    // Most are short.
    out.push(0);
    body(out);
    let mut len = Vec::with_capacity(10);
    put_number(&mut len, (out.len() - at - 1) as u64);
    match len[..] {
        [only] => out[at] = only,
        _ => drop(out.splice(at..=at, len)),
    }
}

fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// A field of a message.
enum FieldValue<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// Finds the last field of a number; none in what is no message.
fn find(mut message: &[u8], field: u64) -> Option<FieldValue<'_>> {
    let mut found = None;
    while !message.is_empty() {
        let tag = take_number(&mut message)?;
        let value = match tag & 7 {
            0 => FieldValue::Number(take_number(&mut message)?),
            1 => FieldValue::Bytes(take(&mut message, 8)?),
            2 => {
                let len = usize::try_from(take_number(&mut message)?).ok()?;
                FieldValue::Bytes(take(&mut message, len)?)
            }
            5 => FieldValue::Bytes(take(&mut message, 4)?),
            _ => return None,
        };
        if tag >> 3 == field {
            found = Some(value);
        }
    }
    found
}

fn take<'a>(message: &mut &'a [u8], len: usize) -> Option<&'a [u8]> {
    let (front, rest) = message.split_at_checked(len)?;
    *message = rest;
    Some(front)
}

fn take_number(message: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let byte = take(message, 1)?[0];
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejected_records_are_read_and_garbage_is_none() {
        // partial_success { rejected_log_records: 300, error_message: "no" }
        let answer = [0x0a, 0x07, 0x08, 0xac, 0x02, 0x12, 0x02, b'n', b'o'];
        assert_eq!(Protobuf.rejected(&answer), 300);
        assert_eq!(Protobuf.rejected(&[]), 0);
        for end in 0..answer.len() {
            assert_eq!(Protobuf.rejected(&answer[..end]), 0, "{end}");
        }
        assert_eq!(Protobuf.rejected(b"<html>busy</html>"), 0);
        // -1
        let negative = [0x0a, 11, 0x08, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1];
        assert_eq!(Protobuf.rejected(&negative), 0);
        assert_eq!(Protobuf.rejected(&[0xff; 40]), 0);
    }

    #[test]
    fn a_message_of_any_length_has_its_length_before_it() {
        for len in [0, 1, 127, 128, 16_383, 16_384, 3_000_000] {
            let mut out = Vec::new();
            put_message(&mut out, 1, |out| out.resize(out.len() + len, 7));
            let mut rest = &out[1..];
            assert_eq!(take_number(&mut rest), Some(len as u64));
            assert_eq!(rest.len(), len);
        }
    }
}
