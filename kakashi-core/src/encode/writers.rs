//! Writers for encoders and exporters of one's own: JSON strings, values, messages, and times.
//!
//! They are what kakashi's own encoders use, so that nobody has to write an escaper. Each comes
//! twice: as a function that appends to the [`Output`] of an encoder, and as something to
//! print, for any other text. None of them allocates.
//!
//! What they write is always valid JSON, on one line, without a character that could end a
//! line, control a terminal or change the reading order. NaN and infinities are strings, bytes
//! are base64, durations seconds, and what nests too deep or has no end is cut; the
//! [module above](crate::encode) has the rules.
//!
//! # Examples
//!
//! An encoder of one's own:
//!
//! ```
//! use kakashi_core::encode::writers::{put_json_message, put_json_string, put_json_value, put_timestamp};
//! use kakashi_core::{
//!     Encoder, EncoderCache, Field, LogLevel, LogRecord, Name, Output, Timestamp,
//! };
//!
//! /// Writes `{"ts":…,"severity":…,"msg":…,"attributes":{…}}`.
//! struct Nested;
//!
//! impl Encoder for Nested {
//!     fn encode(&self, record: &LogRecord<'_>, cache: &mut EncoderCache, out: &mut Output<'_>) {
//!         out.put(b"{\"ts\":\"");
//!         put_timestamp(out, cache, record.timestamp);
//!         out.put(b"\",\"severity\":");
//!         put_json_string(out, record.level.name());
//!         out.put(b",\"msg\":");
//!         put_json_message(out, record);
//!         out.put(b",\"attributes\":{");
//!         let mut is_first = true;
//!         record.for_each_field(|key, value| {
//!             if !std::mem::take(&mut is_first) {
//!                 out.put_byte(b',');
//!             }
//!             put_json_string(out, key);
//!             out.put_byte(b':');
//!             put_json_value(out, value);
//!         });
//!         out.put(b"}}\n");
//!     }
//! }
//!
//! let fields = [Field::new("path", &"C:\\temp"), Field::new("share", &0.5)];
//! let record = LogRecord::new(Timestamp::Wall(0), LogLevel::Info, Name::new("disk"), "Two\nlines");
//! let mut room = [0; 256];
//! let mut out = Output::new(&mut room);
//! Nested.encode(&record.with_fields(&fields), &mut EncoderCache::new(), &mut out);
//! assert_eq!(
//!     std::str::from_utf8(out.written()).unwrap(),
//!     r#"{"ts":"1970-01-01T00:00:00.000000Z","severity":"INFO","msg":"Two\nlines","attributes":{"path":"C:\\temp","share":0.5}}"#
//!         .to_owned() + "\n"
//! );
//! ```
//!
//! Any other text:
//!
//! ```
//! use kakashi_core::encode::writers::{AsJson, AsRfc3339};
//! use kakashi_core::{Timestamp, Value};
//!
//! let body = format!(
//!     "{{\"host\":{},\"load\":{},\"at\":\"{}\"}}",
//!     AsJson("web-1 \"eu\""),
//!     AsJson(&Value::F64(1.0)),
//!     AsRfc3339(Timestamp::Wall(0)),
//! );
//! assert_eq!(body, r#"{"host":"web-1 \"eu\"","load":1.0,"at":"1970-01-01T00:00:00.000000Z"}"#);
//! ```

use core::fmt::{self, Write as _};

use super::cache::EncoderCache;
use super::escape::{Escaper, put_escaped};
use super::json::put_message;
use super::json_value::write_nested;
use super::message::write_shown;
use super::time::SecondCache;
use crate::clock::Timestamp;
use crate::record::template::{Rendered, pieces};
use crate::record::{LogRecord, Message};
use crate::util::char_class::as_text;
use crate::util::output::Output;
use crate::value::Value;

/// The longest timestamp: of an uptime.
const MAX_TIME_LEN: usize = 32;

/// Appends text as a JSON string, with its quotes.
pub fn put_json_string(out: &mut Output<'_>, text: &str) {
    out.put_byte(b'"');
    put_escaped(out, text);
    out.put_byte(b'"');
}

/// Appends a value as JSON.
pub fn put_json_value(out: &mut Output<'_>, value: &Value<'_>) {
    // What fails here is a `Display` that gives up: it has been ended.
    let _ = write_nested(out, value);
}

/// Appends a record's message as a JSON string, with its placeholders filled in.
pub fn put_json_message(out: &mut Output<'_>, record: &LogRecord<'_>) {
    out.put_byte(b'"');
    put_message(out, record);
    out.put_byte(b'"');
}

