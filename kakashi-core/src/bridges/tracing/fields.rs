//! The fields of events and spans, as the kinds they are.

use core::error::Error;
use core::fmt;

use tracing_core::Field;
use tracing_core::field::Visit;

use crate::bridges::foreign_record::ForeignRecord;
use crate::value::{Packed, Value};

/// Writes an event's fields; `message` becomes the text.
pub(super) struct EventFields<'r> {
    record: &'r mut ForeignRecord,
    has_error: bool,
}

impl<'r> EventFields<'r> {
    pub(super) fn new(record: &'r mut ForeignRecord) -> Self {
        Self { record, has_error: false }
    }
}

/// Writes a span's fields.
pub(super) struct SpanFields<'r>(pub(super) &'r mut ForeignRecord);

const MESSAGE: &str = "message";

/// Returns the name, without the `r#` of a raw identifier.
pub(super) fn key(field: &Field) -> &'static str {
    let name = field.name();
    name.strip_prefix("r#").unwrap_or(name)
}

macro_rules! kinds {
    ($self:ident, $field:ident; $put:expr; $($method:ident($value:ident: $type:ty) => $kind:expr;)*) => {$(
        fn $method(&mut $self, $field: &Field, $value: $type) {
            ($put)(&mut *$self, $field, $kind);
        }
    )*};
}

macro_rules! visit {
    ($(#[$meta:meta])* $visitor:ident, $put:expr; $($own:item)*) => {
        impl Visit for $visitor<'_> {
            kinds! {
                self, field; $put;
                record_i64(value: i64) => Value::I64(value);
                record_u64(value: u64) => Value::U64(value);
                record_i128(value: i128) => Value::I128(Packed::new(value));
                record_u128(value: u128) => Value::U128(Packed::new(value));
                record_f64(value: f64) => Value::F64(value);
                record_bool(value: bool) => Value::Bool(value);
                record_bytes(value: &[u8]) => Value::Bytes(value);
            }

            $($own)*
        }
    };
}

visit! {
    EventFields, |visitor: &mut EventFields<'_>, field, value| visitor.record.put(key(field), &value);

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            MESSAGE => self.record.set_text(value),
            _ => self.record.put(key(field), &Value::Str(value)),
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        let key = if self.has_error { key(field) } else { "exception.message" };
        self.has_error = true;
        self.record.put(key, &Value::Error(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        match field.name() {
            MESSAGE => self.record.print_text(&Value::Debug(value)),
            _ => self.record.put(key(field), &Value::Debug(value)),
        }
    }
}

visit! {
    SpanFields, |visitor: &mut SpanFields<'_>, field, value| visitor.0.put(key(field), &value);

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.put(key(field), &Value::Str(value));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.0.put(key(field), &Value::Error(value));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.put(key(field), &Value::Debug(value));
    }
}
