//! Where each of many keys stands first.

use alloc::vec::Vec;

/// Keys, each with the place where it stands first, in the keys' order: a search
/// takes few steps, whoever chose the keys.
pub(crate) struct Places<'a>(Vec<(&'a str, usize)>);

impl<'a> Places<'a> {
    /// Takes keys in the order in which they stand.
    pub(crate) fn of(keys: impl IntoIterator<Item = &'a str>) -> Self {
        Self::sorted(keys.into_iter().enumerate().map(|(at, key)| (key, at)).collect())
    }

    fn sorted(mut places: Vec<(&'a str, usize)>) -> Self {
        places.sort_unstable();
        places.dedup_by_key(|place| place.0);
        Self(places)
    }

    /// Returns how many keys there are, each counted once.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Finds where a key stands first.
    pub(crate) fn first(&self, key: &str) -> Option<usize> {
        let at = self.0.partition_point(|place| place.0 < key);
        self.0.get(at).filter(|place| place.0 == key).map(|place| place.1)
    }
}
