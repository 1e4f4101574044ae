//! Counts of written and dropped records, so that no loss is silent.

use core::fmt;

use portable_atomic::{AtomicUsize, Ordering};

use crate::level::LogLevel;

/// Says why a record was not written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum DropReason {
    /// A queue was full and its policy says to drop.
    QueueFull,
    /// The sink has failed for so long that its backlog is full.
    SinkFailed,
    /// A record was logged while another was being logged, nested too deep.
    Reentrant,
    /// The record is larger than the buffer, ring or block that must hold it: see each logger.
    TooLarge,
    /// The process was ending, or had forked while the sink was writing.
    Shutdown,
    /// An encoder panicked.
    EncoderFailed,
    /// The receiver of a sink refused it, and would refuse it again.
    Rejected,
    /// Left out on purpose: a sampler chose others of its call site, or of other traces.
    #[cfg(not(target_os = "none"))]
    Sampled,
    /// Left out on purpose: its loggers had written as many records as their limit lets pass.
    #[cfg(not(target_os = "none"))]
    RateLimited,
    /// Left out on purpose: a record that was the same stands before it, and a line after it that says how often it came.
    #[cfg(not(target_os = "none"))]
    Repeated,
}

impl DropReason {
    /// All reasons; a later version may have more.
    pub const ALL: &'static [DropReason] = &[
        Self::QueueFull,
        Self::SinkFailed,
        Self::Reentrant,
        Self::TooLarge,
        Self::Shutdown,
        Self::EncoderFailed,
        Self::Rejected,
        // A device has no samplers, and few bytes for their names.
        #[cfg(not(target_os = "none"))]
        Self::Sampled,
        #[cfg(not(target_os = "none"))]
        Self::RateLimited,
        #[cfg(not(target_os = "none"))]
        Self::Repeated,
    ];

    /// Returns the name that encoders write.
    pub const fn name(self) -> &'static str {
        match self {
            Self::QueueFull => "queue_full",
            Self::SinkFailed => "sink_failed",
            Self::Reentrant => "reentrant",
            Self::TooLarge => "too_large",
            Self::Shutdown => "shutdown",
            Self::EncoderFailed => "encoder_failed",
            Self::Rejected => "rejected",
            #[cfg(not(target_os = "none"))]
            Self::Sampled => "sampled",
            #[cfg(not(target_os = "none"))]
            Self::RateLimited => "rate_limited",
            #[cfg(not(target_os = "none"))]
            Self::Repeated => "repeated",
        }
    }

    /// Tells whether records are left out on purpose, as the settings say; all else is a loss.
    pub const fn is_on_purpose(self) -> bool {
        #[cfg(not(target_os = "none"))]
        return matches!(self, Self::Sampled | Self::RateLimited | Self::Repeated);
        #[cfg(target_os = "none")]
        false
    }

    /// Returns the position among [`DropReason::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for DropReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A row for each of [`LogLevel::ALL`], a column for each of [`DropReason::ALL`].
type Table<T> = [[T; DropReason::ALL.len()]; LogLevel::ALL.len()];

/// Tells how many records were dropped, by level and reason.
///
/// ```
/// use kakashi_core::{DropReason, Dropped, LogLevel};
///
/// let mut dropped = Dropped::default();
/// dropped.add(LogLevel::Debug, DropReason::QueueFull, 40);
/// dropped.add(LogLevel::Error, DropReason::TooLarge, 2);
/// assert_eq!((dropped.total(), dropped.of_level(LogLevel::Error)), (42, 2));
/// assert_eq!(dropped.of(LogLevel::Debug, DropReason::QueueFull), 40);
/// for (level, reason, count) in dropped.iter() {
///     println!("{count} of {level}: {reason}");
/// }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Dropped {
    counts: Table<usize>,
}

impl Dropped {
    /// Adds `count` records.
    pub fn add(&mut self, level: LogLevel, reason: DropReason, count: usize) {
        let cell = &mut self.counts[level.index()][reason.index()];
        *cell = cell.saturating_add(count);
    }

    /// Adds all counts of another.
    pub fn merge(&mut self, other: &Self) {
        for level in LogLevel::ALL {
            for reason in DropReason::ALL {
                self.add(level, *reason, other.of(level, *reason));
            }
        }
    }

    /// Returns how many of a level for a reason.
    pub const fn of(&self, level: LogLevel, reason: DropReason) -> usize {
        self.counts[level.index()][reason.index()]
    }

