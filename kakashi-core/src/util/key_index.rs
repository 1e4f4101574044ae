//! An index over keys: at which position each occurs first.

use alloc::vec::Vec;

/// Up to this many keys are searched one by one, because sorting them takes longer; on
/// wasm none are, because the code for both is too large.
const FEW: usize = if cfg!(target_family = "wasm") { 0 } else { 16 };

/// Keys, each with its first position. A search takes few steps, however many keys there
/// are and whoever chose them.
pub(crate) struct KeyIndex<'a>(Vec<(&'a str, usize)>);

impl<'a> KeyIndex<'a> {
    /// Indexes keys in their order.
    #[cfg_attr(not(any(target_family = "wasm", target_os = "none")), inline)]
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

    /// Finds a key's first position.
    #[cfg_attr(not(any(target_family = "wasm", target_os = "none")), inline)]
    pub(crate) fn first(&self, key: &str) -> Option<usize> {
        let found = if self.0.len() > FEW {
            self.0.get(self.0.partition_point(|place| place.0 < key)).filter(|place| place.0 == key)
        } else {
            self.0.iter().find(|place| place.0 == key)
        };
        found.map(|place| place.1)
    }
}
