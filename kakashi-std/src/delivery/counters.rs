//! The counts that [`stats`](crate::stats), [`stats_by_destination`](crate::stats_by_destination)
//! and [`metrics`](crate::metrics) return.
//!
//! A record is counted for its destination, for all destinations of that name there ever were,
//! and for the process. Those of a name never go back: not when `configure()` replaces the
//! destination, whose own count goes with it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
#[cfg(feature = "otlp")]
use std::time::SystemTime;

use kakashi_core::{Counters, DropReason, LogLevel, RecordEnd, Stats};

use super::name_table::NameTable;
use crate::reentrancy::{HeldLock, hold};

/// What became of all records of the process.
pub(crate) static COUNTERS: Counters = Counters::new();

/// A number for each of [`LogLevel::ALL`].
pub(crate) type ByLevel = [usize; LogLevel::ALL.len()];

/// So many names of destinations are counted, one of them `other`.
const MOST_DESTINATIONS: usize = 100;

/// What became of the records of one destination; they are counted for its name and for the
/// process too. By default for no name.
#[derive(Debug, Default)]
pub(crate) struct DestinationCounters {
    pub(super) own: Counters,
    pub(super) named: Arc<NamedCounters>,
    /// Records that the sink has stored, or found in its store.
    stored: AtomicUsize,
    /// Those of these that are settled: delivered, refused or dropped.
    settled: AtomicUsize,
    /// Those that an earlier process has stored.
    found: AtomicUsize,
}

/// What became of the records of all destinations of one name.
#[derive(Debug, Default)]
pub(crate) struct NamedCounters {
    counters: Counters,
    written: [AtomicUsize; LogLevel::ALL.len()],
}

impl DestinationCounters {
    pub(super) fn new(name: &str) -> Self {
        let mut table = hold(&BY_NAME);
        let CountersByName { names, counters, .. } = table.get_or_insert_with(CountersByName::new);
        let number = names.number_of(name);
        counters.resize_with(names.names().len(), Arc::default);
        Self { named: counters[number].clone(), ..Self::default() }
    }

    pub(super) fn add_written(&self, records: ByLevel, bytes: usize) {
        let sum = records.iter().sum();
        self.own.add_written(sum, bytes);
        self.named.counters.add_written(sum, bytes);
        COUNTERS.add_written(sum, bytes);
        for (cell, count) in self.named.written.iter().zip(records).filter(|(_, count)| *count > 0) {
            cell.fetch_add(count, Ordering::Relaxed);
        }
    }

    /// Counts records that the sink has stored, and those that it has found in its store.
    pub(super) fn add_stored(&self, records: usize, found: usize) {
        self.found.fetch_add(found, Ordering::Relaxed);
        self.stored.fetch_add(records + found, Ordering::Relaxed);
    }

    /// Counts stored records that wait no more.
    pub(super) fn add_settled(&self, records: usize) {
        self.settled.fetch_add(records, Ordering::Relaxed);
    }

    /// Returns how many records wait in the sink's store.
    pub(super) fn waiting_stored(&self) -> usize {
        // First those that are settled: else more could be than were stored.
        let settled = self.settled.load(Ordering::Relaxed);
        self.stored.load(Ordering::Relaxed).saturating_sub(settled)
    }

    /// Returns how many records the sink has found in its store.
    pub(super) fn found(&self) -> usize {
        self.found.load(Ordering::Relaxed)
    }

    pub(super) fn add_failure(&self) {
        self.own.add_failure();
        self.named.counters.add_failure();
        COUNTERS.add_failure();
    }

    pub(super) fn add_dropped(&self, level: LogLevel, reason: DropReason, records: usize) {
        self.own.add_dropped(level, reason, records);
        self.named.counters.add_dropped(level, reason, records);
        COUNTERS.add_dropped(level, reason, records);
    }
}

