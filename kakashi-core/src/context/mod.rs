//! What every record of a request, a user or a program carries.
//!
//! A context never changes: `merge` and `with_custom` make a new one. It keeps
//! its fields in wire form, so that a record carries them by copying bytes,
//! and an id under which encoders keep the text they made of it.

pub(crate) mod attached;
#[cfg(feature = "std")]
pub(crate) mod current;
#[cfg(feature = "std")]
pub(crate) mod detached;
#[cfg(feature = "std")]
pub(crate) mod in_current;
#[cfg(feature = "std")]
pub(crate) mod level_scopes;
#[cfg(feature = "std")]
pub(crate) mod merged;
pub(crate) mod request;
#[cfg(feature = "std")]
pub(crate) mod scope;
mod scope_level;
#[cfg(feature = "std")]
pub(crate) mod scope_records;
#[cfg(feature = "std")]
mod scopes;
#[cfg(feature = "tracing")]
mod span_origin;
#[cfg(feature = "tracing")]
pub(crate) mod spans;
#[cfg(feature = "std")]
mod task;

use alloc::{sync::Arc, vec, vec::Vec};
use core::fmt;

use portable_atomic::{AtomicUsize, Ordering};

use self::attached::{Attached, RecordCapture};
use self::scope_level::ScopeLevel;
use crate::codec::{Cursor, Malformed, Pairs, put_pair};
use crate::record::ContextFields;
use crate::util::key_index::KeyIndex;
use crate::util::output::written;
use crate::value::Value;
use crate::value::field::{Field, key_bit};

/// Holds fields for many records; cloning it copies a pointer.
///
/// It never changes: what adds to it makes a new one. Typed keys (`ip`, `access`, …) win
/// over custom ones of the same name. Values' own code (`Display`, serde) runs when the
/// context is made, on that thread; a panic of it is the caller's.
///
/// ```
/// use kakashi_core::{LogContext, fields};
///
/// let request = LogContext::new().with_ip("203.0.113.7").with_request_id("r-1");
/// let step = LogContext::new().with_ip("198.51.100.1").with_custom(fields![step = 2]);
/// let both = request.merge(&step);
/// assert_eq!((both.ip(), both.request_id()), (Some("198.51.100.1"), Some("r-1")));
/// assert!(both.get("step").is_some());
/// assert_eq!(request.ip(), Some("203.0.113.7"));
/// ```
#[derive(Clone, Default)]
pub struct LogContext {
    inner: Option<Arc<Inner>>,
    /// Loggers' threshold where this is current, if theirs is not lower.
    level: ScopeLevel,
}

struct Inner {
    id: usize,
    mask: u64,
    /// Pairs, the typed ones first.
    pairs: Vec<u8>,
    /// Where the custom pairs begin.
    custom_at: usize,
    attached: Attached,
}

macro_rules! typed {
    ($($key:ident, $with:ident, $what:literal;)*) => {
        /// The keys that come before custom ones.
        #[cfg(feature = "tracing")]
        const TYPED: &[&str] = &[$(stringify!($key)),*];

        $(
            #[doc = concat!("Adds ", $what, ", in place of one that is there.")]
            #[must_use]
            pub fn $with(&self, value: &str) -> Self {
                self.with_typed(&[Field { key: stringify!($key), value: Value::Str(value) }])
            }

            #[doc = concat!("Returns ", $what, ".")]
            pub fn $key(&self) -> Option<&str> {
                let inner = self.inner.as_ref()?;
                let found = find(inner.pairs.get(..inner.custom_at)?, stringify!($key))?;
                if let Value::Str(text) = found { Some(text) } else { None }
            }
        )*
    };
}

impl LogContext {
    /// Makes a context without fields.
    pub const fn new() -> Self {
        Self { inner: None, level: ScopeLevel::NONE }
    }

