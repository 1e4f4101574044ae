//! For eyes on a terminal: aligned, in colour, the time of day only.
//!
//! Not meant to be parsed. What could do harm is escaped as in the text line;
//! a backtrace alone is shown over several lines, indented.

use core::fmt::Write as _;

use super::cache::EncoderCache;
use super::escape::put_word;
use super::text::{put_message, put_name, put_value};
use super::{Encoder, LineForm};
use crate::level::LogLevel;
use crate::output::Output;
use crate::record::LogRecord;
use crate::value::Value;

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

    fn put_field(self, out: &mut Output<'_>, key: &str, value: &Value<'_>) {
        out.put_byte(b' ');
        self.paint(out, CYAN);
        put_word(out, key);
        self.paint(out, RESET);
        self.paint(out, DIM);
        out.put_byte(b'=');
        self.paint(out, RESET);
        put_value(out, value);
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
        let mut stacktrace = None;
        record.for_each_field(|key, value| match *value {
            Value::Str(text) if key == STACKTRACE => stacktrace = Some(text),
            _ => self.put_field(out, key, value),
        });
        // The space stands before the first field only.
        if out.since(0).last() == Some(&b' ') {
            out.rewind(out.position() - 1);
        }
        out.put_byte(b'\n');
        for line in stacktrace.unwrap_or_default().lines() {
            out.put(b"    ");
            let _ = super::escape::Escaper(out).write_str(line);
            out.put_byte(b'\n');
        }
    }
}
