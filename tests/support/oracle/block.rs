//! An independent writer of wire blocks, from the docs of `kakashi_core::wire`.
//!
//! Its blocks hold one record each, and the items that it needs, with the ids
//! that are asked for. Values in their shortest forms, nothing else.

use kakashi_core::value::MAX_DEPTH;
use kakashi_core::{Timestamp, ToValue, Value};

use crate::model::record::{OwnedMessage, OwnedRecord, OwnedValue};

/// Wraps items as a block.
pub fn of_items(items: &[u8]) -> Vec<u8> {
    let mut checked = vec![1, 0];
    checked.extend((items.len() as u32).to_le_bytes());
    checked.extend(items);
    let checksum = crc32(&checked);
    [&[0xf5, b'k', b'k', 0xfa], checked.as_slice(), &checksum.to_le_bytes()].concat()
}

/// Writes an item.
pub fn item(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind], leb(body.len() as u64).as_slice(), body].concat()
}

/// CRC-32 (ISO-HDLC), a bit at a time.
pub fn crc32(bytes: &[u8]) -> u32 {
    let mut remainder = u32::MAX;
    for &byte in bytes {
        remainder ^= u32::from(byte);
        for _ in 0..8 {
            remainder = if remainder & 1 == 1 { remainder >> 1 ^ 0xedb8_8320 } else { remainder >> 1 };
        }
    }
    !remainder
}

