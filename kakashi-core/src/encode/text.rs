//! The text line; its grammar is in the [module above](crate::encode).

use super::cache::EncoderCache;
use super::encoder::{Encoder, LineForm};
#[cfg(feature = "alloc")]
use super::escape::put_bare_text;
use super::escape::{Quoter, put_message_text, put_quoted, put_value_text, put_word};
use super::json_value;
use super::line::Line;
use super::message::write_shown;
use super::number::{put_f64, put_i64, put_plain, put_u64};
use super::render::put_line;
#[cfg(any(test, target_os = "none"))]
use super::typed_call::CallPath;
use crate::clock::Timestamp;
use crate::codec::print;
use crate::level::LogLevel;
use crate::record::template::{Rendered, pieces};
use crate::record::{LogRecord, Message, Name};
use crate::stats::{DropReason, DropSums, Dropped};
use crate::util::output::Output;
#[cfg(any(test, target_os = "none"))]
use crate::value::arguments::Arguments;
use crate::value::{Value, scalar};

/// Writes `time LEVEL logger message key=value …`, one line a record.
#[derive(Clone, Copy, Debug, Default)]
pub struct Text;

impl Encoder for Text {
    fn line_form(&self) -> Option<LineForm> {
        Some(LineForm::TEXT)
    }

    #[inline]
    fn encode(&self, record: &LogRecord<'_>, cache: &mut EncoderCache, out: &mut Output<'_>) {
        cache.second.put(record.timestamp, out);
        put_line(self, record, cache, out);
        out.put_byte(b'\n');
    }

    #[cfg(any(test, target_os = "none"))]
    #[inline(always)]
    fn choose_path(&self, path: impl CallPath, arguments: &impl Arguments) {
        path.typed(self, arguments);
    }

    /// Without the code that makes a record of it: a device has few bytes for that.
    fn encode_dropped(
        &self,
        timestamp: Timestamp,
        dropped: &Dropped,
        cache: &mut EncoderCache,
        out: &mut Output<'_>,
    ) {
        cache.second.put(timestamp, out);
        put_drops(dropped, out);
    }
}

/// Appends what stands after the time.
#[inline(never)]
pub(super) fn put_drops(sums: &dyn DropSums, out: &mut Output<'_>) {
    out.put(b" WARNING kakashi Records were dropped dropped=");
    let total = (0..LogLevel::ALL.len()).fold(0_usize, |sum, at| sum.saturating_add(sums.of_level_at(at)));
    put_u64(out, total as u64);
    out.put(b" levels={");
    for (at, level) in LogLevel::ALL.iter().enumerate() {
        put_count(out, level.name(), sums.of_level_at(at));
    }
    out.put(b"} reasons={");
    for (at, reason) in DropReason::ALL.iter().enumerate() {
        put_count(out, reason.name(), sums.of_reason_at(at));
    }
    out.put(b"}\n");
}

#[cfg_attr(target_os = "none", inline(never))]
fn put_count(out: &mut Output<'_>, name: &str, count: usize) {
    if count > 0 {
        if !out.written().ends_with(b"{") {
            out.put_byte(b',');
        }
        out.put_byte(b'"');
        out.put(name.as_bytes());
        out.put(b"\":");
        put_u64(out, count as u64);
    }
}

impl Line for Text {
    fn put_head(&self, record: &LogRecord<'_>, out: &mut Output<'_>) {
        out.put_between(b' ', record.level.name().as_bytes(), b' ');
        put_name(out, record.logger);
        out.put_byte(b' ');
        put_message(out, record);
    }

    fn put_key(&self, key: &str, out: &mut Output<'_>) {
        out.put_byte(b' ');
        put_word(out, key);
        out.put_byte(b'=');
    }

    #[inline]
    fn put_value(&self, value: &Value<'_>, out: &mut Output<'_>) {
        put_value(out, value);
    }

    #[cfg(feature = "alloc")]
    #[inline]
    fn put_clean(&self, bytes: &[u8], out: &mut Output<'_>) -> bool {
        put_bare_text(out, bytes)
    }
}

#[inline]
pub(super) fn put_name(out: &mut Output<'_>, name: Name<'_>) {
    if name.is_plain() {
        out.put_short(name.text().as_bytes());
    } else {
        put_quoted(out, name.text());
    }
}

#[inline]
pub(super) fn put_message(out: &mut Output<'_>, record: &LogRecord<'_>) {
    if record.flags.message_is_plain() {
        return out.put_short(record.parts().message);
    }
    match record.message() {
        Message::Literal(text) => put_message_text(out, text),
        Message::Template(template) => {
            let mut quoter = Quoter::new(out, true);
            pieces(template, record, &mut |piece| push_piece(&mut quoter, piece));
            quoter.finish();
        }
    }
}

fn push_piece(quoter: &mut Quoter<'_, '_>, piece: Rendered<'_>) {
    match piece {
        Rendered::Text(text) => quoter.push(text),
        Rendered::Value(value) => {
            if write_shown(quoter, &value).is_err() {
                quoter.push("…");
            }
        }
    }
}

#[inline]
pub(super) fn put_value(out: &mut Output<'_>, value: &Value<'_>) {
    match *value {
        Value::U64(number) => put_u64(out, number),
        Value::I64(number) => put_i64(out, number),
        Value::Str(text) => put_value_text(out, text),
        Value::F64(number) if number.is_finite() => put_f64(out, number),
        _ => put_rare(out, value),
    }
}

#[inline(never)]
fn put_rare(out: &mut Output<'_>, value: &Value<'_>) {
    put_known(out, value);
}

/// As [`put_value`]; where the compiler knows the kind, only that kind's code is left.
#[inline(always)]
pub(super) fn put_known(out: &mut Output<'_>, value: &Value<'_>) {
    match *value {
        Value::Str(text) => put_value_text(out, text),
        Value::Bytes(bytes) => put_bytes(out, bytes),
        Value::Char(character) => put_value_text(out, character.encode_utf8(&mut [0; 4])),
        Value::List(_) | Value::Map(_) => {
            let _ = json_value::write_nested(out, value);
        }
        Value::Composite(composite) => json_value::describe(out, composite, put_value),
        Value::Display(_) | Value::Debug(_) | Value::Error(_) => put_printed(out, value),
        scalar!() => put_plain(out, value, false),
    }
}

#[cfg_attr(target_os = "none", inline(never))]
fn put_bytes(out: &mut Output<'_>, bytes: &[u8]) {
    let mut quoter = Quoter::new(out, false);
    for chunk in bytes.utf8_chunks() {
        quoter.push(chunk.valid());
        chunk.invalid().iter().for_each(|&byte| quoter.push_wild(byte));
    }
    quoter.finish_value();
}

#[cfg_attr(target_os = "none", inline(never))]
fn put_printed(out: &mut Output<'_>, value: &Value<'_>) {
    let mut quoter = Quoter::new(out, false);
    if print(&mut quoter, value).is_err() {
        quoter.push("…");
    }
    quoter.finish_value();
}
