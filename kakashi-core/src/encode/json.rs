//! The JSON line; its rules are in the [module above](crate::encode).

use core::fmt::{self, Write as _};

use super::cache::EncoderCache;
#[cfg(feature = "alloc")]
use super::escape::is_clean;
use super::escape::{Escaper, put_escaped, write_base64};
use super::line::{Line, put_line};
use super::number::{put_f64, put_i64, put_plain, put_u64};
use super::text::write_shown;
use super::{Encoder, LineForm};
use crate::codec::composite::{self, Structure};
use crate::codec::{Items, Pairs, print};
use crate::record::template::{Rendered, pieces};
use crate::record::{LogRecord, Message};
use crate::util::char_class::as_text;
use crate::util::output::Output;
use crate::value::{Composite, Value};

/// Names that a JSON record has for itself.
const RESERVED: [&[u8]; 6] = [b"timestamp", b"level", b"logger", b"message", b"file", b"line"];

/// Tells whether a key is one of JSON's own, or one with underscores after it.
fn is_reserved(key: &[u8]) -> bool {
    let mut stem = key;
    while let [front @ .., b'_'] = stem {
        stem = front;
    }
    RESERVED.contains(&stem)
}

/// Writes one flat JSON object a record, one line each.
#[derive(Clone, Copy, Debug, Default)]
pub struct Json {
    location: bool,
}

impl Json {
    /// Makes one that leaves the source's place out.
    pub const fn new() -> Self {
        Self { location: false }
    }

    /// Writes `file` and `line` of records that know theirs, or not.
    #[must_use]
    pub const fn location(mut self, on: bool) -> Self {
        self.location = on;
        self
    }
}

impl Encoder for Json {
    fn line_form(&self) -> Option<LineForm> {
        Some(LineForm::json(self.location))
    }

    #[inline]
    fn encode(&self, record: &LogRecord<'_>, cache: &mut EncoderCache, out: &mut Output<'_>) {
        out.put_array(b"{\"timestamp\":\"");
        cache.second.put(record.timestamp, out);
        put_line(self, record, cache, out);
        out.put_short(b"}\n");
    }
}

impl Line for Json {
    fn put_head(&self, record: &LogRecord<'_>, out: &mut Output<'_>) {
        out.put_short(b"\",\"level\":\"");
        out.put_short(record.level.name().as_bytes());
        out.put_short(b"\",\"logger\":\"");
        put_escaped(out, record.logger.text());
        out.put_short(b"\",\"message\":\"");
        put_message(out, record);
        out.put_byte(b'"');
        if self.location {
            put_location(out, record);
        }
    }

    fn put_key(&self, key: &str, out: &mut Output<'_>) {
        out.put_short(b",\"");
        put_escaped(out, key);
        if is_reserved(key.as_bytes()) {
            out.put_byte(b'_');
        }
        out.put_short(b"\":");
    }

    #[inline]
    fn put_value(&self, value: &Value<'_>, out: &mut Output<'_>) {
        match *value {
            Value::U64(number) => put_u64(out, number),
            Value::I64(number) => put_i64(out, number),
            Value::Str(text) => {
                out.put_byte(b'"');
                put_escaped(out, text);
                out.put_byte(b'"');
            }
            Value::F64(number) if number.is_finite() => put_f64(out, number),
            _ => {
                // What fails here is a `Display` that gives up: it has been ended.
                let _ = write_nested(out, value);
            }
        }
    }

    #[cfg(feature = "alloc")]
    #[inline]
    fn put_clean(&self, bytes: &[u8], out: &mut Output<'_>) -> bool {
        let clean = is_clean(bytes);
        if clean {
            out.put_between(b'"', bytes, b'"');
        }
        clean
    }
}

fn put_location(out: &mut Output<'_>, record: &LogRecord<'_>) {
    if let Some(location) = record.location() {
        out.put_short(b",\"file\":\"");
        put_escaped(out, location.file);
        out.put_short(b"\",\"line\":");
        put_u64(out, u64::from(location.line));
    }
}

#[inline]
fn put_message(out: &mut Output<'_>, record: &LogRecord<'_>) {
    if record.flags.message_is_plain() {
        return out.put_short(record.parts().message);
    }
    match record.message() {
        Message::Literal(text) => put_escaped(out, text),
        Message::Template(template) => pieces(template, record, &mut |piece| match piece {
            Rendered::Text(text) => put_escaped(out, text),
            Rendered::Value(value) => {
                if write_shown(&mut Escaper(out), &value).is_err() {
                    out.put("…".as_bytes());
                }
            }
        }),
    }
}

