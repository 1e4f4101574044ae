//! Values into bytes. Needs no heap: lengths that are known late are patched.

use super::bounds::is_readable;
use super::composite::{self, Structure};
use super::print::print;
use super::tag;
use crate::util::output::Output;
use crate::value::{Composite, MAX_DEPTH, Value};

/// Appends an unsigned LEB128 integer.
#[cfg_attr(not(target_os = "none"), inline)]
#[cfg_attr(target_os = "none", inline(never))]
pub fn put_leb(out: &mut Output<'_>, mut number: u64) {
    while number >= 0x80 {
        out.put_byte(number as u8 | 0x80);
        number >>= 7;
    }
    out.put_byte(number as u8);
}

/// Appends a length or an id as [`put_leb`] does, without 64 bits where words have 32.
#[cfg(not(target_os = "none"))]
#[inline(always)]
pub(crate) fn put_len(out: &mut Output<'_>, number: usize) {
    put_leb(out, number as u64);
}

/// Appends a length or an id as [`put_leb`] does, without 64 bits where words have 32.
#[cfg(target_os = "none")]
#[inline(never)]
pub(crate) fn put_len(out: &mut Output<'_>, mut number: usize) {
    while number >= 0x80 {
        out.put_byte(number as u8 | 0x80);
        number >>= 7;
    }
    out.put_byte(number as u8);
}

/// Overwrites `WIDTH` bytes at `at` with a LEB128 integer padded to that width.
///
/// Returns false, and writes nothing, when the number needs more.
pub(crate) fn put_leb_padded<const WIDTH: usize>(out: &mut Output<'_>, at: usize, number: usize) -> bool {
    // Five groups of seven bits are more than a word of 32 can be shifted by.
    let number = number as u64;
    if number >> (7 * WIDTH) != 0 {
        return false;
    }
    let mut bytes = [0; WIDTH];
    for (place, byte) in bytes.iter_mut().enumerate() {
        let more = if place + 1 < WIDTH { 0x80 } else { 0 };
        *byte = (number >> (7 * place)) as u8 & 0x7f | more;
    }
    out.patch(at, &bytes);
    true
}

/// Appends a `text`: its length and its bytes.
#[inline]
pub fn put_text(out: &mut Output<'_>, text: &str) {
    put_len(out, text.len());
    out.put_short(text.as_bytes());
}

/// Appends a pair: a key and its value.
#[inline]
pub fn put_pair(out: &mut Output<'_>, key: &str, value: &Value<'_>) {
    put_text(out, key);
    put_value(out, value);
}

/// Appends a value, running the code of foreign ones.
#[inline]
pub fn put_value(out: &mut Output<'_>, value: &Value<'_>) {
    match *value {
        Value::U64(number) => put_integer(out, tag::POSITIVE, number),
        Value::I64(number) => put_signed(out, number),
        Value::Str(text) => put_str(out, text),
        Value::F64(number) => out.put_tagged(tag::F64, number.to_le_bytes(), 8),
        Value::Bool(truth) => out.put_byte(if truth { tag::TRUE } else { tag::FALSE }),
        _ => put_rare(out, value),
    }
}

#[cfg_attr(not(target_os = "none"), inline)]
#[cfg_attr(target_os = "none", inline(never))]
fn put_str(out: &mut Output<'_>, text: &str) {
    if text.len() < 0x80 {
        out.put_after(tag::SHORT_STR | text.len() as u8, text.as_bytes());
    } else {
        out.put_byte(tag::STR);
        put_len(out, text.len());
        out.put(text.as_bytes());
    }
}

#[cfg_attr(not(target_os = "none"), inline)]
#[cfg_attr(target_os = "none", inline(never))]
fn put_signed(out: &mut Output<'_>, number: i64) {
    if number < 0 {
        put_integer(out, tag::NEGATIVE, !number as u64);
    } else {
        put_integer(out, tag::POSITIVE, number as u64);
    }
}

/// Appends a number after the tag whose low digit says how many bytes it takes.
#[cfg_attr(not(target_os = "none"), inline)]
#[cfg_attr(target_os = "none", inline(never))]
pub(crate) fn put_integer(out: &mut Output<'_>, tag: u8, number: u64) {
    let len = integer_len(number);
    out.put_tagged(tag | len as u8, number.to_le_bytes(), len);
}

/// Counts the bytes that a number needs.
#[inline(always)]
pub(crate) fn integer_len(number: u64) -> usize {
    (71 - number.leading_zeros() as usize) / 8
}

#[inline(never)]
fn put_rare(out: &mut Output<'_>, value: &Value<'_>) {
    put_known(out, value);
}

