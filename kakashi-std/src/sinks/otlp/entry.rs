//! A record as OpenTelemetry's data model has it.
//!
//! <https://opentelemetry.io/docs/specs/otel/logs/data-model/>

use kakashi_core::{LogLevel, LogRecord, Message, Timestamp, Value};

use super::hex::hex;

/// Context fields that name the service: they belong to the resource.
pub(crate) const SERVICE_FIELDS: [(&str, &str); 3] = [
    ("service_name", "service.name"),
    ("version", "service.version"),
    ("environment", "deployment.environment.name"),
];

/// The most attributes of a record: what OpenTelemetry allows by default.
const MOST_ATTRIBUTES: usize = 128;

/// A record's parts, borrowed but for its message.
pub(crate) struct LogEntry<'a> {
    pub(super) unix_nanos: u64,
    pub(super) severity_number: u8,
    pub(super) severity: &'static str,
    pub(super) message: String,
    pub(super) attributes: Vec<(&'a str, Value<'a>)>,
    pub(super) dropped_attributes: u32,
    pub(super) trace_id: Option<[u8; 16]>,
    pub(super) span_id: Option<[u8; 8]>,
}

impl<'a> LogEntry<'a> {
    /// Maps a record; of its message and its attributes at most about so many bytes each:
    /// attributes beyond it are counted as dropped.
    pub(super) fn new(record: &LogRecord<'a>, most_bytes: usize) -> Self {
        let mut entry = Self {
            unix_nanos: match record.timestamp {
                Timestamp::Wall(nanos) => u64::try_from(nanos).unwrap_or(0),
                // Unknown.
                Timestamp::Uptime(_) => 0,
            },
            severity_number: severity_number(record.level),
            severity: record.level.name(),
            message: record.rendered_message_within(most_bytes).0,
            attributes: Vec::new(),
            dropped_attributes: 0,
            trace_id: None,
            span_id: None,
        };
        let mut left = most_bytes;
        if let Message::Template(template) = record.message()
            && has_placeholder(template)
        {
            entry.push("log.record.template", Value::Str(template), &mut left);
        }
        let service = ServiceFields::of(record);
        record.for_each_field(|key, value| match (key, value) {
            ("trace_id", Value::Str(text)) if entry.trace_id.is_none() => {
                entry.trace_id = id(text);
                if entry.trace_id.is_none() {
                    entry.push(key, *value, &mut left);
                }
            }
            ("span_id", Value::Str(text)) if entry.span_id.is_none() => {
                entry.span_id = id(text);
                if entry.span_id.is_none() {
                    entry.push(key, *value, &mut left);
                }
            }
            _ if service.has(key) => {}
            _ => entry.push(key, *value, &mut left),
        });
        entry
    }

    fn push(&mut self, key: &'a str, value: Value<'a>, left: &mut usize) {
        let size = key.len() + size_of_value(&value);
        if size > *left || self.attributes.len() == MOST_ATTRIBUTES {
            self.dropped_attributes += 1;
        } else {
            *left -= size;
            self.attributes.push((key, value));
        }
    }
}

/// Which fields of a record name the service: those of its context that its own do not hide.
pub(super) struct ServiceFields<'a> {
    texts: [Option<&'a str>; SERVICE_FIELDS.len()],
}

impl<'a> ServiceFields<'a> {
    pub(super) fn of(record: &LogRecord<'a>) -> Self {
        let mut texts = [None; SERVICE_FIELDS.len()];
        for (key, value) in record.context().iter() {
            if let Value::Str(text) = value
                && let Some(at) = SERVICE_FIELDS.iter().position(|(field, _)| *field == key)
            {
                texts[at] = Some(text);
            }
        }
        // A request's `version` alone says nothing of a service.
        if texts[0].is_none() {
            return Self { texts: [None; SERVICE_FIELDS.len()] };
        }
        let mut hide = |key: &str| {
            if let Some(at) = SERVICE_FIELDS.iter().position(|(field, _)| *field == key) {
                texts[at] = None;
            }
        };
        record.for_each_site_field(|key, _| hide(key));
        record.for_each_extra(|key, _| hide(key));
        Self { texts }
    }

    pub(super) fn texts(&self) -> [Option<&'a str>; SERVICE_FIELDS.len()] {
        self.texts
    }

    fn has(&self, key: &str) -> bool {
        SERVICE_FIELDS.iter().zip(self.texts).any(|((field, _), text)| *field == key && text.is_some())
    }
}

/// Tells whether a template has a brace that is not doubled.
fn has_placeholder(template: &str) -> bool {
    template.split("{{").any(|part| part.contains('{'))
}

fn severity_number(level: LogLevel) -> u8 {
    match level {
        LogLevel::Trace => 1,
        LogLevel::Debug => 5,
        LogLevel::Info => 9,
        LogLevel::Warning => 13,
        LogLevel::Error => 17,
        LogLevel::Critical => 21,
    }
}

/// Reads an id of so many bytes from hexadecimal digits; one of zeros is none.
fn id<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != 2 * N {
        return None;
    }
    let mut id = [0; N];
    for (byte, pair) in id.iter_mut().zip(digits.chunks(2)) {
        *byte = hex(pair[0])? << 4 | hex(pair[1])?;
    }
    (id != [0; N]).then_some(id)
}

fn size_of_value(value: &Value<'_>) -> usize {
    match value {
        Value::Str(text) => text.len(),
        Value::Bytes(bytes) | Value::List(bytes) | Value::Map(bytes) => bytes.len(),
        _ => 16,
    }
}
