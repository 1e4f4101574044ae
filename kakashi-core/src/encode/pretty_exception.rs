//! Exceptions in lines for people: type and message, and a line for each of the stacktrace's.

use super::background::Palette;
use super::columns::Columns;
use super::escape::put_escaped;
use super::line_above::PrettyScratch;
use super::number::put_u64;
use super::pretty_fields::put_readable;
use crate::record::LogRecord;
use crate::value::Value;
use crate::value::field::key_bit;

/// The keys of what is not written among the fields.
pub(super) const EXCEPTION: [&str; 3] = ["exception.type", "exception.message", "exception.stacktrace"];
pub(super) const EXCEPTION_MASK: u64 =
    key_bit(EXCEPTION[0].as_bytes()) | key_bit(EXCEPTION[1].as_bytes()) | key_bit(EXCEPTION[2].as_bytes());

const INDENT: usize = 4;

/// Appends type, message and stacktrace, if the record has any.
pub(super) fn put_exception(
    palette: &Palette,
    record: &LogRecord<'_>,
    scratch: &mut PrettyScratch,
    line: &mut Columns<'_, '_>,
) {
    let [name, message, trace] = EXCEPTION.map(|key| record.field(key));
    if name.is_some() || message.is_some() {
        line.set_indent(INDENT);
        line.break_line();
        line.put_colour(palette.exception);
        if let Some(name) = &name {
            put_lines(name, scratch, line);
        }
        if name.is_some() && message.is_some() {
            line.put_wrapped(": ");
        }
        line.put_colour(palette.reset);
        if let Some(message) = &message {
            put_lines(message, scratch, line);
        }
    }
    let Some(trace) = trace else { return };
    line.set_indent(INDENT + 2);
    line.break_line();
    let left_out = put_lines(&trace, scratch, line);
    if left_out > 0 {
        line.break_line();
        line.put_colour(palette.dim);
        line.put(scratch.text(|out| {
            out.put_byte(b'(');
            put_u64(out, left_out);
            out.put(b" frames of the runtime left out)");
        }));
        line.put_colour(palette.reset);
    }
}

/// Appends text that may have lines of its own, the frames of runtimes left out; tells how many.
fn put_lines(value: &Value<'_>, scratch: &mut PrettyScratch, line: &mut Columns<'_, '_>) -> u64 {
    let Value::Str(text) = *value else {
        line.put_wrapped(scratch.text(|out| put_readable(out, value)));
        return 0;
    };
    let (mut left_out, mut is_first) = (0, true);
    for text in text.lines() {
        if is_frame_of_runtime(text) {
            left_out += 1;
            continue;
        }
        if !core::mem::take(&mut is_first) {
            line.break_line();
        }
        line.put_wrapped(scratch.text(|out| put_escaped(out, text)));
    }
    left_out
}

/// Tells whether a line is a frame that a reader of a program's exception has no use for.
fn is_frame_of_runtime(line: &str) -> bool {
    line.trim_start().starts_with("at ")
        && (line.contains("(node:internal/")
            || line.contains(" node:internal/")
            || line.contains("/kakashi-wasm/"))
}