    /// Yields the counts that are not 0, from the lowest level on.
    pub fn iter(&self) -> impl Iterator<Item = (LogLevel, DropReason, usize)> + '_ {
        let cells = LogLevel::ALL
            .into_iter()
            .flat_map(|level| DropReason::ALL.iter().map(move |reason| (level, *reason)));
        cells.map(|(level, reason)| (level, reason, self.of(level, reason))).filter(|cell| cell.2 > 0)
    }

    /// Returns how many in all.
    pub fn total(&self) -> usize {
        sum(self.counts.iter().flatten())
    }

    /// Returns how many of a level.
    pub fn of_level(&self, level: LogLevel) -> usize {
        sum(&self.counts[level.index()])
    }

    /// Returns how many for a reason.
    pub fn of_reason(&self, reason: DropReason) -> usize {
        sum(self.counts.iter().map(|row| &row[reason.index()]))
    }
}

impl fmt::Display for Dropped {
    /// Prints how many records were dropped, and of which level for which reason.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} dropped", self.total())?;
        for (at, (level, reason, count)) in self.iter().enumerate() {
            let begin = if at == 0 { " (" } else { ", " };
            write!(f, "{begin}{count} {level}: {reason}")?;
        }
        f.write_str(if self.total() > 0 { ")" } else { "" })
    }
}

/// Sums of drops, by level and by reason, as an announcement has them.
#[doc(hidden)]
pub trait DropSums {
    /// Returns how many of [`LogLevel::ALL`]'s level at an index.
    fn of_level_at(&self, at: usize) -> usize;
    /// Returns how many for [`DropReason::ALL`]'s reason at an index.
    fn of_reason_at(&self, at: usize) -> usize;
}

impl DropSums for Dropped {
    fn of_level_at(&self, at: usize) -> usize {
        self.counts.get(at).map_or(0, sum)
    }

    fn of_reason_at(&self, at: usize) -> usize {
        sum(self.counts.iter().filter_map(|row| row.get(at)))
    }
}

/// Adds counts; a sum too large for a word stays at the largest word.
fn sum<'a>(counts: impl IntoIterator<Item = &'a usize>) -> usize {
    counts.into_iter().fold(0, |sum, count| sum.saturating_add(*count))
}

/// Counts records while threads share it. Each count is a machine word and
/// starts again at 0 after its largest.
#[derive(Debug, Default)]
pub struct Counters {
    written: AtomicUsize,
    bytes: AtomicUsize,
    failures: AtomicUsize,
    late: AtomicUsize,
    dropped: Table<AtomicUsize>,
}

impl Counters {
    /// Starts at 0.
    pub const fn new() -> Self {
        #[expect(clippy::declare_interior_mutable_const, reason = "the pattern for an array of atomics")]
        const ROW: [AtomicUsize; DropReason::ALL.len()] =
            [const { AtomicUsize::new(0) }; DropReason::ALL.len()];
        Self {
            written: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
            failures: AtomicUsize::new(0),
            late: AtomicUsize::new(0),
            dropped: [ROW; LogLevel::ALL.len()],
        }
    }

