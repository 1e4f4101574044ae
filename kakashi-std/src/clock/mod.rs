//! The tick of a record, which orders all records of the process, and the time that is
//! printed for it.
//!
//! A `clock_gettime` costs about a third of a whole logging call. While Linux keeps its own
//! time by the TSC, a tick is that counter; everywhere else it is the monotonic clock, made
//! unique by one atomic counter. That the counters of different cores agree is the
//! hardware's promise, which the kernel checks before it trusts them and twice a second
//! from then on; nothing here can. Where the kernel comes to distrust them later ("Marking TSC
//! unstable due to clocksource watchdog") ticks become the monotonic clock's: see
//! [`counter`]. (Libraries that read the counter ask once, as `minstant`, or only what
//! the processor says of itself, as `quanta`.)
//!
//! Printed time is a function of the tick: two records never stand in another order than
//! their times, whichever threads made them; see [`timeline`].
//!
//! # The unfenced tick
//!
//! RDTSC waits for nothing: "It does not necessarily wait until all previous instructions
//! have been executed before reading the counter" (Intel SDM, volume 2B; AMD says the
//! same). So a call's tick may be older than the values of loads that stand before it in
//! the program and that were on their way when the counter was read: by no more than the
//! processor keeps in flight, which is as long as its slowest load takes, a few hundred
//! nanoseconds. What takes longer (an interrupt, a page fault, a system call, a wait in the
//! kernel) is not in flight: it throws away what was begun after it, RDTSC too.
//!
//! If call A returned before call B began, B's thread has seen so by such a load. Then
//! - no collection takes B without A: it stays behind the counter by longer than anything
//!   is in flight ([`slack_of`]), and A was published before the load got its value;
//! - in one collection B's tick could be the smaller one only if a single load of B's thread
//!   was on its way during all of A's call after its tick (the record is encoded and
//!   published in that time) and until the store that the load sees. No test has seen that,
//!   and no call pays a fence for it.

mod counter;
mod monotonic;
mod system_clock;
mod timeline;
#[cfg(feature = "local-time")]
mod zone;

use kakashi_core::Timestamp;

pub use self::system_clock::SystemClock;
use self::timeline::TimelinePiece;
#[cfg(unix)]
pub(crate) use self::timeline::{LockedTimeline, lock_for_fork};
#[cfg(all(feature = "local-time", unix))]
pub(crate) use self::zone::lock_zone_for_fork;
#[cfg(feature = "local-time")]
pub(crate) use self::zone::system_zone;

/// When a record's call began.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    pub(crate) tick: u64,
    pub(crate) time: Timestamp,
}

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
        let mut timeline = timeline::lock();
        // Under the lock: a thread that waits for it for long would come with a tick that is
        // older than all pieces.
        let tick = counter::read();
        let (nanos, piece) = timeline.time_of(tick);
        self.piece = piece;
        Moment { tick, time: Timestamp::Wall(nanos) }
    }
}

/// Reads the tick after everything that this thread has seen, and before everything that
/// it will look at.
pub(crate) fn fenced_tick() -> u64 {
    counter::read_fenced()
}

/// Returns how many ticks a collection that read this one must stay behind it: a younger
/// record may have been given its tick before its thread had seen what happened before.
pub(crate) fn slack_of(tick: u64) -> u64 {
    counter::slack_of(tick)
}

/// Chooses what ticks are, once.
pub(crate) fn choose() {
    counter::choose();
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
    use std::time::{Instant, SystemTime};

    use super::system_clock::wall_nanos;
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
    fn a_change_of_the_source_keeps_the_order_of_ticks_and_of_times() {
        counter::choose();
        let (passed, is_over) = (AtomicU64::new(0), AtomicBool::new(false));
        // The token goes round: each has the next tick after it has seen the last.
        let take_turns = |own: u64| {
            let mut clock = ThreadClock::new();
            let mut moments = Vec::new();
            while !is_over.load(Ordering::Relaxed) {
                let turn = passed.load(Ordering::Acquire);
                if turn % 3 == own {
                    moments.push((turn, clock.now(), slack_of(fenced_tick())));
                    passed.store(turn + 1, Ordering::Release);
                } else {
                    std::thread::yield_now();
                }
            }
            moments
        };
        let mut moments: Vec<_> = std::thread::scope(|scope| {
            let threads = [0, 1, 2].map(|own| scope.spawn(move || take_turns(own)));
            let wait = |turns: u64| {
                let until = passed.load(Ordering::Relaxed) + turns;
                while passed.load(Ordering::Relaxed) < until {
                    std::thread::yield_now();
                }
            };
            wait(300);
            timeline::lock().leave_counter();
            wait(300);
            // Once and for all.
            timeline::lock().leave_counter();
            wait(300);
            is_over.store(true, Ordering::Relaxed);
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        moments.sort_by_key(|(turn, ..)| *turn);
        assert!(moments.is_sorted_by_key(|(_, moment, _)| moment.tick));
        assert!(moments.is_sorted_by_key(|(_, moment, _)| moment.time));
        assert_eq!(moments.last().map(|(.., slack)| *slack), Some(0));
        let Some((_, Moment { time: Timestamp::Wall(last), .. }, _)) = moments.last() else {
            panic!("a time")
        };
        assert!(last.abs_diff(wall_nanos(SystemTime::now())) < 1_000_000_000);
    }
}
