//! One condition of the command line on a field, as `status>=500`.
//!
//! A value is compared with its form in the text line, with or without quotes, so that
//! it can be copied from there. A number is compared by its value. What is no condition is
//! refused: one that is taken for another shows nothing, and nobody learns why.

use std::cmp::Ordering;
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
    /// It is a number on this side of this one.
    Compares(Comparison, WantedValue),
    /// Its text has this part.
    Contains(String),
}

/// How a number lies to another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    pub(crate) fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

/// A value as the user typed it.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct WantedValue {
    text: String,
    integer: Option<i128>,
    float: Option<f64>,
}

/// Reports why a text is no condition.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum NoCondition {
    /// It has no key.
    NoKey,
    /// A key's quotes are not closed, or something else than a comparison follows them.
    Quotes,
    /// It has a comparison that there is not.
    Unknown(String),
    /// A comparison of numbers, with what is none.
    NoNumber { operator: &'static str, value: String },
    /// A part that is empty.
    NoPart,
}

/// What a condition may be.
const GRAMMAR: &str = "write key=value, key!=value, key>1, key>=1, key<1, key<=1, key~part or key; \
                       a key or a value with other signs in it stands in quotes";

impl fmt::Display for NoCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoKey => f.write_str("it names no field; ")?,
            Self::Quotes => f.write_str("a key in quotes ends with one, and a comparison follows it; ")?,
            Self::Unknown(operator) => write!(f, "`{operator}` is no comparison; ")?,
            Self::NoNumber { operator, value } if value.is_empty() => {
                write!(f, "`{operator}` needs a number; ")?;
            }
            Self::NoNumber { operator, value } => {
                write!(f, "`{operator}` compares numbers, and {value} is none; ")?;
            }
            Self::NoPart => f.write_str("`~` needs a text; ")?,
        }
        f.write_str(GRAMMAR)
    }
}

impl std::error::Error for NoCondition {}

/// The signs of comparisons, each before those that it begins with.
const OPERATORS: [&str; 7] = ["!=", ">=", "<=", "=", ">", "<", "~"];

impl FromStr for FieldCondition {
    type Err = NoCondition;

    fn from_str(text: &str) -> Result<Self, NoCondition> {
        let (key, rest) = split_key(text)?;
        if key.is_empty() && !text.starts_with('"') {
            return Err(NoCondition::NoKey);
        }
        let Some(operator) = OPERATORS.into_iter().find(|operator| rest.starts_with(operator)) else {
            return Ok(Self { key, test: FieldTest::Present });
        };
        let value = &rest[operator.len()..];
        // As `==` and `=>`, which other languages have: a text that begins so is quoted.
        if let Some(sign) = value.chars().next().filter(|sign| "=<>~".contains(*sign)) {
            return Err(NoCondition::Unknown(format!("{operator}{sign}")));
        }
        // Spaces around a comparison are none of the value's.
        let value = if text[..text.len() - rest.len()].ends_with(' ') { value.trim() } else { value };
        let number = |comparison| {
            let wanted = WantedValue::new(value.trim());
            match wanted.float {
                Some(number) if !number.is_nan() => Ok(FieldTest::Compares(comparison, wanted)),
                _ => Err(NoCondition::NoNumber { operator, value: value.trim().into() }),
            }
        };
        let test = match operator {
            "=" => FieldTest::Is(WantedValue::new(value)),
            "!=" => FieldTest::IsNot(WantedValue::new(value)),
            ">" => number(Comparison::Greater)?,
            ">=" => number(Comparison::GreaterOrEqual)?,
            "<" => number(Comparison::Less)?,
            "<=" => number(Comparison::LessOrEqual)?,
            _ => match unquoted(value) {
                "" => return Err(NoCondition::NoPart),
                part => FieldTest::Contains(part.into()),
            },
        };
        Ok(Self { key, test })
    }
}

/// Takes the key off the front of a condition: up to its comparison, or in quotes.
fn split_key(text: &str) -> Result<(String, &str), NoCondition> {
    if let Some(quoted) = text.strip_prefix('"') {
        let (key, rest) = quoted.split_once('"').ok_or(NoCondition::Quotes)?;
        let rest = rest.trim_start();
        let is_compared = rest.is_empty() || OPERATORS.iter().any(|operator| rest.starts_with(operator));
        return if is_compared { Ok((key.into(), rest)) } else { Err(NoCondition::Quotes) };
    }
    let is_operator = |at: usize| OPERATORS.iter().any(|operator| text[at..].starts_with(operator));
    let end = text.char_indices().map(|(at, _)| at).find(|&at| is_operator(at)).unwrap_or(text.len());
    let (key, rest) = text.split_at(end);
    // `!` belongs to `!=` only: `!~` would be another key's part.
    if key.ends_with('!') && !rest.is_empty() {
        return Err(NoCondition::Unknown(format!("!{}", &rest[..1])));
    }
    Ok((key.trim_end().into(), rest))
}

/// Takes the quotes off a text that stands in some.
fn unquoted(text: &str) -> &str {
    text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text)
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

    /// Tells how a field's value lies to this number; not at all if it is none. A duration
    /// is its seconds.
    pub(crate) fn ordering_of(&self, value: &Value<'_>) -> Option<Ordering> {
        match *value {
            Value::I64(number) => self.ordering_of_integer(number.into()),
            Value::U64(number) => self.ordering_of_integer(number.into()),
            Value::I128(number) => self.ordering_of_integer(number.get()),
            Value::U128(number) => match i128::try_from(number.get()) {
                Ok(number) => self.ordering_of_integer(number),
                // No wanted integer is so large.
                Err(_) => (number.get() as f64).partial_cmp(&self.float?),
            },
            // As in the line: by its own digits.
            Value::F32(number) => number.partial_cmp(&self.text.parse().ok()?),
            Value::F64(number) => number.partial_cmp(&self.float?),
            Value::Duration(duration) => duration.as_secs_f64().partial_cmp(&self.float?),
            _ => None,
        }
    }

    fn ordering_of_integer(&self, number: i128) -> Option<Ordering> {
        match self.integer {
            Some(integer) => Some(number.cmp(&integer)),
            None => (number as f64).partial_cmp(&self.float?),
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

/// Tells whether a value's text has a part; that of a text itself, or that of the line.
pub(crate) fn has_part(value: &Value<'_>, part: &str) -> bool {
    match *value {
        Value::Str(text) => text.contains(part),
        _ => shown(value).contains(part),
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
mod tests;
