//! The tick of a record, which orders all records of the process, and the time that is
//! printed for it.
//!
//! A `clock_gettime` costs about a third of a whole logging call. Where Linux keeps its own
//! time by the TSC, a tick is that counter; everywhere else it is the monotonic clock, made
//! unique by one atomic counter. That the counters of different cores agree is the
//! hardware's promise, which the kernel checks before it trusts them; nothing here can.
//!
//! The counter is read without a fence, so a read may run ahead of the loads before it by
//! the processor's window of instructions. [`slack`] is longer than that: who collects
//! records takes none that is younger.
//!
//! Printed time is one function of the tick for the whole process, in pieces of a
//! millisecond: two records never stand in another order than their times, whichever
//! threads made them. A piece begins where the last one ended and runs a little faster or
//! slower to meet the system's clock; only where that clock was stepped by more than such a
//! piece can make good does the printed time step too.
//!
//! Over 400 lines because the counter, its stand-in and the timeline are one promise.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use kakashi_core::{Clock, Timestamp};

/// Reads the system's clock: nanoseconds since 1970, by `SystemTime`. Times that a
/// [`Timestamp`] can't hold become the first or the last that it can (1677, 2262).
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::Wall(wall_nanos(SystemTime::now()))
    }
}

fn wall_nanos(time: SystemTime) -> i64 {
    let nanos = |duration: std::time::Duration| i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX);
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => nanos(since),
        Err(before) => -nanos(before.duration()),
    }
}

/// When a record's call began.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub(crate) tick: u64,
    pub(crate) time: Timestamp,
}

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
/// How far a reading of the counter may run ahead.
const SLACK_NANOS: u64 = 2_000;

/// One thread's clock.
#[derive(Debug, Default)]
pub(crate) struct ThreadClock {
    piece: TimelinePiece,
}

impl ThreadClock {
    pub(crate) const fn new() -> Self {
        Self { piece: TimelinePiece::NONE }
    }

    /// Reads the tick and the time that belongs to it.
    #[inline]
    pub(crate) fn now(&mut self) -> Moment {
        let tick = counter::read();
        match self.piece.time_of(tick) {
            Some(nanos) => Moment { tick, time: Timestamp::Wall(nanos) },
            None => self.look_up(),
        }
    }

    #[cold]
    fn look_up(&mut self) -> Moment {
        counter::choose();
        let tick = counter::read();
        let (nanos, piece) = timeline().time_of(tick);
        self.piece = piece;
        Moment { tick, time: Timestamp::Wall(nanos) }
    }
}

/// Reads the tick after everything that this thread has seen, and before everything that
/// it will look at.
pub(crate) fn fenced_tick() -> u64 {
    counter::read_fenced()
}

/// Returns how many ticks a collection must stay behind: a younger record may have been
/// given its tick before its thread had seen what happened before.
pub(crate) fn slack() -> u64 {
    counter::slack()
}

/// Chooses what ticks are, once.
pub(crate) fn choose() {
    counter::choose();
}

/// A part of the function from ticks to time.
#[derive(Clone, Copy, Debug, Default)]
struct TimelinePiece {
    from: u64,
    /// How many ticks it is long.
    len: u64,
    /// The time at `from`.
    nanos: i64,
    /// Nanoseconds in 2³² ticks.
    rate: u64,
}

impl TimelinePiece {
    const NONE: Self = Self { from: 0, len: 0, nanos: 0, rate: 0 };

    /// Returns the time of a tick that lies in the piece.
    #[inline]
    fn time_of(&self, tick: u64) -> Option<i64> {
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
struct Timeline {
    pieces: [TimelinePiece; Self::KEPT],
    /// Index of the newest piece.
    newest: usize,
    /// A tick and the monotonic clock when it was read.
    measured_from: Option<(u64, Instant)>,
    rate: u64,
}

static TIMELINE: Mutex<Timeline> = Mutex::new(Timeline {
    pieces: [TimelinePiece::NONE; Timeline::KEPT],
    newest: 0,
    measured_from: None,
    rate: 0,
});

fn timeline() -> MutexGuard<'static, Timeline> {
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
    LockedTimeline { _timeline: timeline() }
}

impl Timeline {
    /// Pieces that are kept for threads that were interrupted after they had read a tick.
    const KEPT: usize = 16;

