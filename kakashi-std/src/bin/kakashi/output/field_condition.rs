//! One condition of the command line on a field: `key=value`, `key!=value` or `key`.
//!
//! A value is compared with its form in the text line, with or without quotes, so that
//! it can be copied from there. A number is compared by its value.

use std::fmt;
use std::str::FromStr;

use kakashi_core::Name;
use kakashi_std::{Encoder as _, EncoderCache, Field, LogLevel, LogRecord, Output, Text, Timestamp, Value};

/// A condition on the field of one key.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct FieldCondition {
    pub(crate) key: String,
    pub(crate) test: FieldTest,
}

/// What must be true of the field.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum FieldTest {
    /// It exists.
    Present,
    /// It has this value.
    Is(WantedValue),
    /// It has another value, or does not exist.
    IsNot(WantedValue),
}

/// A value as the user typed it.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct WantedValue {
    text: String,
    integer: Option<i128>,
    float: Option<f64>,
}

/// Reports a condition without a key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct NoKey;

impl fmt::Display for NoKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it names no field; write key=value, key!=value or key")
    }
}

impl std::error::Error for NoKey {}

impl FromStr for FieldCondition {
    type Err = NoKey;

    fn from_str(text: &str) -> Result<Self, NoKey> {
        let (key, test) = match text.split_once('=') {
            None => (text, FieldTest::Present),
            Some((key, value)) => match key.strip_suffix('!') {
                Some(key) => (key, FieldTest::IsNot(WantedValue::new(value))),
                None => (key, FieldTest::Is(WantedValue::new(value))),
            },
        };
        if key.is_empty() { Err(NoKey) } else { Ok(Self { key: key.into(), test }) }
    }
}

impl WantedValue {
    pub(crate) fn new(text: &str) -> Self {
        Self { text: text.into(), integer: text.parse().ok(), float: text.parse().ok() }
    }

    /// Tells whether a field's value is this one.
    pub(crate) fn is(&self, value: &Value<'_>) -> bool {
        match *value {
            Value::Str(text) if text == self.text => true,
            // Without these characters the line shows the text unescaped, so it differs.
            Value::Str(_) if !self.text.contains(['\\', '"']) => false,
            Value::I64(number) => self.is_integer(number.into()),
            Value::U64(number) => self.is_integer(number.into()),
            Value::I128(number) => self.is_integer(number.get()),
            Value::U128(number) if i128::try_from(number.get()).is_ok() => {
                self.is_integer(number.get().cast_signed())
            }
            // The line shows an `f32` by its own shortest digits, not by an `f64`'s.
            Value::F32(number) if number.is_finite() => self.text.parse() == Ok(number),
            Value::F64(number) if number.is_finite() => self.float == Some(number),
            Value::Bytes(bytes) if bytes == self.text.as_bytes() => true,
            _ => self.is_shown_for(value),
        }
    }

    fn is_integer(&self, number: i128) -> bool {
        match self.integer {
            Some(integer) => integer == number,
            None => self.float == Some(number as f64),
        }
    }

    fn is_shown_for(&self, value: &Value<'_>) -> bool {
        let shown = shown(value);
        let bare = shown.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        self.text == shown || bare.is_some_and(|bare| self.text == bare)
    }
}

