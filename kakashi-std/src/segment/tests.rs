//! Chunks, on one thread and on two.

use std::thread;

use kakashi_core::LogLevel;

use super::chunk::{Chunk, ChunkEntry, ChunkRef, ChunkWriter, TAIL};
use super::chunk_pool::ChunkPool;
use super::chunk_reader::ChunkReader;
use super::chunk_slice::ChunkSlice;

/// A chunk for so many short records.
fn chunk_for(records: usize) -> ChunkRef {
    ChunkRef::new(Chunk::new(32 * records, None))
}

fn publish(writer: &mut ChunkWriter, tick: u64, bytes: &[u8], begins_block: bool) {
    writer.room()[..bytes.len()].copy_from_slice(bytes);
    writer.publish(bytes.len(), ChunkEntry::new(tick, LogLevel::Info, begins_block));
}

/// Publishes a line; goes on in a chunk for two where this one is full.
fn log(writer: &mut ChunkWriter, tick: u64) {
    if writer.room().is_empty() {
        writer.go_on_in(chunk_for(2));
    }
    publish(writer, tick, format!("line {tick}\n").as_bytes(), false);
}

fn slices(reader: &mut ChunkReader, until: u64) -> Vec<ChunkSlice> {
    let mut slices = Vec::new();
    reader.take(until, false, |slice| slices.push(slice));
    slices
}

fn lines(reader: &mut ChunkReader, until: u64) -> String {
    let all = slices(reader, until);
    all.iter().map(|slice| std::str::from_utf8(slice.bytes()).expect("lines")).collect()
}

#[test]
fn what_is_published_is_taken_once_and_in_order_across_chunks() {
    let (mut writer, mut reader) = ChunkReader::new(chunk_for(1));
    assert!(!reader.has_records() && slices(&mut reader, u64::MAX).is_empty());
    (1..=4).for_each(|tick| log(&mut writer, tick));
    assert!(reader.has_records());
    let taken = slices(&mut reader, u64::MAX);
    let ticks: Vec<Vec<u64>> =
        taken.iter().map(|slice| slice.entries().iter().map(|entry| entry.tick).collect()).collect();
    assert_eq!(ticks, [vec![1], vec![2, 3], vec![4]]);
    assert!(!reader.has_records() && slices(&mut reader, u64::MAX).is_empty());
    assert_eq!(writer.taken(), 1);
    log(&mut writer, 5);
    assert_eq!((reader.waiting(), lines(&mut reader, u64::MAX)), (1, "line 5\n".into()));
    // What was taken stays as it was.
    assert_eq!(taken[1].bytes(), b"line 2\nline 3\n");
    let records: Vec<_> = taken[1].records().map(|(entry, bytes)| (entry.tick, bytes)).collect();
    assert_eq!(records, [(2, &b"line 2\n"[..]), (3, b"line 3\n")]);
}

#[test]
fn records_that_are_younger_than_a_tick_wait() {
    let (mut writer, mut reader) = ChunkReader::new(chunk_for(2));
    [10, 20, 30, 40, 50].into_iter().for_each(|tick| log(&mut writer, tick));
    assert_eq!(lines(&mut reader, 9), "");
    assert_eq!(lines(&mut reader, 10), "line 10\n");
    assert!(reader.has_records() && reader.waiting() == 1);
    assert_eq!(lines(&mut reader, 35), "line 20\nline 30\n");
    assert_eq!(lines(&mut reader, 35), "");
    assert_eq!(lines(&mut reader, u64::MAX), "line 40\nline 50\n");
}

#[test]
fn a_record_as_large_as_its_chunk_fits_and_fills_it() {
    let (mut writer, mut reader) = ChunkReader::new(chunk_for(4));
    assert_eq!((writer.room().len(), writer.capacity()), (128, 128));
    publish(&mut writer, 1, &[b'x'; 128], false);
    assert!(writer.room().is_empty() && writer.count() == 1);
    assert_eq!(lines(&mut reader, 1), "x".repeat(128));
}

