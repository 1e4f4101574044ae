//! One record of a capture, which keeps all that it had.

use kakashi_core::{Field, LogContext, LogLevel, LogRecord, Message, Value, pairs_of};

/// A record that was captured.
#[derive(Clone, Debug)]
pub struct CapturedRecord {
    level: LogLevel,
    logger: String,
    message: String,
    template: Option<String>,
    fields: LogContext,
    line: String,
}

impl CapturedRecord {
    pub(super) fn of(record: &LogRecord<'_>, line: String) -> Self {
        let mut fields: Vec<Field<'_>> = Vec::new();
        record.for_each_field(|key, value| fields.push(Field { key, value: *value }));
        let template = match record.message() {
            Message::Template(template) => Some(template.to_owned()),
            Message::Literal(_) => None,
        };
        Self {
            level: record.level,
            logger: record.logger.text().to_owned(),
            message: record.rendered_message().to_string(),
            template,
            fields: LogContext::new().with_custom(&fields),
            line,
        }
    }

    /// Returns the level.
    pub fn level(&self) -> LogLevel {
        self.level
    }

    /// Returns the logger's name.
    pub fn logger(&self) -> &str {
        &self.logger
    }

    /// Returns the message as it is written.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Finds a field's value by its key, the context's too. What `Display` or `Debug` made is
    /// text, lists and maps are in wire form.
    pub fn field(&self, key: &str) -> Option<Value<'_>> {
        self.fields.get(key)
    }

    /// Returns the record as a line of text.
    pub fn line(&self) -> &str {
        &self.line
    }

    /// Tells whether it is of this level and message and has these fields.
    pub(super) fn is(&self, level: LogLevel, message: &str, wanted: &[Field<'_>]) -> bool {
        let says = self.message == message || self.template.as_deref() == Some(message);
        let has = |field: &Field<'_>| {
            // Made here, too, in wire form: its value may be any code.
            let wanted = LogContext::new().with_custom(&[*field]);
            match (self.field(field.key), wanted.get(field.key)) {
                (Some(own), Some(wanted)) => is_same(own, wanted),
                _ => false,
            }
        };
        self.level == level && says && wanted.iter().all(has)
    }
}

/// Tells whether two values are written alike: floats of both widths by their digits.
fn is_same(a: Value<'_>, b: Value<'_>) -> bool {
    let encoded = |value| pairs_of(&[Field { key: "", value }]);
    encoded(a) == encoded(b) || digits(a).is_some_and(|a| digits(b) == Some(a))
}

fn digits(value: Value<'_>) -> Option<String> {
    match value {
        Value::F32(number) => Some(number.to_string()),
        Value::F64(number) => Some(number.to_string()),
        _ => None,
    }
}
