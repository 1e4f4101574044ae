//! Message templates: `{key}` becomes the field's value.

#[cfg(feature = "alloc")]
use super::record_fields::RecordFields;
use crate::record::LogRecord;
use crate::value::Value;

/// A piece of a template.
#[cfg(any(test, not(all(feature = "alloc", target_family = "wasm"))))]
pub(crate) enum Piece<'a> {
    /// Text.
    Text(&'a str),
    /// The text between two braces, and all that follows the first brace.
    Key { key: &'a str, after_brace: &'a str },
}

/// Takes the next piece off a template's front.
#[cfg(any(test, not(all(feature = "alloc", target_family = "wasm"))))]
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
#[derive(Clone, Copy)]
pub(crate) enum Rendered<'a> {
    Text(&'a str),
    Value(Value<'a>),
}

/// The most bytes of values and words that a message has; of a record from outside only.
#[cfg(feature = "alloc")]
pub(crate) const MAX_MESSAGE: usize = 16 << 20;

/// Up to so many braces each placeholder is looked for by itself.
#[cfg(all(feature = "alloc", not(target_family = "wasm")))]
const FEW: usize = 8;

/// Yields a template's pieces; a placeholder that names no field (which only a
/// foreign writer can produce) stays as it is written.
#[cfg(not(all(feature = "alloc", target_family = "wasm")))]
pub(crate) fn pieces<'a>(template: &'a str, record: &LogRecord<'a>, each: &mut dyn FnMut(Rendered<'a>)) {
    // The compiler has checked the templates of this program.
    #[cfg(feature = "alloc")]
    if record.site_address == 0 && template.bytes().filter(|&byte| byte == b'{').nth(FEW).is_some() {
        let _ = fill(template, record, most_work(record), each);
        return;
    }
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

/// The same, in less code, for a page downloads it: the bytes of the fields that each
/// placeholder is looked for among count as bytes of the message.
#[cfg(all(feature = "alloc", any(test, target_family = "wasm")))]
pub(crate) fn pieces_in_less_code<'a>(
    template: &'a str,
    record: &LogRecord<'a>,
    each: &mut dyn FnMut(Rendered<'a>),
) {
    let mut left = if record.site_address == 0 { most_work(record) } else { usize::MAX };
    let look = record.raw_len().saturating_sub(template.len());
    let bytes = template.as_bytes();
    let (mut at, mut close) = (0, 0);
    while let Some(rest) = template.get(at..).filter(|rest| !rest.is_empty()) {
        let brace = rest.bytes().position(|byte| matches!(byte, b'{' | b'}')).unwrap_or(rest.len());
        if brace > 0 {
            each(Rendered::Text(rest.get(..brace).unwrap_or_default()));
            at += brace;
            continue;
        }
        let rest = rest.as_bytes();
        let is_open = rest.first() == Some(&b'{');
        let is_double = rest.get(1) == rest.first();
        at += 1;
        if is_open && !is_double {
            if close < at {
                let found = rest.iter().position(|&byte| byte == b'}');
                close = found.map_or(bytes.len(), |found| at - 1 + found);
            }
            if close < bytes.len() {
                let value = record.field(template.get(at..close).unwrap_or_default()).map(Rendered::Value);
                let spent = look.saturating_add(value.as_ref().map_or(0, Rendered::len));
                let Some(rest) = left.checked_sub(spent) else {
                    each(Rendered::Text("… ("));
                    each(Rendered::Value(Value::U64((bytes.len() - at + 1) as u64)));
                    return each(Rendered::Text(" bytes cut)"));
                };
                left = rest;
                if let Some(value) = value {
                    each(value);
                    at = close + 1;
                    continue;
                }
            }
        }
        each(Rendered::Text(if is_open { "{" } else { "}" }));
        at += usize::from(is_double);
    }
}

#[cfg(all(feature = "alloc", target_family = "wasm"))]
pub(crate) use self::pieces_in_less_code as pieces;

/// Returns how many bytes of values and words a message of a record from outside may have.
/// One of many large values is long; of a small record it is no attack's.
#[cfg(feature = "alloc")]
fn most_work(record: &LogRecord<'_>) -> usize {
    MAX_MESSAGE.min(record.raw_len().saturating_mul(256).saturating_add(64 << 10))
}

/// As [`pieces`], in steps that grow with the template's and the fields' bytes only, and at
/// most so many bytes of values and words; then a mark says how many more there were.
#[cfg(feature = "alloc")]
pub(crate) fn fill<'a>(
    template: &'a str,
    record: &LogRecord<'a>,
    most: usize,
    each: &mut dyn FnMut(Rendered<'a>),
) -> usize {
    let keys = RecordFields::of(record);
    let mut out = Filled::new(each, most);
    let mut rest = template;
    loop {
        let Some(close) = rest.bytes().position(|byte| byte == b'}') else {
            out.words(rest);
            break;
        };
        let (before, after) =
            (rest.get(..close).unwrap_or_default(), rest.get(close + 1..).unwrap_or_default());
        rest = after;
        match field_at_end(before, &keys) {
            Some((open, value)) => {
                out.words(before.get(..open).unwrap_or_default());
                out.piece(Rendered::Value(value));
            }
            None => {
                out.words(before);
                out.piece(Rendered::Text("}"));
                rest = after.strip_prefix('}').unwrap_or(after);
            }
        }
    }
    out.finish()
}

/// Hands on text that means itself, at most so many bytes.
#[cfg(feature = "alloc")]
pub(crate) fn literal<'a>(text: &'a str, most: usize, each: &mut dyn FnMut(Rendered<'a>)) -> usize {
    let mut out = Filled::new(each, most);
    out.piece(Rendered::Text(text));
    out.finish()
}

/// Finds the first brace of a text from which on its rest is a field's key. Of several
/// braces in a row those that stand in pairs mean a brace.
#[cfg(feature = "alloc")]
fn field_at_end<'a>(text: &str, keys: &RecordFields<'a>) -> Option<(usize, Value<'a>)> {
    let bytes = text.as_bytes();
    let (mut range, mut found) = (keys.ends(), None);
    // Backwards, with all keys that end as the text does from here.
    for (depth, (at, &byte)) in bytes.iter().enumerate().rev().enumerate() {
        if byte == b'{' && bytes.get(at + 1) != Some(&b'{') {
            let in_a_row = bytes[..at].iter().rev().take_while(|&&byte| byte == b'{').count();
            if in_a_row % 2 == 0
                && let Some(value) = keys.value(&range, depth)
            {
                found = Some((at, value));
            }
        }
        range = keys.narrow(range, depth, byte);
        if range.is_empty() {
            break;
        }
    }
    found
}

