//! Values that must not be written, by the path of their keys.

use alloc::{boxed::Box, string::String, vec::Vec};

use crate::codec::{Items, Pairs, put_pair};
use crate::context::LogContext;
use crate::pipeline::card_number;
use crate::record::{LogRecord, Message};
use crate::util::output::written;
use crate::value::{Composite, REDACTED, Value, ValueSink};

/// Names values to be replaced by `[REDACTED]`.
///
/// A path is one key, or several with dots between, and is looked for at any depth: `password`
/// is a field of that name and the key `password` in any map below one;
/// `headers.authorization` is `authorization` directly below a `headers`, or a key with that
/// very name. So is what lies below one: all of a map, and `password.hash`. `*` in a key stands
/// for any characters: `*_token`, and `*.token` for a `token` below something. ASCII letters
/// match in any case. Lists are looked through: `cards.number` is each card's number, and
/// `cards[*].number` says the same.
///
/// It runs on the thread that logs, before any encoder, so that what is redacted reaches no
/// buffer: lists, maps and serde values are looked into, and a placeholder of a redacted field
/// is redacted. Text itself (a message, a string, what `Display` prints) is not, except for
/// [card numbers](Self::with_card_numbers).
///
/// ```
/// use kakashi_core::{LogContext, Redaction, fields};
///
/// let redaction = Redaction::new(["password", "*_token"]);
/// let context = LogContext::new().with_custom(fields![Password = "x", api_token = "y", passwords = 2]);
/// assert_eq!(
///     format!("{:?}", redaction.context(&context)),
///     r#"{"Password": Str("[REDACTED]"), "api_token": Str("[REDACTED]"), "passwords": U64(2)}"#
/// );
/// ```
#[derive(Clone, Debug, Default)]
pub struct Redaction {
    paths: Vec<Box<str>>,
    /// The bits of the last bytes of all that the paths may match.
    last_bytes: u64,
    /// A pointer, so that a program that does not ask for it does not hold its code.
    mask: Option<Mask>,
}

