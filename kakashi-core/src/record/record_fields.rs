//! The fields of a record by the ends of their keys, for a template that names many: a
//! hostile one names as many as it has bytes.

use alloc::vec::Vec;
use core::ops::Range;

use super::fields::{Extra, Values};
#[cfg(feature = "std")]
use super::left_out::LeftOut;
use super::record_keys::{CONTEXT, EXTRA, RecordKeys, SITE, SOURCE};
use crate::codec::{Cursor, Items, Pairs};
use crate::record::{Body, LogRecord};
use crate::value::Value;

impl LogRecord<'_> {
    /// Returns how many bytes the record's texts and fields take, its context's too, about:
    /// what it takes to look at all of them.
    #[doc(hidden)]
    pub fn raw_len(&self) -> usize {
        let body = match self.body {
            Body::Words(words, place) => words.len() + place.len(),
            Body::Site(body) => body.len(),
        };
        let values = match self.values {
            Values::Slice(values) => size_of_val(values),
            Values::Wire(bytes) => bytes.len(),
        };
        let extra = match self.extra {
            Extra::Slice(fields) => size_of_val(fields),
            Extra::Wire(pairs) => pairs.len(),
        };
        self.logger.text().len() + body + values + extra + self.context.pairs.len()
    }
}

/// All fields of a record, by the ends of their keys.
#[derive(Debug)]
pub(super) struct RecordFields<'a> {
    keys: RecordKeys<'a>,
    values: Values<'a>,
    /// Where each key of the site begins, in their order, and its value.
    site: Vec<(u32, u32)>,
    /// What of the context is not written.
    #[cfg(feature = "std")]
    left_out: Option<&'a LeftOut>,
}

impl<'a> RecordFields<'a> {
    pub(super) fn of(record: &LogRecord<'a>) -> Self {
        let (parts, values) = (record.parts(), record.values());
        let keys = RecordKeys::all(parts, record.extra(), record.context().pairs);
        let bytes = if let Values::Wire(bytes) = values { bytes } else { &[] };
        let (mut rest, mut items) = (Cursor::new(parts.keys), Items::new(bytes));
        let mut site = Vec::new();
        for _ in 0..parts.key_count {
            let place = (parts.keys.len() - rest.rest().len(), bytes.len() - items.left());
            if rest.text().is_err() {
                break;
            }
            items.next();
            site.push((place.0 as u32, place.1 as u32));
        }
        Self {
            keys,
            values,
            site,
            #[cfg(feature = "std")]
            left_out: record.left_out,
        }
    }

    /// Returns all of them: every key ends with the empty text.
    pub(super) fn ends(&self) -> Range<usize> {
        self.keys.index.all()
    }

    /// Of keys that end with the same `depth` bytes, finds those with `byte` before them.
    pub(super) fn narrow(&self, range: Range<usize>, depth: usize, byte: u8) -> Range<usize> {
        self.keys.index.narrow(range, depth, byte, &|place| self.keys.sources.key(place))
    }

    /// Returns the value of the key that is these `depth` bytes and no more.
    pub(super) fn value(&self, range: &Range<usize>, depth: usize) -> Option<Value<'a>> {
        let (extra, context) = (self.keys.sources.extra, self.keys.sources.context);
        let place = self.keys.index.whole(range, depth, &|place| self.keys.sources.key(place))?;
        let at = (place & !SOURCE) as usize;
        let pairs = match (place & SOURCE, extra) {
            (SITE, _) => {
                let which = self.site.binary_search_by_key(&place, |key| key.0).ok()?;
                return match self.values {
                    Values::Slice(values) => values.get(which).copied(),
                    Values::Wire(values) => {
                        Cursor::new(values.get(self.site.get(which)?.1 as usize..)?).value().ok()
                    }
                };
            }
            (EXTRA, Extra::Slice(fields)) => return fields.get(at).map(|field| field.value),
            (EXTRA, Extra::Wire(pairs)) => pairs,
            _ => context,
        };
        let (key, value) = Pairs::new(pairs.get(at..)?).next()?;
        (place & SOURCE != CONTEXT || !self.leaves_out(key)).then_some(value)
    }

    /// Tells whether a field of the context is not written.
    fn leaves_out(&self, key: &str) -> bool {
        #[cfg(feature = "std")]
        if let Some(left_out) = self.left_out {
            return left_out.names(key);
        }
        let _ = key;
        false
    }
}
