//! Fields in lines for people, those of a context that repeats the line above folded.

use super::background::Palette;
use super::columns::{Columns, columns_of};
use super::human_duration::put_human_duration;
use super::line_above::LineAbove;
use super::text::put_value;
use crate::util::output::Output;
use crate::value::Value;

/// What ends a key and a field of a rendered context: nothing that is escaped has them.
pub(super) const KEY_END: char = '\0';
pub(super) const FIELD_END: char = '\u{1}';

/// Appends a field.
pub(super) fn put_field(
    palette: &Palette,
    key: &str,
    value: &str,
    is_first: &mut bool,
    line: &mut Columns<'_, '_>,
) {
    let spaces = if core::mem::take(is_first) { 2 } else { 1 };
    line.part(spaces, columns_of(key) + 1 + columns_of(value));
    line.put_colour(palette.key);
    line.put_wrapped(key);
    line.put_colour(palette.reset);
    line.put_colour(palette.dim);
    line.put_wrapped("=");
    line.put_colour(palette.reset);
    line.put_wrapped(value);
}

/// Appends the fields of the context; tells whether they were folded.
pub(super) fn put_context(
    palette: &Palette,
    context: &str,
    above: Option<&LineAbove>,
    is_first: &mut bool,
    line: &mut Columns<'_, '_>,
) -> bool {
    let fields = || context.split_terminator(FIELD_END).filter_map(|field| field.split_once(KEY_END));
    let folds = above.is_some_and(|above| above.repeats(context)) && fields().nth(1).is_some();
    if !folds {
        fields().for_each(|(key, value)| put_field(palette, key, value, is_first, line));
        return false;
    }
    let named = |name: &str| fields().find(|(key, _)| *key == name);
    if let Some((key, value)) = named("request_id").or_else(|| named("trace_id")).or_else(|| fields().next())
    {
        put_field(palette, key, value, is_first, line);
    }
    line.part(1, 1);
    line.put_colour(palette.dim);
    line.put("⋮");
    line.put_colour(palette.reset);
    true
}

/// As the text line has a value, but for durations.
pub(super) fn put_readable(out: &mut Output<'_>, value: &Value<'_>) {
    match *value {
        Value::Duration(duration) => put_human_duration(out, duration),
        _ => put_value(out, value),
    }
}