    /// Returns a tick's time, and a short piece that it lies in if there is one.
    fn time_of(&mut self, tick: u64) -> (i64, TimelinePiece) {
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

    /// Adds a piece that holds the current tick.
    fn extend(&mut self) {
        let (tick, time, instant) = pair();
        let rate = self.measure(tick, instant);
        let wall = wall_nanos(time);
        let len = ticks_in(PIECE_NANOS, rate);
        let last = self.pieces[self.newest];
        if last.len == 0 {
            // A thread may have read its tick a moment before.
            let from = tick.saturating_sub(len);
            let nanos = wall.saturating_sub(PIECE_NANOS.cast_signed());
            return self.push(TimelinePiece { from, len: tick - from + len, nanos, rate });
        }
        let (from, begin) = (last.end(), last.long_time_of(last.end()));
        let tick = tick.max(from);
        if tick - from >= len {
            // Nobody logged for a while: one long piece up to now, then a short one.
            self.push(Self::joined(from, begin, tick - from, wall, rate));
            return self.push(TimelinePiece { from: tick, len, nanos: wall, rate });
        }
        let end = wall.saturating_add(PIECE_NANOS.cast_signed());
        self.push(Self::joined(from, begin, tick - from + len, end, rate));
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

mod monotonic {
    //! The monotonic clock as a counter: no two ticks are equal, and a call that begins
    //! after another has returned has the larger one.

    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Instant;

    pub(super) fn read() -> u64 {
        static BEGIN: OnceLock<Instant> = OnceLock::new();
        static LAST: AtomicU64 = AtomicU64::new(0);
        let since = BEGIN.get_or_init(Instant::now).elapsed().as_nanos();
        let now = u64::try_from(since).unwrap_or(u64::MAX);
        let mut last = LAST.load(Ordering::Relaxed);
        loop {
            let next = now.max(last + 1);
            match LAST.compare_exchange_weak(last, next, Ordering::AcqRel, Ordering::Relaxed) {
                Ok(_) => return next,
                Err(other) => last = other,
            }
        }
    }
}

#[cfg(all(target_arch = "x86_64", target_os = "linux", not(miri)))]
mod counter {
    //! The time stamp counter where the kernel trusts it, else the monotonic clock.

    use std::sync::Once;
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

    use super::monotonic;

    static MONOTONIC: AtomicBool = AtomicBool::new(false);
    /// Before the rate is known: enough for 5 GHz.
    static SLACK: AtomicU64 = AtomicU64::new(10_000);
    static CHOSEN: Once = Once::new();

    /// Asks once whether the kernel keeps time by the counter itself: then it has checked
    /// that it never stops and is the same on all cores.
    #[cold]
    pub(super) fn choose() {
        CHOSEN.call_once(|| {
            let path = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
            let trusted = std::fs::read(path).is_ok_and(|name| name.trim_ascii() == b"tsc");
            MONOTONIC.store(!trusted, Ordering::SeqCst);
        });
    }

    pub(super) fn is_monotonic() -> bool {
        MONOTONIC.load(Ordering::Relaxed)
    }

    pub(super) fn slack() -> u64 {
        if is_monotonic() { 0 } else { SLACK.load(Ordering::Relaxed) }
    }

    pub(super) fn set_slack(ticks: u64) {
        SLACK.store(ticks, Ordering::Relaxed);
    }

    #[inline(always)]
    #[allow(unsafe_code)]
    pub(super) fn read() -> u64 {
        if is_monotonic() {
            return monotonic::read();
        }
        // SAFETY: every x86-64 processor has RDTSC, and it touches no memory. Where an
        // operating system forbids it to programs, that system is not Linux with the TSC
        // as its clock.
        unsafe { core::arch::x86_64::_rdtsc() }
    }

    #[allow(unsafe_code)]
    pub(super) fn read_fenced() -> u64 {
        if is_monotonic() {
            return monotonic::read();
        }
        // SAFETY: as `read`; LFENCE is part of x86-64 too. It waits for all loads before
        // it, and none after it begins earlier.
        unsafe {
            core::arch::x86_64::_mm_lfence();
            let ticks = core::arch::x86_64::_rdtsc();
            core::arch::x86_64::_mm_lfence();
            ticks
        }
    }
}

#[cfg(not(all(target_arch = "x86_64", target_os = "linux", not(miri))))]
mod counter {
    //! The monotonic clock.

    use super::monotonic;

    pub(super) fn choose() {}

    pub(super) fn is_monotonic() -> bool {
        true
    }

    pub(super) fn slack() -> u64 {
        0
    }

    pub(super) fn set_slack(_: u64) {}

    #[inline]
    pub(super) fn read() -> u64 {
        monotonic::read()
    }

    pub(super) fn read_fenced() -> u64 {
        monotonic::read()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_thread_clock_keeps_step_with_the_systems() {
        let mut clock = ThreadClock::new();
        let start = Instant::now();
        let mut last = i64::MIN;
        while start.elapsed().as_millis() < 50 {
            let before = wall_nanos(SystemTime::now());
            let Timestamp::Wall(told) = clock.now().time else { panic!("a wall time") };
            let after = wall_nanos(SystemTime::now());
            // A loaded machine may stop this thread anywhere; the bounds move with it.
            assert!(told >= before - 2_000_000 && told <= after + 2_000_000);
            assert!(told >= last, "time ran backwards by {}", last - told);
            last = told;
        }
    }

    #[test]
    fn printed_times_never_contradict_the_order_of_ticks() {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                std::thread::spawn(|| {
                    let mut clock = ThreadClock::new();
                    let moments = (0..20_000).map(|_| clock.now());
                    moments.map(|moment| (moment.tick, moment.time)).collect::<Vec<_>>()
                })
            })
            .collect();
        let mut moments: Vec<_> = threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
        moments.sort_by_key(|(tick, _)| *tick);
        assert!(moments.is_sorted_by_key(|(_, time)| *time));
    }

    #[test]
    fn a_system_clock_beyond_2262_or_before_1677_saturates() {
        let centuries = Duration::from_secs(400 * 366 * 86_400);
        if let Some(late) = UNIX_EPOCH.checked_add(centuries) {
            assert_eq!(wall_nanos(late), i64::MAX);
        }
        if let Some(early) = UNIX_EPOCH.checked_sub(centuries) {
            assert_eq!(wall_nanos(early), -i64::MAX);
        }
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
