//! How many records the destinations were handed by each logger, by level.
//!
//! A logger's handle has the number of its name, the entry of each record carries it, and a
//! collection counts the entries that it takes. A call pays for a store of two bytes; no two
//! threads write to one counter, since a collection holds the lock of all sources.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};

use kakashi_core::{LogLevel, LoggerEntry};

use super::name_table::NameTable;
use crate::reentrancy::{CriticalSection, HeldLock, hold};
use crate::segment::chunk::ChunkEntry;

/// The counters of a name: one for each level, at an eighth of the level's number.
const ROW: usize = 8;
/// What has no number is counted in row 0, which nobody reads.
const ROWS: usize = 1024;
/// So many names of loggers are counted, one of them `other`.
const MOST_LOGGERS: usize = ROWS - 1;

/// Row by row; a logger's number is where its row begins.
static COUNTS: [AtomicUsize; ROWS * ROW] = [const { AtomicUsize::new(0) }; ROWS * ROW];
static NAMES: Mutex<Option<NameTable>> = Mutex::new(None);

/// Gives a logger the number of its name, unless it is made inside of a critical section:
/// what is logged there is dropped.
pub(crate) fn number(entry: &LoggerEntry) {
    if entry.name().counted_as() != 0 || CriticalSection::is_active() {
        return;
    }
    let mut names = hold(&NAMES);
    let names = names.get_or_insert_with(|| NameTable::new(MOST_LOGGERS));
    let row = names.number_of(entry.name().text()) + 1;
    entry.count_as(u16::try_from(row * ROW).unwrap_or_default());
}

/// Locks the names for a fork.
#[cfg(unix)]
pub(crate) fn lock_for_fork() -> HeldLock<'static, Option<NameTable>> {
    hold(&NAMES)
}

const fn column(level: LogLevel) -> usize {
    (level.number() / 8) as usize
}

/// Counts a record that a collection takes: only one thread at a time does.
#[inline]
pub(crate) fn count(counted_as: u16, level: LogLevel) {
    // No check of the bound: it costs more than to mask.
    let cell = &COUNTS[(usize::from(counted_as) | column(level)) % COUNTS.len()];
    cell.store(cell.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
}

/// Counts records that a collection takes from a thread's buffer.
pub(crate) fn count_all(entries: &[ChunkEntry]) {
    entries.iter().for_each(|entry| count(entry.counted_as, entry.level));
}

/// Calls `each` with every name, its number, and its counts, in the order of
/// [`LogLevel::ALL`].
pub(crate) fn for_each(mut each: impl FnMut(&str, u16, [usize; LogLevel::ALL.len()])) {
    let names = hold(&NAMES);
    let Some(names) = &*names else { return };
    for ((name, row), number) in
        names.names().iter().zip(COUNTS.chunks(ROW).skip(1)).zip((ROW as u16..).step_by(ROW))
    {
        each(name, number, LogLevel::ALL.map(|level| row[column(level)].load(Ordering::Relaxed)));
    }
}

/// Ids of loggers with queues that are counted by name; those beyond are `other`.
const MOST_IDS: usize = 4096;
static NUMBER_OF_ID: [AtomicU16; MOST_IDS] = [const { AtomicU16::new(OTHER) }; MOST_IDS];
/// What has no number of its own.
const OTHER: u16 = ROW as u16;

/// Says which number a logger has that records of this id in rings are of; before the first
/// of them.
pub(crate) fn note_id(id: u32, entry: &LoggerEntry) {
    if let Some(cell) = NUMBER_OF_ID.get(id as usize) {
        cell.store(entry.name().counted_as(), Ordering::Relaxed);
    }
}

/// As [`count`], for a record out of a ring.
#[inline]
pub(crate) fn count_of_id(id: u32, level: LogLevel) {
    count(NUMBER_OF_ID.get(id as usize).map_or(OTHER, |cell| cell.load(Ordering::Relaxed)), level);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_level_has_a_column_of_its_own() {
        let mut columns = LogLevel::ALL.map(column).to_vec();
        columns.dedup();
        assert_eq!(columns.len(), LogLevel::ALL.len());
        assert!(columns.iter().all(|column| *column < ROW));
    }
}