/// Appends a time as in [all lines](crate::encode): RFC 3339 in UTC with microseconds, or
/// `+12.345678s` where a device knows only how long it has run. Nothing in it needs escaping.
/// The cache, which is the encoder's, saves the work of the same second's next record.
pub fn put_timestamp(out: &mut Output<'_>, cache: &mut EncoderCache, timestamp: Timestamp) {
    cache.second.put(timestamp, out);
}

/// Prints text as a JSON string, a value as JSON, or a record's message as a JSON string.
#[derive(Clone, Copy, Debug)]
pub struct AsJson<T>(pub T);

impl fmt::Display for AsJson<&str> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        Escaper(f).write_str(self.0)?;
        f.write_char('"')
    }
}

impl fmt::Display for AsJson<&Value<'_>> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_nested(f, self.0)
    }
}

impl fmt::Display for AsJson<&LogRecord<'_>> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        let mut result = Ok(());
        match self.0.message() {
            Message::Literal(text) => result = Escaper(f).write_str(text),
            Message::Template(template) => pieces(template, self.0, &mut |piece| {
                if result.is_ok() {
                    result = match piece {
                        Rendered::Text(text) => Escaper(f).write_str(text),
                        Rendered::Value(value) => {
                            write_shown(&mut Escaper(f), &value).or_else(|_| f.write_char('…'))
                        }
                    };
                }
            }),
        }
        result.and_then(|()| f.write_char('"'))
    }
}

/// Prints a time as [`put_timestamp`] writes it.
#[derive(Clone, Copy, Debug)]
pub struct AsRfc3339(pub Timestamp);

impl fmt::Display for AsRfc3339 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut room = [0; MAX_TIME_LEN];
        let mut out = Output::new(&mut room);
        SecondCache::default().put(self.0, &mut out);
        f.write_str(as_text(out.written()).unwrap_or_default())
    }
}

#[cfg(all(test, feature = "alloc"))]
mod tests {
    use super::*;
    use crate::encode::{Encoder as _, Json};
    use crate::level::LogLevel;
    use crate::record::{Name, Values};
    use crate::util::output::written;
    use crate::value::field::Field;

    const HOSTILE: [&str; 6] = ["", "a\"b\\c", "\u{1b}[2J\n\r\t\0", "\u{202e}\u{2028}\u{9b}", "ä€𝄞", "{x}{{"];

    fn text(bytes: alloc::vec::Vec<u8>) -> String {
        String::from_utf8(bytes).expect("what is written is UTF-8")
    }

    #[test]
    fn both_forms_write_what_the_json_encoder_writes() {
        for hostile in HOSTILE {
            let site = crate::__site!(LogLevel::Info, "A {x} b", ["x"]);
            let values = [Value::Str(hostile)];
            let bytes = crate::Bytes(hostile.as_bytes());
            let fields = [Field::new(hostile, &1.5), Field::new("bytes", &bytes)];
            let record =
                LogRecord::of_site(Timestamp::Wall(-1), Name::new(hostile), site, Values::Slice(&values))
                    .with_fields(&fields);
            let line =
                text(written(64, &mut |out| Json::new().encode(&record, &mut EncoderCache::new(), out)));
            let made = text(written(64, &mut |out| {
                out.put(b"{\"timestamp\":\"");
                put_timestamp(out, &mut EncoderCache::new(), record.timestamp);
                out.put(b"\",\"level\":\"INFO\",\"logger\":");
                put_json_string(out, hostile);
                out.put(b",\"message\":");
                put_json_message(out, &record);
                record.for_each_field(|key, value| {
                    out.put_byte(b',');
                    put_json_string(out, key);
                    out.put_byte(b':');
                    put_json_value(out, value);
                });
                out.put(b"}\n");
            }));
            assert_eq!(made, line);
            let mut printed = format!(
                "{{\"timestamp\":\"{}\",\"level\":\"INFO\",\"logger\":{},\"message\":{}",
                AsRfc3339(record.timestamp),
                AsJson(hostile),
                AsJson(&record)
            );
            record.for_each_field(|key, value| {
                let _ = write!(printed, ",{}:{}", AsJson(key), AsJson(value));
            });
            assert_eq!(printed + "}\n", line);
        }
    }

    #[test]
    fn every_timestamp_is_printed_whole() {
        for timestamp in [Timestamp::Uptime(u64::MAX), Timestamp::Wall(i64::MIN), Timestamp::Wall(i64::MAX)] {
            let expected =
                text(written(64, &mut |out| put_timestamp(out, &mut EncoderCache::new(), timestamp)));
            assert_eq!(AsRfc3339(timestamp).to_string(), expected);
        }
    }
}