/// Returns the text of a value with parts of it replaced; none if there is nothing to replace.
type Mask = fn(&Value<'_>) -> Option<String>;

impl Redaction {
    /// Takes paths.
    pub fn new<P: AsRef<str>>(paths: impl IntoIterator<Item = P>) -> Self {
        let mut redaction = Self::default();
        paths.into_iter().for_each(|path| redaction.add(path.as_ref()));
        redaction
    }

    /// Replaces card numbers too, wherever they stand: in the text of any value, in messages
    /// that are given to functions, and integers.
    ///
    /// A card number is 13 to 19 digits, with single blanks or hyphens between them or none,
    /// that begin as an issuer's do (ISO/IEC 7812) and have the right check digit (Luhn). One
    /// of ten such numbers is no card's and is replaced all the same.
    ///
    /// ```
    /// use kakashi_core::{LogContext, Redaction, fields};
    ///
    /// let redaction = Redaction::default().with_card_numbers();
    /// let context = LogContext::new().with_custom(fields![note = "paid with 4111 1111 1111 1111, thanks"]);
    /// assert_eq!(
    ///     format!("{:?}", redaction.context(&context)),
    ///     r#"{"note": Str("paid with [REDACTED], thanks")}"#
    /// );
    /// ```
    #[must_use]
    pub fn with_card_numbers(mut self) -> Self {
        self.mask = Some(card_number::masked);
        self
    }

    /// Takes the paths of another, and keeps whether card numbers are replaced.
    pub(crate) fn set_paths(&mut self, other: Self) {
        *self = Self { mask: self.mask.or(other.mask), ..other };
    }

    /// Replaces card numbers from now on, or no longer.
    pub(crate) fn set_card_numbers(&mut self, replaces: bool) {
        self.mask = replaces.then_some(card_number::masked as Mask);
    }

    /// Takes out the paths that can match nothing, and hands them over.
    pub(crate) fn take_wrong(&mut self, wrong: &mut dyn FnMut(&str)) {
        if self.paths.iter().any(|path| is_wrong(path)) {
            let paths = core::mem::take(&mut self.paths);
            let (bad, good): (Vec<_>, Vec<_>) = paths.into_iter().partition(|path| is_wrong(path));
            bad.iter().for_each(|path| wrong(path));
            *self = Self { mask: self.mask, ..Self::new(good) };
        }
    }

    fn add(&mut self, path: &str) {
        self.last_bytes |= match without_star(path).as_bytes().last() {
            // Ends in anything.
            None | Some(b'*') => u64::MAX,
            Some(&byte) => byte_bit(byte),
        };
        self.paths.push(path.into());
    }

    /// Tells whether nothing is redacted.
    pub fn is_empty(&self) -> bool {
        self.paths.is_empty() && self.mask.is_none()
    }

    /// Tells whether a record of plain values must be looked at field by field.
    #[inline]
    pub(crate) fn may_touch(&self, record: &LogRecord<'_>) -> bool {
        !self.is_empty() && self.touches(record)
    }

    #[inline(never)]
    fn touches(&self, record: &LogRecord<'_>) -> bool {
        let mut touches = self.message(record).is_some();
        let mut look = |key: &str, value: &Value<'_>| {
            // The rest is the same only after a look at each key in it.
            touches = touches
                || matches!(value, Value::List(_) | Value::Map(_))
                || self.names(&Path { key, outer: None })
                || self.masked(value).is_some();
        };
        record.for_each_site_field(&mut look);
        record.for_each_extra(&mut look);
        touches
    }

    /// Returns what may be written for a record's message if that is not the message.
    pub(crate) fn message(&self, record: &LogRecord<'_>) -> Option<String> {
        match record.message() {
            Message::Literal(words) => self.masked(&Value::Str(words)),
            Message::Template(_) => None,
        }
    }

    fn masked(&self, value: &Value<'_>) -> Option<String> {
        self.mask.and_then(|mask| mask(value))
    }

    fn names(&self, path: &Path<'_>) -> bool {
        self.names_whole(path) || self.names_above(path)
    }

    /// Tells whether a part of a key with dots is named, below which the last one lies. By bytes:
    /// the standard library's searches are 0.4 KB of a page's download.
    #[inline(never)]
    fn names_above(&self, path: &Path<'_>) -> bool {
        let Path { key, outer } = *path;
        key.bytes().enumerate().any(|(at, byte)| {
            byte == b'.' && key.get(..at).is_some_and(|key| self.names_whole(&Path { key, outer }))
        })
    }

    fn names_whole(&self, path: &Path<'_>) -> bool {
        let last = path.key.as_bytes().last().map_or(u64::MAX, |&byte| byte_bit(byte));
        self.last_bytes & last != 0 && self.paths.iter().any(|pattern| path.ends_with(pattern))
    }

    /// Returns what may be written for a field whose value is in wire form.
    pub(crate) fn field<'a>(&'a self, key: &'a str, value: Value<'a>) -> Redacted<'a> {
        let path = Path { key, outer: None };
        if self.names(&path) {
            return Redacted::Whole(REDACTED);
        }
        match value {
            Value::List(_) | Value::Map(_) => Redacted::Inside(Inside { redaction: self, path, value }),
            _ => self.masked(&value).map_or(Redacted::Whole(value), Redacted::Masked),
        }
    }

    /// Makes a context in which what must not be written is replaced.
    pub fn context(&self, context: &LogContext) -> LogContext {
        if self.is_empty() {
            return context.clone();
        }
        let redacted = context.map_pairs(|pairs| {
            written(pairs.len(), &mut |out| {
                for (key, value) in Pairs::new(pairs) {
                    put_pair(out, key, &self.field(key, value).as_value());
                }
            })
        });
        // Encoders keep what they have made of a context.
        if redacted == *context { context.clone() } else { redacted }
    }
}

/// A key, and where it lies.
#[derive(Clone, Copy)]
struct Path<'a> {
    key: &'a str,
    outer: Option<&'a Self>,
}