/// Returns a value in the form of the text line.
fn shown(value: &Value<'_>) -> String {
    /// The line before the value.
    const HEAD: &str = "1970-01-01T00:00:00.000000Z INFO l m k=";
    let fields = [Field { key: "k", value: *value }];
    let record = LogRecord::new(Timestamp::Wall(0), LogLevel::Info, Name::new("l"), "m");
    let record = record.with_fields(&fields);
    let mut buffer = vec![0; 256];
    loop {
        let mut out = Output::new(&mut buffer);
        Text.encode(&record, &mut EncoderCache::new(), &mut out);
        if !out.overflowed() {
            let line = String::from_utf8_lossy(out.written());
            return line.get(HEAD.len()..).unwrap_or_default().trim_end_matches('\n').into();
        }
        let len = out.position();
        buffer.resize(len, 0);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use kakashi_std::{Bytes, List, Map, ToValue};

    use super::*;

    #[test]
    fn a_condition_is_written_in_one_of_three_ways() {
        for (text, key, test) in [
            ("user", "user", FieldTest::Present),
            ("user=42", "user", FieldTest::Is(WantedValue::new("42"))),
            ("user=", "user", FieldTest::Is(WantedValue::new(""))),
            ("user!=42", "user", FieldTest::IsNot(WantedValue::new("42"))),
            ("query=a=b!=c", "query", FieldTest::Is(WantedValue::new("a=b!=c"))),
            ("user!", "user!", FieldTest::Present),
        ] {
            assert_eq!(text.parse(), Ok(FieldCondition { key: key.into(), test }), "{text}");
        }
        for text in ["", "=x", "!=x", "="] {
            assert_eq!(text.parse::<FieldCondition>(), Err(NoKey), "{text}");
        }
    }

    #[test]
    fn a_value_is_what_the_line_shows_and_a_number_is_its_value() {
        let list = List([1, 2]);
        let map = Map([("a", "b c")]);
        let long = "x".repeat(5000) + "\n";
        let values: &[(&dyn ToValue, &[&str], &[&str])] = &[
            (&"Al", &["Al"], &["al", "A", "Al ", "\"Al\"", ""]),
            (&"", &["", "\"\""], &["x", "null"]),
            (&"a b", &["a b", "\"a b\""], &["a", "'a b'"]),
            (&"a\nb", &["a\nb", "a\\nb", "\"a\\nb\""], &["anb"]),
            (&"C:\\x", &["C:\\x", "C:\\\\x"], &["C:x"]),
            (&"42", &["42", "\"42\""], &["42.0", "\"43\""]),
            (&42, &["42", "42.0", "042", "4.2e1"], &["42.5", "4", "\"42\"", ""]),
            (&-7_i64, &["-7", "-7.0"], &["7"]),
            (&u64::MAX, &["18446744073709551615"], &["18446744073709551614", "-1"]),
            (&i128::MIN, &["-170141183460469231731687303715884105728"], &["0"]),
            (&u128::MAX, &["340282366920938463463374607431768211455"], &["-1"]),
            (&1.5, &["1.5", "1.50", "15e-1"], &["1.51", "1,5", "1"]),
            (&1.0, &["1", "1.0"], &["1.1"]),
            (&0.1_f32, &["0.1", "0.10"], &["0.2"]),
            (&f64::NAN, &["NaN"], &["0"]),
            (&f64::NEG_INFINITY, &["-inf"], &["inf"]),
            (&true, &["true"], &["1", "True", "false"]),
            (&(), &["null"], &["", "0"]),
            (&'x', &["x"], &["y"]),
            (&Duration::from_millis(1500), &["1.5s"], &["1.5", "1500ms"]),
            (&Bytes(b"\xf5k"), &["\\xf5k", "\"\\xf5k\""], &["k"]),
            (&Bytes(b"a b"), &["a b", "\"a b\""], &["ab"]),
            (&Bytes(b"a\nb"), &["a\nb", "a\\nb"], &["ab"]),
            (&list, &["[1,2]"], &["[1, 2]", "1"]),
            (&map, &["{\"a\":\"b c\"}"], &["{}"]),
            (&long, &[&long], &["x"]),
        ];
        for (value, same, others) in values {
            for text in *same {
                assert!(WantedValue::new(text).is(&value.to_value()), "{text} is {:?}", value.to_value());
            }
            for text in *others {
                assert!(
                    !WantedValue::new(text).is(&value.to_value()),
                    "{text} is not {:?}",
                    value.to_value()
                );
            }
        }
    }
}