/// Hands on pieces until there are too many bytes of them.
#[cfg(feature = "alloc")]
struct Filled<'e, 'a> {
    each: &'e mut dyn FnMut(Rendered<'a>),
    left: usize,
    cut: usize,
}

#[cfg(feature = "alloc")]
impl<'e, 'a> Filled<'e, 'a> {
    fn new(each: &'e mut dyn FnMut(Rendered<'a>), most: usize) -> Self {
        Self { each, left: most, cut: 0 }
    }

    /// Says how much was cut, if anything was, and returns it.
    fn finish(self) -> usize {
        if self.cut > 0 {
            (self.each)(Rendered::Text("… ("));
            (self.each)(Rendered::Value(Value::U64(self.cut as u64)));
            (self.each)(Rendered::Text(" bytes cut)"));
        }
        self.cut
    }

    /// Hands on text in which two braces mean one.
    fn words(&mut self, text: &'a str) {
        let mut rest = text;
        while let Some(at) = rest.as_bytes().windows(2).position(|pair| pair == b"{{") {
            self.piece(Rendered::Text(rest.get(..=at).unwrap_or_default()));
            rest = rest.get(at + 2..).unwrap_or_default();
        }
        self.piece(Rendered::Text(rest));
    }

    fn piece(&mut self, piece: Rendered<'a>) {
        let len = piece.len();
        if len <= self.left && self.cut == 0 {
            self.left -= len;
            return (self.each)(piece);
        }
        let mut kept = 0;
        if let (0, Rendered::Text(text) | Rendered::Value(Value::Str(text))) = (self.cut, piece) {
            kept = (0..=self.left).rev().find(|&len| text.is_char_boundary(len)).unwrap_or_default();
            (self.each)(Rendered::Text(text.get(..kept).unwrap_or_default()));
        }
        self.cut += len - kept;
    }
}

#[cfg(feature = "alloc")]
impl Rendered<'_> {
    /// Returns how many bytes it has, about: those of a number are few.
    fn len(&self) -> usize {
        match *self {
            Self::Text(text) | Self::Value(Value::Str(text)) => text.len(),
            Self::Value(Value::Bytes(bytes) | Value::List(bytes) | Value::Map(bytes)) => bytes.len(),
            Self::Value(_) => 8,
        }
    }
}

#[cfg(all(test, feature = "alloc"))]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::clock::Timestamp;
    use crate::level::LogLevel;
    use crate::record::Name;
    use crate::value::field::Field;

    fn record<'a>(fields: &'a [Field<'a>]) -> LogRecord<'a> {
        LogRecord::new(Timestamp::Wall(0), LogLevel::Info, Name::new("t"), "").with_fields(fields)
    }

    fn shown(run: impl FnOnce(&mut dyn FnMut(Rendered<'_>))) -> String {
        let mut text = String::new();
        run(&mut |piece| match piece {
            Rendered::Text(piece) => text.push_str(piece),
            Rendered::Value(value) => text.push_str(&format!("<{value:?}>")),
        });
        text
    }

    proptest! {
        #[test]
        fn an_index_and_less_code_find_the_placeholders_that_a_look_at_each_finds(
            template in "[{}ab]{0,24}",
            keys in proptest::collection::vec("[{ab]{0,5}", 0..12),
        ) {
            let fields: Vec<_> =
                keys.iter().enumerate().map(|(at, key)| Field { key, value: Value::U64(at as u64) }).collect();
            let record = record(&fields);
            let direct = shown(|each| {
                let mut rest = template.as_str();
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
            });
            let indexed = shown(|each| _ = fill(&template, &record, usize::MAX, each));
            prop_assert_eq!(&indexed, &direct);
            prop_assert_eq!(shown(|each| pieces_in_less_code(&template, &record, each)), direct);
        }
    }

    #[test]
    fn a_message_that_is_too_long_ends_with_how_much_was_cut() {
        let fields = [Field::new("a", "0123456789"), Field::new("n", &7)];
        let record = record(&fields);
        for (most, expected) in [
            (40, "<{a}> 7|<0123456789>|<0123456789>"),
            (29, "<{a}> 7|<0123456789>|<… (11 bytes cut)"),
            (33, "<{a}> 7|<0123456789>|<0123… (7 bytes cut)"),
            (0, "… (40 bytes cut)"),
        ] {
            let mut text = String::new();
            fill("<{{a}}> {n}|<{a}>|<{a}>", &record, most, &mut |piece| match piece {
                Rendered::Text(piece) | Rendered::Value(Value::Str(piece)) => text.push_str(piece),
                Rendered::Value(Value::I64(number)) => text.push_str(&number.to_string()),
                Rendered::Value(Value::U64(number)) => text.push_str(&number.to_string()),
                Rendered::Value(value) => panic!("{value:?}"),
            });
            assert_eq!(text, expected, "{most}");
        }
    }
}
