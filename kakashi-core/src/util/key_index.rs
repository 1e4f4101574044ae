//! Where each of many keys stands first.

use alloc::vec::Vec;

/// So few keys are looked through, for sorting them takes longer; none are where
/// the code of two ways is too much.
const FEW: usize = if cfg!(target_family = "wasm") { 0 } else { 16 };

/// Keys, each with the place where it stands first. A search takes few steps, however
/// many keys there are and whoever chose them.
pub(crate) struct KeyIndex<'a>(Vec<(&'a str, usize)>);

impl<'a> KeyIndex<'a> {
    /// Takes keys in the order in which they stand.
    pub(crate) fn of(keys: impl IntoIterator<Item = &'a str>) -> Self {
        let mut places = Self(keys.into_iter().enumerate().map(|(at, key)| (key, at)).collect());
        if places.0.len() > FEW {
            places.sort();
        }
        places
    }

    fn sort(&mut self) {
        self.0.sort_unstable();
        self.0.dedup_by_key(|place| place.0);
    }

    /// Finds where a key stands first.
    pub(crate) fn first(&self, key: &str) -> Option<usize> {
        let found = if self.0.len() > FEW {
            self.0.get(self.0.partition_point(|place| place.0 < key)).filter(|place| place.0 == key)
        } else {
            self.0.iter().find(|place| place.0 == key)
        };
        found.map(|place| place.1)
    }
}
