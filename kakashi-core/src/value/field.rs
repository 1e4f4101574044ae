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

/// Hands over the fields of two sources as one slice; up to sixteen are put
/// together on the stack.
#[cfg(feature = "alloc")]
pub fn with_joined<R>(first: &[Field<'_>], second: &[Field<'_>], then: impl FnOnce(&[Field<'_>]) -> R) -> R {
    const FEW: usize = 16;
    let all = first.iter().chain(second).copied();
    if first.len() + second.len() <= FEW {
        then(&all.collect::<heapless::Vec<_, FEW>>())
    } else {
        then(&all.collect::<alloc::vec::Vec<_>>())
    }
}

/// Returns a key's bit in a key mask.
///
/// Two sets of keys whose masks share no bit share no key; the reverse does
/// not hold. Bytes are folded into a word by rotation, whose bits one product
/// then mixes (Fibonacci hashing, Knuth, TAOCP 6.4): few and plain steps, for
/// the compiler takes them for every key of every call site.
#[expect(clippy::manual_rotate, reason = "a call is many steps for the compiler's interpreter")]
pub const fn key_bit(key: &[u8]) -> u64 {
    let mut hash = 0_u64;
    let mut rest = key;
    while let [byte, more @ ..] = rest {
        hash = (hash << 7 | hash >> 57) ^ *byte as u64;
        rest = more;
    }
    1 << (hash.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 58)
}