    typed! {
        ip, with_ip, "the address of the client";
        access, with_access, "how the client came: the method and path, the port, the door";
        request_id, with_request_id, "the id of the request";
        user_agent, with_user_agent, "the client program's name for itself";
        user_id, with_user_id, "the id of the user";
        session_id, with_session_id, "the id of the user's session";
        service_name, with_service_name, "the name of the service";
        version, with_version, "the version of the service";
        environment, with_environment, "where the service runs: production, staging, …";
    }

    /// Makes the context of a service: `service_name`, `version` and `environment`,
    /// an empty one left out.
    pub fn of_service(name: &str, version: &str, environment: &str) -> Self {
        let fields = [("service_name", name), ("version", version), ("environment", environment)];
        let given = fields.iter().filter(|(_, value)| !value.is_empty());
        let fields: Vec<_> = given.map(|&(key, value)| Field { key, value: Value::Str(value) }).collect();
        Self::new().with_typed(&fields)
    }

    /// Tells whether there is no field.
    pub fn is_empty(&self) -> bool {
        self.inner.is_none()
    }

    /// Returns the fields in wire form.
    #[inline]
    pub fn fields(&self) -> ContextFields<'_> {
        match &self.inner {
            Some(inner) => ContextFields { id: inner.id, mask: inner.mask, pairs: &inner.pairs },
            None => ContextFields::default(),
        }
    }

    /// Sends all records with this context here.
    #[doc(hidden)]
    #[must_use]
    pub fn with_capture(&self, capture: Arc<dyn RecordCapture>) -> Self {
        let pairs = [self.typed(), self.custom()].concat();
        let mut attached = self.attached();
        attached.capture = Some(capture);
        Self { level: self.level, ..Self::of(self.fields().mask, pairs, self.typed().len(), attached) }
    }

    /// Returns where the records of this context go, if not where others do.
    #[doc(hidden)]
    #[inline]
    pub fn capture(&self) -> Option<&Arc<dyn RecordCapture>> {
        self.inner.as_ref().and_then(|inner| inner.attached.capture.as_ref())
    }

    fn attached(&self) -> Attached {
        self.inner.as_ref().map_or_else(Attached::default, |inner| inner.attached.clone())
    }

    /// Finds a field's value by its key.
    pub fn get(&self, key: &str) -> Option<Value<'_>> {
        find(self.fields().pairs, key)
    }

    /// Makes a context of both; where both have a key, or a level, `other`'s counts.
    #[must_use]
    pub fn merge(&self, other: &Self) -> Self {
        let merged = match (&self.inner, &other.inner) {
            (_, None) => self.clone(),
            (None, _) => other.clone(),
            (Some(outer), Some(inner)) => {
                let attached = inner.attached.or(&outer.attached);
                Self::build([outer.typed(), inner.typed()], [outer.custom(), inner.custom()], attached)
            }
        };
        Self { level: other.level.or(self.level), ..merged }
    }

    /// Adds fields of any kind, each in place of a custom one of the same key.
    #[must_use]
    pub fn with_custom(&self, fields: &[Field<'_>]) -> Self {
        let added = pairs_of(fields);
        let context = Self::build([self.typed(), &[]], [self.custom(), &added], self.attached());
        Self { level: self.level, ..context }
    }

    /// Makes a context of fields of which no two have the same key.
    #[doc(hidden)]
    pub fn of_distinct(typed: &[Field<'_>], custom: &[Field<'_>]) -> Self {
        let mut custom_at = 0;
        let pairs = written(48 * (typed.len() + custom.len()), &mut |out| {
            typed.iter().for_each(|field| put_pair(out, field.key, &field.value));
            custom_at = out.position();
            custom.iter().for_each(|field| put_pair(out, field.key, &field.value));
        });
        if pairs.is_empty() {
            return Self::new();
        }
        let keys = typed.iter().chain(custom).map(|field| field.key.as_bytes());
        Self::of(keys.fold(0, |mask, key| mask | key_bit(key)), pairs, custom_at, Attached::default())
    }

    /// Adds fields with typed keys.
    pub(crate) fn with_typed(&self, fields: &[Field<'_>]) -> Self {
        let added = pairs_of(fields);
        let context = Self::build([self.typed(), &added], [self.custom(), &[]], self.attached());
        Self { level: self.level, ..context }
    }

    /// Adds pairs of the wire, each in place of one of the same key.
    #[cfg(feature = "tracing")]
    pub(crate) fn with_pairs(&self, pairs: &[u8]) -> Self {
        let (mut typed, mut custom) = (Vec::new(), Vec::new());
        for (key, pair) in keyed_pairs(pairs) {
            let kind = if Self::TYPED.contains(&key) { &mut typed } else { &mut custom };
            kind.extend_from_slice(pair);
        }
        Self::build([self.typed(), &typed], [self.custom(), &custom], self.attached())
    }

    /// Returns the pairs with typed keys.
    pub(crate) fn typed(&self) -> &[u8] {
        self.inner.as_ref().map_or(&[], |inner| inner.typed())
    }

    /// Returns the pairs with other keys.
    pub(crate) fn custom(&self) -> &[u8] {
        self.inner.as_ref().map_or(&[], |inner| inner.custom())
    }

    /// Joins pairs: a key stays where it first stood and has its latest value.
    fn build(typed: [&[u8]; 2], custom: [&[u8]; 2], attached: Attached) -> Self {
        let mut all = Vec::with_capacity(16);
        typed.iter().for_each(|source| all.extend(keyed_pairs(source)));
        let typed_end = all.len();
        custom.iter().for_each(|source| all.extend(keyed_pairs(source)));
        let key_at = |at: u32| all.get(at as usize).map(|pair| pair.0.as_bytes()).unwrap_or_default();
        let places = KeyIndex::of((0..).take(all.len()).collect(), &key_at);
        let mut latest = vec![&[][..]; all.len()];
        for (at, (key, pair)) in all.iter().enumerate() {
            let place = places.first(key.as_bytes(), &key_at).map_or(at, |place| place as usize);
            // Not a custom one in place of a typed one.
            if at < typed_end || place >= typed_end {
                latest[place] = pair;
            }
        }
        let pairs = latest.concat();
        if pairs.is_empty() && attached.is_empty() {
            return Self::new();
        }
        let custom_at = latest[..typed_end].iter().map(|pair| pair.len()).sum();
        let mask = all.iter().fold(0, |mask, (key, _)| mask | key_bit(key.as_bytes()));
        Self::of(mask, pairs, custom_at, attached)
    }

    /// Takes pairs of [`codec`](crate::codec) among which each key stands once.
    ///
    /// # Errors
    /// [`Malformed`] when the bytes are none.
    pub fn of_pairs(pairs: &[u8]) -> Result<Self, Malformed> {
        let mask = Cursor::new(pairs).check_pairs()?;
        Ok(Self::of(mask, pairs.to_vec(), 0, Attached::default()))
    }

    /// Makes one of the same keys with other values.
    pub(crate) fn map_pairs(&self, map: impl Fn(&[u8]) -> Vec<u8>) -> Self {
        let mut pairs = map(self.typed());
        let custom_at = pairs.len();
        pairs.extend_from_slice(&map(self.custom()));
        let context = Self::of(self.fields().mask, pairs, custom_at, self.attached());
        Self { level: self.level, ..context }
    }

    fn of(mask: u64, pairs: Vec<u8>, custom_at: usize, attached: Attached) -> Self {
        let inner = Inner { id: next_id(), mask, pairs, custom_at, attached };
        Self { inner: Some(Arc::new(inner)), level: ScopeLevel::NONE }
    }
}

impl Inner {
    fn typed(&self) -> &[u8] {
        &self.pairs[..self.custom_at]
    }

    fn custom(&self) -> &[u8] {
        &self.pairs[self.custom_at..]
    }
}

impl fmt::Debug for LogContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(Pairs::new(self.fields().pairs)).finish()
    }
}

