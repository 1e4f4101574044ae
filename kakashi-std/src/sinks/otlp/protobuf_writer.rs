//! Fields, messages and values as protobuf has them.

use kakashi_core::Value;
use kakashi_core::encode::writers::AsJson;

/// The field numbers, by message.
mod field {
    pub(super) const KEY: u32 = 1;
    pub(super) const VALUE: u32 = 2;
    pub(super) const ANY_STRING: u32 = 1;
    pub(super) const ANY_BOOL: u32 = 2;
    pub(super) const ANY_INT: u32 = 3;
    pub(super) const ANY_DOUBLE: u32 = 4;
    pub(super) const ANY_ARRAY: u32 = 5;
    pub(super) const ANY_MAP: u32 = 6;
    pub(super) const ANY_BYTES: u32 = 7;
    pub(super) const VALUES: u32 = 1;
}

const VARINT: u32 = 0;
const FIXED64: u32 = 1;
const BYTES: u32 = 2;

pub(super) fn put_attribute(out: &mut Vec<u8>, field: u32, key: &str, value: &Value<'_>) {
    put_message(out, field, |out| {
        put_bytes(out, field::KEY, key.as_bytes());
        put_message(out, field::VALUE, |out| put_any(out, value));
    });
}

/// Appends an `AnyValue`; it is empty for `null`.
fn put_any(out: &mut Vec<u8>, value: &Value<'_>) {
    match value {
        Value::Null => {}
        Value::Bool(truth) => put_varint(out, field::ANY_BOOL, u64::from(*truth)),
        Value::I64(number) => put_varint(out, field::ANY_INT, *number as u64),
        Value::U64(number) => match i64::try_from(*number) {
            Ok(number) => put_varint(out, field::ANY_INT, number as u64),
            // As the conventions have it for what is no int64.
            Err(_) => put_bytes(out, field::ANY_STRING, number.to_string().as_bytes()),
        },
        Value::I128(number) => put_bytes(out, field::ANY_STRING, number.get().to_string().as_bytes()),
        Value::U128(number) => put_bytes(out, field::ANY_STRING, number.get().to_string().as_bytes()),
        Value::F32(number) => put_double(out, f64::from(*number)),
        Value::F64(number) => put_double(out, *number),
        Value::Duration(duration) => put_double(out, duration.as_secs_f64()),
        Value::Char(character) => {
            put_bytes(out, field::ANY_STRING, character.encode_utf8(&mut [0; 4]).as_bytes());
        }
        Value::Str(text) => put_bytes(out, field::ANY_STRING, text.as_bytes()),
        Value::Bytes(bytes) => put_bytes(out, field::ANY_BYTES, bytes),
        Value::List(_) => put_message(out, field::ANY_ARRAY, |out| {
            for item in value.items() {
                put_message(out, field::VALUES, |out| put_any(out, &item));
            }
        }),
        Value::Map(_) => put_message(out, field::ANY_MAP, |out| {
            for (key, value) in value.entries() {
                put_attribute(out, field::VALUES, key, &value);
            }
        }),
        // None comes out of the wire.
        other => put_bytes(out, field::ANY_STRING, AsJson(other).to_string().as_bytes()),
    }
}

fn put_double(out: &mut Vec<u8>, number: f64) {
    put_number(out, u64::from(field::ANY_DOUBLE << 3 | FIXED64));
    out.extend_from_slice(&number.to_le_bytes());
}

pub(super) fn put_fixed64(out: &mut Vec<u8>, field: u32, number: u64) {
    put_number(out, u64::from(field << 3 | FIXED64));
    out.extend_from_slice(&number.to_le_bytes());
}

pub(super) fn put_varint(out: &mut Vec<u8>, field: u32, number: u64) {
    put_number(out, u64::from(field << 3 | VARINT));
    put_number(out, number);
}

pub(super) fn put_bytes(out: &mut Vec<u8>, field: u32, bytes: &[u8]) {
    put_number(out, u64::from(field << 3 | BYTES));
    put_number(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Appends a message whose length is known when it is written.
pub(super) fn put_message(out: &mut Vec<u8>, field: u32, body: impl FnOnce(&mut Vec<u8>)) {
    put_number(out, u64::from(field << 3 | BYTES));
    let at = out.len();
    // Most are short.
    out.push(0);
    body(out);
    let mut len = Vec::with_capacity(10);
    put_number(&mut len, (out.len() - at - 1) as u64);
    match len[..] {
        [only] => out[at] = only,
        _ => drop(out.splice(at..=at, len)),
    }
}

fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_of_any_length_has_its_length_before_it() {
        for len in [0, 1, 127, 128, 16_383, 16_384, 3_000_000] {
            let mut out = Vec::new();
            put_message(&mut out, 1, |out| out.resize(out.len() + len, 7));
            let (head, body) = out.split_at(out.len() - len);
            let number = head[1..].iter().rev().fold(0, |number, byte| number << 7 | u64::from(byte & 0x7f));
            assert_eq!((number, body.iter().all(|byte| *byte == 7)), (len as u64, true));
        }
    }
}
