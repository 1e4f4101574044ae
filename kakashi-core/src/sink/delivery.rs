//! What the delivery to a sink shares on all platforms: how much of a batch the sink has
//! taken, and when it is tried again after a failure.

use alloc::vec::Vec;

use super::batch::{Batch, RecordEnd};
use super::sink_error::SinkError;
use crate::stats::{DropReason, Dropped};
use crate::wire;

/// How much of a batch its sink has taken.
#[derive(Clone, Copy, Default, Debug)]
pub struct Progress {
    bytes: usize,
    ends: usize,
}

/// What one call of a sink has brought.
#[derive(Debug)]
pub struct Advance {
    /// What the sink returned.
    pub result: Result<(), SinkError>,
    /// Records that it has now taken as a whole, announcements not counted.
    pub records: usize,
    /// Bytes that it has now taken.
    pub bytes: usize,
    /// Records of these bytes that its receiver refused, if it did; not among `records`.
    pub rejected: Option<Dropped>,
}

impl Progress {
    /// Returns the bytes that the sink has taken.
    #[inline]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Returns how many ends lie within them.
    #[inline]
    pub fn ends(&self) -> usize {
        self.ends
    }

    /// Tells whether the sink has taken all of a batch.
    #[inline]
    pub fn is_whole(&self, batch: &Batch<'_>) -> bool {
        self.bytes == batch.bytes().len()
    }

    /// Returns where the record, or the block of the wire, begins that the sink has taken
    /// in part.
    fn begun_at(&self, batch: &Batch<'_>) -> usize {
        if batch.bytes().starts_with(&wire::SYNC) {
            return wire::whole_blocks_len(batch.bytes().get(..self.bytes).unwrap_or_default());
        }
        self.ends.checked_sub(1).and_then(|last| batch.ends().get(last)).map_or(0, |record| record.end)
    }

    /// Hands the rest of a batch to a sink, by `write`, and notes what it takes.
    ///
    /// `announcements` are the indices of those ends that are announcements of drops.
    /// A sink may fail after it took everything: then it must not be called again.
    pub fn advance(
        &mut self,
        batch: &Batch<'_>,
        announcements: &[usize],
        write: impl FnOnce(&Batch<'_>) -> Result<(), SinkError>,
    ) -> Advance {
        let before = *self;
        let moved: Vec<RecordEnd>;
        let ends = if before.bytes == 0 {
            batch.ends()
        } else {
            let rest = batch.ends().get(before.ends..).unwrap_or_default().iter();
            moved = rest.map(|end| RecordEnd { end: end.end - before.bytes, ..*end }).collect();
            &moved
        };
        let announced_from = |ends: usize| announcements.iter().filter(|&&at| at >= ends).count();
        let rest = Batch::new(batch.bytes().get(before.bytes..).unwrap_or_default(), ends)
            .after_dropped(batch.dropped())
            .announcing(announced_from(before.ends))
            .continuing(batch.bytes().get(before.begun_at(batch)..before.bytes).unwrap_or_default());
        let result = write(&rest);
        let len = batch.bytes().len();
        self.bytes = match &result {
            Ok(()) => len,
            Err(error) => (before.bytes + error.accepted_bytes()).min(len),
        };
        self.ends = batch.ends().partition_point(|end| end.end <= self.bytes);
        let announced = announced_from(before.ends) - announced_from(self.ends);
        let mut records = self.ends - before.ends - announced;
        let rejected = result.as_ref().map_or_else(|error| error.rejected_records(), |()| 0).min(records);
        records -= rejected;
        let bytes = self.bytes - before.bytes;
        if rejected == 0 {
            return Advance { result, records, bytes, rejected: None };
        }
        // Which they are nobody says: the last ones.
        let mut dropped = Dropped::default();
        (before.ends..self.ends)
            .rev()
            .filter(|at| !announcements.contains(at))
            .filter_map(|at| batch.ends().get(at))
            .take(rejected)
            .for_each(|end| dropped.add(end.level, DropReason::Rejected, 1));
        Advance { result, records, bytes, rejected: Some(dropped) }
    }
}

/// Whether to respect the back-off of a failed sink.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RetryMode {
    /// Write nothing before the back-off has ended.
    Backoff,
    /// Try at once.
    Now,
}

/// The pauses after a sink's failures: 50 ms, then twice as long each time, at most 1 s; longer
/// where its receiver asks for it, up to 5 minutes.
///
/// Times are milliseconds of any steady clock.
#[derive(Debug)]
pub struct Backoff {
    retry_at: Option<f64>,
    /// As `retry_at`, where the receiver has asked for the pause.
    asked_until: Option<f64>,
    next_pause: f64,
}

impl Backoff {
    const FIRST_MILLIS: f64 = 50.0;
    const MAX_MILLIS: f64 = 1000.0;
    /// A receiver is not left alone for longer, whatever it says.
    const MAX_ASKED_MILLIS: f64 = 300_000.0;

    /// Makes one without a pause.
    pub const fn new() -> Self {
        Self { retry_at: None, asked_until: None, next_pause: Self::FIRST_MILLIS }
    }

    /// Begins a pause after a failure, as long as the receiver asks for, at least; returns its
    /// length.
    pub fn begin(&mut self, now: f64, asked_millis: f64) -> f64 {
        let pause = self.next_pause.max(asked_millis.min(Self::MAX_ASKED_MILLIS));
        self.asked_until = (asked_millis > 0.0).then_some(now + pause);
        self.retry_at = Some(now + pause);
        self.next_pause = (2.0 * self.next_pause).min(Self::MAX_MILLIS);
        pause
    }

    /// Returns how much is left of a pause that the receiver has asked for.
    pub fn asked_left(&self, now: impl FnOnce() -> f64) -> f64 {
        self.asked_until.map_or(0.0, |at| at - now())
    }

