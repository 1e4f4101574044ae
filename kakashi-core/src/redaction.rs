//! Values that must not be written, by the exact path of their keys.

use alloc::{boxed::Box, string::String, vec::Vec};

use crate::codec::{Items, Pairs};
use crate::context::LogContext;
use crate::field::{Field, key_bit};
use crate::value::{Composite, Value, ValueSink};

/// What stands in place of a value.
const REDACTED: Value<'static> = Value::Str("[REDACTED]");

/// Names values to be replaced by `[REDACTED]`.
///
/// A path is the keys from a field down, with dots between: `password` is a
/// field, `user.card` is the key `card` in the map `user`, or the field with
/// that very name. Lists on the way are looked through. Nothing is matched in
/// part and case counts.
#[derive(Clone, Debug, Default)]
pub struct Redaction {
    paths: Vec<Box<str>>,
    /// The bits of every path and of its first key.
    mask: u64,
}

impl Redaction {
    /// Takes paths.
    pub fn new<P: AsRef<str>>(paths: impl IntoIterator<Item = P>) -> Self {
        let paths: Vec<Box<str>> = paths.into_iter().map(|path| path.as_ref().into()).collect();
        let mut mask = 0;
        for path in &paths {
            // Any prefix may be a field's whole name: keys may have dots.
            for (at, _) in path.match_indices('.') {
                mask |= key_bit(&path.as_bytes()[..at]);
            }
            mask |= key_bit(path.as_bytes());
        }
        Self { paths, mask }
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
        let fields = context.fields();
        if !self.may_touch(fields.mask) {
            return context.clone();
        }
        let redacted: Vec<(&str, Redacted<'_>)> =
            Pairs::new(fields.pairs).map(|(key, value)| (key, self.field(key, value))).collect();
        let fields: Vec<Field<'_>> =
            redacted.iter().map(|(key, value)| Field { key, value: value.as_value() }).collect();
        LogContext::new().with_custom(&fields)
    }
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
                let path = alloc::format!("{path}.{key}");
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