/// Writes a value as compact JSON.
#[inline(never)]
pub(super) fn write_nested(mut out: &mut dyn fmt::Write, value: &Value<'_>) -> fmt::Result {
    match *value {
        Value::List(items) => {
            out.write_char('[')?;
            for (at, item) in Items::new(items).enumerate() {
                if at > 0 {
                    out.write_char(',')?;
                }
                write_nested(out, &item)?;
            }
            out.write_char(']')
        }
        Value::Map(pairs) => {
            out.write_char('{')?;
            for (at, (key, value)) in Pairs::new(pairs).enumerate() {
                if at > 0 {
                    out.write_char(',')?;
                }
                write_string(out, key)?;
                out.write_char(':')?;
                write_nested(out, &value)?;
            }
            out.write_char('}')
        }
        Value::Composite(composite) => {
            describe(&mut out, composite, |out, value| {
                let _ = write_nested(out, value);
            });
            Ok(())
        }
        Value::Str(text) => write_string(out, text),
        Value::Char(character) => write_string(out, character.encode_utf8(&mut [0; 4])),
        Value::Bytes(bytes) => {
            out.write_char('"')?;
            write_base64(out, bytes)?;
            out.write_char('"')
        }
        Value::Display(_) | Value::Debug(_) | Value::Error(_) => write_printed(out, value),
        _ => {
            let mut room = [0; 64];
            let mut digits = Output::new(&mut room);
            put_plain(&mut digits, value, true);
            out.write_str(as_text(digits.written()).unwrap_or_default())
        }
    }
}

fn write_string(out: &mut dyn fmt::Write, text: &str) -> fmt::Result {
    out.write_char('"')?;
    Escaper(out).write_str(text)?;
    out.write_char('"')
}

fn write_printed(out: &mut dyn fmt::Write, value: &Value<'_>) -> fmt::Result {
    out.write_char('"')?;
    if print(&mut Escaper(out), value).is_err() {
        out.write_str("…")?;
    }
    out.write_char('"')
}

/// Writes what a composite describes: lists and maps as compact JSON, a value
/// that is neither by `put_scalar`.
pub(super) fn describe<W: fmt::Write>(
    out: &mut W,
    composite: &dyn Composite,
    put_scalar: impl FnMut(&mut W, &Value<'_>),
) {
    composite::describe(composite, &mut Nested { out, put_scalar, depth: 0, begun: 0 });
}

struct Nested<'w, W, F> {
    out: &'w mut W,
    put_scalar: F,
    depth: usize,
    /// A bit for each depth: it has an item already.
    begun: u32,
}

impl<W: fmt::Write, F> Nested<'_, W, F> {
    fn separate(&mut self, depth: usize) {
        let bit = 1 << depth;
        if self.begun & bit != 0 {
            let _ = self.out.write_char(',');
        }
        self.begun |= bit;
    }
}

impl<W: fmt::Write, F: FnMut(&mut W, &Value<'_>)> Structure for Nested<'_, W, F> {
    fn scalar(&mut self, value: &Value<'_>) {
        if self.depth == 0 {
            (self.put_scalar)(self.out, value);
        } else {
            let _ = write_nested(self.out, value);
        }
    }

    fn begin(&mut self, map: bool, depth: usize) {
        self.depth += 1;
        self.begun &= !(1 << depth);
        let _ = self.out.write_char(if map { '{' } else { '[' });
    }

    fn item(&mut self, depth: usize) {
        self.separate(depth);
    }

    fn key(&mut self, key: &str, depth: usize) {
        self.separate(depth);
        let _ = write_string(self.out, key);
        let _ = self.out.write_char(':');
    }

    fn end(&mut self, map: bool, _depth: usize) {
        self.depth -= 1;
        let _ = self.out.write_char(if map { '}' } else { ']' });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_json_keeps_are_reserved_with_any_underscores() {
        assert!(is_reserved(b"message"));
        assert!(is_reserved(b"level__"));
        assert!(!is_reserved(b"messages"));
        assert!(!is_reserved(b"_"));
        assert!(!is_reserved(b""));
    }
}
