//! The kinds of values, in one list: tests go over it, so that no encoder and no reader
//! can forget one.

use super::Value;

macro_rules! kinds {
    ($($kind:ident $name:literal,)*) => {
        /// The names of all kinds, in the order of [`Value`].
        #[doc(hidden)]
        pub const KINDS: &[&str] = &[$($name),*];

        impl Value<'_> {
            /// Returns the name of its kind, one of [`KINDS`].
            #[doc(hidden)]
            pub const fn kind(&self) -> &'static str {
                match self {
                    $(Self::$kind { .. } => $name,)*
                }
            }
        }
    };
}

kinds! {
    Null "null",
    Bool "bool",
    I64 "i64",
    U64 "u64",
    I128 "i128",
    U128 "u128",
    F32 "f32",
    F64 "f64",
    Char "char",
    Str "str",
    Bytes "bytes",
    Duration "duration",
    List "list",
    Map "map",
    Composite "composite",
    Display "display",
    Debug "debug",
    Error "error",
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;
    use crate::codec::{Cursor, put_value};
    use crate::encode::{Encoder, EncoderCache, Json, Pretty, Text};
    use crate::util::output::Output;
    use crate::value::Packed;
    use crate::{Field, LogLevel, LogRecord, Name, Timestamp};

    /// Calls `each` with one value of every kind, and the kind it has after the wire.
    fn for_each_example(mut each: impl FnMut(Value<'_>, &str)) {
        let (error, list) = ("x".parse::<u8>().unwrap_err(), [1, 2]);
        let examples = [
            (Value::Null, "null"),
            (Value::Bool(true), "bool"),
            (Value::I64(-1), "i64"),
            (Value::U64(1), "u64"),
            (Value::I128(Packed::new(i128::MIN)), "i128"),
            (Value::U128(Packed::new(u128::MAX)), "u128"),
            (Value::F32(0.5), "f32"),
            (Value::F64(0.5), "f64"),
            (Value::Char('x'), "char"),
            (Value::Str("x"), "str"),
            (Value::Bytes(b"x"), "bytes"),
            (Value::Duration(Duration::from_secs(1)), "duration"),
            (Value::List(&[0x00]), "list"),
            (Value::Map(&[0x01, b'k', 0x00]), "map"),
            (Value::Composite(&list.as_slice()), "list"),
            (Value::Display(&"x"), "str"),
            (Value::Debug(&"x"), "str"),
            (Value::Error(&error), "str"),
        ];
        let kinds = examples.map(|(value, _)| value.kind());
        assert_eq!(kinds.as_slice(), KINDS, "an example of every kind");
        examples.into_iter().for_each(|(value, kind)| each(value, kind));
    }

    #[test]
    fn every_kind_comes_back_from_the_wire() {
        for_each_example(|value, expected| {
            let mut room = [0; 64];
            let mut out = Output::new(&mut room);
            put_value(&mut out, &value);
            let mut cursor = Cursor::new(out.written());
            let read = cursor.check_value().expect("a value of the wire");
            assert!(cursor.is_empty());
            assert_eq!(read.kind(), expected, "{value:?}");
            assert!(!read.is_foreign());
        });
    }

    #[test]
    fn every_kind_stands_in_every_form_of_line() {
        let forms: [&dyn Encoder; 3] = [&Text, &Json::new(), &Pretty::new()];
        for_each_example(|value, _| {
            for form in forms {
                let fields = [Field { key: "k", value }, Field { key: "end", value: Value::Null }];
                let record = LogRecord::new(Timestamp::Uptime(0), LogLevel::Info, Name::new("l"), "m");
                let mut room = [0; 256];
                let mut out = Output::new(&mut room);
                form.encode(&record.with_fields(&fields), &mut EncoderCache::new(), &mut out);
                let line = core::str::from_utf8(out.written()).expect("a line is UTF-8").trim_end();
                let (before, between) = match line.starts_with('{') {
                    true => ("\"k\":", ",\"end\":"),
                    false => ("k=", " end="),
                };
                let shown = line.split_once(before).and_then(|(_, rest)| rest.split_once(between));
                assert!(shown.is_some_and(|(shown, _)| !shown.is_empty()), "{value:?}: {line}");
            }
        });
    }
}
