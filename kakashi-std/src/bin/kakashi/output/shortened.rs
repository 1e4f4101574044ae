//! A record whose line is too long, cut where that leaves a whole line: in its message and
//! in its values, so that JSON stays JSON.

use kakashi_core::Name;
use kakashi_std::{Field, LogRecord, Value};

/// What a line has besides its texts and fields: time, level, marks.
const FRAME: usize = 512;
/// What a field has besides its key and value, in colour too.
const FIELD_FRAME: usize = 40;
/// The longest mark, and the quotes around a value.
const MARK: usize = 64;

/// The parts of a record that fit into a line.
pub(super) struct Shortened<'a> {
    logger: String,
    message: String,
    fields: Vec<(&'a str, Value<'a>)>,
    /// The last field if it is a text that was cut.
    cut_text: Option<(&'a str, String)>,
    /// How many bytes were cut.
    pub(super) cut: usize,
}

impl<'a> Shortened<'a> {
    /// Takes what fits into `most` bytes: the message, but fields may have half of it, then
    /// fields in their order.
    pub(super) fn new(record: &LogRecord<'a>, most: usize) -> Self {
        let mut left = most.saturating_sub(FRAME);
        let mut cut = 0;
        let logger = shorten(record.logger.text(), left / 16, &mut cut);
        left -= text_cost(logger.as_bytes()).min(left);
        let mut wanted = 0_usize;
        record.for_each_field(|key, value| wanted = wanted.saturating_add(field_cost(key, value)));
        let for_message = left - wanted.min(left / 2);
        let (whole, cut_of_it) = record.rendered_message_within(for_message);
        cut += cut_of_it;
        let mut message = shorten(&whole, for_message, &mut cut);
        left -= text_cost(message.as_bytes()).min(left);

        let (mut fields, mut cut_text) = (Vec::new(), None);
        let (mut lost, mut lost_bytes) = (0_usize, 0);
        record.for_each_field(|key, value| {
            if lost == 0 && cut_text.is_none() {
                let cost = field_cost(key, value);
                if cost <= left {
                    left -= cost;
                    return fields.push((key, *value));
                }
                let frame = field_cost(key, &Value::Str(""));
                if let Value::Str(text) = *value
                    && frame + 2 * MARK < left
                {
                    cut_text = Some((key, shorten(text, left - frame, &mut cut)));
                    return;
                }
            }
            lost += 1;
            lost_bytes += key.len() + value_len(value);
        });
        if lost > 0 {
            let s = if lost == 1 { "" } else { "s" };
            message.push_str(&format!("… ({lost} field{s} of {lost_bytes} bytes cut)"));
            cut += lost_bytes;
        }
        Self { logger, message, fields, cut_text, cut }
    }

    /// Hands over the record.
    pub(super) fn with<R>(&self, record: &LogRecord<'_>, then: impl FnOnce(&LogRecord<'_>) -> R) -> R {
        let text = self.cut_text.iter().map(|(key, text)| Field { key, value: Value::Str(text) });
        let fields: Vec<Field<'_>> =
            self.fields.iter().map(|&(key, value)| Field { key, value }).chain(text).collect();
        let logger = Name::new(&self.logger);
        let mut short = LogRecord::new(record.timestamp, record.level, logger, &self.message);
        short.sequence = record.sequence;
        then(&short.with_fields(&fields))
    }
}

/// Cuts a text that costs more than `most`, and marks it.
fn shorten(text: &str, most: usize, cut: &mut usize) -> String {
    if text_cost(text.as_bytes()) <= most {
        return text.into();
    }
    let (mut cost, mut len) = (MARK, 0);
    for (at, character) in text.char_indices() {
        let end = at + character.len_utf8();
        cost += text_cost(&text.as_bytes()[at..end]);
        if cost > most {
            break;
        }
        len = end;
    }
    *cut += text.len() - len;
    format!("{}… ({} bytes cut)", &text[..len], text.len() - len)
}

/// Returns how many bytes a text takes in a line, or a few more.
fn text_cost(text: &[u8]) -> usize {
    text.iter().map(|&byte| byte_cost(byte)).sum()
}

const fn byte_cost(byte: u8) -> usize {
    match byte {
        0..=0x1f | 0x7f => 6,
        b'"' | b'\\' => 2,
        // The first bytes of characters that may be escaped as `\u` and four digits.
        0xc2 | 0xd8 => 5,
        0xe2 => 4,
        _ => 1,
    }
}

/// Returns how many bytes a field takes in a line, or more.
fn field_cost(key: &str, value: &Value<'_>) -> usize {
    FIELD_FRAME + text_cost(key.as_bytes()) + value_cost(value)
}

/// Returns how many bytes a value takes in a line, or more.
fn value_cost(value: &Value<'_>) -> usize {
    match *value {
        Value::Str(text) => text_cost(text.as_bytes()),
        // A byte that belongs to no character is `\x` and two digits.
        Value::Bytes(bytes) => {
            bytes.iter().map(|&byte| byte_cost(byte).max(if byte < 0x80 { 2 } else { 4 })).sum()
        }
        // `false` and a comma are one byte in a list.
        Value::List(bytes) | Value::Map(bytes) => 8 * bytes.len() + 8,
        Value::Composite(_) | Value::Display(_) | Value::Debug(_) | Value::Error(_) => usize::MAX / 2,
        _ => 48,
    }
}

fn value_len(value: &Value<'_>) -> usize {
    match *value {
        Value::Str(text) => text.len(),
        Value::Bytes(bytes) | Value::List(bytes) | Value::Map(bytes) => bytes.len(),
        _ => 8,
    }
}
