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
pub(super) fn pieces<'a>(template: &'a str, record: &LogRecord<'a>, mut each: impl FnMut(Piece<'a>)) {
    let mut rest = template;
    while let Some(brace) = rest.find(['{', '}']) {
        let (before, from) = rest.split_at(brace);
        each(Piece::Text(before));
        let bytes = from.as_bytes();
        if bytes.len() > 1 && bytes[0] == bytes[1] {
            each(Piece::Text(&from[..1]));
            rest = &from[2..];
            continue;
        }
        let placeholder = from.strip_prefix('{').and_then(|inner| inner.split_once('}'));
        let value = placeholder.and_then(|(key, _)| record.field(key));
        match (placeholder, value) {
            (Some((_, after)), Some(value)) => {
                each(Piece::Value(value));
                rest = after;
            }
            _ => {
                each(Piece::Text(&from[..1]));
                rest = &from[1..];
            }
        }
    }
    each(Piece::Text(rest));
}
