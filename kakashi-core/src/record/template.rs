//! Message templates: `{key}` becomes the field's value.

use crate::record::LogRecord;
use crate::value::Value;

/// A piece of a template.
pub(crate) enum Piece<'a> {
    /// Text.
    Text(&'a str),
    /// The text between two braces, and all that follows the first brace.
    Key { key: &'a str, after_brace: &'a str },
}

/// Takes the next piece off a template's front.
pub(crate) fn next_piece<'a>(rest: &mut &'a str) -> Option<Piece<'a>> {
    let text = *rest;
    let Some(brace) = text.bytes().position(|byte| matches!(byte, b'{' | b'}')) else {
        *rest = "";
        return (!text.is_empty()).then_some(Piece::Text(text));
    };
    if brace > 0 {
        let (before, from) = text.split_at(brace);
        *rest = from;
        return Some(Piece::Text(before));
    }
    let bytes = text.as_bytes();
    let (brace, after_brace) = text.split_at(1);
    if bytes.get(1) == bytes.first() {
        *rest = text.get(2..).unwrap_or_default();
        return Some(Piece::Text(brace));
    }
    let end = bytes.iter().position(|&byte| byte == b'}').unwrap_or(0);
    // No text before the end: the brace closes nothing.
    match text.get(1..end) {
        Some(key) => {
            *rest = text.get(end + 1..).unwrap_or_default();
            Some(Piece::Key { key, after_brace })
        }
        None => {
            *rest = after_brace;
            Some(Piece::Text(brace))
        }
    }
}

/// A piece of a rendered message.
pub(crate) enum Rendered<'a> {
    Text(&'a str),
    Value(Value<'a>),
}

/// Yields a template's pieces; a placeholder that names no field (which only a
/// foreign writer can produce) stays as it is written.
pub(crate) fn pieces<'a>(template: &'a str, record: &LogRecord<'a>, each: &mut dyn FnMut(Rendered<'a>)) {
    let mut rest = template;
    while let Some(piece) = next_piece(&mut rest) {
        match piece {
            Piece::Text(text) => each(Rendered::Text(text)),
            Piece::Key { key, after_brace } => match record.field(key) {
                Some(value) => each(Rendered::Value(value)),
                None => {
                    each(Rendered::Text("{"));
                    rest = after_brace;
                }
            },
        }
    }
}