    /// Counts records that a sink took, and their bytes.
    pub fn add_written(&self, records: usize, bytes: usize) {
        self.written.fetch_add(records, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Counts a call that a sink failed.
    pub fn add_failure(&self) {
        self.failures.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts records that their destination had not taken by their deadline.
    pub fn add_late(&self, records: usize) {
        self.late.fetch_add(records, Ordering::Relaxed);
    }

    /// Counts records that were dropped.
    pub fn add_dropped(&self, level: LogLevel, reason: DropReason, records: usize) {
        self.dropped[level.index()][reason.index()].fetch_add(records, Ordering::Relaxed);
    }

    /// Reads all counts.
    pub fn snapshot(&self) -> Stats {
        let mut dropped = Dropped::default();
        for (row, counters) in dropped.counts.iter_mut().zip(&self.dropped) {
            for (count, counter) in row.iter_mut().zip(counters) {
                *count = counter.load(Ordering::Relaxed);
            }
        }
        Stats {
            written: self.written.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
            failures: self.failures.load(Ordering::Relaxed),
            late: self.late.load(Ordering::Relaxed),
            dropped,
            #[cfg(not(any(target_os = "none", target_family = "wasm")))]
            on_heap: 0,
        }
    }
}

/// Tells what became of records so far.
///
/// `written` and `dropped` count a record once for each destination that it goes to. (What
/// is dropped before the filters of the destinations are asked, because a queue is full,
/// counts for each whose threshold it passes.)
/// What is neither is buffered, and `flush` tells how many records it left. So, for loggers
/// with one destination, after a complete flush, calls of enabled levels that no filter
/// refused = `written` + `dropped.total()`:
///
/// ```
/// use kakashi_core::{Counters, DropReason, LogLevel};
///
/// // What a logger did with ten calls while its disk was full.
/// let counters = Counters::new();
/// counters.add_failure();
/// counters.add_written(7, 700);
/// counters.add_dropped(LogLevel::Info, DropReason::SinkFailed, 3);
///
/// let stats = counters.snapshot();
/// assert_eq!(stats.written + stats.dropped.total(), 10);
/// assert_eq!(stats.dropped.of_reason(DropReason::SinkFailed), 3);
/// assert_eq!(stats.failures, 1, "calls of the sink, not records");
/// ```
///
/// Counts are machine words that start again at 0 after their largest. Reading them takes
/// no lock; they are not of one moment while others log.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[non_exhaustive]
pub struct Stats {
    /// Records that sinks took; a record that goes to two sinks counts twice.
    pub written: usize,
    /// Their bytes.
    pub bytes: usize,
    /// Calls of a sink that it failed; one record may be in several.
    pub failures: usize,
    /// Records of ERROR and above whose destination had not taken them by their deadline, once
    /// for each destination. They wait still when they are counted: each is written or
    /// dropped later, and is counted there too.
    pub late: usize,
    /// Records that were dropped.
    pub dropped: Dropped,
    /// Records that lay on the heap although there is a black box, and would not have outlived the
    /// process; counted when they are collected. Always 0 but for `kakashi-std`'s.
    #[cfg(not(any(target_os = "none", target_family = "wasm")))]
    pub on_heap: usize,
}

impl fmt::Display for Stats {
    /// Prints what became of the records, as an operator reads it.
    ///
    /// ```
    /// use kakashi_core::{Counters, DropReason, LogLevel};
    ///
    /// let counters = Counters::new();
    /// counters.add_written(7, 700);
    /// assert_eq!(counters.snapshot().to_string(), "7 records written (700 bytes), 0 dropped");
    /// counters.add_failure();
    /// counters.add_dropped(LogLevel::Info, DropReason::SinkFailed, 3);
    /// assert_eq!(
    ///     counters.snapshot().to_string(),
    ///     "7 records written (700 bytes), 3 dropped (3 INFO: sink_failed), 1 failed calls of sinks"
    /// );
    /// ```
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { written, bytes, failures, late, dropped, .. } = self;
        write!(f, "{written} records written ({bytes} bytes), {dropped}")?;
        if *failures > 0 {
            write!(f, ", {failures} failed calls of sinks")?;
        }
        if *late > 0 {
            write!(f, ", {late} late")?;
        }
        #[cfg(not(any(target_os = "none", target_family = "wasm")))]
        if self.on_heap > 0 {
            write!(f, ", {} not in the black box", self.on_heap)?;
        }
        Ok(())
    }
}

impl Stats {
    /// Adds all counts of another.
    pub fn merge(&mut self, other: &Self) {
        self.written = self.written.wrapping_add(other.written);
        self.bytes = self.bytes.wrapping_add(other.bytes);
        self.failures = self.failures.wrapping_add(other.failures);
        self.late = self.late.wrapping_add(other.late);
        self.dropped.merge(&other.dropped);
        #[cfg(not(any(target_os = "none", target_family = "wasm")))]
        {
            self.on_heap = self.on_heap.wrapping_add(other.on_heap);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drops_are_counted_by_level_and_reason() {
        let counters = Counters::new();
        counters.add_dropped(LogLevel::Debug, DropReason::QueueFull, 5);
        counters.add_dropped(LogLevel::Error, DropReason::QueueFull, 1);
        counters.add_dropped(LogLevel::Error, DropReason::SinkFailed, 2);
        counters.add_written(10, 900);
        counters.add_late(1);
        let stats = counters.snapshot();
        assert_eq!(stats.dropped.total(), 8);
        assert_eq!(stats.dropped.of_level(LogLevel::Error), 3);
        assert_eq!(stats.dropped.of_reason(DropReason::QueueFull), 6);
        assert_eq!((stats.written, stats.bytes, stats.late), (10, 900, 1));
        let mut twice = stats;
        twice.merge(&stats);
        assert_eq!((twice.written, twice.late, twice.dropped.total()), (20, 2, 16));
    }

    #[test]
    fn every_count_is_yielded_under_its_level_and_reason() {
        let mut dropped = Dropped::default();
        assert_eq!(dropped.iter().count(), 0);
        let mut number = 0;
        for level in LogLevel::ALL {
            for reason in DropReason::ALL {
                number += 1;
                dropped.add(level, *reason, number);
                assert_eq!(dropped.of(level, *reason), number);
            }
        }
        let counts: Vec<usize> = dropped.iter().map(|(_, _, count)| count).collect();
        assert!(counts.iter().copied().eq(1..=number));
        assert!(dropped.iter().all(|(level, reason, count)| dropped.of(level, reason) == count));
    }
}
