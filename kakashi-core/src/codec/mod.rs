//! Values as bytes: the alphabet that the [wire](crate::wire) is written in.
//!
//! A value is a tag and what the tag asks for. Integers store only the bytes
//! they need and are written with one eight-byte store; a short string has a
//! one-byte head. All numbers are little-endian. `leb` is an unsigned LEB128
//! integer of at most ten bytes (DWARF 5, section 7.6); `text` is a `leb` byte
//! length and that much UTF-8.
//!
//! | tag | value | follows |
//! |---|---|---|
//! | `00` | null | |
//! | `01`, `02` | false, true | |
//! | `03` | 64-bit float | 8 bytes, IEEE 754 |
//! | `04` | 32-bit float | 4 bytes, IEEE 754 |
//! | `05` | character | `leb`, a Unicode scalar value |
//! | `06` | string | `text` |
//! | `07` | bytes | `leb` byte length, the bytes |
//! | `08` | duration | `leb` seconds, `leb` nanoseconds below 10⁹ |
//! | `09` | list | 4-byte length in bytes, that many bytes of values |
//! | `0A` | map | 4-byte length in bytes, that many bytes of pairs: a `text` key and a value |
//! | `0B` | signed 128-bit integer | 16 bytes, two's complement |
//! | `0C` | unsigned 128-bit integer | 16 bytes |
//! | `10`–`18` | integer *n* ≥ 0 | its low 0–8 bytes; the tag's low digit says how many |
//! | `20`–`28` | integer −1−*n* | the same |
//! | `80`–`FF` | string of 0–127 bytes | the length is the tag − `80` |
//!
//! All other tags are unassigned; a reader refuses them. Lists and maps nest
//! at most [`MAX_DEPTH`](crate::value::MAX_DEPTH) deep. A writer uses the
//! shortest form of an integer or a length, whatever its type (tags `0B` and
//! `0C` only for what needs more than 64 bits and a sign); a reader accepts any.
//! A float keeps its width.

pub(crate) mod bounds;
pub(crate) mod composite;
mod print;
mod read;
mod walk;
mod write;

pub(crate) use print::print;
#[cfg(feature = "alloc")]
pub(crate) use read::Plain;
pub use read::{Cursor, Malformed};
pub(crate) use read::{Items, Pairs};
#[cfg(all(feature = "ring", any(feature = "alloc", target_os = "none")))]
pub(crate) use write::integer_len;
#[cfg(any(test, target_os = "none", all(feature = "ring", feature = "alloc")))]
pub(crate) use write::put_known;
pub(crate) use write::{put_integer, put_leb_padded, put_len};
pub use write::{put_leb, put_pair, put_text, put_value};

pub(crate) mod tag {
    pub(crate) const NULL: u8 = 0x00;
    pub(crate) const FALSE: u8 = 0x01;
    pub(crate) const TRUE: u8 = 0x02;
    pub(crate) const F64: u8 = 0x03;
    pub(crate) const F32: u8 = 0x04;
    pub(crate) const CHAR: u8 = 0x05;
    pub(crate) const STR: u8 = 0x06;
    pub(crate) const BYTES: u8 = 0x07;
    pub(crate) const DURATION: u8 = 0x08;
    pub(crate) const LIST: u8 = 0x09;
    pub(crate) const MAP: u8 = 0x0a;
    pub(crate) const I128: u8 = 0x0b;
    pub(crate) const U128: u8 = 0x0c;
    pub(crate) const POSITIVE: u8 = 0x10;
    pub(crate) const NEGATIVE: u8 = 0x20;
    pub(crate) const SHORT_STR: u8 = 0x80;
}

#[cfg(test)]
mod tests;
