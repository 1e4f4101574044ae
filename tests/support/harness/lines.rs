//! Encoding with as much room as it takes.

use kakashi_core::wire::{BLOCK_OVERHEAD, Item, Reader};
use kakashi_core::{Encoder, EncoderCache, LogRecord, Output};

use crate::model::record::PreparedRecord;

/// Encodes one record with a new cache.
pub fn encode(encoder: &dyn Encoder, record: &LogRecord<'_>) -> Vec<u8> {
    encode_with(encoder, record, &mut EncoderCache::new())
}

/// Encodes one record with as much room as it takes.
///
/// # Panics
/// When the room that the encoder asked for is too small.
pub fn encode_with(encoder: &dyn Encoder, record: &LogRecord<'_>, cache: &mut EncoderCache) -> Vec<u8> {
    let mut room = vec![0; 1024];
    for _ in 0..2 {
        let mut out = Output::new(&mut room);
        encoder.encode(record, cache, &mut out);
        let (needed, overflowed) = (out.position(), out.overflowed());
        room.resize(needed, 0);
        if !overflowed {
            return room;
        }
    }
    panic!("the room that was asked for did not do");
}

/// Writes one record, wherever it comes from, as a block.
pub fn relay(record: &LogRecord<'_>) -> Vec<u8> {
    let mut cache = EncoderCache::new();
    let mut room = encode_with(&kakashi_core::Wire, record, &mut cache);
    let at = room.len();
    room.resize(at + BLOCK_OVERHEAD, 0);
    let mut out = Output::resume(&mut room, at);
    kakashi_core::Wire.finish(&mut cache, &mut out);
    out.written().to_vec()
}

/// Encodes one record as a line.
///
/// # Panics
/// When the line is not UTF-8.
pub fn line(encoder: &dyn Encoder, record: &LogRecord<'_>) -> String {
    String::from_utf8(encode(encoder, record)).expect("a line is UTF-8")
}

/// Writes records as one block.
///
/// # Panics
/// When the block needs more than a megabyte.
pub fn block<'a>(records: impl IntoIterator<Item = &'a PreparedRecord<'a>>) -> Vec<u8> {
    let mut room = vec![0; 1 << 20];
    let mut out = Output::new(&mut room);
    let mut cache = EncoderCache::new();
    for record in records {
        record.with(|record| kakashi_core::Wire.encode(record, &mut cache, &mut out));
    }
    kakashi_core::Wire.finish(&mut cache, &mut out);
    assert!(!out.overflowed(), "a test's block is larger than its room");
    out.written().to_vec()
}

/// Reads back the only record of a block.
///
/// # Panics
/// When there is anything else.
pub fn only_record(block: &[u8]) -> LogRecord<'_> {
    let items: Vec<Item<'_>> = Reader::new(block).collect();
    match <[Item<'_>; 1]>::try_from(items) {
        Ok([Item::Record(record)]) => record,
        other => panic!("not one record: {other:?}"),
    }
}
