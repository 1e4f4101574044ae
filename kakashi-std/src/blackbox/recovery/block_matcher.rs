//! Finds records that were about to be written in the blocks of the wire that stand in a file.
//!
//! The records of several threads are encoded again into one block when they are written, so
//! not the bytes are compared but the records: each as a block of its own.

use std::collections::{HashMap, VecDeque};

use kakashi_core::wire::{Item, Reader};
use kakashi_core::{Encoder as _, EncoderCache, LogRecord, Output, Wire};

/// The first room for a block of one record.
const BLOCK_ROOM: usize = 512;

/// Looks for records.
pub(crate) struct BlockMatcher<'e> {
    /// Those that were not found.
    left: HashMap<&'e [u8], VecDeque<usize>>,
    found: Vec<bool>,
    /// What may be the beginning of a block.
    rest: Vec<u8>,
    /// Not read before so many bytes are there: a long block is not read again with each piece.
    wanted: usize,
}

impl<'e> BlockMatcher<'e> {
    /// Looks for records, each a [`block_of`] its own.
    pub(crate) fn new(expected: &'e [&'e [u8]]) -> Self {
        let mut left: HashMap<_, VecDeque<_>> = HashMap::new();
        for (record, block) in expected.iter().enumerate() {
            left.entry(*block).or_default().push_back(record);
        }
        Self { left, found: vec![false; expected.len()], rest: Vec::new(), wanted: 0 }
    }

    /// Takes the next piece of a file.
    pub(crate) fn push(&mut self, piece: &[u8]) {
        self.rest.extend_from_slice(piece);
        if self.rest.len() < self.wanted {
            return;
        }
        let unfinished = self.read();
        self.rest.drain(..self.rest.len() - unfinished);
        self.wanted = 2 * unfinished;
    }

    /// Takes the end of a file: what comes next is another one.
    pub(crate) fn end(&mut self) {
        self.read();
        self.rest.clear();
        self.wanted = 0;
    }

    /// Tells which of the records were found.
    pub(crate) fn found(&self) -> &[bool] {
        &self.found
    }

    /// Looks through what is there; returns how many bytes at its end may go on.
    fn read(&mut self) -> usize {
        let Self { left, found, rest, .. } = self;
        let reader = Reader::new(rest);
        let unfinished = reader.unfinished();
        for item in reader {
            if let Item::Record(record) = item
                && let Some(records) = left.get_mut(&block_of(&record)[..])
                && let Some(record) = records.pop_front()
            {
                found[record] = true;
            }
        }
        unfinished
    }
}

/// Encodes a record as a block of its own, the same bytes wherever it was read.
pub(crate) fn block_of(record: &LogRecord<'_>) -> Vec<u8> {
    let mut room = vec![0; BLOCK_ROOM];
    loop {
        let (mut out, mut cache) = (Output::new(&mut room), EncoderCache::new());
        Wire.encode(record, &mut cache, &mut out);
        Wire.finish(&mut cache, &mut out);
        let (len, overflowed) = (out.position(), out.overflowed());
        room.resize(len, 0);
        if !overflowed {
            return room;
        }
    }
}

/// Hands over the record of a block.
pub(crate) fn with_record<R>(block: &[u8], then: impl FnOnce(&LogRecord<'_>) -> R) -> Option<R> {
    let record = Reader::new(block).find_map(|item| match item {
        Item::Record(record) => Some(record),
        _ => None,
    });
    record.map(|record| then(&record))
}

#[cfg(test)]
mod tests {
    use kakashi_core::{LogLevel, Name, Timestamp};

    use super::*;

    fn record(message: &str) -> LogRecord<'_> {
        LogRecord::new(Timestamp::Wall(7), LogLevel::Info, Name::new("shop"), message)
    }

    /// A block of several records, as a destination writes it.
    fn block(messages: &[&str]) -> Vec<u8> {
        let mut room = vec![0; 4096];
        let (mut out, mut cache) = (Output::new(&mut room), EncoderCache::new());
        messages.iter().for_each(|message| Wire.encode(&record(message), &mut cache, &mut out));
        Wire.finish(&mut cache, &mut out);
        out.written().to_vec()
    }

    fn matched(expected: &[&str], file: &[u8]) -> Vec<usize> {
        let blocks: Vec<_> = expected.iter().map(|message| block_of(&record(message))).collect();
        let expected: Vec<&[u8]> = blocks.iter().map(|block| &**block).collect();
        let mut results = [1, 5, 64, 100_000].map(|piece| {
            let mut matcher = BlockMatcher::new(&expected);
            file.chunks(piece).for_each(|piece| matcher.push(piece));
            matcher.end();
            (0..expected.len()).filter(|&record| matcher.found()[record]).collect::<Vec<_>>()
        });
        let first = std::mem::take(&mut results[0]);
        results[1..].iter().for_each(|result| assert_eq!(*result, first));
        first
    }

    #[test]
    fn records_are_found_in_whatever_blocks_they_were_written() {
        let file = [block(&["a", "other"]), block(&["c", "b"])].concat();
        assert_eq!(matched(&["a", "b", "c", "d"], &file), [0, 1, 2]);
        let torn = &file[..file.len() - 1];
        assert_eq!(matched(&["a", "b", "c", "d"], torn), [0]);
        let noise = [b"\xf5\xf5kknoise", &file[..20], &file[..]].concat();
        assert_eq!(matched(&["a", "b", "c", "d"], &noise), [0, 1, 2]);
    }

    #[test]
    fn each_of_equal_records_is_found_once() {
        assert_eq!(matched(&["a", "a", "a"], &block(&["a", "a"])), [0, 1]);
        assert_eq!(matched(&["a"], &block(&["a", "a"])), [0]);
    }

    #[test]
    fn a_record_is_one_block_however_it_was_read() {
        let whole = block(&["first", "second"]);
        let read: Vec<_> = Reader::new(&whole)
            .map(|item| match item {
                Item::Record(record) => block_of(&record),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(read, [block_of(&record("first")), block_of(&record("second"))]);
        let long = "x".repeat(10_000);
        let block = block_of(&record(&long));
        let again = Reader::new(&block).find_map(|item| match item {
            Item::Record(record) => Some(block_of(&record)),
            _ => None,
        });
        assert_eq!(again, Some(block.clone()));
    }
}
