//! Counts of a direct logger's dropped records, and of those that it has announced.
//!
//! A device keeps this in a `static`, so it is small: the counts, and the sums of those
//! that are announced.

use portable_atomic::{AtomicUsize, Ordering};

use crate::level::LogLevel;
use crate::stats::{DropReason, DropSums, Dropped};

/// The reasons for which such a logger drops a record: three that follow each other.
const REASONS: [DropReason; 3] = [DropReason::SinkFailed, DropReason::Reentrant, DropReason::TooLarge];

const LEVELS: usize = LogLevel::ALL.len();

/// Counts of dropped records.
#[derive(Debug)]
pub(super) struct Drops {
    /// For each level, lowest first, and of it for each of [`REASONS`].
    counts: [AtomicUsize; LEVELS * REASONS.len()],
    in_all: AtomicUsize,
}

/// Sums of the drops that have been announced.
#[derive(Debug)]
pub(super) struct Announced {
    sums: Sums,
    in_all: usize,
}

/// Sums for each level, lowest first, then for each of [`REASONS`].
#[derive(Debug)]
pub(super) struct Sums([usize; LEVELS + REASONS.len()]);

impl Drops {
    pub(super) const fn new() -> Self {
        Self { counts: [const { AtomicUsize::new(0) }; LEVELS * REASONS.len()], in_all: AtomicUsize::new(0) }
    }

    #[cold]
    #[inline(never)]
    pub(super) fn count(&self, level: LogLevel, reason: DropReason) {
        if let Some(count) = self.counts.get(place(level, reason)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        self.in_all.fetch_add(1, Ordering::Relaxed);
    }

    /// Returns all counts.
    pub(super) fn dropped(&self) -> Dropped {
        let mut dropped = Dropped::default();
        for level in LogLevel::ALL {
            for reason in REASONS {
                let count = self.counts[place(level, reason)].load(Ordering::Relaxed);
                dropped.add(level, reason, count);
            }
        }
        dropped
    }

    /// Sums up the drops that are not announced yet, if there are any.
    #[inline(always)]
    pub(super) fn unannounced(&self, announced: &Announced) -> Option<Sums> {
        if self.in_all.load(Ordering::Relaxed) == announced.in_all {
            return None;
        }
        let mut unannounced = Sums::NONE;
        self.sum_up(announced, &mut unannounced);
        // Another core may have counted a record, but not all records yet.
        unannounced.0.iter().any(|sum| *sum != 0).then_some(unannounced)
    }

    fn sum_up(&self, announced: &Announced, unannounced: &mut Sums) {
        for (sum, announced) in unannounced.0.iter_mut().zip(&announced.sums.0) {
            *sum = announced.wrapping_neg();
        }
        for (at, count) in self.counts.iter().enumerate() {
            let count = count.load(Ordering::Relaxed);
            for sum in [at / REASONS.len(), LEVELS + at % REASONS.len()] {
                if let Some(sum) = unannounced.0.get_mut(sum) {
                    *sum = sum.wrapping_add(count);
                }
            }
        }
    }
}

impl Announced {
    pub(super) const NOTHING: Self = Self { sums: Sums::NONE, in_all: 0 };

    /// Counts drops as announced.
    pub(super) fn add(&mut self, announced: &Sums) {
        for (sum, announced) in self.sums.0.iter_mut().zip(&announced.0) {
            *sum = sum.wrapping_add(*announced);
        }
        self.in_all = self.sums.0.iter().take(LEVELS).fold(0, |sum, count| sum.wrapping_add(*count));
    }
}

/// Finds the place of a count.
fn place(level: LogLevel, reason: DropReason) -> usize {
    level.index() * REASONS.len() + (reason.index() - REASONS[0].index()).min(REASONS.len() - 1)
}

impl Sums {
    const NONE: Self = Self([0; LEVELS + REASONS.len()]);

    /// Makes counts with these sums. An announcement does not say which level's records were
    /// dropped for which reason, nor do these.
    pub(super) fn as_dropped(&self) -> Dropped {
        let mut dropped = Dropped::default();
        let (levels, reasons) = self.0.split_at(LEVELS);
        let mut reasons = REASONS.into_iter().zip(reasons.iter().copied());
        let mut of_reason = reasons.next();
        for (level, &count) in LogLevel::ALL.into_iter().zip(levels) {
            let mut left = count;
            while let (Some((reason, count)), true) = (&mut of_reason, left > 0) {
                let part = left.min(*count);
                dropped.add(level, *reason, part);
                left -= part;
                *count -= part;
                if *count == 0 {
                    of_reason = reasons.next();
                }
            }
        }
        dropped
    }
}

impl DropSums for Sums {
    fn of_level_at(&self, at: usize) -> usize {
        self.0.get(at).copied().unwrap_or(0)
    }

    fn of_reason_at(&self, at: usize) -> usize {
        let place = at.wrapping_sub(REASONS[0].index());
        self.0.get(LEVELS..).and_then(|sums| sums.get(place)).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_drop_is_news_once() {
        let (drops, mut announced) = (Drops::new(), Announced::NOTHING);
        assert!(drops.unannounced(&announced).is_none());
        drops.count(LogLevel::Error, DropReason::TooLarge);
        drops.count(LogLevel::Error, DropReason::Reentrant);
        drops.count(LogLevel::Debug, DropReason::Reentrant);
        assert!(drops.unannounced(&announced).is_some(), "and announced again while it did not succeed");
        let unannounced = drops.unannounced(&announced).expect("three drops");
        let dropped = unannounced.as_dropped();
        assert_eq!((dropped.of_level(LogLevel::Error), dropped.of_level(LogLevel::Debug)), (2, 1));
        assert_eq!(
            (dropped.of_reason(DropReason::Reentrant), dropped.of_reason(DropReason::TooLarge)),
            (2, 1)
        );
        // Dropped while the others are being announced.
        drops.count(LogLevel::Info, DropReason::SinkFailed);
        announced.add(&unannounced);
        let unannounced = drops.unannounced(&announced).expect("one drop");
        assert_eq!(unannounced.as_dropped().total(), 1);
        announced.add(&unannounced);
        assert!(drops.unannounced(&announced).is_none());
        assert_eq!(drops.dropped().total(), 4);
    }
}
