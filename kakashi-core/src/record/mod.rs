//! One record: all that a logging call has passed, borrowed.
//!
//! A record's fields come from three places, in order of precedence: the call
//! site's keys and values, extra fields given as a slice, and the context.
//! Each key is read once. The same record may come straight from a call or
//! out of the [`wire`](crate::wire); nothing downstream can tell which.

pub(crate) mod call;
mod fields;
mod kept_context;
#[cfg(feature = "std")]
pub(crate) mod left_out;
mod lookup;
mod name;
mod place;
#[cfg(feature = "alloc")]
mod record_fields;
#[cfg(feature = "alloc")]
pub(crate) mod record_keys;
pub(crate) mod template;

use self::fields::find_pair;
pub use self::fields::{ContextFields, Extra, Values};
#[cfg(feature = "std")]
use self::left_out::LeftOut;
use self::lookup::{OwnKeys, Seen};
pub use self::name::Name;

use crate::clock::Timestamp;
use crate::codec::{Cursor, Items, Pairs};
use crate::level::LogLevel;
use crate::site::{Site, SiteFlags, SiteParts};
use crate::value::Value;
use crate::value::field::{Field, key_bit};

/// A record's message: literal text, or a template over its fields.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Message<'a> {
    /// Text without placeholders.
    Literal(&'a str),
    /// Text in which `{key}` is replaced by a field's value, `{{` and `}}` by a brace.
    Template(&'a str),
}

/// The static part of a record.
#[derive(Clone, Copy, Debug)]
enum Body<'a> {
    /// Literal text, and where in the source it stands as the wire has it; nothing if nobody
    /// knows.
    Words(&'a str, &'a [u8]),
    /// The body of a SITE item.
    Site(&'a [u8]),
}

/// All that one logging call has passed, with its time, logger and context.
#[derive(Clone, Copy, Debug)]
pub struct LogRecord<'a> {
    /// When it was made.
    pub timestamp: Timestamp,
    /// How much it matters.
    pub level: LogLevel,
    /// The logger that made it.
    pub logger: Name<'a>,
    /// A number that grows by one from record to record, where the platform's
    /// clock can stand still.
    pub sequence: Option<u64>,
    pub(crate) flags: SiteFlags,
    /// The address of a site in the program; 0 where there is none.
    pub(crate) site_address: usize,
    body: Body<'a>,
    site_mask: u64,
    values: Values<'a>,
    extra: Extra<'a>,
    extra_mask: u64,
    context: ContextFields<'a>,
    #[cfg(feature = "std")]
    left_out: Option<&'a LeftOut>,
}

impl<'a> LogRecord<'a> {
    /// Makes a record of literal text without fields; nothing in it is a placeholder.
    #[inline]
    pub fn new(timestamp: Timestamp, level: LogLevel, logger: Name<'a>, message: &'a str) -> Self {
        Self {
            timestamp,
            level,
            logger,
            sequence: None,
            flags: SiteFlags::default(),
            site_address: 0,
            body: Body::Words(message, &[]),
            site_mask: 0,
            values: Values::Slice(&[]),
            extra: Extra::NONE,
            extra_mask: 0,
            context: ContextFields::default(),
            #[cfg(feature = "std")]
            left_out: None,
        }
    }

    /// Makes the record of a macro call.
    #[inline]
    pub fn of_site(timestamp: Timestamp, logger: Name<'a>, site: Site<'static>, values: Values<'a>) -> Self {
        let (body, flags) = (site.wire(), site.flags());
        let mut record = Self::of_body(timestamp, site.level(), logger, body, flags, site.mask(), values);
        record.site_address = site.address();
        record
    }

    #[inline]
    pub(crate) fn of_body(
        timestamp: Timestamp,
        level: LogLevel,
        logger: Name<'a>,
        body: &'a [u8],
        flags: SiteFlags,
        site_mask: u64,
        values: Values<'a>,
    ) -> Self {
        Self {
            timestamp,
            level,
            logger,
            sequence: None,
            flags,
            site_address: 0,
            body: Body::Site(body),
            site_mask,
            values,
            extra: Extra::NONE,
            extra_mask: 0,
            context: ContextFields::default(),
            #[cfg(feature = "std")]
            left_out: None,
        }
    }

    /// Adds fields; where a key stands twice among them, the first counts.
    #[must_use]
    pub fn with_extra(mut self, extra: Extra<'a>) -> Self {
        self.set_extra(extra);
        self
    }

