//! A chunk under loom: one thread appends while another takes.

use kakashi_core::LogLevel;
use loom::thread;

use super::chunk::{Chunk, ChunkEntry, ChunkRef, ChunkWriter};
use super::chunk_reader::ChunkReader;

/// Room for two records.
fn chunk() -> ChunkRef {
    ChunkRef::new(Chunk::new(64, None))
}

/// Takes records up to a tick; appends them.
fn take(reader: &mut ChunkReader, until: u64, taken: &mut Vec<(u64, u8)>) {
    reader.take(until, false, |slice| {
        taken.extend(slice.records().map(|(entry, bytes)| (entry.tick, bytes[0])));
    });
}

#[test]
fn loom_what_is_published_is_taken_once_and_in_order_while_its_thread_goes_on() {
    loom::model(|| {
        let (mut writer, mut reader) = ChunkReader::new(chunk());
        let thread = thread::spawn(move || {
            for tick in 1..=3 {
                if writer.room().is_empty() {
                    writer.go_on_in(chunk());
                }
                writer.room()[0] = tick as u8 + 10;
                writer.publish(1, ChunkEntry::new(tick, LogLevel::Info, false));
            }
        });
        let mut taken = Vec::new();
        take(&mut reader, 2, &mut taken);
        assert!(taken.iter().all(|(tick, _)| *tick <= 2));
        let was_at_end = reader.is_at_end();
        let before = taken.len();
        take(&mut reader, u64::MAX, &mut taken);
        assert!(!was_at_end || taken.len() == before);
        thread.join().unwrap();
        take(&mut reader, u64::MAX, &mut taken);
        assert_eq!(taken, [(1, 11), (2, 12), (3, 13)]);
        assert!(reader.is_at_end() && !reader.has_records());
    });
}
