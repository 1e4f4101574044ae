//! Message templates: `{key}` becomes the field's value.

use crate::record::LogRecord;
use crate::value::Value;

/// A piece of a rendered message.
pub(super) enum Piece<'a> {
    Text(&'a str),
    Value(Value<'a>),
}

/// Yields a template's pieces; a placeholder that names no field (which only a
/// foreign writer can produce) stays as it is written.
pub(super) fn pieces<'a>(template: &'a str, record: &LogRecord<'a>, each: &mut dyn FnMut(Piece<'a>)) {
    let mut rest = template;
    while let Some(brace) = rest.bytes().position(|byte| matches!(byte, b'{' | b'}')) {
        let (before, from) = rest.split_at(brace);
        each(Piece::Text(before));
        let bytes = from.as_bytes();
        if bytes.get(1) == bytes.first() {
            each(Piece::Text(&from[..1]));
            rest = &from[2..];
            continue;
        }
        let end = bytes.iter().position(|&byte| byte == b'}').unwrap_or(0);
        // An end at the front is a brace that closes nothing.
        let key = from.get(1..end);
        match key.and_then(|key| record.field(key)) {
            Some(value) => {
                each(Piece::Value(value));
                rest = &from[end + 1..];
            }
            None => {
                each(Piece::Text(&from[..1]));
                rest = &from[1..];
            }
        }
    }
    each(Piece::Text(rest));
}
