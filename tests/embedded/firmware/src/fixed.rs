//! A value that can stand in flash.

use core::time::Duration;

use kakashi_core::value::Packed;
use kakashi_core::{Composite, ToValue, Value, ValueSink};

/// Holds what a conformance vector's value holds.
#[derive(Debug)]
#[allow(missing_docs, reason = "the names are those of `Value`")]
pub enum Fixed {
    Null,
    Bool(bool),
    I64(i64),
    U64(u64),
    I128(i128),
    U128(u128),
    F32(f32),
    F64(f64),
    Char(char),
    Str(&'static str),
    Bytes(&'static [u8]),
    Duration(Duration),
    List(&'static [Fixed]),
    Map(&'static [(&'static str, Fixed)]),
}

impl ToValue for Fixed {
    fn to_value(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Bool(truth) => Value::Bool(*truth),
            Self::I64(number) => Value::I64(*number),
            Self::U64(number) => Value::U64(*number),
            Self::I128(number) => Value::I128(Packed::new(*number)),
            Self::U128(number) => Value::U128(Packed::new(*number)),
            Self::F32(number) => Value::F32(*number),
            Self::F64(number) => Value::F64(*number),
            Self::Char(character) => Value::Char(*character),
            Self::Str(text) => Value::Str(text),
            Self::Bytes(bytes) => Value::Bytes(bytes),
            Self::Duration(length) => Value::Duration(*length),
            Self::List(_) | Self::Map(_) => Value::Composite(self),
        }
    }
}

impl Composite for Fixed {
    fn describe(&self, sink: &mut dyn ValueSink) {
        match self {
            Self::List(items) => {
                sink.begin_list();
                items.iter().for_each(|item| sink.value(item.to_value()));
                sink.end_list();
            }
            Self::Map(pairs) => {
                sink.begin_map();
                for (key, value) in *pairs {
                    sink.key(key);
                    sink.value(value.to_value());
                }
                sink.end_map();
            }
            scalar => sink.value(scalar.to_value()),
        }
    }
}
