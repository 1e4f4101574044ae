//! The JSON line; its rules are in the [module above](crate::encode).

use super::cache::EncoderCache;
use super::encoder::{Encoder, LineForm};
#[cfg(feature = "alloc")]
use super::escape::is_clean;
use super::escape::{Escaper, put_escaped};
use super::json_value::write_nested;
use super::line::Line;
use super::message::write_shown;
use super::number::{put_f64, put_i64, put_u64};
use super::render::put_line;
use crate::record::template::{Rendered, pieces};
use crate::record::{LogRecord, Message};
use crate::util::output::Output;
use crate::value::Value;

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
pub(super) fn put_message(out: &mut Output<'_>, record: &LogRecord<'_>) {
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
