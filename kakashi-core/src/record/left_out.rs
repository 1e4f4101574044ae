//! The fields of contexts that a destination leaves out.

use alloc::boxed::Box;

use crate::value::field::key_bit;

/// Names fields of contexts that are not written. What a call itself says is not touched.
#[derive(Clone, Debug, Default)]
pub(crate) struct LeftOut {
    keys: Box<[Box<str>]>,
    mask: u64,
}

impl LeftOut {
    /// Takes the keys.
    pub(crate) fn new<K: AsRef<str>>(keys: impl IntoIterator<Item = K>) -> Self {
        let keys: Box<[Box<str>]> = keys.into_iter().map(|key| key.as_ref().into()).collect();
        let mask = keys.iter().fold(0, |mask, key| mask | key_bit(key.as_bytes()));
        Self { keys, mask }
    }

    /// Tells whether nothing is left out.
    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Tells whether a key of this mask may be left out.
    pub(crate) fn may_touch(&self, mask: u64) -> bool {
        self.mask & mask != 0
    }

    pub(super) fn names(&self, key: &str) -> bool {
        self.may_touch(key_bit(key.as_bytes())) && self.keys.iter().any(|candidate| **candidate == *key)
    }
}