/// Writes an unsigned LEB128 integer.
pub fn leb(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number > 0x7f {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

/// Writes a text.
pub fn text(text: &str) -> Vec<u8> {
    [leb(text.len() as u64), text.into()].concat()
}

/// Writes the item that explains a template.
pub fn site(id: u64, level: u8, template: &str, keys: &[&str], place: (&str, &str, u32)) -> Vec<u8> {
    let mut body = leb(id);
    body.push(level);
    body.extend(text(template));
    body.extend(leb(keys.len() as u64));
    keys.iter().for_each(|key| body.extend(text(key)));
    body.extend(place_in_source(place));
    item(1, &body)
}

/// Writes a module, a file and a line.
fn place_in_source((module, file, line): (&str, &str, u32)) -> Vec<u8> {
    [leb(u64::from(line)), text(module), text(file)].concat()
}

/// Writes a block of one record, each item with the same id.
pub fn of_record(record: &OwnedRecord, id: u64) -> Vec<u8> {
    let mut items = Vec::new();
    let mut body = vec![2_u8];
    body.extend(time(record.timestamp));
    match &record.message {
        OwnedMessage::Site { fields, module, file, line, .. } => {
            body[0] |= 1;
            let keys: Vec<&str> = fields.iter().map(|(key, _)| key.as_str()).collect();
            let template = record.template().unwrap_or_default();
            items.extend(site(id, record.level.number(), &template, &keys, (module, file, *line)));
            body.extend(leb(id));
        }
        OwnedMessage::Literal(message) => {
            body.push(record.level.number());
            body.extend(text(message));
        }
        OwnedMessage::Placed { text: message, module, file, line } => {
            body[0] |= 32;
            body.push(record.level.number());
            body.extend(text(message));
            body.extend(place_in_source((module, file, *line)));
        }
    }
    items.extend(item(2, &[leb(id), text(&record.logger)].concat()));
    body.extend(leb(id));
    if !record.context.is_empty() {
        body[0] |= 4;
        items.extend(item(3, &[leb(id), pairs(&record.context)].concat()));
        body.extend(leb(id));
    }
    if let Some(sequence) = record.sequence {
        body[0] |= 16;
        body.extend(leb(sequence));
    }
    record.own().iter().for_each(|(_, field)| value(&mut body, field, 1));
    if !record.extra.is_empty() {
        body[0] |= 8;
        body.extend(pairs(&record.extra));
    }
    items.extend(item(4, &body));
    of_items(&items)
}

fn time(timestamp: Timestamp) -> Vec<u8> {
    let (head, number) = match timestamp {
        Timestamp::Wall(nanos @ 0..) => (0x00, nanos as u64),
        Timestamp::Wall(nanos) => (0x10, (-1 - nanos) as u64),
        Timestamp::Uptime(nanos) => (0x20, nanos),
    };
    counted(head, number)
}

/// Writes a number as its low bytes behind a head that counts them.
fn counted(head: u8, number: u64) -> Vec<u8> {
    let mut bytes = number.to_le_bytes().to_vec();
    while bytes.last() == Some(&0) {
        bytes.pop();
    }
    bytes.insert(0, head | bytes.len() as u8);
    bytes
}

fn pairs(pairs: &[(String, OwnedValue)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (key, held) in pairs {
        out.extend(text(key));
        value(&mut out, held, 1);
    }
    out
}

fn value(out: &mut Vec<u8>, held: &OwnedValue, depth: usize) {
    match held {
        OwnedValue::Null => out.push(0),
        OwnedValue::Bool(truth) => out.push(1 + u8::from(*truth)),
        OwnedValue::F64(number) => out.extend([&[3], number.to_le_bytes().as_slice()].concat()),
        OwnedValue::F32(number) => out.extend([&[4], number.to_le_bytes().as_slice()].concat()),
        OwnedValue::Char(character) => out.extend([vec![5], leb(u64::from(u32::from(*character)))].concat()),
        OwnedValue::Bytes(bytes) => out.extend([vec![7], leb(bytes.len() as u64), bytes.clone()].concat()),
        OwnedValue::Duration(length) => {
            out.extend([vec![8], leb(length.as_secs()), leb(u64::from(length.subsec_nanos()))].concat());
        }
        OwnedValue::I64(number) => integer(out, i128::from(*number)),
        OwnedValue::U64(number) => integer(out, i128::from(*number)),
        OwnedValue::I128(number) => integer(out, *number),
        OwnedValue::U128(number) => match i128::try_from(*number) {
            Ok(small) if small <= i128::from(u64::MAX) => integer(out, small),
            _ => out.extend([&[12], number.to_le_bytes().as_slice()].concat()),
        },
        OwnedValue::List(_) | OwnedValue::Map(_) if depth > MAX_DEPTH => string(out, "…"),
        OwnedValue::List(items) => {
            let mut inside = Vec::new();
            items.iter().for_each(|item| value(&mut inside, item, depth + 1));
            nested(out, 9, &inside);
        }
        OwnedValue::Map(pairs) => {
            let mut inside = Vec::new();
            for (key, held) in pairs {
                inside.extend(text(key));
                value(&mut inside, held, depth + 1);
            }
            nested(out, 10, &inside);
        }
        OwnedValue::Str(_) | OwnedValue::Display(_) | OwnedValue::Debug(_) | OwnedValue::Error(_) => {
            string(out, &printed(&held.to_value()));
        }
    }
}

fn nested(out: &mut Vec<u8>, tag: u8, inside: &[u8]) {
    out.push(tag);
    out.extend((inside.len() as u32).to_le_bytes());
    out.extend(inside);
}

fn integer(out: &mut Vec<u8>, number: i128) {
    match (u64::try_from(number), u64::try_from(-1 - number)) {
        (Ok(number), _) => out.extend(counted(0x10, number)),
        (_, Ok(number)) => out.extend(counted(0x20, number)),
        _ => out.extend([&[11], number.to_le_bytes().as_slice()].concat()),
    }
}

fn string(out: &mut Vec<u8>, text: &str) {
    match text.len() {
        len @ 0..128 => out.push(0x80 | len as u8),
        len => out.extend([vec![6], leb(len as u64)].concat()),
    }
    out.extend(text.as_bytes());
}

fn printed(value: &Value<'_>) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    let mut print = |arguments: std::fmt::Arguments<'_>| {
        if text.write_fmt(arguments).is_err() {
            text.push('…');
        }
    };
    match value {
        Value::Str(text) => print(format_args!("{text}")),
        Value::Display(shown) => print(format_args!("{shown}")),
        Value::Debug(shown) => print(format_args!("{shown:?}")),
        Value::Error(error) => {
            print(format_args!("{error}"));
            let sources = std::iter::successors(error.source(), |error| error.source());
            sources.take(64).for_each(|source| print(format_args!(": {source}")));
        }
        _ => {}
    }
    text
}
