//! The text and the fields of a record that another crate's macro makes, as they are written.
//!
//! All code of values runs here, each piece under a guard, into memory that the thread keeps.
//! Of a call whose site is known, keys are compared with the site's and not written.

use core::cell::Cell;
use std::prelude::v1::*;
use std::thread_local;

use super::known_sites::{Place, SiteContent, after_key, put_place, put_text};
use crate::codec::{Cursor, print};
use crate::level::LogLevel;
use crate::pipeline::guard::{CatchPanic, Guard as _};
use crate::pipeline::scratch::Scratch;
use crate::record::call::Call;
use crate::site::Site;
use crate::site::made::MadeSite;
use crate::value::Value;

thread_local! {
    /// Taken out by a record and put back: one inside of another makes its own.
    static BUFFERS: Cell<Option<Box<ForeignRecord>>> = const { Cell::new(None) };
}

/// A longer text's memory is not kept for the next record.
const KEPT: usize = 64 * 1024;

/// The text and the fields of a record.
#[derive(Default)]
pub(super) struct ForeignRecord {
    /// None: `text`.
    constant: Option<&'static str>,
    text: String,
    place: Vec<u8>,
    /// As a SITE has them.
    keys: Vec<u8>,
    key_count: usize,
    /// The site whose keys these have been so far, and those that are left: instead of `keys`.
    follows: Option<(&'static MadeSite, &'static [u8])>,
    values: Scratch,
    /// Keys and values, where they are made.
    pairs: Vec<u8>,
}

impl ForeignRecord {
    /// Begins a record with the memory of the thread's last one; `known` is the site that it
    /// probably has.
    #[inline]
    pub(super) fn begin(known: Option<&'static MadeSite>) -> Box<Self> {
        let mut record = BUFFERS.try_with(Cell::take).ok().flatten().unwrap_or_default();
        record.clear();
        record.follows = known.map(|site| (site, site.keys));
        record
    }

    #[inline]
    fn clear(&mut self) {
        if self.text.capacity() > KEPT {
            self.text = String::new();
        }
        self.constant = None;
        self.text.clear();
        self.keys.clear();
        self.key_count = 0;
        self.values.clear();
        if self.pairs.capacity() > KEPT {
            self.pairs = Vec::new();
        }
    }

    /// Keeps the memory for the thread's next record.
    pub(super) fn keep(self: Box<Self>) {
        let _ = BUFFERS.try_with(|buffers| buffers.set(Some(self)));
    }

    /// Sets the text; it is not copied.
    pub(super) fn set_constant(&mut self, text: &'static str) {
        self.constant = Some(text);
    }

    /// Sets the text.
    #[cfg(feature = "tracing")]
    pub(super) fn set_text(&mut self, text: &str) {
        self.constant = None;
        self.text.clear();
        self.text.push_str(text);
    }

    /// Sets the text to what a value prints.
    pub(super) fn print_text(&mut self, value: &Value<'_>) {
        let Self { constant, text, .. } = self;
        *constant = None;
        text.clear();
        let whole = CatchPanic.run(&mut || {
            if print(text, value).is_err() {
                text.push('…');
            }
        });
        if !whole {
            text.clear();
            text.push_str("[panicked while it was formatted]");
        }
    }

    /// Sets the text to what arguments print.
    #[cfg(feature = "log")]
    #[inline]
    pub(super) fn format_text(&mut self, text: &core::fmt::Arguments<'_>) {
        match text.as_str() {
            Some(constant) => self.set_constant(constant),
            None => self.print_text(&Value::Display(text)),
        }
    }

    /// Adds a field.
    #[inline]
    pub(super) fn put(&mut self, key: &str, value: &Value<'_>) {
        let rest = self.follows.as_ref().and_then(|(_, left)| after_key(left, key));
        match (&mut self.follows, rest) {
            (Some((_, left)), Some(rest)) => *left = rest,
            _ => self.put_key(key),
        }
        self.key_count += 1;
        self.values.append_any(&CatchPanic, value);
    }

    /// Adds values of the first keys of the site that it follows.
    #[cfg(feature = "log")]
    pub(super) fn put_first(&mut self, values: &[Value<'_>]) {
        let Some((site, _)) = self.follows else { return };
        let mut keys = Cursor::new(site.keys);
        for value in values {
            let Ok(key) = keys.text() else { return };
            self.put(key, value);
        }
    }

    #[cold]
    fn put_key(&mut self, key: &str) {
        self.stop_following();
        put_text(&mut self.keys, key);
    }

    /// Writes the keys that were only compared.
    fn stop_following(&mut self) {
        if let Some((site, left)) = self.follows.take() {
            self.keys.extend_from_slice(site.keys.get(..site.keys.len() - left.len()).unwrap_or_default());
        }
    }

    fn text(&self) -> &str {
        self.constant.unwrap_or(&self.text)
    }

    /// Returns the site that it followed, if text and keys are that site's.
    #[inline]
    fn followed(&self) -> Option<Site<'static>> {
        let (site, left) = self.follows?;
        (left.is_empty() && site.has_text(self.text())).then_some(site.site)
    }

    /// Hands over the call; `learn` finds or makes a site that the record did not follow.
    #[inline]
    pub(super) fn call<R>(
        &mut self,
        level: LogLevel,
        place: &Place<'_>,
        learn: impl FnOnce(&SiteContent<'_>) -> Option<&'static MadeSite>,
        run: impl FnOnce(&Call<'_>) -> R,
    ) -> R {
        if let Some(site) = self.followed() {
            return run(&Call::encoded(site, self.values.appended()));
        }
        self.stop_following();
        if let Place::Constant(location) = *place {
            let Self { constant, keys, key_count, .. } = self;
            let (constant, key_count) = (*constant, *key_count);
            let text = constant.unwrap_or(&self.text);
            if let Some(site) = learn(&SiteContent { level, text, constant, keys, key_count, location }) {
                return run(&Call::encoded(site.site, self.values.appended()));
            }
        }
        self.make_pairs();
        self.place.clear();
        if let Place::Constant(location) | Place::Passing(location) = place {
            put_place(&mut self.place, location);
        }
        run(&Call::foreign(level, self.text(), &self.place, &self.pairs))
    }

    /// Returns the fields as pairs of the wire.
    #[cfg(feature = "tracing")]
    pub(super) fn pairs(&mut self) -> &[u8] {
        self.make_pairs();
        &self.pairs
    }

    fn make_pairs(&mut self) {
        self.stop_following();
        let Self { keys, key_count, values, pairs, .. } = self;
        pairs.clear();
        let (mut keys, mut values) = (Cursor::new(keys), Cursor::new(values.appended()));
        for _ in 0..*key_count {
            let (key, value) = (keys.rest(), values.rest());
            if keys.text().is_err() || values.value().is_err() {
                return;
            }
            pairs.extend_from_slice(&key[..key.len() - keys.rest().len()]);
            pairs.extend_from_slice(&value[..value.len() - values.rest().len()]);
        }
    }
}
