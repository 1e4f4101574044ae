//! For eyes on a terminal: aligned, in colour, the time of day only.
//!
//! Not meant to be parsed. What could do harm is escaped as in the text line;
//! a backtrace alone is shown over several lines, indented.

use super::cache::EncoderCache;
use super::encoder::{Encoder, LineForm};
#[cfg(feature = "alloc")]
use super::escape::put_bare_text;
use super::escape::{put_escaped, put_word};
use super::line::Line;
use super::render::put_line;
use super::text::{put_message, put_name, put_value};
use crate::level::LogLevel;
use crate::record::LogRecord;
use crate::util::output::Output;
use crate::value::Value;
use crate::value::field::key_bit;

/// Writes `10:12:00.123 INFO     app::orders  Application started  version=1.0.0`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pretty {
    colour: bool,
}

const RESET: &str = "\x1b[0m";
const DIM: &str = "\x1b[2m";
const CYAN: &str = "\x1b[36m";

impl Pretty {
    /// Makes one without colour.
    pub const fn new() -> Self {
        Self { colour: false }
    }

    /// Writes ANSI colours, or not.
    #[must_use]
    pub const fn colour(mut self, on: bool) -> Self {
        self.colour = on;
        self
    }

    fn paint(self, out: &mut Output<'_>, code: &str) {
        if self.colour {
            out.put(code.as_bytes());
        }
    }
}

const fn colour(level: LogLevel) -> &'static str {
    match level {
        LogLevel::Trace => "\x1b[2m",
        LogLevel::Debug => "\x1b[34m",
        LogLevel::Info => "\x1b[32m",
        LogLevel::Warning => "\x1b[33m",
        LogLevel::Error => "\x1b[31m",
        LogLevel::Critical => "\x1b[1;97;41m",
    }
}

/// The key whose text is shown as it was laid out.
const STACKTRACE: &str = "exception.stacktrace";

impl Encoder for Pretty {
    fn line_form(&self) -> Option<LineForm> {
        Some(LineForm::pretty(self.colour))
    }

    fn encode(&self, record: &LogRecord<'_>, cache: &mut EncoderCache, out: &mut Output<'_>) {
        self.paint(out, DIM);
        cache.second.put_time_of_day(record.timestamp, out);
        put_line(self, record, cache, out);
        // The space stands before the first field only.
        if out.since(0).last() == Some(&b' ') {
            out.rewind(out.position() - 1);
        }
        out.put_byte(b'\n');
        if has_stacktrace(record.mask())
            && let Some(Value::Str(text)) = record.field(STACKTRACE)
        {
            put_lines(text, out);
        }
    }
}

/// Tells whether a stacktrace may be among the keys of a mask.
fn has_stacktrace(mask: u64) -> bool {
    mask & const { key_bit(STACKTRACE.as_bytes()) } != 0
}

fn put_lines(text: &str, out: &mut Output<'_>) {
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.bytes().position(|byte| byte == b'\n').unwrap_or(rest.len());
        let (line, more) = rest.split_at(end);
        out.put(b"    ");
        put_escaped(out, line.strip_suffix("\r").unwrap_or(line));
        out.put_byte(b'\n');
        rest = more.get(1..).unwrap_or_default();
    }
}

impl Line for Pretty {
    fn put_head(&self, record: &LogRecord<'_>, out: &mut Output<'_>) {
        self.paint(out, RESET);
        out.put_byte(b' ');
        self.paint(out, colour(record.level));
        let name = record.level.name();
        out.put(name.as_bytes());
        self.paint(out, RESET);
        out.put(&b"         "[name.len()..]);
        self.paint(out, DIM);
        put_name(out, record.logger);
        self.paint(out, RESET);
        out.put(b"  ");
        put_message(out, record);
        out.put_byte(b' ');
    }

    fn put_key(&self, key: &str, out: &mut Output<'_>) {
        out.put_byte(b' ');
        self.paint(out, CYAN);
        put_word(out, key);
        self.paint(out, RESET);
        self.paint(out, DIM);
        out.put_byte(b'=');
        self.paint(out, RESET);
    }

    fn put_value(&self, value: &Value<'_>, out: &mut Output<'_>) {
        put_value(out, value);
    }

    #[cfg(feature = "alloc")]
    fn put_clean(&self, bytes: &[u8], out: &mut Output<'_>) -> bool {
        put_bare_text(out, bytes)
    }

    /// A backtrace is left for the end.
    fn put_field(&self, key: &str, value: &Value<'_>, out: &mut Output<'_>) {
        if key != STACKTRACE || !matches!(value, Value::Str(_)) {
            self.put_key(key, out);
            self.put_value(value, out);
        }
    }

    #[cfg(feature = "alloc")]
    fn is_constant(&self, record: &LogRecord<'_>) -> bool {
        !has_stacktrace(record.mask()) || !record.site_has(STACKTRACE)
    }
}