impl Path<'_> {
    /// Tells whether it ends as a pattern says. A key with dots in it is several parts.
    fn ends_with(&self, pattern: &str) -> bool {
        let keys = core::iter::successors(Some(self), |path| path.outer);
        let mut parts = keys.flat_map(|path| path.key.rsplit('.'));
        pattern.rsplit('.').all(|part| parts.next().is_some_and(|key| fits(without_star(part), key)))
    }
}

/// Strips the `[*]` of a list's items.
fn without_star(part: &str) -> &str {
    part.strip_suffix("[*]").unwrap_or(part)
}

/// Tells whether a part of a key is as a pattern says, in which `*` stands for any bytes.
fn fits(pattern: &str, key: &str) -> bool {
    let (pattern, key) = (pattern.as_bytes(), key.as_bytes());
    let (mut at, mut key_at) = (0, 0);
    // Where the last `*` is, and how far it has been taken to reach.
    let mut star = None;
    while let Some(byte) = key.get(key_at) {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, key_at));
                at += 1;
            }
            Some(wanted) if wanted.eq_ignore_ascii_case(byte) => {
                at += 1;
                key_at += 1;
            }
            _ => {
                let Some((star_at, reached)) = star else { return false };
                star = Some((star_at, reached + 1));
                (at, key_at) = (star_at + 1, reached + 1);
            }
        }
    }
    pattern.get(at..).unwrap_or_default().iter().all(|&byte| byte == b'*')
}

/// Returns a bit for a byte, the same for a letter in both cases.
fn byte_bit(byte: u8) -> u64 {
    1 << (byte.to_ascii_lowercase() & 63)
}

/// Tells whether a path can match nothing: it has an empty part, blanks around one, an index, a
/// key in brackets and quotes, or a pattern of two `*` together, which would say no more than one.
fn is_wrong(path: &str) -> bool {
    let is_index = |inside: &str| inside.bytes().all(|byte| byte.is_ascii_digit());
    path.split('.').any(|part| {
        let part = without_star(part);
        let index = part.strip_suffix(']').and_then(|part| part.rsplit_once('['));
        part.is_empty()
            || part.trim() != part
            || part.contains("**")
            || part.contains("[\"")
            || part.contains("['")
            || index.is_some_and(|(_, inside)| is_index(inside))
    })
}

/// A value as it may be written.
pub(crate) enum Redacted<'a> {
    Whole(Value<'a>),
    Masked(String),
    Inside(Inside<'a>),
}

impl Redacted<'_> {
    pub(crate) fn as_value(&self) -> Value<'_> {
        match self {
            Self::Whole(value) => *value,
            Self::Masked(text) => Value::Str(text),
            Self::Inside(inside) => Value::Composite(inside),
        }
    }
}

/// A list or map in which something may be that must not be written.
pub(crate) struct Inside<'a> {
    redaction: &'a Redaction,
    path: Path<'a>,
    value: Value<'a>,
}

impl Composite for Inside<'_> {
    fn describe(&self, sink: &mut dyn ValueSink) {
        describe(self.redaction, &self.path, self.value, sink);
    }
}

fn describe(redaction: &Redaction, path: &Path<'_>, value: Value<'_>, sink: &mut dyn ValueSink) {
    match value {
        Value::List(items) => {
            sink.begin_list();
            Items::new(items).for_each(|item| describe(redaction, path, item, sink));
            sink.end_list();
        }
        Value::Map(pairs) => {
            sink.begin_map();
            for (key, value) in Pairs::new(pairs) {
                let path = Path { key, outer: Some(path) };
                sink.key(key);
                if redaction.names(&path) {
                    sink.value(REDACTED);
                } else {
                    describe(redaction, &path, value, sink);
                }
            }
            sink.end_map();
        }
        _ => match redaction.masked(&value) {
            Some(text) => sink.value(Value::Str(&text)),
            None => sink.value(value),
        },
    }
}

#[cfg(test)]
mod tests;
