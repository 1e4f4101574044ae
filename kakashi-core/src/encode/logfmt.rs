//! The logfmt line, as Loki's and Grafana's parsers take it.
//!
//! There is no standard; those two read what <https://github.com/go-logfmt/logfmt> reads, whose
//! rules hold here: a key has no space, no `=` and no `"`; a value with one of these, or an
//! empty one, is quoted, with JSON's escapes.

use core::fmt::{self, Write as _};

use super::cache::EncoderCache;
use super::encoder::{Encoder, LineForm};
#[cfg(feature = "alloc")]
use super::escape::put_bare_text;
use super::escape::{Escaper, Quoter, put_word};
use super::json_value::write_nested;
use super::line::Line;
use super::message::write_shown;
use super::render::put_line;
use super::text::{Text, put_name, put_value};
use crate::record::template::{Rendered, pieces};
use crate::record::{LogRecord, Message};
use crate::util::char_class::control_len;
use crate::util::output::Output;
use crate::value::Value;

/// Keys that a record has for itself.
const RESERVED: [&str; 4] = ["ts", "level", "logger", "msg"];
/// In the order of [`LogLevel::ALL`](crate::LogLevel::ALL); Grafana colours by these.
const LEVELS: [&str; 6] = ["trace", "debug", "info", "warning", "error", "critical"];

/// Writes `ts=… level=info logger=shop msg="Order accepted" id=1042`, one line a record.
///
/// Values are as in [`Text`], but that lists and maps are quoted, and that a byte which is not
/// part of UTF-8 is the four characters `\xNN`. In a key each byte of a space, a control, U+FFFD,
/// `=`, `"` and `%` is a `%` and two hex digits, and an empty key is `%`. A field whose key is
/// `ts`, `level`, `logger` or `msg`, or one of them followed by underscores, has one more `_`
/// after it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Logfmt;

impl Text {
    /// Makes the encoder of logfmt: see [`Logfmt`].
    pub const fn logfmt() -> Logfmt {
        Logfmt
    }
}

impl Encoder for Logfmt {
    fn line_form(&self) -> Option<LineForm> {
        Some(LineForm::LOGFMT)
    }

    fn encode(&self, record: &LogRecord<'_>, cache: &mut EncoderCache, out: &mut Output<'_>) {
        out.put_short(b"ts=");
        cache.second.put(record.timestamp, out);
        put_line(self, record, cache, out);
        out.put_byte(b'\n');
    }
}

impl Line for Logfmt {
    fn put_head(&self, record: &LogRecord<'_>, out: &mut Output<'_>) {
        out.put_short(b" level=");
        out.put_short(LEVELS[record.level.index()].as_bytes());
        out.put_short(b" logger=");
        put_name(out, record.logger);
        out.put_short(b" msg=");
        match record.message() {
            Message::Literal(text) => put_word(out, text),
            Message::Template(template) => {
                let mut quoter = Quoter::new(out, false);
                pieces(template, record, &mut |piece| match piece {
                    Rendered::Text(text) => quoter.push(text),
                    Rendered::Value(value) => {
                        if write_shown(&mut quoter, &value).is_err() {
                            quoter.push("…");
                        }
                    }
                });
                quoter.finish();
            }
        }
    }

    fn put_key(&self, key: &str, out: &mut Output<'_>) {
        out.put_byte(b' ');
        put_percent_encoded(key, out);
        if RESERVED.contains(&key.trim_end_matches('_')) {
            out.put_byte(b'_');
        }
        out.put_byte(b'=');
    }

    fn put_value(&self, value: &Value<'_>, out: &mut Output<'_>) {
        match *value {
            Value::List(_) | Value::Map(_) | Value::Composite(_) => {
                let mut structure = QuotedStructure { out, begun: false, quoted: false };
                // What fails here is a `Display` that gives up: it has been ended.
                let _ = write_nested(&mut structure, value);
                if structure.quoted {
                    structure.out.put_byte(b'"');
                }
            }
            Value::Bytes(bytes) => {
                let mut quoter = Quoter::new(out, false);
                for chunk in bytes.utf8_chunks() {
                    quoter.push(chunk.valid());
                    for byte in chunk.invalid() {
                        let _ = write!(quoter, "\\x{byte:02x}");
                    }
                }
                quoter.finish_value();
            }
            _ => put_value(out, value),
        }
    }

    #[cfg(feature = "alloc")]
    fn put_clean(&self, bytes: &[u8], out: &mut Output<'_>) -> bool {
        put_bare_text(out, bytes)
    }
}

fn put_percent_encoded(key: &str, out: &mut Output<'_>) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    if key.is_empty() {
        return out.put_byte(b'%');
    }
    let bytes = key.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        // The decoder takes U+FFFD in a key for a byte that is not UTF-8.
        let is_replacement = bytes[at..].starts_with("\u{fffd}".as_bytes());
        let control = if is_replacement { 3 } else { control_len(bytes, at) };
        if control == 0 && !matches!(byte, b' ' | b'=' | b'"' | b'%') {
            out.put_byte(byte);
        } else {
            for &byte in &bytes[at..at + control.max(1)] {
                out.put(&[b'%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
            }
        }
        at += control.max(1);
    }
}

/// JSON as a value: a list or a map in quotes, a string or a number as it is.
struct QuotedStructure<'o, 'b> {
    out: &'o mut Output<'b>,
    begun: bool,
    quoted: bool,
}

impl fmt::Write for QuotedStructure<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if !self.begun && !text.is_empty() {
            self.begun = true;
            self.quoted = text.starts_with(['[', '{']);
            if self.quoted {
                self.out.put_byte(b'"');
            }
        }
        if self.quoted { Escaper(self.out).write_str(text) } else { self.out.write_str(text) }
    }
}
