//! What lies inside of lists and maps.

use super::read::{Items, Pairs};
use crate::value::Value;

impl<'a> Value<'a> {
    /// Yields the items of a list that a reader or a logger has put into wire form; nothing for
    /// any other value.
    ///
    #[cfg_attr(feature = "alloc", doc = "```")]
    #[cfg_attr(not(feature = "alloc"), doc = "```ignore")]
    /// use kakashi_core::{ContextFields, Value, fields, pairs_of};
    ///
    /// let pairs = pairs_of(fields![ports = [80, 443]]);
    /// let context = ContextFields { id: 0, mask: 0, pairs: &pairs };
    /// let (_, ports) = context.iter().next().expect("there is a pair");
    /// assert!(ports.items().map(|port| format!("{port:?}")).eq(["U64(80)", "U64(443)"]));
    /// ```
    pub fn items(&self) -> impl Iterator<Item = Value<'a>> + use<'a> {
        Items::new(match self {
            Self::List(items) => items,
            _ => &[],
        })
    }

    /// Yields the keys and values of a map that a reader or a logger has put into wire form;
    /// nothing for any other value.
    pub fn entries(&self) -> impl Iterator<Item = (&'a str, Value<'a>)> + use<'a> {
        Pairs::new(match self {
            Self::Map(pairs) => pairs,
            _ => &[],
        })
    }
}
