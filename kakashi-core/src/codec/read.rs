//! Bytes into values. Any bytes at all are safe to read.

use core::fmt;
use core::time::Duration;

use super::tag;
use crate::util::char_class::as_text;
use crate::value::{MAX_DEPTH, Packed, Value, scalar};

/// Reports bytes that are not what the format says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Malformed;

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("bytes are not a kakashi wire value")
    }
}

impl core::error::Error for Malformed {}

/// Reads from the front of a slice.
#[derive(Clone, Copy, Debug)]
pub struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    /// Starts at the front of `bytes`.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Returns what has not been read.
    pub const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Tells whether everything has been read.
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Reads one byte.
    ///
    /// # Errors
    /// [`Malformed`] at the end.
    #[inline(always)]
    pub fn byte(&mut self) -> Result<u8, Malformed> {
        let (&byte, rest) = self.rest.split_first().ok_or(Malformed)?;
        self.rest = rest;
        Ok(byte)
    }

    /// Reads `len` bytes.
    ///
    /// # Errors
    /// [`Malformed`] when there are fewer.
    #[inline(always)]
    pub fn bytes(&mut self, len: usize) -> Result<&'a [u8], Malformed> {
        let (bytes, rest) = self.rest.split_at_checked(len).ok_or(Malformed)?;
        self.rest = rest;
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or(Malformed)?;
        self.rest = rest;
        Ok(*bytes)
    }

    /// Reads a LEB128 integer.
    ///
    /// # Errors
    /// [`Malformed`] when it ends early or does not fit 64 bits.
    #[cfg_attr(not(any(target_family = "wasm", target_os = "none")), inline(always))]
    pub fn leb(&mut self) -> Result<u64, Malformed> {
        let first = self.byte()?;
        if first < 0x80 { Ok(u64::from(first)) } else { self.long_leb(first) }
    }

    #[inline(never)]
    fn long_leb(&mut self, first: u8) -> Result<u64, Malformed> {
        let mut number = u64::from(first & 0x7f);
        let mut shift = 7;
        loop {
            let byte = self.byte()?;
            let part = u64::from(byte & 0x7f);
            if shift > 63 || part << shift >> shift != part {
                return Err(Malformed);
            }
            number |= part << shift;
            if byte < 0x80 {
                return Ok(number);
            }
            shift += 7;
        }
    }

    /// Reads a LEB128 integer that is a length or an id.
    ///
    /// # Errors
    /// [`Malformed`] when it is none, or does not fit `usize`.
    #[cfg_attr(not(target_family = "wasm"), inline(always))]
    pub fn len(&mut self) -> Result<usize, Malformed> {
        usize::try_from(self.leb()?).map_err(|_| Malformed)
    }

    /// Reads the bytes of a `text` that the compiler made: UTF-8, and short enough for
    /// a length of 32 bits.
    #[inline(never)]
    pub(crate) fn text_bytes(&mut self) -> Result<&'a [u8], Malformed> {
        let len = self.short_leb()?;
        self.bytes(len)
    }

    /// Reads a LEB128 integer that the compiler made.
    #[inline(never)]
    pub(crate) fn short_leb(&mut self) -> Result<usize, Malformed> {
        let first = self.byte()?;
        if first < 0x80 {
            return Ok(usize::from(first));
        }
        let (mut number, mut shift) = (u32::from(first & 0x7f), 7);
        loop {
            let byte = self.byte()?;
            number |= u32::from(byte & 0x7f).wrapping_shl(shift);
            shift += 7;
            if byte < 0x80 {
                return Ok(number as usize);
            }
        }
    }

    /// Reads a `text`.
    ///
    /// # Errors
    /// [`Malformed`] when it ends early or is not UTF-8.
    #[inline]
    pub fn text(&mut self) -> Result<&'a str, Malformed> {
        let len = self.len()?;
        self.str(len)
    }

    fn str(&mut self, len: usize) -> Result<&'a str, Malformed> {
        as_text(self.bytes(len)?).ok_or(Malformed)
    }

    /// Reads the bytes of a little-endian number; the tag's low digit says how
    /// many, at most eight.
    #[cfg_attr(not(target_family = "wasm"), inline(always))]
    pub(crate) fn integer(&mut self, tag: u8) -> Result<u64, Malformed> {
        let len = usize::from(tag & 0x0f);
        // One load where eight bytes are left; the bytes of others are masked away.
        if let Some((word, _)) = self.rest.split_first_chunk::<8>()
            && let Some(rest) = self.rest.get(len..)
            && len <= 8
        {
            self.rest = rest;
            let word = u64::from_le_bytes(*word);
            return Ok(if len == 8 { word } else { word & ((1 << (8 * len)) - 1) });
        }
        self.last_integer(len)
    }

    #[inline(never)]
    fn last_integer(&mut self, len: usize) -> Result<u64, Malformed> {
        let bytes = self.bytes(len)?;
        let mut word = [0; 8];
        word.get_mut(..bytes.len()).ok_or(Malformed)?.copy_from_slice(bytes);
        Ok(u64::from_le_bytes(word))
    }

    /// Reads a value. A list or map is not looked into: see [`Cursor::check_value`].
    ///
    /// # Errors
    /// [`Malformed`] when the bytes are none.
    pub fn value(&mut self) -> Result<Value<'a>, Malformed> {
        let tag = self.byte()?;
        Ok(match tag {
            tag::SHORT_STR.. => Value::Str(self.str(usize::from(tag & 0x7f))?),
            tag::POSITIVE..=0x18 => Value::U64(self.integer(tag)?),
            tag::NEGATIVE..=0x28 => {
                let number = self.integer(tag)?;
                match i64::try_from(number) {
                    Ok(number) => Value::I64(!number),
                    Err(_) => Value::I128(Packed::new(-1 - i128::from(number))),
                }
            }
            tag::NULL => Value::Null,
            tag::FALSE => Value::Bool(false),
            tag::TRUE => Value::Bool(true),
            tag::F64 => Value::F64(f64::from_le_bytes(self.array()?)),
            tag::F32 => Value::F32(f32::from_le_bytes(self.array()?)),
            tag::CHAR => {
                let scalar = u32::try_from(self.leb()?).map_err(|_| Malformed)?;
                Value::Char(char::from_u32(scalar).ok_or(Malformed)?)
            }
            tag::STR => Value::Str(self.text()?),
            tag::BYTES => {
                let len = self.len()?;
                Value::Bytes(self.bytes(len)?)
            }
            tag::DURATION => {
                let seconds = self.leb()?;
                let nanos = u32::try_from(self.leb()?).map_err(|_| Malformed)?;
                if nanos >= 1_000_000_000 {
                    return Err(Malformed);
                }
                Value::Duration(Duration::new(seconds, nanos))
            }
            tag::LIST => Value::List(self.nested()?),
            tag::MAP => Value::Map(self.nested()?),
            tag::I128 => Value::I128(Packed::new(i128::from_le_bytes(self.array()?))),
            tag::U128 => Value::U128(Packed::new(u128::from_le_bytes(self.array()?))),
            _ => return Err(Malformed),
        })
    }

    fn nested(&mut self) -> Result<&'a [u8], Malformed> {
        let len = u32::from_le_bytes(self.array()?);
        self.bytes(usize::try_from(len).map_err(|_| Malformed)?)
    }

    /// Reads a value and everything inside it.
    ///
    /// # Errors
    /// [`Malformed`] when anything is, or nests deeper than `MAX_DEPTH`.
    pub fn check_value(&mut self) -> Result<Value<'a>, Malformed> {
        let value = self.value()?;
        check_inside(&value, 1)?;
        Ok(value)
    }

    /// Reads all pairs to the end and everything inside them, and gives their
    /// keys' mask.
    #[cfg(feature = "alloc")]
    pub(crate) fn check_pairs(mut self) -> Result<u64, Malformed> {
        let mut mask = 0;
        while !self.is_empty() {
            mask |= crate::value::field::key_bit(self.text()?.as_bytes());
            self.check_value()?;
        }
        Ok(mask)
    }
}

