//! The end of a regular file: a line that was torn there is closed before the next record.
//!
//! A full disk, a crash or a lost machine leaves a file that ends within a line; what is
//! appended then would be glued to it. And between the two halves of a record that a sink
//! took in part, somebody may have truncated the file, another process may have written, or
//! the file may be another one. The file is looked at when it is new to the sink and after
//! a write that failed; a write after one that went well costs nothing.
//!
//! It is for forms whose records are lines. A block of the wire is found without it.

use std::io;
use std::thread;
use std::time::Duration;

use kakashi_core::{Batch, SinkError, wire};

use super::writer::write_bytes;

/// How often a file that ends within a line is looked at while it grows: another process
/// may be in the middle of a write.
const LOOKS: usize = 10;
/// The time between two looks.
const PAUSE: Duration = Duration::from_millis(1);

/// A regular file that batches are appended to.
pub(super) trait TailFile {
    /// Writes some bytes.
    fn append(&mut self, bytes: &[u8]) -> io::Result<usize>;

    /// Returns where the next write begins.
    fn end(&self) -> io::Result<u64>;

    /// Returns where the last write ended.
    fn written_to(&self) -> io::Result<u64>;

    /// Reads the byte before a place; nothing if it can't be read.
    fn byte_before(&self, at: u64) -> Option<u8>;
}

/// What is known of the end of a file.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) enum Tail {
    /// Nothing.
    #[default]
    Unknown,
    /// A record of a line form stands there, whole.
    LineEnd,
    /// Exactly what the sink took of the batch stands before this place.
    Taken(u64),
}

impl Tail {
    /// Writes a batch, after what repairs the end of the file.
    pub(super) fn write<F: TailFile>(&mut self, file: &mut F, batch: &Batch<'_>) -> Result<(), SinkError> {
        let repair = self.repair(file, batch);
        let result = if repair.is_empty() {
            write_bytes(&mut |bytes| file.append(bytes), batch.bytes())
        } else {
            write_bytes(&mut |bytes| file.append(bytes), &[&repair[..], batch.bytes()].concat())
        };
        let taken_to = |file: &F| file.written_to().map_or(Self::Unknown, Self::Taken);
        let Err(error) = result else {
            *self = match (is_whole(batch), has_line_end(batch)) {
                (false, _) => taken_to(file),
                (true, true) => Self::LineEnd,
                (true, false) => Self::Unknown,
            };
            return Ok(());
        };
        let taken = error.accepted_bytes().checked_sub(repair.len());
        *self = if taken.is_some() { taken_to(file) } else { Self::Unknown };
        Err(error.accepted(taken.unwrap_or(0)))
    }

    /// Returns what must be written before a batch: a newline, what is missing of the
    /// record that the batch begins within, mostly nothing.
    fn repair(self, file: &impl TailFile, batch: &Batch<'_>) -> Vec<u8> {
        let begun = batch.begun();
        if begun.is_empty() && (self == Self::LineEnd || !has_lines(batch)) {
            return Vec::new();
        }
        let Ok(end) = file.end() else { return Vec::new() };
        if !begun.is_empty() && self == Self::Taken(end) {
            return Vec::new();
        }
        let mut repair = Vec::new();
        if has_lines(batch) && !ends_a_line(file, end) {
            repair.push(b'\n');
        }
        repair.extend_from_slice(begun);
        repair
    }
}

fn is_wire(batch: &Batch<'_>) -> bool {
    batch.begun().starts_with(&wire::SYNC) || batch.bytes().starts_with(&wire::SYNC)
}

/// Tells whether a batch ends with a record, or a block of the wire; one may be cut where its
/// sink takes no more at once.
fn is_whole(batch: &Batch<'_>) -> bool {
    let bytes = batch.bytes();
    if is_wire(batch) {
        let items = bytes.get(6..10).and_then(|len| Some(u32::from_le_bytes(len.try_into().ok()?)));
        return batch.begun().is_empty()
            && items.is_some_and(|len| wire::BLOCK_OVERHEAD + len as usize == bytes.len());
    }
    // An announcement of drops stands alone, without an end.
    batch.ends().last().map_or(has_line_end(batch), |last| last.end == bytes.len())
}

/// Tells whether a batch ends with a line.
fn has_line_end(batch: &Batch<'_>) -> bool {
    batch.bytes().last() == Some(&b'\n') && !is_wire(batch)
}

/// Tells whether each record of a batch is a line.
fn has_lines(batch: &Batch<'_>) -> bool {
    has_line_end(batch) && batch.records().all(|(_, record)| record.last() == Some(&b'\n'))
}

