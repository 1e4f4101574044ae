//! Values as a message has them, and whole messages, unescaped.

#[cfg(feature = "alloc")]
use alloc::string::String;
use core::fmt;

use super::json_value;
use super::number::write_plain;
use crate::codec::print;
#[cfg(feature = "alloc")]
use crate::record::template::{Rendered, fill, literal, pieces};
#[cfg(feature = "alloc")]
use crate::record::{LogRecord, Message};
use crate::value::{Value, scalar};

#[cfg(feature = "alloc")]
impl LogRecord<'_> {
    /// Returns its words with each placeholder's value in its place, neither quoted
    /// nor escaped.
    ///
    /// A record out of a [`Reader`](crate::wire::Reader) may name one large field thousands
    /// of times: of more than 16 MiB (of a small record: of more than 64 KiB and 256 times
    /// its size) the rest is left out, and a mark at the end says how many bytes it had.
    pub fn rendered_message(&self) -> String {
        let mut text = String::new();
        match self.message() {
            Message::Literal(words) => text.push_str(words),
            Message::Template(template) => pieces(template, self, &mut |piece| push(&mut text, piece)),
        }
        text
    }

    /// As [`rendered_message`](Self::rendered_message), cut at about so many bytes of words
    /// and values, in place of its own limit; also returns how many bytes were cut.
    pub fn rendered_message_within(&self, most_bytes: usize) -> (String, usize) {
        let mut text = String::new();
        let mut each = |piece: Rendered<'_>| push(&mut text, piece);
        let cut = match self.message() {
            Message::Literal(words) => literal(words, most_bytes, &mut each),
            Message::Template(template) => fill(template, self, most_bytes, &mut each),
        };
        (text, cut)
    }
}

#[cfg(feature = "alloc")]
fn push(text: &mut String, piece: Rendered<'_>) {
    match piece {
        Rendered::Text(piece) => text.push_str(piece),
        Rendered::Value(value) => {
            if write_shown(text, &value).is_err() {
                text.push('…');
            }
        }
    }
}

/// Writes a value as a message has it, unescaped.
pub(super) fn write_shown(out: &mut dyn fmt::Write, value: &Value<'_>) -> fmt::Result {
    show_known(out, value)
}

/// As [`write_shown`]; where the compiler knows the kind, only that kind's code is left.
#[inline(always)]
pub(super) fn show_known(mut out: &mut dyn fmt::Write, value: &Value<'_>) -> fmt::Result {
    match *value {
        Value::Str(text) => out.write_str(text),
        Value::Char(character) => out.write_char(character),
        Value::Display(_) | Value::Debug(_) | Value::Error(_) => print(out, value),
        Value::Bytes(bytes) => bytes.utf8_chunks().try_for_each(|chunk| {
            out.write_str(chunk.valid())?;
            chunk.invalid().iter().try_for_each(|_| out.write_char(char::REPLACEMENT_CHARACTER))
        }),
        Value::List(_) | Value::Map(_) => json_value::write_nested(out, value),
        Value::Composite(composite) => {
            json_value::describe(&mut out, composite, |out, value| {
                let _ = write_shown(out, value);
            });
            Ok(())
        }
        scalar!() => write_plain(out, value, false),
    }
}

/// Returns a value as a message has it.
#[cfg(feature = "serde")]
pub(crate) fn shown(value: &Value<'_>) -> String {
    let mut text = String::new();
    let _ = write_shown(&mut text, value);
    text
}