/// A value that is written often, and written at once.
#[cfg(feature = "alloc")]
pub(crate) enum Plain<'a> {
    U64(u64),
    F64(f64),
    /// A short string, not looked at whether it is UTF-8.
    Text(&'a [u8]),
    Other(Value<'a>),
}

#[cfg(feature = "alloc")]
impl<'a> Cursor<'a> {
    /// As [`Cursor::value`], but does not check a short string: its writer does.
    #[inline(always)]
    pub(crate) fn plain(&mut self) -> Result<Plain<'a>, Malformed> {
        let before = *self;
        Ok(match self.byte()? {
            tag @ tag::SHORT_STR.. => Plain::Text(self.bytes(usize::from(tag & 0x7f))?),
            tag @ tag::POSITIVE..=0x18 => Plain::U64(self.integer(tag)?),
            tag::F64 => Plain::F64(f64::from_le_bytes(self.array()?)),
            _ => {
                *self = before;
                Plain::Other(self.value()?)
            }
        })
    }
}

pub(super) fn check_inside(value: &Value<'_>, depth: usize) -> Result<(), Malformed> {
    let (bytes, map) = match *value {
        Value::List(bytes) => (bytes, false),
        Value::Map(bytes) => (bytes, true),
        scalar!()
        | Value::Char(_)
        | Value::Str(_)
        | Value::Bytes(_)
        | Value::Composite(_)
        | Value::Display(_)
        | Value::Debug(_)
        | Value::Error(_) => return Ok(()),
    };
    if depth > MAX_DEPTH {
        return Err(Malformed);
    }
    let mut inside = Cursor::new(bytes);
    while !inside.is_empty() {
        if map {
            inside.text()?;
        }
        check_inside(&inside.value()?, depth + 1)?;
    }
    Ok(())
}

/// Yields the items of a list, up to the first malformed byte.
#[derive(Clone, Debug)]
pub(crate) struct Items<'a>(Cursor<'a>);

impl<'a> Items<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(Cursor::new(bytes))
    }

    /// Returns how many bytes have not been read.
    #[cfg(feature = "alloc")]
    pub(crate) fn left(&self) -> usize {
        self.0.rest().len()
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        self.0.value().ok()
    }
}

/// Yields the keys and values of pairs, up to the first malformed byte.
#[derive(Clone, Debug)]
pub(crate) struct Pairs<'a>(Cursor<'a>);

impl<'a> Pairs<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(Cursor::new(bytes))
    }
}

impl<'a> Iterator for Pairs<'a> {
    type Item = (&'a str, Value<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let key = self.0.text().ok()?;
        Some((key, self.0.value().ok()?))
    }
}