    /// As [`LogRecord::with_extra`], in place.
    pub(crate) fn set_extra(&mut self, extra: Extra<'a>) {
        self.extra_mask = extra.mask();
        self.extra = extra;
    }

    /// Adds fields; where a key stands twice among them, the first counts.
    #[must_use]
    pub fn with_fields(self, fields: &'a [Field<'a>]) -> Self {
        self.with_extra(Extra::Slice(fields))
    }

    /// Puts other values under the call site's keys.
    #[cfg(feature = "alloc")]
    pub(crate) fn with_values(mut self, values: Values<'a>) -> Self {
        self.values = values;
        self
    }

    /// Puts other text in place of a message that is literal text.
    #[cfg(feature = "alloc")]
    pub(crate) fn with_words(mut self, words: &'a str) -> Self {
        if let Body::Words(_, location) = self.body {
            self.body = Body::Words(words, location);
        }
        self
    }

    /// Adds a context, whose fields yield to the record's own.
    #[must_use]
    #[inline]
    pub fn with_context(mut self, context: ContextFields<'a>) -> Self {
        self.context = context;
        self
    }

    /// Returns the message.
    pub fn message(&self) -> Message<'a> {
        match self.body {
            Body::Words(words, _) => Message::Literal(words),
            Body::Site(_) => Message::Template(self.parts().template()),
        }
    }

    /// Replaces the context in place, where copying the record would cost.
    #[inline]
    pub fn set_context(&mut self, context: ContextFields<'a>) {
        self.context = context;
    }

    /// Returns the body of the record's SITE item, if it has one.
    pub(crate) fn body(&self) -> Option<&'a [u8]> {
        match self.body {
            Body::Words(..) => None,
            Body::Site(body) => Some(body),
        }
    }

    /// Finds the parts of the site's body.
    #[inline]
    pub(crate) fn parts(&self) -> SiteParts<'a> {
        self.body().and_then(|body| SiteParts::read(body).ok()).unwrap_or_default()
    }

    /// Returns the values of the call site's keys.
    pub fn values(&self) -> Values<'a> {
        self.values
    }

    /// Returns the extra fields.
    pub fn extra(&self) -> Extra<'a> {
        self.extra
    }

    /// Returns the context.
    #[inline]
    pub fn context(&self) -> ContextFields<'a> {
        self.context
    }

    /// Tells whether a key of the context may stand in the record itself too.
    #[cfg(feature = "alloc")]
    #[inline]
    pub(crate) fn context_may_clash(&self) -> bool {
        (self.site_mask | self.extra_mask) & self.context.mask != 0
    }

    /// Returns the mask of all keys, the context's too.
    pub fn mask(&self) -> u64 {
        self.site_mask | self.extra_mask | self.context.mask
    }

    /// Visits the call site's keys and values.
    #[inline]
    pub fn for_each_site_field(&self, mut each: impl FnMut(&'a str, &Value<'a>)) {
        self.visit_site(&mut |key, value| {
            each(key, value);
            true
        });
    }

    #[inline]
    fn visit_site(&self, each: &mut dyn FnMut(&'a str, &Value<'a>) -> bool) {
        let parts = self.parts();
        let mut keys = Cursor::new(parts.keys);
        match self.values {
            Values::Slice(values) => {
                for value in values.iter().take(parts.key_count) {
                    let Ok(key) = keys.text() else { return };
                    if !each(key, value) {
                        return;
                    }
                }
            }
            Values::Wire(bytes) => {
                for value in Items::new(bytes).take(parts.key_count) {
                    let Ok(key) = keys.text() else { return };
                    if !each(key, &value) {
                        return;
                    }
                }
            }
        }
    }

    /// Visits the extra fields that are not hidden by the call site's, each
    /// key once.
    #[inline]
    pub fn for_each_extra(&self, mut each: impl FnMut(&'a str, &Value<'a>)) {
        if !self.extra.is_empty() {
            self.visit_extra(&mut each);
        }
    }

    #[inline(never)]
    fn visit_extra(&self, each: &mut dyn FnMut(&'a str, &Value<'a>)) {
        let (mut seen, mut own) = (Seen::new(self.extra), OwnKeys::new(self.parts(), Extra::NONE));
        self.extra.visit(&mut |key, value| {
            if seen.is_first(key) && !(self.site_mask & key_bit(key.as_bytes()) != 0 && own.has(key)) {
                each(key, value);
            }
            true
        });
    }

    /// Visits the context's fields that the record's own do not hide, and tells
    /// whether any is hidden.
    pub(crate) fn for_each_context_field(&self, each: &mut dyn FnMut(&'a str, &Value<'a>)) -> bool {
        let (mut hidden, mut own) = (false, OwnKeys::new(self.parts(), self.extra));
        for (key, value) in Pairs::new(self.context.pairs) {
            if self.hides(key, &mut own) {
                hidden = true;
            } else if !self.leaves_out(key) {
                each(key, &value);
            }
        }
        hidden
    }

    /// Tells whether the record's own fields hide one of its context's.
    #[cfg(feature = "alloc")]
    pub(crate) fn context_clashes(&self) -> bool {
        let mut own = OwnKeys::new(self.parts(), self.extra);
        Pairs::new(self.context.pairs).any(|(key, _)| self.hides(key, &mut own))
    }

    fn hides(&self, key: &str, own: &mut OwnKeys<'a>) -> bool {
        (self.site_mask | self.extra_mask) & key_bit(key.as_bytes()) != 0 && own.has(key)
    }

    /// Visits every field once, in order of precedence.
    pub fn for_each_field(&self, mut each: impl FnMut(&'a str, &Value<'a>)) {
        self.visit_all(&mut each);
    }

    fn visit_all(&self, each: &mut dyn FnMut(&'a str, &Value<'a>)) {
        self.for_each_site_field(&mut *each);
        self.for_each_extra(&mut *each);
        self.for_each_context_field(each);
    }

    /// Finds a field's value by its key.
    pub fn field(&self, key: &str) -> Option<Value<'a>> {
        let mut found = None;
        self.visit_site(&mut |candidate, value| {
            if candidate == key {
                found = Some(*value);
            }
            found.is_none()
        });
        let in_context = || if self.leaves_out(key) { None } else { find_pair(self.context.pairs, key) };
        found.or_else(|| self.extra.find(key)).or_else(in_context)
    }

    /// Tells whether a key is the call site's.
    #[cfg(feature = "alloc")]
    pub(crate) fn site_has(&self, key: &str) -> bool {
        lookup::site_has(self.parts(), key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(record: &LogRecord<'_>) -> Vec<(String, String)> {
        let mut found = Vec::new();
        record.for_each_field(|key, value| found.push((key.to_owned(), format!("{value:?}"))));
        found
    }

    fn record(message: &str) -> LogRecord<'_> {
        LogRecord::new(Timestamp::Wall(0), LogLevel::Info, Name::new("t"), message)
    }

    #[cfg(feature = "alloc")]
    #[test]
    fn each_key_is_read_once_and_the_nearest_wins() {
        let site = crate::__site!(LogLevel::Info, "m", ["a", "b"]);
        let values = [Value::U64(1), Value::U64(2)];
        let extra = [Field::new("b", &3), Field::new("c", &4), Field::new("c", &5)];
        let mut room = [0; 64];
        let mut out = crate::util::output::Output::new(&mut room);
        for (key, number) in [("a", 6), ("c", 7), ("d", 8)] {
            crate::codec::put_pair(&mut out, key, &Value::U64(number));
        }
        let mask = Cursor::new(out.written()).check_pairs().unwrap();
        let context = ContextFields { id: 1, mask, pairs: out.written() };
        let record = LogRecord::of_site(Timestamp::Wall(0), Name::new("t"), site, Values::Slice(&values))
            .with_fields(&extra)
            .with_context(context);
        let expected = [("a", "U64(1)"), ("b", "U64(2)"), ("c", "I64(4)"), ("d", "U64(8)")];
        let expected = expected.map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(keys(&record), expected);
        assert!(record.context_may_clash());
        assert!(matches!(record.field("c"), Some(Value::I64(4))));
        assert!(matches!(record.field("d"), Some(Value::U64(8))));
        assert!(record.field("e").is_none());
    }

    #[test]
    fn many_fields_are_each_read_once() {
        let names: Vec<String> = (0..500).map(|number| format!("key{}", number % 300)).collect();
        let fields: Vec<Field<'_>> = names.iter().map(|name| Field::new(name, &1)).collect();
        assert_eq!(keys(&record("m").with_fields(&fields)).len(), 300);
    }
}