/// Tells whether a file ends in a newline, is empty, or can't be read.
fn ends_a_line(file: &impl TailFile, mut end: u64) -> bool {
    for _ in 0..LOOKS {
        if end == 0 || file.byte_before(end).is_none_or(|byte| byte == b'\n') {
            return true;
        }
        thread::sleep(PAUSE);
        match file.end() {
            Ok(now) if now == end => return false,
            Ok(now) => end = now,
            Err(_) => return true,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use kakashi_core::{LogLevel, RecordEnd};

    use super::*;

    /// A file with room for so many bytes.
    #[derive(Default)]
    struct FakeFile {
        bytes: Vec<u8>,
        written_to: u64,
        room: usize,
    }

    impl TailFile for FakeFile {
        fn append(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let taken = bytes.len().min(self.room);
            self.bytes.extend_from_slice(&bytes[..taken]);
            self.room -= taken;
            self.written_to = self.bytes.len() as u64;
            if taken == 0 { Err(ErrorKind::StorageFull.into()) } else { Ok(taken) }
        }

        fn end(&self) -> io::Result<u64> {
            Ok(self.bytes.len() as u64)
        }

        fn written_to(&self) -> io::Result<u64> {
            Ok(self.written_to)
        }

        fn byte_before(&self, at: u64) -> Option<u8> {
            self.bytes.get(at as usize - 1).copied()
        }
    }

    /// Writes what is left of two records, with a room and something that happens after each
    /// attempt, until the file takes the rest.
    fn written(before: &str, rooms: &[usize], mut after: impl FnMut(&mut FakeFile)) -> String {
        let (all, ends) = (b"aaaa\nbbbb\n", [5, 10].map(|end| RecordEnd { end, level: LogLevel::Info }));
        let mut file = FakeFile { bytes: before.into(), ..FakeFile::default() };
        let (mut tail, mut taken) = (Tail::default(), 0);
        for room in rooms.iter().copied().chain([usize::MAX / 2]) {
            file.room = room;
            let ends: Vec<_> = ends
                .iter()
                .filter(|record| record.end > taken)
                .map(|record| RecordEnd { end: record.end - taken, ..*record })
                .collect();
            let begun_at = if taken < 5 { 0 } else { 5 };
            let batch = Batch::new(&all[taken..], &ends).continuing(&all[begun_at..taken]);
            match tail.write(&mut file, &batch) {
                Ok(()) => break,
                Err(error) => taken += error.accepted_bytes(),
            }
            after(&mut file);
        }
        String::from_utf8(file.bytes).unwrap()
    }

    #[test]
    fn a_torn_line_is_closed_before_the_next_record() {
        assert_eq!(written("", &[], |_| {}), "aaaa\nbbbb\n");
        assert_eq!(written("whole\n", &[], |_| {}), "whole\naaaa\nbbbb\n");
        assert_eq!(written("torn", &[], |_| {}), "torn\naaaa\nbbbb\n");
        assert_eq!(written("torn", &[0, 1, 0, 2], |_| {}), "torn\naaaa\nbbbb\n");
    }

    #[test]
    fn a_record_that_was_taken_in_part_goes_on_where_it_was() {
        for first in 0..=10 {
            for second in 0..=10 {
                assert_eq!(written("", &[first, 0, second], |_| {}), "aaaa\nbbbb\n", "{first} {second}");
            }
        }
    }

    #[test]
    fn a_record_whose_first_half_is_lost_is_written_whole() {
        for room in 1..10 {
            let (whole, torn) = if room < 5 { ("", "aaaa\n") } else { ("aaaa\n", "") };
            let truncated = written("", &[room], |file| file.bytes.clear());
            assert_eq!(truncated, format!("{torn}bbbb\n"), "{room}");
            let half = &"aaaa\nbbbb\n"[whole.len()..room];
            let other = written("", &[room], |file| file.bytes.extend_from_slice(b"OTHER"));
            assert_eq!(other, format!("{whole}{half}OTHER\n{torn}bbbb\n"), "{room}");
            let other = written("", &[room], |file| file.bytes.extend_from_slice(b"\nOTHER\n"));
            assert_eq!(other, format!("{whole}{half}\nOTHER\n{torn}bbbb\n"), "{room}");
        }
    }

    #[test]
    fn a_record_that_is_never_finished_is_closed_before_the_next() {
        // Its destination was replaced, or it is the parent's of a fork.
        let ends = [RecordEnd { end: 5, level: LogLevel::Info }];
        for room in 0..5 {
            let (mut file, mut tail) = (FakeFile { room, ..FakeFile::default() }, Tail::default());
            assert!(tail.write(&mut file, &Batch::new(b"aaaa\n", &ends)).is_err());
            file.room = 100;
            assert_eq!(tail.write(&mut file, &Batch::new(b"bbbb\n", &ends)), Ok(()));
            let newline = if room == 0 { "" } else { "\n" };
            let expected = format!("{}{newline}bbbb\n", &"aaaa"[..room]);
            assert_eq!(String::from_utf8(file.bytes).unwrap(), expected);
        }
    }

    #[test]
    fn a_batch_that_comes_in_pieces_is_written_once() {
        let text = b"aaaa\nbbbb\n";
        let block = b"\xf5kk\xfa\x01\0\x02\0\0\0abCRC\n";
        let text_ends = [5, 10].map(|end| RecordEnd { end, level: LogLevel::Info });
        let block_ends = [RecordEnd { end: 12, level: LogLevel::Info }];
        for (bytes, ends) in [(&text[..], &text_ends[..]), (block, &block_ends)] {
            for cut in 1..bytes.len() {
                let (mut file, mut tail) = (FakeFile { room: 100, ..FakeFile::default() }, Tail::default());
                let (first, mut second): (Vec<RecordEnd>, Vec<RecordEnd>) =
                    ends.iter().partition(|record| record.end <= cut);
                second.iter_mut().for_each(|record| record.end -= cut);
                let begun_at = if bytes[0] == b'a' && cut >= 5 { 5 } else { 0 };
                assert_eq!(tail.write(&mut file, &Batch::new(&bytes[..cut], &first)), Ok(()));
                let rest = Batch::new(&bytes[cut..], &second).continuing(&bytes[begun_at..cut]);
                assert_eq!(tail.write(&mut file, &rest), Ok(()));
                assert_eq!(file.bytes, bytes, "{cut}");
            }
        }
    }

    #[test]
    fn what_is_no_line_is_appended_as_it_is() {
        for bytes in [&b"\xf5kk\xfaa block\n"[..], b"no newline"] {
            let mut file = FakeFile { bytes: b"torn".into(), room: 100, ..FakeFile::default() };
            let ends = [RecordEnd { end: bytes.len(), level: LogLevel::Info }];
            assert_eq!(Tail::default().write(&mut file, &Batch::new(bytes, &ends)), Ok(()));
            assert_eq!(file.bytes, [b"torn", bytes].concat());
        }
    }
}