/// As [`put_value`]; where the compiler knows the kind, only that kind's code is left.
#[inline(always)]
pub(crate) fn put_known(out: &mut Output<'_>, value: &Value<'_>) {
    match *value {
        Value::Null => out.put_byte(tag::NULL),
        Value::Bool(truth) => out.put_byte(if truth { tag::TRUE } else { tag::FALSE }),
        Value::U64(number) => put_integer(out, tag::POSITIVE, number),
        Value::I64(number) => put_signed(out, number),
        Value::I128(number) => put_i128(out, number.get()),
        Value::U128(number) => put_u128(out, number.get()),
        Value::F32(number) => put_tagged_bytes(out, tag::F32, &number.to_le_bytes()),
        Value::F64(number) => put_tagged_bytes(out, tag::F64, &number.to_le_bytes()),
        Value::Char(character) => {
            out.put_byte(tag::CHAR);
            put_len(out, u32::from(character) as usize);
        }
        Value::Str(text) => put_str(out, text),
        Value::Bytes(bytes) => {
            out.put_byte(tag::BYTES);
            put_len(out, bytes.len());
            out.put(bytes);
        }
        Value::Duration(length) => {
            out.put_byte(tag::DURATION);
            put_leb(out, length.as_secs());
            put_leb(out, u64::from(length.subsec_nanos()));
        }
        Value::List(items) => put_nested(out, value, tag::LIST, items),
        Value::Map(pairs) => put_nested(out, value, tag::MAP, pairs),
        Value::Composite(composite) => put_composite(out, composite),
        Value::Display(_) | Value::Debug(_) | Value::Error(_) => put_printed(out, value),
    }
}

#[cfg_attr(target_os = "none", inline(never))]
fn put_tagged_bytes(out: &mut Output<'_>, tag: u8, bytes: &[u8]) {
    out.put_byte(tag);
    out.put(bytes);
}

fn put_i128(out: &mut Output<'_>, number: i128) {
    let (tag, magnitude) = if number < 0 { (tag::NEGATIVE, !number) } else { (tag::POSITIVE, number) };
    match u64::try_from(magnitude) {
        Ok(narrow) => put_integer(out, tag, narrow),
        Err(_) => put_tagged_bytes(out, tag::I128, &number.to_le_bytes()),
    }
}

fn put_u128(out: &mut Output<'_>, number: u128) {
    match u64::try_from(number) {
        Ok(narrow) => put_integer(out, tag::POSITIVE, narrow),
        Err(_) => put_tagged_bytes(out, tag::U128, &number.to_le_bytes()),
    }
}

#[cfg_attr(target_os = "none", inline(never))]
fn put_composite(out: &mut Output<'_>, composite: &dyn Composite) {
    composite::describe(composite, &mut CompositeWriter { out, open: [0; MAX_DEPTH] });
}

fn put_nested(out: &mut Output<'_>, value: &Value<'_>, tag: u8, bytes: &[u8]) {
    // No reader takes what nests too deep: a program can make such bytes.
    if !is_readable(value) {
        return composite::describe_value(*value, &mut CompositeWriter { out, open: [0; MAX_DEPTH] });
    }
    out.put_byte(tag);
    out.put(&(bytes.len() as u32).to_le_bytes());
    out.put(bytes);
}

/// Appends what a value prints as a string; an error from a `Display` that gives
/// up ends the string with `…`.
#[cfg_attr(target_os = "none", inline(never))]
fn put_printed(out: &mut Output<'_>, value: &Value<'_>) {
    out.put_byte(tag::STR);
    let head = out.position();
    out.put(&[0; 5]);
    let start = out.position();
    if print(out, value).is_err() {
        out.put("…".as_bytes());
    }
    let written = put_leb_padded::<5>(out, head, out.position() - start);
    debug_assert!(written, "a text of 2^35 bytes fits no memory");
}

/// Writes lists and maps as bytes; their lengths are patched in at their end.
struct CompositeWriter<'o, 'b> {
    out: &'o mut Output<'b>,
    /// Where the length of each open list or map stands.
    open: [usize; MAX_DEPTH],
}

impl Structure for CompositeWriter<'_, '_> {
    fn scalar(&mut self, value: &Value<'_>) {
        put_value(self.out, value);
    }

    fn position(&self) -> usize {
        self.out.position()
    }

    fn begin(&mut self, map: bool, depth: usize) {
        self.out.put_byte(if map { tag::MAP } else { tag::LIST });
        self.open[depth] = self.out.position();
        self.out.put(&[0; 4]);
    }

    fn key(&mut self, key: &str, _depth: usize) {
        put_text(self.out, key);
    }

    fn end(&mut self, _map: bool, depth: usize) {
        let at = self.open[depth];
        let len = self.out.position() - at - 4;
        self.out.patch(at, &(len as u32).to_le_bytes());
    }
}
