//! Values that must not be written, by the exact path of their keys.

use alloc::{boxed::Box, string::String, vec::Vec};

use crate::codec::{Items, Pairs, put_pair};
use crate::context::LogContext;
use crate::util::output::written;
use crate::value::field::key_bit;
use crate::value::{Composite, Value, ValueSink};

/// What stands in place of a value.
const REDACTED: Value<'static> = Value::Str("[REDACTED]");

/// Names values to be replaced by `[REDACTED]`.
///
/// A path is the keys from a field down, with dots between: `password` is a
/// field, `user.card` is the key `card` in the map `user`, or the field with
/// that very name. Lists on the way are looked through. Nothing is matched in
/// part and case counts.
///
/// It runs on the thread that logs, before any encoder, so that what is redacted reaches no
/// buffer, and costs a record that has none of the keys one comparison of bits. Text itself
/// (a message, a string) is not looked into; a placeholder of a redacted field is redacted.
///
/// ```
/// use kakashi_core::{LogContext, Redaction, fields};
///
/// let redaction = Redaction::new(["password", "user.card"]);
/// let context = LogContext::new().with_custom(fields![password = "x", passwords = 2]);
/// assert_eq!(
///     format!("{:?}", redaction.context(&context)),
///     r#"{"password": Str("[REDACTED]"), "passwords": U64(2)}"#
/// );
/// ```
#[derive(Clone, Debug, Default)]
pub struct Redaction {
    paths: Vec<Box<str>>,
    /// The bits of every path and of its first key.
    mask: u64,
}

impl Redaction {
    /// Takes paths.
    pub fn new<P: AsRef<str>>(paths: impl IntoIterator<Item = P>) -> Self {
        let mut redaction = Self::default();
        paths.into_iter().for_each(|path| redaction.add(path.as_ref()));
        redaction
    }

    /// Takes out the paths that can't be meant as they are, and hands them over.
    pub(crate) fn take_wrong(&mut self, wrong: &mut dyn FnMut(&str)) {
        if self.paths.iter().any(|path| is_wrong(path)) {
            let paths = core::mem::take(&mut self.paths);
            let (bad, good): (Vec<_>, Vec<_>) = paths.into_iter().partition(|path| is_wrong(path));
            bad.iter().for_each(|path| wrong(path));
            *self = Self::new(good);
        }
    }

    fn add(&mut self, path: &str) {
        for (at, &byte) in path.as_bytes().iter().enumerate() {
            // Any prefix may be a field's whole name: keys may have dots.
            if byte == b'.' {
                self.mask |= key_bit(&path.as_bytes()[..at]);
            }
        }
        self.mask |= key_bit(path.as_bytes());
        self.paths.push(path.into());
    }

    /// Tells whether nothing is redacted.
    pub fn is_empty(&self) -> bool {
        self.paths.is_empty()
    }

    /// Tells whether a key of this mask may be touched.
    #[inline]
    pub fn may_touch(&self, mask: u64) -> bool {
        self.mask & mask != 0
    }

    fn names(&self, path: &str) -> bool {
        self.paths.iter().any(|candidate| **candidate == *path)
    }

    fn goes_below(&self, path: &str) -> bool {
        self.paths
            .iter()
            .any(|candidate| candidate.strip_prefix(path).is_some_and(|rest| rest.starts_with('.')))
    }

    /// Returns what may be written for a field whose value is in wire form;
    /// `room` holds what is looked into.
    pub(crate) fn field<'a>(&'a self, key: &'a str, value: Value<'a>) -> Redacted<'a> {
        if !self.may_touch(key_bit(key.as_bytes())) {
            Redacted::Whole(value)
        } else if self.names(key) {
            Redacted::Whole(REDACTED)
        } else if matches!(value, Value::List(_) | Value::Map(_)) && self.goes_below(key) {
            Redacted::Inside(Inside { redaction: self, path: key.into(), value })
        } else {
            Redacted::Whole(value)
        }
    }

    /// Makes a context in which what must not be written is replaced.
    pub fn context(&self, context: &LogContext) -> LogContext {
        if !self.may_touch(context.fields().mask) {
            return context.clone();
        }
        context.map_pairs(|pairs| {
            written(pairs.len(), &mut |out| {
                for (key, value) in Pairs::new(pairs) {
                    put_pair(out, key, &self.field(key, value).as_value());
                }
            })
        })
    }
}