impl PartialEq for LogContext {
    /// Compares the fields in their order, as they are written.
    fn eq(&self, other: &Self) -> bool {
        self.fields().pairs == other.fields().pairs
    }
}

impl Eq for LogContext {}

/// Names a context or a logger for as long as the program runs; never 0, which
/// means "no id".
pub(crate) fn next_id() -> usize {
    static LAST: AtomicUsize = AtomicUsize::new(0);
    match LAST.fetch_add(1, Ordering::Relaxed).wrapping_add(1) {
        0 => next_id(),
        id => id,
    }
}

fn find<'a>(pairs: &'a [u8], key: &str) -> Option<Value<'a>> {
    Pairs::new(pairs).find(|pair| pair.0 == key).map(|pair| pair.1)
}

/// Yields pairs: the key of each, and all of its bytes.
fn keyed_pairs(source: &[u8]) -> impl Iterator<Item = (&str, &[u8])> {
    let mut rest = Cursor::new(source);
    core::iter::from_fn(move || {
        let before = rest.rest();
        let key = rest.text().ok()?;
        rest.value().ok()?;
        Some((key, &before[..before.len() - rest.rest().len()]))
    })
}

/// Writes fields as pairs, with as much memory as they need.
pub fn pairs_of(fields: &[Field<'_>]) -> Vec<u8> {
    written(64 * fields.len(), &mut |out| {
        fields.iter().for_each(|field| put_pair(out, field.key, &field.value));
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(context: &LogContext) -> String {
        format!("{context:?}")
    }

    #[test]
    fn a_later_context_wins_key_by_key() {
        let outer = LogContext::new().with_ip("1").with_custom(&[Field::new("a", "x")]);
        let inner = LogContext::new().with_ip("2").with_custom(&[Field::new("b", &7)]);
        let both = outer.merge(&inner);
        assert_eq!(text(&both), r#"{"ip": Str("2"), "a": Str("x"), "b": U64(7)}"#);
        assert_eq!(both.ip(), Some("2"));
        assert_eq!(outer.ip(), Some("1"));
    }

    #[test]
    fn typed_keys_win_over_custom_ones() {
        let context = LogContext::new().with_custom(&[Field::new("ip", "custom")]);
        assert_eq!(context.ip(), None);
        assert_eq!(text(&context.with_ip("typed")), r#"{"ip": Str("typed")}"#);
        let context = LogContext::new().with_ip("typed").with_custom(&[Field::new("ip", "custom")]);
        assert_eq!(text(&context), r#"{"ip": Str("typed")}"#);
    }

    #[test]
    fn an_empty_context_changes_nothing() {
        let context = LogContext::new().with_user_id("42");
        assert_eq!(context.merge(&LogContext::new()), context);
        assert_eq!(LogContext::new().merge(&context), context);
        assert!(LogContext::new().with_custom(&[]).is_empty());
    }

    proptest! {
        #[test]
        fn merging_is_associative_and_right_biased(
            sources in proptest::collection::vec(
                proptest::collection::btree_map("[a-e]", 0_u64..100, 0..5), 3..4)
        ) {
            let contexts: Vec<LogContext> = sources.iter().map(|source| {
                let fields: Vec<_> = source.iter().map(|(key, value)| Field::new(key, value)).collect();
                LogContext::new().with_custom(&fields)
            }).collect();
            let left = contexts[0].merge(&contexts[1]).merge(&contexts[2]);
            let right = contexts[0].merge(&contexts[1].merge(&contexts[2]));
            prop_assert_eq!(text(&left), text(&right));
            let mut expected = std::collections::BTreeMap::new();
            sources.iter().for_each(|source| expected.extend(source.clone()));
            for (key, value) in &expected {
                let found = left.get(key);
                prop_assert!(matches!(found, Some(Value::U64(number)) if number == *value));
            }
            prop_assert_eq!(Pairs::new(left.fields().pairs).count(), expected.len());
        }
    }
}
