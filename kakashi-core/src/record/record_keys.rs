//! An index over the keys of one record, for what looks up many of them: a hostile
//! template names as many fields as it has bytes, and a record's extra keys may all have
//! to be looked for among those of its site.

use alloc::vec::Vec;

use super::fields::Extra;
use crate::codec::Cursor;
use crate::site::SiteParts;
use crate::util::key_index::KeyIndex;

/// A place is where a key begins in its source, or its index there, and these bits: of one
/// key in several sources the least place is the one that counts.
pub(super) const SITE: u32 = 0;
pub(super) const EXTRA: u32 = 1 << 30;
pub(super) const CONTEXT: u32 = 2 << 30;
pub(super) const SOURCE: u32 = 3 << 30;

/// The keys of a record, of its own fields only or of all.
#[derive(Debug)]
pub(crate) struct RecordKeys<'a> {
    pub(super) sources: Sources<'a>,
    pub(super) index: KeyIndex,
}

#[derive(Debug)]
pub(super) struct Sources<'a> {
    /// The site's keys.
    keys: &'a [u8],
    pub(super) extra: Extra<'a>,
    pub(super) context: &'a [u8],
}

impl<'a> RecordKeys<'a> {
    /// Indexes the keys of a call site and extra ones.
    pub(crate) fn own(parts: SiteParts<'a>, extra: Extra<'a>) -> Self {
        Self::all(parts, extra, &[])
    }

    /// Indexes all keys.
    #[inline(always)]
    pub(super) fn all(parts: SiteParts<'a>, extra: Extra<'a>, context: &'a [u8]) -> Self {
        let sources = Sources { keys: parts.keys, extra, context };
        let mut places = Vec::new();
        push_places(&mut places, SITE, parts.keys, parts.key_count, false);
        match extra {
            Extra::Slice(fields) => (0..fields.len()).for_each(|at| places.push(EXTRA + at as u32)),
            Extra::Wire(pairs) => push_places(&mut places, EXTRA, pairs, usize::MAX, true),
        }
        if !context.is_empty() {
            push_places(&mut places, CONTEXT, context, usize::MAX, true);
        }
        let index = KeyIndex::sorted(places, &|place| sources.key(place));
        Self { sources, index }
    }

    /// Tells whether a key stands twice.
    pub(crate) fn has_twice(&self) -> bool {
        self.index.has_twice(&|place| self.sources.key(place))
    }

    /// Tells whether there is this key.
    pub(super) fn has(&self, key: &str) -> bool {
        self.first(key).is_some()
    }

    fn first(&self, key: &str) -> Option<u32> {
        self.index.first(key.as_bytes(), &|place| self.sources.key(place))
    }

    /// Tells whether an extra key, the `at`th one, is the first of its kind.
    pub(super) fn is_first_extra(&self, key: &str, at: usize) -> bool {
        let Some(place) = self.first(key) else { return true };
        match self.sources.extra {
            Extra::Slice(_) => (place & !SOURCE) as usize == at,
            Extra::Wire(_) => core::ptr::eq(self.sources.key(place).as_ptr(), key.as_ptr()),
        }
    }
}

impl<'a> Sources<'a> {
    pub(super) fn key(&self, place: u32) -> &'a [u8] {
        let at = (place & !SOURCE) as usize;
        let text = match (place & SOURCE, self.extra) {
            (SITE, _) => self.keys,
            (EXTRA, Extra::Slice(fields)) => {
                return fields.get(at).map(|field| field.key.as_bytes()).unwrap_or_default();
            }
            (EXTRA, Extra::Wire(pairs)) => pairs,
            _ => self.context,
        };
        text_at(text, at)
    }
}

/// Reads the bytes of the `text` at a place.
fn text_at(bytes: &[u8], at: usize) -> &[u8] {
    let mut text = Cursor::new(bytes.get(at..).unwrap_or_default());
    let len = text.len().unwrap_or_default();
    text.bytes(len).unwrap_or_default()
}

/// Adds the places of so many keys, alone or in pairs.
fn push_places(places: &mut Vec<u32>, source: u32, bytes: &[u8], count: usize, pairs: bool) {
    let mut rest = Cursor::new(bytes);
    for _ in 0..count {
        let at = bytes.len() - rest.rest().len();
        if rest.text().is_err() || (pairs && rest.value().is_err()) {
            return;
        }
        places.push(source + at as u32);
    }
}