/// Tells whether a path has an empty part, or a pattern or an index, which match nothing.
fn is_wrong(path: &str) -> bool {
    let is_index = |inside: &str| inside.bytes().all(|byte| byte.is_ascii_digit());
    path.split('.').any(|part| {
        let index = part.strip_suffix(']').and_then(|part| part.rsplit_once('['));
        part.is_empty() || part.contains('*') || index.is_some_and(|(_, inside)| is_index(inside))
    })
}

/// A value as it may be written.
pub(crate) enum Redacted<'a> {
    Whole(Value<'a>),
    Inside(Inside<'a>),
}

impl Redacted<'_> {
    pub(crate) fn as_value(&self) -> Value<'_> {
        match self {
            Self::Whole(value) => *value,
            Self::Inside(inside) => Value::Composite(inside),
        }
    }
}

/// A list or map with something in it that must not be written.
pub(crate) struct Inside<'a> {
    redaction: &'a Redaction,
    path: String,
    value: Value<'a>,
}

impl Composite for Inside<'_> {
    fn describe(&self, sink: &mut dyn ValueSink) {
        describe(self.redaction, &self.path, self.value, sink);
    }
}

fn describe(redaction: &Redaction, path: &str, value: Value<'_>, sink: &mut dyn ValueSink) {
    match value {
        Value::List(items) => {
            sink.begin_list();
            Items::new(items).for_each(|item| describe(redaction, path, item, sink));
            sink.end_list();
        }
        Value::Map(pairs) => {
            sink.begin_map();
            for (key, value) in Pairs::new(pairs) {
                let mut path = String::from(path);
                path.push('.');
                path.push_str(key);
                sink.key(key);
                if redaction.names(&path) {
                    sink.value(REDACTED);
                } else {
                    describe(redaction, &path, value, sink);
                }
            }
            sink.end_map();
        }
        _ => sink.value(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{Cursor, put_value};
    use crate::util::output::Output;
    use crate::value::ToValue;
    use crate::value::field::Field;
    use std::collections::BTreeMap;

    /// What a field of this key and value may say, as `Debug` has it.
    fn redacted(redaction: &Redaction, key: &str, value: &impl ToValue) -> String {
        let mut room = [0; 512];
        let mut out = Output::new(&mut room);
        put_value(&mut out, &value.to_value());
        let whole = out.written().to_vec();
        let value = Cursor::new(&whole).value().expect("it was just written");
        let mut room = [0; 512];
        let mut out = Output::new(&mut room);
        put_value(&mut out, &redaction.field(key, value).as_value());
        let value = Cursor::new(out.written()).value().expect("it was just written");
        encoded(&value)
    }

    fn encoded(value: &Value<'_>) -> String {
        use crate::encode::{Encoder, EncoderCache, Text};
        use crate::{LogLevel, LogRecord, Name, Timestamp};
        let mut room = [0; 512];
        let mut out = Output::new(&mut room);
        let fields = [Field { key: "k", value: *value }];
        let record = LogRecord::new(Timestamp::Uptime(0), LogLevel::Info, Name::new("l"), "m");
        Text.encode(&record.with_fields(&fields), &mut EncoderCache::new(), &mut out);
        let line = core::str::from_utf8(out.written()).expect("a line is UTF-8");
        line.trim_end().split_once("k=").expect("the field is there").1.to_owned()
    }

    fn user() -> BTreeMap<&'static str, Vec<BTreeMap<&'static str, &'static str>>> {
        BTreeMap::from([
            ("cards", vec![BTreeMap::from([("kind", "x"), ("number", "1")]); 2]),
            ("names", vec![]),
        ])
    }

    #[test]
    fn a_path_names_a_field_or_what_lies_below_one() {
        let redaction = Redaction::new(["password", "user.names", "a.b.c"]);
        assert_eq!(redacted(&redaction, "password", &"x"), r#""[REDACTED]""#);
        assert_eq!(redacted(&redaction, "password", &user()), r#""[REDACTED]""#);
        assert_eq!(redacted(&redaction, "user", &"x"), "x");
        assert!(redacted(&redaction, "user", &user()).ends_with(r#""names":"[REDACTED]"}"#));
        // A key with dots in it is one key.
        assert_eq!(redacted(&redaction, "user.names", &1), r#""[REDACTED]""#);
        assert_eq!(redacted(&redaction, "a.b", &BTreeMap::from([("c", 1)])), r#"{"c":"[REDACTED]"}"#);
        assert_eq!(redacted(&redaction, "a", &BTreeMap::from([("b.c", 1)])), r#"{"b.c":"[REDACTED]"}"#);
    }

    #[test]
    fn nothing_is_matched_in_part() {
        let redaction = Redaction::new(["password", "user.card"]);
        for key in ["Password", "password_", "pass", "xpassword", "card", "user", "user.cards", ""] {
            assert_eq!(redacted(&redaction, key, &"x"), "x");
        }
        let value = BTreeMap::from([("cards", 1), ("password", 2)]);
        assert_eq!(redacted(&redaction, "user", &value), r#"{"cards":1,"password":2}"#);
    }

    #[test]
    fn lists_on_the_way_are_looked_through() {
        let redaction = Redaction::new(["user.cards.number"]);
        assert_eq!(
            redacted(&redaction, "user", &user()),
            concat!(
                r#"{"cards":[{"kind":"x","number":"[REDACTED]"},{"kind":"x","number":"[REDACTED]"}],"#,
                r#""names":[]}"#
            )
        );
        let nested = vec![vec![BTreeMap::from([("number", 1)])]];
        assert_eq!(redacted(&Redaction::new(["k.number"]), "k", &nested), r#"[[{"number":"[REDACTED]"}]]"#);
    }

    #[test]
    fn what_nests_as_deep_as_can_be_is_redacted_too() {
        struct Deep(usize);
        impl Composite for Deep {
            fn describe(&self, sink: &mut dyn ValueSink) {
                sink.begin_map();
                sink.key("k");
                if self.0 > 1 {
                    sink.value(Value::Composite(&Self(self.0 - 1)));
                } else {
                    sink.value(Value::Str("secret"));
                }
                sink.end_map();
            }
        }
        let deep = Deep(crate::value::MAX_DEPTH);
        let path = ["k"; crate::value::MAX_DEPTH + 1].join(".");
        let shown = redacted(&Redaction::new([path]), "k", &Value::Composite(&deep));
        assert!(shown.contains("[REDACTED]") && !shown.contains("secret"), "{shown}");
    }

    #[test]
    fn a_context_is_redacted_once_and_kept_where_nothing_is_to_do() {
        let redaction = Redaction::new(["token", "user.card"]);
        let user = BTreeMap::from([("card", "1"), ("id", "2")]);
        let context = LogContext::new().with_ip("1.2.3.4").with_custom(&[
            Field::new("token", "x"),
            Field::new("user", &user),
            Field::new("b", &1),
        ]);
        let written = redaction.context(&context);
        assert!(matches!(written.get("token"), Some(Value::Str("[REDACTED]"))));
        assert_eq!(encoded(&written.get("user").unwrap()), r#"{"card":"[REDACTED]","id":"2"}"#);
        assert!(matches!(written.get("b"), Some(Value::U64(1))));
        assert!(matches!(written.get("ip"), Some(Value::Str("1.2.3.4"))));
        let harmless = LogContext::new().with_ip("1.2.3.4");
        if !redaction.may_touch(harmless.fields().mask) {
            assert_eq!(redaction.context(&harmless).fields().id, harmless.fields().id);
        }
        assert_eq!(Redaction::default().context(&context).fields().id, context.fields().id);
    }

    #[test]
    fn a_redacted_context_keeps_its_typed_keys() {
        let context = LogContext::new().with_ip("1.2.3.4").with_user_id("42");
        let written = Redaction::new(["user_id"]).context(&context);
        assert_eq!(written.ip(), Some("1.2.3.4"));
        assert_eq!(written.user_id(), Some("[REDACTED]"));
    }

    #[test]
    fn without_paths_nothing_is_touched() {
        assert!(Redaction::default().is_empty());
        assert!(!Redaction::default().may_touch(u64::MAX));
        assert!(!Redaction::new(["k"]).is_empty());
    }
}
