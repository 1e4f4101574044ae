//! An index over keys: which of equal ones stands first, and which key ends a text.
//!
//! It holds four bytes for a key: a place, of which its owner knows the key. Whoever chose
//! the keys, a search takes few steps, and so does a step of a walk along a text's end.

use alloc::vec::Vec;
use core::cmp::Ordering;
use core::ops::Range;

/// Up to this many keys are searched one by one, because sorting them takes longer; on
/// wasm none are, because the code for both is too large.
const FEW: usize = if cfg!(target_family = "wasm") { 0 } else { 16 };

/// Returns the key that stands at a place.
pub(crate) type KeyAt<'f, 'k> = dyn Fn(u32) -> &'k [u8] + 'f;

/// Orders keys: as they read backwards, but on wasm, which does not walk along texts' ends.
fn order(a: &[u8], b: &[u8]) -> Ordering {
    if cfg!(target_family = "wasm") { a.cmp(b) } else { a.iter().rev().cmp(b.iter().rev()) }
}

/// Sorts places. (One copy of its code: a page downloads it.)
#[inline(never)]
pub(crate) fn sort_places(places: &mut [u32], compare: &dyn Fn(u32, u32) -> Ordering) {
    places.sort_unstable_by(|a, b| compare(*a, *b));
}

/// The places of keys, sorted by the keys read backwards, equal ones by their places.
#[derive(Debug)]
pub(crate) struct KeyIndex(Vec<u32>);

impl KeyIndex {
    /// Indexes the keys at ascending places, for [`KeyIndex::first`].
    #[cfg_attr(not(any(target_family = "wasm", target_os = "none")), inline)]
    pub(crate) fn of(places: Vec<u32>, key_at: &KeyAt<'_, '_>) -> Self {
        if places.len() > FEW { Self::sorted(places, key_at) } else { Self(places) }
    }

    /// Indexes keys for all that is asked here.
    pub(crate) fn sorted(mut places: Vec<u32>, key_at: &KeyAt<'_, '_>) -> Self {
        sort_places(&mut places, &|a, b| order(key_at(a), key_at(b)).then_with(|| a.cmp(&b)));
        Self(places)
    }

    /// Finds the first place of a key.
    #[cfg_attr(not(any(target_family = "wasm", target_os = "none")), inline)]
    pub(crate) fn first(&self, key: &[u8], key_at: &KeyAt<'_, '_>) -> Option<u32> {
        let place = if self.0.len() > FEW {
            let before = |place: &u32| order(key_at(*place), key).is_lt();
            self.0.get(self.0.partition_point(before)).filter(|place| key_at(**place) == key)
        } else {
            self.0.iter().find(|place| key_at(**place) == key)
        };
        place.copied()
    }

    /// Tells whether a key stands twice; the index is sorted.
    pub(crate) fn has_twice(&self, key_at: &KeyAt<'_, '_>) -> bool {
        self.0.windows(2).any(|pair| key_at(pair[0]) == key_at(pair[1]))
    }

    /// Returns all keys, which end with the empty text; the index is sorted.
    pub(crate) fn all(&self) -> Range<usize> {
        0..self.0.len()
    }

    /// Of keys that end with the same `depth` bytes, finds those with `byte` before them.
    pub(crate) fn narrow(
        &self,
        range: Range<usize>,
        depth: usize,
        byte: u8,
        key_at: &KeyAt<'_, '_>,
    ) -> Range<usize> {
        let before = |place: &u32| {
            let key = key_at(*place);
            key.len().checked_sub(depth + 1).and_then(|at| key.get(at).copied())
        };
        let keys = self.0.get(range.clone()).unwrap_or_default();
        let start = keys.partition_point(|place| before(place) < Some(byte));
        let rest = keys.get(start..).unwrap_or_default();
        let len = match rest.last() {
            // Often all are left.
            Some(last) if before(last) == Some(byte) => rest.len(),
            _ => rest.partition_point(|place| before(place) <= Some(byte)),
        };
        range.start + start..range.start + start + len
    }

    /// Returns the first place of the key that is these `depth` bytes and no more.
    pub(crate) fn whole(&self, range: &Range<usize>, depth: usize, key_at: &KeyAt<'_, '_>) -> Option<u32> {
        let place = *self.0.get(range.clone())?.first()?;
        (key_at(place).len() == depth).then_some(place)
    }
}