    /// Returns how much of the pause is left, 0 or less if it has ended. The clock is
    /// asked only after a failure.
    pub fn left(&self, now: impl FnOnce() -> f64) -> f64 {
        self.retry_at.map_or(0.0, |at| at - now())
    }

    /// Ends the pause: the sink took something.
    pub fn reset(&mut self) {
        *self = Self::new();
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::level::LogLevel;
    use crate::sink::sink_error::SinkErrorKind;

    #[test]
    fn what_a_sink_took_is_counted_once_and_not_handed_over_again() {
        // Three records, the second an announcement.
        let ends = [4, 8, 12].map(|end| RecordEnd { end, level: LogLevel::Info });
        let batch = Batch::new(b"aaa\nbbb\nccc\n", &ends).after_dropped(7).announcing(1);
        let mut progress = Progress::default();
        let fail = |bytes| Err(SinkError::new(SinkErrorKind::Retry).accepted(bytes));
        let mut step = |result: Result<(), SinkError>, expected: &[u8], len: usize| {
            let step = progress.advance(&batch, &[1], |rest| {
                assert_eq!((rest.bytes(), rest.len(), rest.dropped()), (expected, len, 7));
                assert_eq!(rest.records().last().map(|(_, bytes)| bytes), Some(&b"ccc\n"[..]));
                result
            });
            (step.records, step.bytes, progress.is_whole(&batch))
        };
        assert_eq!(step(fail(0), b"aaa\nbbb\nccc\n", 2), (0, 0, false));
        assert_eq!(step(fail(3), b"aaa\nbbb\nccc\n", 2), (0, 3, false));
        assert_eq!(step(fail(5), b"\nbbb\nccc\n", 2), (1, 5, false));
        assert_eq!(step(fail(99), b"ccc\n", 1), (1, 4, true));
    }

    #[test]
    fn the_rest_of_a_batch_comes_with_what_was_taken_of_its_first_record() {
        let ends = [4, 8].map(|end| RecordEnd { end, level: LogLevel::Info });
        let begun_after = |bytes: &[u8], ends: &[RecordEnd], taken: usize| {
            let (batch, mut progress) = (Batch::new(bytes, ends), Progress::default());
            progress.advance(&batch, &[], |_| Err(SinkError::new(SinkErrorKind::Retry).accepted(taken)));
            let mut begun = None;
            progress.advance(&batch, &[], |rest| {
                begun = Some(rest.begun().to_vec());
                Ok(())
            });
            begun.unwrap()
        };
        for (taken, begun) in [(0, ""), (3, "aaa"), (4, ""), (5, "b"), (7, "bbb")] {
            assert_eq!(begun_after(b"aaa\nbbb\n", &ends, taken), begun.as_bytes(), "{taken}");
        }
        // Two empty blocks of the wire: what counts is the block, not the record.
        let block = b"\xf5kk\xfa\x01\0\0\0\0\0CRCs";
        let blocks = [&block[..], block].concat();
        for (taken, begun) in [(0, 0), (13, 13), (14, 0), (20, 6), (27, 13)] {
            assert_eq!(begun_after(&blocks, &ends, taken).len(), begun, "{taken}");
        }
    }

    #[test]
    fn pauses_double_up_to_a_second_and_end_with_success() {
        let mut backoff = Backoff::new();
        assert!(backoff.left(|| unreachable!("no pause, no clock")) <= 0.0);
        let pauses: Vec<f64> = (0..7).map(|_| backoff.begin(0.0, 0.0)).collect();
        assert_eq!(pauses, [50.0, 100.0, 200.0, 400.0, 800.0, 1000.0, 1000.0]);
        assert_eq!(backoff.left(|| 400.0), 600.0);
        backoff.reset();
        assert_eq!(backoff.begin(0.0, 0.0), 50.0);
        assert!(backoff.asked_left(|| 0.0) <= 0.0);
    }

    #[test]
    fn a_pause_that_the_receiver_asks_for_is_kept_up_to_five_minutes() {
        let mut backoff = Backoff::new();
        for (asked, pause) in [(2000.0, 2000.0), (1.0, 100.0), (f64::INFINITY, 300_000.0)] {
            assert_eq!(backoff.begin(0.0, asked), pause);
            assert_eq!(backoff.asked_left(|| pause / 2.0), pause / 2.0);
        }
        backoff.reset();
        assert!(backoff.asked_left(|| unreachable!("no pause, no clock")) <= 0.0);
    }

    #[test]
    fn what_the_receiver_refused_is_counted_apart_by_the_last_levels() {
        // Info, an announcement, Error, Debug; two of the first three are refused.
        let levels = [LogLevel::Info, LogLevel::Warning, LogLevel::Error, LogLevel::Debug];
        let mut end = 0;
        let ends = levels.map(|level| {
            end += 4;
            RecordEnd { end, level }
        });
        let batch = Batch::new(b"aaa\nbbb\nccc\nddd\n", &ends).announcing(1);
        let mut progress = Progress::default();
        let mut step = |taken, rejected| {
            let error = SinkError::new(SinkErrorKind::Partial).accepted(taken).rejecting(rejected);
            let step = progress.advance(&batch, &[1], |_| Err(error));
            (step.records, step.rejected.unwrap_or_default())
        };
        let (records, rejected) = step(12, 1);
        assert_eq!((records, rejected.total()), (1, 1));
        assert_eq!(rejected.of(LogLevel::Error, DropReason::Rejected), 1);
        let (records, rejected) = step(4, 99);
        assert_eq!(
            (records, rejected.of(LogLevel::Debug, DropReason::Rejected), rejected.total()),
            (0, 1, 1)
        );
    }
}
