//! Requests as protobuf.
//!
//! The messages are those of `opentelemetry/proto/collector/logs/v1/logs_service.proto`
//! (opentelemetry-proto 1.x), written by hand: they are few, and prost with the generated code
//! would be 22 crates more. The tests read them by the generated code.

use kakashi_core::Value;

use super::entry::LogEntry;
use super::form::{RequestForm, ResourceRecords};
use super::metric::MetricsRequest;
use super::metric_protobuf;
use super::partial_success::rejected_in_protobuf;
use super::protobuf_writer::{put_attribute, put_bytes, put_fixed64, put_message, put_varint};

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
    pub(super) const ANY_STRING: u32 = 1;
}

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

    fn metrics_request(&self, request: &MetricsRequest<'_>) -> Vec<u8> {
        metric_protobuf::request(request)
    }

    fn rejected(&self, answer: &[u8]) -> usize {
        rejected_in_protobuf(answer)
    }
}
