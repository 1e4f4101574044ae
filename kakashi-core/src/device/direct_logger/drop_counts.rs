//! What a direct logger has dropped, and what of it has been told.
//!
//! A device keeps this in a `static`, so it is small: the counts, and sums of them as
//! far as they are announced.

use portable_atomic::{AtomicUsize, Ordering};

use crate::level::LogLevel;
use crate::stats::{DropReason, DropSums, Dropped};

/// The reasons for which such a logger drops a record: three that follow each other.
const REASONS: [DropReason; 3] = [DropReason::SinkFailed, DropReason::Reentrant, DropReason::TooLarge];

const LEVELS: usize = LogLevel::ALL.len();

/// Counts of records, from anywhere.
#[derive(Debug)]
pub(super) struct Drops {
    /// For each level, lowest first, and of it for each of [`REASONS`].
    counts: [AtomicUsize; LEVELS * REASONS.len()],
    in_all: AtomicUsize,
}

/// What has been announced of drops.
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

    /// Sums up what is not announced yet, if there is something.
    #[inline(always)]
    pub(super) fn news(&self, announced: &Announced) -> Option<Sums> {
        if self.in_all.load(Ordering::Relaxed) == announced.in_all {
            return None;
        }
        let mut news = Sums::NONE;
        self.sum_up(announced, &mut news);
        // Another core may have counted a record, but not all records yet.
        news.0.iter().any(|sum| *sum != 0).then_some(news)
    }

    fn sum_up(&self, announced: &Announced, news: &mut Sums) {
        for (news, told) in news.0.iter_mut().zip(&announced.sums.0) {
            *news = told.wrapping_neg();
        }
        for (at, count) in self.counts.iter().enumerate() {
            let count = count.load(Ordering::Relaxed);
            for sum in [at / REASONS.len(), LEVELS + at % REASONS.len()] {
                if let Some(sum) = news.0.get_mut(sum) {
                    *sum = sum.wrapping_add(count);
                }
            }
        }
    }
}

impl Announced {
    pub(super) const NOTHING: Self = Self { sums: Sums::NONE, in_all: 0 };

    /// Notes that news has been announced.
    pub(super) fn add(&mut self, news: &Sums) {
        for (told, news) in self.sums.0.iter_mut().zip(&news.0) {
            *told = told.wrapping_add(*news);
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

    /// Makes counts with these sums. Which reason took which level's records is not
    /// among what is announced, nor remembered here.
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
        assert!(drops.news(&announced).is_none());
        drops.count(LogLevel::Error, DropReason::TooLarge);
        drops.count(LogLevel::Error, DropReason::Reentrant);
        drops.count(LogLevel::Debug, DropReason::Reentrant);
        assert!(drops.news(&announced).is_some(), "and told again while it did not succeed");
        let news = drops.news(&announced).expect("three drops");
        let dropped = news.as_dropped();
        assert_eq!((dropped.of_level(LogLevel::Error), dropped.of_level(LogLevel::Debug)), (2, 1));
        assert_eq!(
            (dropped.of_reason(DropReason::Reentrant), dropped.of_reason(DropReason::TooLarge)),
            (2, 1)
        );
        // Comes in while the news of the others is written.
        drops.count(LogLevel::Info, DropReason::SinkFailed);
        announced.add(&news);
        let news = drops.news(&announced).expect("one drop");
        assert_eq!(news.as_dropped().total(), 1);
        announced.add(&news);
        assert!(drops.news(&announced).is_none());
        assert_eq!(drops.dropped().total(), 4);
    }
}
