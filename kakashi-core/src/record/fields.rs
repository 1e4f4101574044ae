//! Where a record's fields come from: the call site's values, extra fields, the context.

use crate::codec::Pairs;
use crate::value::Value;
use crate::value::field::{Field, key_bit};

/// The values of a call site's keys, in their order.
#[derive(Clone, Copy, Debug)]
pub enum Values<'a> {
    /// As the call site gives them.
    Slice(&'a [Value<'a>]),
    /// As [`codec`](crate::codec) writes them, one after the other.
    Wire(&'a [u8]),
}

/// Fields with their keys.
#[derive(Clone, Copy, Debug)]
pub enum Extra<'a> {
    /// As a caller gives them.
    Slice(&'a [Field<'a>]),
    /// As pairs of [`codec`](crate::codec), one after the other.
    Wire(&'a [u8]),
}

impl<'a> Extra<'a> {
    pub(super) const NONE: Self = Self::Slice(&[]);

    /// Tells whether there is no field.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Slice(fields) => fields.is_empty(),
            Self::Wire(pairs) => pairs.is_empty(),
        }
    }

    /// Visits each field until `each` says stop.
    #[inline]
    pub(super) fn visit(&self, each: &mut dyn FnMut(&'a str, &Value<'a>) -> bool) {
        match self {
            Self::Slice(fields) => {
                fields.iter().all(|field| each(field.key, &field.value));
            }
            Self::Wire(pairs) => {
                Pairs::new(pairs).all(|(key, value)| each(key, &value));
            }
        }
    }

    pub(super) fn find(&self, key: &str) -> Option<Value<'a>> {
        match self {
            Self::Slice(fields) => fields.iter().find(|field| field.key == key).map(|field| field.value),
            Self::Wire(pairs) => find_pair(pairs, key),
        }
    }

    /// Finds a key's first position.
    pub(super) fn place(&self, key: &str) -> Option<usize> {
        match self {
            Self::Slice(fields) => fields.iter().position(|field| field.key == key),
            Self::Wire(pairs) => Pairs::new(pairs).position(|pair| pair.0 == key),
        }
    }

    pub(super) fn mask(&self) -> u64 {
        let mut mask = 0;
        self.visit(&mut |key, _| {
            mask |= key_bit(key.as_bytes());
            true
        });
        mask
    }
}

pub(super) fn find_pair<'a>(pairs: &'a [u8], key: &str) -> Option<Value<'a>> {
    Pairs::new(pairs).find(|pair| pair.0 == key).map(|pair| pair.1)
}

/// A context's fields in wire form.
#[derive(Clone, Copy, Debug, Default)]
pub struct ContextFields<'a> {
    /// Identifies these very fields while the program runs; 0: no id, and nothing is
    /// cached.
    pub id: usize,
    /// The keys' mask.
    pub mask: u64,
    /// Pairs of [`codec`](crate::codec); each key stands once.
    pub pairs: &'a [u8],
}

impl<'a> ContextFields<'a> {
    /// Yields each key and its value; a record's own fields may hide them.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, Value<'a>)> + use<'a> {
        Pairs::new(self.pairs)
    }
}
