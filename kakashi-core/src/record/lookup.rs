//! Looks up many keys of one record: the extra ones that came before, those of the record
//! that hide others.

use super::fields::Extra;
#[cfg(feature = "alloc")]
use super::record_keys::RecordKeys;
use crate::codec::Cursor;
use crate::site::SiteParts;
use crate::value::field::key_bit;

/// Remembers which keys of an [`Extra`] came before.
///
/// Few keys are compared with those before them, and only where their bits
/// clash; many are sorted where there is a heap, so that a million fields
/// do not take a million million comparisons.
pub(super) struct Seen<'a> {
    extra: Extra<'a>,
    mask: u64,
    count: usize,
    #[cfg(feature = "alloc")]
    index: Option<RecordKeys<'a>>,
}

#[cfg(feature = "alloc")]
const MANY: usize = 64;

impl<'a> Seen<'a> {
    pub(super) fn new(extra: Extra<'a>) -> Self {
        Self {
            extra,
            mask: 0,
            count: 0,
            #[cfg(feature = "alloc")]
            index: None,
        }
    }

    pub(super) fn is_first(&mut self, key: &'a str) -> bool {
        let at = self.count;
        self.count += 1;
        #[cfg(feature = "alloc")]
        if at >= MANY {
            return self
                .index
                .get_or_insert_with(|| RecordKeys::own(SiteParts::default(), self.extra))
                .is_first_extra(key, at);
        }
        let bit = key_bit(key.as_bytes());
        let clash = self.mask & bit != 0;
        self.mask |= bit;
        !clash || self.extra.place(key) == Some(at)
    }
}

/// Looks for keys among a record's own.
///
/// A few are looked for one by one; where there are many and a heap, they are indexed, so
/// that a thousand keys of each kind do not take a million comparisons.
pub(super) struct OwnKeys<'a> {
    parts: SiteParts<'a>,
    extra: Extra<'a>,
    #[cfg(feature = "alloc")]
    looks: usize,
    #[cfg(feature = "alloc")]
    index: Option<RecordKeys<'a>>,
}

/// Up to so many keys are looked for one by one; none on wasm, because the code for both is
/// too large.
#[cfg(feature = "alloc")]
const FEW_LOOKS: usize = if cfg!(target_family = "wasm") { 0 } else { 8 };

impl<'a> OwnKeys<'a> {
    pub(super) fn new(parts: SiteParts<'a>, extra: Extra<'a>) -> Self {
        Self {
            parts,
            extra,
            #[cfg(feature = "alloc")]
            looks: 0,
            #[cfg(feature = "alloc")]
            index: None,
        }
    }

    /// Tells whether there is a key.
    pub(super) fn has(&mut self, key: &str) -> bool {
        #[cfg(feature = "alloc")]
        {
            self.looks += 1;
            if self.looks > FEW_LOOKS {
                return self.index.get_or_insert_with(|| RecordKeys::own(self.parts, self.extra)).has(key);
            }
        }
        site_has(self.parts, key) || self.extra.find(key).is_some()
    }
}

/// Tells whether a key is one of a site's.
pub(super) fn site_has(parts: SiteParts<'_>, key: &str) -> bool {
    let mut cursor = Cursor::new(parts.keys);
    (0..parts.key_count).any(|_| cursor.text() == Ok(key))
}
