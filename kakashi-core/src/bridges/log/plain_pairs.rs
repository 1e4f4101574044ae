//! The values of a call site that is known, where they lie: nothing is written or copied.
//!
//! That is for texts and numbers. Where a value has code that makes its text, or a key is not the
//! site's next, all that came so far is written into a [`ForeignRecord`], and the rest as well.

use std::boxed::Box;

use ::log::kv::{self, Key, Source, VisitSource, VisitValue};

use super::{ValueOf, take_error, visit_guarded};
use crate::bridges::foreign_record::ForeignRecord;
use crate::bridges::known_sites::after_key;
use crate::site::made::MadeSite;
use crate::value::{Packed, Value};

/// Keeps so many values; a record that has more is written.
const MOST: usize = 8;

/// Takes the keys and values of a record whose place and text are a site's.
pub(super) struct PlainPairs<'v> {
    site: &'static MadeSite,
    /// The site's keys that did not come yet.
    left: &'static [u8],
    values: [Value<'v>; MOST],
    len: usize,
    /// All pairs, once one of them was not plain.
    written: Option<Box<ForeignRecord>>,
}

impl<'v> PlainPairs<'v> {
    #[inline]
    pub(super) fn new(site: &'static MadeSite) -> Self {
        Self { site, left: site.keys, values: [Value::Null; MOST], len: 0, written: None }
    }

    /// Takes all keys and values of a source.
    #[inline]
    pub(super) fn take_all(&mut self, source: &'v dyn Source) {
        if let Err(error) = visit_guarded(source, self) {
            take_error(&error, self.written());
        }
    }

    /// Returns the values of all of the site's keys; else a record that was written.
    #[inline]
    pub(super) fn finish(&mut self) -> Result<&[Value<'v>], Box<ForeignRecord>> {
        if self.written.is_none() && self.left.is_empty() {
            return Ok(self.values.get(..self.len).unwrap_or_default());
        }
        self.written();
        Err(self.written.take().unwrap_or_default())
    }

    /// Writes what came so far, unless it is written.
    #[cold]
    fn written(&mut self) -> &mut ForeignRecord {
        let Self { site, values, len, written, .. } = self;
        written.get_or_insert_with(|| {
            let mut record = ForeignRecord::begin(Some(site));
            record.set_constant(site.text);
            record.put_first(values.get(..*len).unwrap_or_default());
            record
        })
    }

    #[cold]
    #[inline(never)]
    fn write(&mut self, key: &str, value: &kv::Value<'_>) -> Result<(), kv::Error> {
        value.visit(ValueOf { key, pairs: self.written() })
    }
}

impl<'v> VisitSource<'v> for PlainPairs<'v> {
    fn visit_pair(&mut self, key: Key<'v>, value: kv::Value<'v>) -> Result<(), kv::Error> {
        let key = key.as_str();
        if self.written.is_none()
            && let Some(place) = self.values.get_mut(self.len)
        {
            let mut plain = PlainValue { place, is_taken: false };
            value.visit(&mut plain)?;
            if plain.is_taken
                && let Some(left) = after_key(self.left, key)
            {
                self.len += 1;
                self.left = left;
                return Ok(());
            }
        }
        self.write(key, &value)
    }
}

/// Takes a value if it is a text or a number.
struct PlainValue<'p, 'v> {
    // Its last place: a processor waits where what was written in parts is copied as a whole.
    place: &'p mut Value<'v>,
    is_taken: bool,
}

macro_rules! plain_kinds {
    ($($method:ident($value:ident: $type:ty) => $kind:expr;)*) => {$(
        #[inline]
        fn $method(&mut self, $value: $type) -> Result<(), kv::Error> {
            *self.place = $kind;
            self.is_taken = true;
            Ok(())
        }
    )*};
}

impl<'v> VisitValue<'v> for PlainValue<'_, 'v> {
    plain_kinds! {
        visit_u64(value: u64) => Value::U64(value);
        visit_i64(value: i64) => Value::I64(value);
        visit_u128(value: u128) => Value::U128(Packed::new(value));
        visit_i128(value: i128) => Value::I128(Packed::new(value));
        visit_f64(value: f64) => Value::F64(value);
        visit_bool(value: bool) => Value::Bool(value);
        visit_char(value: char) => Value::Char(value);
        visit_borrowed_str(value: &'v str) => Value::Str(value);
    }

    /// Takes nothing: what is not plain is visited again, by who writes it.
    fn visit_any(&mut self, _: kv::Value<'_>) -> Result<(), kv::Error> {
        Ok(())
    }
}
