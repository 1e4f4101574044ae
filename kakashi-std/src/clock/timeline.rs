//! The function from ticks to printed time, in pieces.
//!
//! It is one function for the whole process. A piece begins where the last one ended and
//! runs a little faster or slower to meet the system's clock; only where that clock was
//! stepped by more than such a piece can make good does the printed time step too.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use super::counter;
use super::system_clock::wall_nanos;

/// How long a piece of the function from ticks to time is.
const PIECE_NANOS: u64 = 1_000_000;
/// Two readings of the counter around one of the clock lie no further apart, or they are
/// taken again: the thread was interrupted.
const CLOSE_NANOS: u64 = 2_000;
/// Attempts to get such a pair.
const PAIR_ATTEMPTS: usize = 8;
/// The rate is measured over at least this long at first.
const FIRST_MEASURE_NANOS: u64 = 20_000;
/// It is measured from a new beginning after so long.
const MEASURE_NANOS: u64 = 100_000_000_000;
/// The kernel is asked so often whether it trusts the counter, while something is logged:
/// that costs ten microseconds.
const ASK_NANOS: u64 = 10_000_000_000;
/// How far a reading of the counter may run ahead.
const SLACK_NANOS: u64 = 2_000;

/// A part of the function from ticks to time.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct TimelinePiece {
    from: u64,
    /// How many ticks it is long.
    len: u64,
    /// The time at `from`.
    nanos: i64,
    /// Nanoseconds in 2³² ticks.
    rate: u64,
}

impl TimelinePiece {
    pub(super) const NONE: Self = Self { from: 0, len: 0, nanos: 0, rate: 0 };

    /// Returns the time of a tick that lies in the piece.
    #[inline]
    pub(super) fn time_of(&self, tick: u64) -> Option<i64> {
        let since = tick.wrapping_sub(self.from);
        // Pieces that threads keep are short: the product fits easily.
        (since < self.len).then(|| self.nanos.wrapping_add(((since.wrapping_mul(self.rate)) >> 32) as i64))
    }

    /// As [`time_of`](Self::time_of), for a piece of any length and a tick up to its end.
    fn long_time_of(&self, tick: u64) -> i64 {
        let nanos = (u128::from(tick.saturating_sub(self.from)) * u128::from(self.rate)) >> 32;
        self.nanos.saturating_add(i64::try_from(nanos).unwrap_or(i64::MAX))
    }

    fn end(&self) -> u64 {
        self.from.saturating_add(self.len)
    }
}

/// The last pieces, and what the rate is measured from.
#[derive(Debug)]
pub(super) struct Timeline {
    pieces: [TimelinePiece; Self::KEPT],
    /// Index of the newest piece.
    newest: usize,
    /// A tick and the monotonic clock when it was read.
    measured_from: Option<(u64, Instant)>,
    rate: u64,
    /// When the kernel was asked whether it trusts the counter.
    asked: Option<Instant>,
}

static TIMELINE: Mutex<Timeline> = Mutex::new(Timeline {
    pieces: [TimelinePiece::NONE; Timeline::KEPT],
    newest: 0,
    measured_from: None,
    rate: 0,
    asked: None,
});

/// Locks the process's.
pub(super) fn lock() -> MutexGuard<'static, Timeline> {
    TIMELINE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The timeline, locked for a fork.
#[cfg(unix)]
pub(crate) struct LockedTimeline {
    _timeline: MutexGuard<'static, Timeline>,
}

/// Locks the timeline for a fork.
#[cfg(unix)]
pub(crate) fn lock_for_fork() -> LockedTimeline {
    LockedTimeline { _timeline: lock() }
}

impl Timeline {
    /// Pieces that are kept: more than one look-up adds, whose tick was read before.
    const KEPT: usize = 8;

    /// Returns a tick's time, and a short piece that it lies in if there is one.
    pub(super) fn time_of(&mut self, tick: u64) -> (i64, TimelinePiece) {
        if tick >= self.pieces[self.newest].end() {
            self.extend();
        }
        let kept = (0..Self::KEPT).map(|back| self.pieces[(self.newest + Self::KEPT - back) % Self::KEPT]);
        for piece in kept.clone() {
            if piece.len > 0 && (piece.from..piece.end()).contains(&tick) {
                let is_short = piece.len >> 32 == 0;
                return (piece.long_time_of(tick), if is_short { piece } else { TimelinePiece::NONE });
            }
        }
        // Older than all that is kept: no time is told before the oldest's.
        let oldest = kept.rev().find(|piece| piece.len > 0).unwrap_or_default();
        (oldest.nanos, TimelinePiece::NONE)
    }

    /// Adds a piece that holds the current tick; now and then asks whether the counter is
    /// still to be trusted.
    fn extend(&mut self) {
        let now = self.add_piece();
        let asked = *self.asked.get_or_insert(now);
        if nanos_between(asked, now) > ASK_NANOS {
            self.asked = Some(now);
            if counter::is_distrusted() {
                self.leave_counter();
            }
        }
    }

    /// Makes ticks the monotonic clock's from now on, if they are not. Those that threads have
    /// read already, or read before they see it, all get the time at which the last piece
    /// ends, within a millisecond of theirs.
    pub(super) fn leave_counter(&mut self) {
        if counter::is_monotonic() {
            return;
        }
        self.add_piece();
        let last = self.pieces[self.newest];
        let (from, nanos) = (last.end(), last.long_time_of(last.end()));
        let to = counter::become_monotonic(from);
        self.push(TimelinePiece { from, len: to - from, nanos, rate: 0 });
        self.add_piece();
    }

