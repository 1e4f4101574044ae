//! What announcements of drops say that lie in a file which is removed to make room: it is
//! announced again, or the stream would not name all that is missing from it.

use std::fs::File;
use std::io;
use std::path::Path;

use kakashi_core::codec::Cursor;
use kakashi_core::encode::is_announcement;
use kakashi_core::wire::{Item, Reader};
use kakashi_core::{DropReason, Dropped, LogLevel, LogRecord, Value};

use super::blocks::read_run;

/// Sums up the announcements of a file behind a place in it.
pub(super) fn read_announced(path: &Path, block: u64, taken: u64) -> io::Result<Dropped> {
    let file = File::open(path)?;
    let len = file.metadata()?.len();
    let (mut announced, mut from) = (Dropped::default(), block);
    loop {
        let found = read_run(&file, from, len)?;
        if found.run.ends.is_empty() {
            return Ok(announced);
        }
        if !found.run.announcements.is_empty() {
            let before = taken.saturating_sub(found.place.start);
            let mut reader = Reader::new(&found.run.bytes);
            while let Some(item) = reader.next() {
                if let Item::Record(record) = item
                    && reader.position() as u64 > before
                    && is_announcement(&record)
                {
                    announced.merge(&announced_by(&record));
                }
            }
        }
        from = found.place.end;
    }
}

/// Reads an announcement. How levels and reasons go together it does not say: their sums are kept.
fn announced_by(record: &LogRecord<'_>) -> Dropped {
    let mut levels = counts_of(record, "levels", LogLevel::ALL.map(LogLevel::name));
    let reasons: Vec<_> = DropReason::ALL.iter().map(|reason| reason.name()).collect();
    let mut reasons = counts_of(record, "reasons", reasons);
    let mut dropped = Dropped::default();
    for (level, left) in LogLevel::ALL.into_iter().zip(&mut levels) {
        for (reason, most) in DropReason::ALL.iter().zip(&mut reasons) {
            let count = (*left).min(*most);
            dropped.add(level, *reason, count);
            *left -= count;
            *most -= count;
        }
    }
    dropped
}

/// Returns the counts by these names.
fn counts_of(record: &LogRecord<'_>, key: &str, names: impl IntoIterator<Item = &'static str>) -> Vec<usize> {
    let mut counts = Vec::new();
    if let Some(Value::Map(pairs)) = record.field(key) {
        let mut pairs = Cursor::new(pairs);
        while let (Ok(name), Ok(value)) = (pairs.text(), pairs.value()) {
            match value {
                Value::U64(count) => counts.push((name, usize::try_from(count).unwrap_or(0))),
                Value::I64(count) => counts.push((name, usize::try_from(count).unwrap_or(0))),
                _ => {}
            }
        }
    }
    let count = |name| counts.iter().find(|(key, _)| *key == name).map_or(0, |(_, count)| *count);
    names.into_iter().map(count).collect()
}
