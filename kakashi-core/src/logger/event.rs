//! Records with an agreed shape: metrics, audit trails, security events.

use core::fmt;

use crate::level::{LogLevel, UnknownLevel};
use crate::record::{LogRecord, Message};
use crate::value::field::{Field, with_joined};
use crate::value::{ToValue, Value};

/// Holds the level, message and first fields of an agreed shape.
#[derive(Clone, Debug)]
pub struct Event<'a> {
    /// The level.
    pub level: LogLevel,
    /// The message.
    pub message: &'a str,
    first: [(&'static str, Value<'a>); 2],
    severity_error: Option<UnknownLevel>,
}

impl<'a> Event<'a> {
    /// Makes a measurement: INFO, the name as message, `metric` and `value`.
    pub fn metric(name: &'a str, value: &'a (impl ToValue + ?Sized)) -> Self {
        Self::new(LogLevel::Info, name, [("metric", Value::Str(name)), ("value", value.to_value())])
    }

    /// Makes an entry of an audit trail: INFO, the action as message,
    /// `action` and `resource`.
    pub fn audit(action: &'a str, resource: &'a str) -> Self {
        let fields = [("action", Value::Str(action)), ("resource", Value::Str(resource))];
        Self::new(LogLevel::Info, action, fields)
    }

    /// Makes a security event: the severity is a level's name and sets the
    /// level; a wrong one gives WARNING, and `severity_error` says which are
    /// right. The message is the type; the fields are `event_type` and `severity`.
    pub fn security(event_type: &'a str, severity: &'a str) -> Self {
        let fields = [("event_type", Value::Str(event_type)), ("severity", Value::Str(severity))];
        match LogLevel::from_name(severity) {
            Ok(level) => Self::new(level, event_type, fields),
            Err(error) => {
                Self { severity_error: Some(error), ..Self::new(LogLevel::Warning, event_type, fields) }
            }
        }
    }

    /// Tells whether a record has the shape of an entry of an audit trail.
    pub fn is_audit(record: &LogRecord<'_>) -> bool {
        Self::has_shape(record, ["action", "resource"])
    }

    /// Tells whether a record has the shape of a security event.
    pub fn is_security(record: &LogRecord<'_>) -> bool {
        Self::has_shape(record, ["event_type", "severity"])
    }

    /// Tells whether a record has fields of these keys, and its message is the first's value.
    fn has_shape(record: &LogRecord<'_>, keys: [&str; 2]) -> bool {
        let Message::Literal(message) = record.message() else { return false };
        let is_named = matches!(record.field(keys[0]), Some(Value::Str(named)) if named == message);
        is_named && record.field(keys[1]).is_some()
    }

    fn new(level: LogLevel, message: &'a str, first: [(&'static str, Value<'a>); 2]) -> Self {
        Self { level, message, first, severity_error: None }
    }

    /// Hands over the event's own fields with `more` after them; a dozen or so
    /// of these need no heap.
    pub fn with_fields<R>(&self, more: &[Field<'_>], then: impl FnOnce(&[Field<'_>]) -> R) -> R {
        let own = self.first.iter().map(|&(key, value)| Field { key, value });
        let error = self.severity_error.as_ref().map(|error| {
            let shown: &dyn fmt::Display = error;
            Field { key: "severity_error", value: Value::Display(shown) }
        });
        let own: heapless::Vec<_, 3> = own.chain(error).collect();
        with_joined(&own, more, then)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_severity_is_a_warning_that_says_what_is_right() {
        let event = Event::security("login_failed", "bad");
        assert_eq!(event.level, LogLevel::Warning);
        event.with_fields(&[], |fields| {
            assert_eq!(fields.len(), 3);
            assert!(format!("{:?}", fields[2].value).contains("use TRACE"));
        });
        assert_eq!(Event::security("login_failed", "error").level, LogLevel::Error);
    }

    #[test]
    fn a_metric_is_named_by_its_message() {
        let event = Event::metric("queue.depth", &17);
        assert_eq!((event.level, event.message), (LogLevel::Info, "queue.depth"));
        event.with_fields(&[Field::new("unit", "jobs")], |fields| assert_eq!(fields.len(), 3));
        let many = [Field::new("unit", "jobs"); 40];
        event.with_fields(&many, |fields| assert_eq!(fields.len(), 42));
    }
}