#[test]
fn a_slice_yields_the_blocks_that_it_has_records_of() {
    let (mut writer, mut reader) = ChunkReader::new(chunk_for(8));
    for (tick, bytes, begins) in [(1, "A1", true), (2, "a2", false), (3, "a3", false), (4, "B4", true)] {
        publish(&mut writer, tick, bytes.as_bytes(), begins);
    }
    let blocks_of = |slice: &ChunkSlice| -> Vec<[String; 2]> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        slice.blocks().map(|(before, own)| [text(before), text(own)]).collect()
    };
    let first = slices(&mut reader, 1);
    let second = slices(&mut reader, 3);
    assert_eq!(blocks_of(&first[0]), [["", "A1"]]);
    assert_eq!(blocks_of(&second[0]), [["A1", "a2a3"]]);
    publish(&mut writer, 5, b"b5", false);
    assert_eq!(blocks_of(&slices(&mut reader, 4)[0]), [["", "B4"]]);
    publish(&mut writer, 6, b"C6", true);
    let last = slices(&mut reader, 6);
    assert_eq!(blocks_of(&last[0]), [["B4", "b5"], ["", "C6"]]);
    assert_eq!((last[0].offset(), last[0].bytes()), (8, &b"b5C6"[..]));
}

#[test]
fn the_last_block_of_a_full_chunk_is_ended_where_it_lies() {
    let (mut writer, mut reader) = ChunkReader::new(chunk_for(8));
    publish(&mut writer, 1, b"A1", true);
    let mut first = slices(&mut reader, 1);
    assert!(first[0].block_memory().is_none(), "its thread may go on in the block");
    publish(&mut writer, 2, b"B2", true);
    publish(&mut writer, 3, b"b3", false);
    let mut second = slices(&mut reader, 3);
    assert!(second[0].block_memory().is_none(), "its thread may go on in the block");
    writer.go_on_in(chunk_for(8));
    publish(&mut writer, 4, b"C4", true);
    assert!(first[0].block_memory().is_none(), "records stand behind it");
    let memory = second[0].block_memory().expect("a whole last block");
    assert_eq!((&memory[..4], memory.len()), (&b"B2b3"[..], 4 + TAIL));
    memory[4..].copy_from_slice(b"end.");
    // The others read on, the thread writes on.
    publish(&mut writer, 5, b"c5", false);
    assert_eq!((first[0].bytes(), second[0].bytes()), (&b"A1"[..], &b"B2b3"[..]));
    assert_eq!(second[0].bytes_with_tail(3), b"B2b3end");
    assert_eq!(slices(&mut reader, 5)[0].bytes(), b"C4c5");
}

#[test]
fn blocks_that_are_cut_or_are_several_are_not_ended_where_they_lie() {
    let (mut writer, mut reader) = ChunkReader::new(chunk_for(8));
    publish(&mut writer, 1, b"A1", true);
    publish(&mut writer, 2, b"a2", false);
    let mut cut = slices(&mut reader, 1);
    let mut rest = slices(&mut reader, 2);
    drop(writer);
    assert!(cut[0].block_memory().is_none() && rest[0].block_memory().is_none());

    let (mut writer, mut reader) = ChunkReader::new(chunk_for(8));
    publish(&mut writer, 1, b"A1", true);
    publish(&mut writer, 2, b"B2", true);
    drop(writer);
    assert!(slices(&mut reader, 2)[0].block_memory().is_none());
}

#[test]
fn records_of_a_writer_that_was_dropped_are_at_the_end_when_they_are_taken() {
    let (mut writer, mut reader) = ChunkReader::new(chunk_for(2));
    (1..=3).for_each(|tick| log(&mut writer, tick));
    assert!(!reader.is_at_end());
    drop(writer);
    assert!(!reader.is_at_end(), "three records wait");
    assert_eq!(lines(&mut reader, 2), "line 1\nline 2\n");
    assert!(!reader.is_at_end(), "one record waits");
    assert_eq!(lines(&mut reader, u64::MAX), "line 3\n");
    assert!(reader.is_at_end() && !reader.has_records());
}

