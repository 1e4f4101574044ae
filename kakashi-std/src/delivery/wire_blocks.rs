//! The blocks of the wire that a thread has left open in a slice of its records, as whole
//! ones.
//!
//! A slice may begin in the middle of a block whose beginning was taken before. What that
//! has explained is copied, its records are not; nothing is decoded.

use kakashi_core::RecordEnd;
use kakashi_core::wire::{explaining_items, finish_block};

use crate::segment::chunk::TAIL;
use crate::segment::chunk_slice::ChunkSlice;

/// Bytes of a block before its items.
const HEAD: usize = 10;

/// Copies the blocks that a slice has records of, with these records only, and ends each.
pub(super) fn whole_blocks(slice: &ChunkSlice) -> Vec<u8> {
    let mut whole = Vec::with_capacity(slice.bytes().len() + 2 * TAIL);
    for (before, own) in slice.blocks() {
        let start = whole.len();
        whole.extend_from_slice(&before[..before.len().min(HEAD)]);
        explaining_items(before).for_each(|item| whole.extend_from_slice(item));
        whole.extend_from_slice(own);
        whole.extend_from_slice(&[0; TAIL]);
        finish_block(&mut whole[start..]);
    }
    whole
}

/// Yields where the records of a slice end in its [`whole_blocks`].
pub(super) fn ends_in_whole_blocks(slice: &ChunkSlice, whole: &[u8]) -> impl Iterator<Item = RecordEnd> {
    let (entries, offset) = (slice.entries(), slice.offset());
    // What was copied of a block's beginning, and the tails behind the records.
    let mut added = whole.len() - slice.bytes().len() - TAIL * slice.blocks().count();
    entries.iter().enumerate().map(move |(at, entry)| {
        if entries.get(at + 1).is_none_or(|next| next.begins_block) {
            added += TAIL;
        }
        RecordEnd { end: entry.end as usize - offset + added, level: entry.level }
    })
}

#[cfg(test)]
mod tests {
    use kakashi_core::wire::{Item, Reader};
    use kakashi_core::{Encoder as _, EncoderCache, LogLevel, LogRecord, Name, Output, Timestamp, Wire};

    use super::*;
    use crate::segment::chunk::{ChunkEntry, ChunkWriter};
    use crate::segment::chunk_pool::ChunkPool;
    use crate::segment::chunk_reader::ChunkReader;

    const MESSAGES: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];

    const NAMES: [&str; 3] = ["one", "two", "three"];

    /// Records of three loggers; a block begins where `begins` says.
    fn chunk(begins: [usize; 2]) -> (ChunkWriter, ChunkReader) {
        let (mut writer, reader) = ChunkReader::new(ChunkPool::new(64 << 10, None).first());
        let mut cache = EncoderCache::new();
        for (at, message) in MESSAGES.into_iter().enumerate() {
            if begins.contains(&at) {
                cache.leave_block();
            }
            let begins_block = !cache.is_in_block();
            let name = Name::new(NAMES[at % 3]);
            let record = LogRecord::new(Timestamp::Wall(0), LogLevel::Info, name, message);
            let mut out = Output::new(writer.room());
            Wire.encode(&record, &mut cache, &mut out);
            let len = out.position();
            writer.publish(len, ChunkEntry::new(at as u64, LogLevel::Info, begins_block));
        }
        (writer, reader)
    }

    #[test]
    fn a_slice_that_begins_within_a_block_becomes_whole_blocks() {
        for begins in [[0, 3], [0, 7], [0, 1], [2, 5]] {
            for until in 0..MESSAGES.len() as u64 {
                let (_writer, mut reader) = chunk(begins);
                let mut read = 0;
                for until in [until, u64::MAX] {
                    reader.take(until, false, |slice| {
                        let whole = whole_blocks(&slice);
                        let ends: Vec<_> = ends_in_whole_blocks(&slice, &whole).collect();
                        assert_eq!(ends.len(), slice.entries().len());
                        assert_eq!(ends.last().map(|last| last.end), Some(whole.len()));
                        assert!(ends.is_sorted_by(|one, next| one.end < next.end));
                        for item in Reader::new(&whole) {
                            let Item::Record(record) = item else { panic!("{item:?}") };
                            let expected = (NAMES[read % 3], MESSAGES[read]);
                            assert_eq!((record.logger.text(), &*record.rendered_message()), expected);
                            read += 1;
                        }
                    });
                }
                assert_eq!(read, MESSAGES.len(), "{begins:?} {until}");
            }
        }
    }
}
