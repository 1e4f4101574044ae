//! A key and its value.

use crate::value::{ToValue, Value};

/// Pairs a key with a borrowed value.
#[derive(Clone, Copy, Debug)]
pub struct Field<'a> {
    /// The key; any text, written quoted where it needs to be.
    pub key: &'a str,
    /// The value.
    pub value: Value<'a>,
}

impl<'a> Field<'a> {
    /// Pairs `key` with anything that is a value.
    pub fn new<T: ToValue + ?Sized>(key: &'a str, value: &'a T) -> Self {
        Self { key, value: value.to_value() }
    }
}

/// Returns the bit that stands for a key in a key mask.
///
/// Two sets of keys whose masks share no bit share no key; the reverse does
/// not hold. FNV-1a over the key's bytes, its top six bits: no table, and it
/// runs in a `const`.
pub const fn key_bit(key: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut at = 0;
    while at < key.len() {
        hash = (hash ^ key[at] as u64).wrapping_mul(0x0000_0100_0000_01b3);
        at += 1;
    }
    // The low bits of FNV mix worst for short keys: fold before taking six.
    1 << ((hash ^ (hash >> 29)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 58)
}