#[test]
fn a_slice_of_records_of_its_own_keeps_no_other_memory() {
    let (mut writer, mut reader) = ChunkReader::new(chunk_for(1000));
    publish(&mut writer, 1, b"one", true);
    publish(&mut writer, 2, b"two", false);
    let slice = slices(&mut reader, 2).remove(0);
    assert!(slice.wastes_memory());
    let mut own = ChunkSlice::of_records(slice.records());
    drop((writer, reader, slice));
    assert!(!own.wastes_memory());
    assert_eq!(own.bytes(), b"onetwo");
    assert_eq!(own.entries().iter().map(|entry| entry.tick).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(own.block_memory().map(|memory| memory.len()), Some(6 + TAIL));
    assert!(ChunkSlice::of_records(std::iter::empty()).bytes().is_empty());
}

#[test]
fn a_chunk_returns_to_its_pool_with_its_last_slice_and_is_used_again() {
    let pool = ChunkPool::new(256, None);
    let (mut writer, mut reader) = ChunkReader::new(pool.next(256, 10));
    let memory = writer.room().as_ptr();
    publish(&mut writer, 1, b"old", true);
    let slice = slices(&mut reader, 1);
    writer.go_on_in(pool.next(256, 10));
    assert!(slices(&mut reader, 1).is_empty());
    let (mut other, _reader) = ChunkReader::new(pool.next(256, 10));
    assert_ne!(other.room().as_ptr(), memory, "a slice of it is left");
    drop(slice);
    let (mut again, mut reader) = ChunkReader::new(pool.next(256, 10));
    assert_eq!((again.room().as_ptr(), again.room().len()), (memory, 256));
    assert!(!reader.has_records() && !reader.is_at_end() && again.taken() == 0);
    publish(&mut again, 2, b"new", false);
    assert_eq!(lines(&mut reader, 2), "new");
}

#[test]
fn a_pool_that_is_gone_or_full_takes_no_chunk() {
    let pool = ChunkPool::new(64, None);
    let many: Vec<ChunkRef> = (0..20).map(|_| pool.next(64, 1)).collect();
    let late = pool.next(64, 1);
    drop(many);
    drop(pool);
    drop(late);
}

/// A destination that takes nothing for long makes a long chain; a thread's stack is short.
#[test]
fn a_long_chain_of_chunks_is_freed_one_after_the_other() {
    let chunks = if cfg!(miri) { 500 } else { 100_000 };
    let work = move || {
        let (mut writer, reader) = ChunkReader::new(chunk_for(1));
        (0..chunks).for_each(|_| writer.go_on_in(chunk_for(1)));
        drop(writer);
        drop(reader);
    };
    let thread = thread::Builder::new().stack_size(256 * 1024).spawn(work).expect("a thread");
    thread.join().expect("freed");
}

#[test]
fn a_thread_takes_whole_records_while_another_publishes() {
    let (rounds, records) = if cfg!(miri) { (3, 40) } else { (50, 2000) };
    for _ in 0..rounds {
        let pool = ChunkPool::new(96, None);
        let (mut writer, mut reader) = ChunkReader::new(pool.first());
        let expected: String = (1..=records).map(|tick| format!("line {tick}\n")).collect();
        let thread = thread::spawn(move || {
            for tick in 1..=records {
                let line = format!("line {tick}\n");
                if writer.room().len() < line.len() {
                    writer.go_on_in(pool.next(writer.capacity(), line.len()));
                }
                let begins_block = writer.count() == 0;
                publish(&mut writer, tick, line.as_bytes(), begins_block);
            }
        });
        let (mut taken, mut until) = (String::new(), 0);
        while !reader.is_at_end() {
            // The last block of a full chunk is written to, as a destination does.
            for mut slice in slices(&mut reader, until) {
                taken += std::str::from_utf8(slice.bytes()).expect("whole records");
                if let Some(memory) = slice.block_memory() {
                    let len = memory.len();
                    memory[len - TAIL..].fill(0xff);
                }
            }
            until += 7;
            thread::yield_now();
        }
        thread.join().expect("a thread that publishes");
        assert_eq!(taken, expected);
    }
}