/// Counts records by level.
pub(super) fn by_level(ends: &[RecordEnd]) -> ByLevel {
    /// One in the byte of a level, of which each has its own, by the level's number.
    const LANES: [u64; 64] = {
        let mut lanes = [0; 64];
        let mut number = 0;
        while number < lanes.len() {
            lanes[number] = 1 << (number & 0x38);
            number += 1;
        }
        lanes
    };
    let mut counts = ByLevel::default();
    // No byte overflows.
    for ends in ends.chunks(u8::MAX.into()) {
        let lanes: u64 = ends.iter().map(|end| LANES[usize::from(end.level.number()) % LANES.len()]).sum();
        for (count, level) in counts.iter_mut().zip(LogLevel::ALL) {
            *count += usize::from((lanes >> (level.number() & 0x38)) as u8);
        }
    }
    counts
}

/// The counters of each name.
pub(crate) struct CountersByName {
    names: NameTable,
    /// When counting began.
    #[cfg(feature = "otlp")]
    since: SystemTime,
    counters: Vec<Arc<NamedCounters>>,
}

impl CountersByName {
    fn new() -> Self {
        let names = NameTable::new(MOST_DESTINATIONS);
        Self {
            names,
            #[cfg(feature = "otlp")]
            since: SystemTime::now(),
            counters: Vec::new(),
        }
    }
}

static BY_NAME: Mutex<Option<CountersByName>> = Mutex::new(None);

/// Locks the names for a fork.
#[cfg(unix)]
pub(crate) fn lock_for_fork() -> HeldLock<'static, Option<CountersByName>> {
    hold(&BY_NAME)
}

/// What became of the records of all destinations of a name.
pub(crate) struct NamedCounts {
    pub(crate) name: Box<str>,
    pub(crate) stats: Stats,
    pub(crate) written: ByLevel,
    /// Which counters they are.
    counters: Arc<NamedCounters>,
}

impl NamedCounts {
    /// Tells whether a destination is counted here.
    pub(crate) fn are_of(&self, counters: &DestinationCounters) -> bool {
        Arc::ptr_eq(&self.counters, &counters.named)
    }
}

/// Returns when the counts of all names began.
#[cfg(feature = "otlp")]
pub(crate) fn since() -> SystemTime {
    hold(&BY_NAME).get_or_insert_with(CountersByName::new).since
}

/// Drops of records that had no destination yet. They are counted where no lock may be taken.
static WITHOUT_DESTINATION: Counters = Counters::new();

/// Counts a record that was dropped before it had a destination.
pub(crate) fn add_dropped_without_destination(level: LogLevel, reason: DropReason) {
    WITHOUT_DESTINATION.add_dropped(level, reason, 1);
    COUNTERS.add_dropped(level, reason, 1);
}

/// Reads the counts of each name; those of no destination under an empty one.
pub(crate) fn by_name() -> Vec<NamedCounts> {
    let table = hold(&BY_NAME);
    let table = table.iter().flat_map(|table| table.names.names().iter().zip(&table.counters));
    let counts = table.map(|(name, counters)| NamedCounts {
        name: name.clone(),
        stats: counters.counters.snapshot(),
        written: counters.written.each_ref().map(|count| count.load(Ordering::Relaxed)),
        counters: counters.clone(),
    });
    // What is there for names beyond the bound is mostly not used: one reference is the table's.
    let is_used =
        |counts: &NamedCounts| Arc::strong_count(&counts.counters) > 2 || counts.stats != Stats::default();
    let mut counts: Vec<_> = counts.filter(is_used).collect();
    let without = WITHOUT_DESTINATION.snapshot();
    if without != Stats::default() {
        match counts.iter_mut().find(|counts| counts.name.is_empty()) {
            Some(counts) => counts.stats.merge(&without),
            None => counts.push(NamedCounts {
                name: "".into(),
                stats: without,
                written: ByLevel::default(),
                counters: Arc::default(),
            }),
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_counted_by_level_however_long_it_is() {
        for len in [0, 1, 254, 255, 256, 1021, 5000] {
            let level = |at: usize| if at < 300 { LogLevel::Error } else { LogLevel::ALL[at * at % 6] };
            let ends: Vec<_> = (0..len).map(|at| RecordEnd { end: at, level: level(at) }).collect();
            let expected = LogLevel::ALL.map(|level| ends.iter().filter(|end| end.level == level).count());
            assert_eq!(by_level(&ends), expected, "{len}");
        }
    }
}