    /// Adds a piece that holds the current tick; returns the time.
    fn add_piece(&mut self) -> Instant {
        let (tick, time, instant) = pair();
        let rate = self.measure(tick, instant);
        let wall = wall_nanos(time);
        let len = ticks_in(PIECE_NANOS, rate);
        let last = self.pieces[self.newest];
        if last.len == 0 {
            // A thread may have read its tick a moment before.
            let from = tick.saturating_sub(len);
            let nanos = wall.saturating_sub(PIECE_NANOS.cast_signed());
            self.push(TimelinePiece { from, len: tick - from + len, nanos, rate });
            return instant;
        }
        let (from, begin) = (last.end(), last.long_time_of(last.end()));
        let tick = tick.max(from);
        if tick - from >= len {
            // Nobody logged for a while: one long piece up to now, then a short one.
            self.push(Self::joined(from, begin, tick - from, wall, rate));
            self.push(TimelinePiece { from: tick, len, nanos: wall, rate });
            return instant;
        }
        let end = wall.saturating_add(PIECE_NANOS.cast_signed());
        self.push(Self::joined(from, begin, tick - from + len, end, rate));
        instant
    }

    /// Makes a piece that begins at a time and meets another at its end, if it need not be
    /// more than twice as fast or slow for that; otherwise it begins where it must.
    fn joined(from: u64, begin: i64, len: u64, end: i64, rate: u64) -> TimelinePiece {
        let nanos = i128::from(end) - i128::from(begin);
        let wanted = u64::try_from((nanos.max(0).cast_unsigned() << 32) / u128::from(len.max(1)));
        match wanted {
            Ok(wanted) if (rate / 2..=rate * 2).contains(&wanted) => {
                TimelinePiece { from, len, nanos: begin, rate: wanted }
            }
            _ => {
                let nanos = (u128::from(len) * u128::from(rate)) >> 32;
                let before = i64::try_from(nanos).unwrap_or(i64::MAX);
                TimelinePiece { from, len, nanos: end.saturating_sub(before), rate }
            }
        }
    }

    fn push(&mut self, piece: TimelinePiece) {
        self.newest = (self.newest + 1) % Self::KEPT;
        self.pieces[self.newest] = piece;
    }

    /// Measures the counter's rate up to a tick: again each time, over longer and longer.
    fn measure(&mut self, tick: u64, instant: Instant) -> u64 {
        if counter::is_monotonic() {
            return 1 << 32;
        }
        let (from, begin) = *self.measured_from.get_or_insert((tick, instant));
        let (mut ticks, mut nanos) = (tick.saturating_sub(from), nanos_between(begin, instant));
        while self.rate == 0 && nanos < FIRST_MEASURE_NANOS {
            let (tick, _, instant) = pair();
            (ticks, nanos) = (tick.saturating_sub(from), nanos_between(begin, instant));
        }
        if nanos >= FIRST_MEASURE_NANOS && ticks > 0 {
            let rate = (u128::from(nanos) << 32) / u128::from(ticks);
            // Between 250 MHz and 25 GHz, or the system's clock was slewed.
            let rate = u64::try_from(rate).unwrap_or(u64::MAX).clamp((1 << 32) / 25, 1 << 34);
            self.rate = rate;
            counter::set_slack(ticks_in(SLACK_NANOS, rate));
        }
        if nanos > MEASURE_NANOS {
            self.measured_from = Some((tick, instant));
        }
        self.rate
    }
}

/// Returns how many ticks are so many nanoseconds.
fn ticks_in(nanos: u64, rate: u64) -> u64 {
    (nanos << 32).checked_div(rate).unwrap_or(0)
}

fn nanos_between(from: Instant, to: Instant) -> u64 {
    u64::try_from(to.saturating_duration_since(from).as_nanos()).unwrap_or(u64::MAX)
}

/// Reads the tick and both clocks at one moment, as nearly as the system lets it.
fn pair() -> (u64, SystemTime, Instant) {
    let mut best = (u64::MAX, (0, UNIX_EPOCH, None));
    for _ in 0..PAIR_ATTEMPTS {
        let instant = Instant::now();
        let before = counter::read_fenced();
        let time = SystemTime::now();
        let after = counter::read_fenced();
        let apart = nanos_between(instant, Instant::now());
        if apart < best.0 {
            best = (apart, (before + (after.saturating_sub(before)) / 2, time, Some(instant)));
        }
        if apart <= CLOSE_NANOS {
            break;
        }
    }
    let (tick, time, instant) = best.1;
    (tick, time, instant.unwrap_or_else(Instant::now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_beyond_2262_saturates() {
        let piece = Timeline::joined(0, i64::MAX, 10, i64::MAX, 1 << 32);
        assert_eq!(piece.long_time_of(u64::MAX), i64::MAX);
    }

    #[test]
    fn a_stepped_clock_steps_and_a_slewed_one_is_met() {
        let rate = 1 << 32;
        // 100 µs behind: met at the end of the piece.
        let slewed = Timeline::joined(1_000, 5_000, 2_000_000, 5_000 + 2_100_000, rate);
        assert_eq!(slewed.nanos, 5_000);
        assert!((slewed.long_time_of(2_001_000) - 2_105_000).abs() <= 1);
        // An hour ahead, an hour back.
        for hour in [3_600_000_000_000, -3_600_000_000_000] {
            let stepped = Timeline::joined(1_000, 5_000, 2_000_000, hour, rate);
            assert_eq!(stepped.long_time_of(2_001_000), hour);
        }
    }
}
