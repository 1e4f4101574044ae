//! The wall clock of a JavaScript engine, to the fraction of a millisecond.
//!
//! `Date.now()` knows the wall time in whole milliseconds, `performance.now()` how
//! much of one has passed: each call asks the second, and once in a second of it
//! the first, so that a wall clock that is set is followed. Edge workers stop both
//! while they compute: what tells their records apart is the sequence number.

use std::cell::Cell;

use kakashi_core::{Clock, Timestamp};

use crate::host::imports::{date_now, has_performance, performance_now};

const NANOS_OF_MILLI: i64 = 1_000_000;
/// How long `performance.now()` is believed alone, in milliseconds.
const VALID_MILLIS: f64 = 1000.0;
/// A step back by less than this is waited for, not made: some engines blur both
/// clocks, each in its own way.
const SLEW_NANOS: i64 = 100 * NANOS_OF_MILLI;

/// The time of a thread: where it was anchored last.
struct Anchor {
    /// None: not looked for yet.
    refined: Cell<Option<bool>>,
    /// By `performance.now()`.
    millis: Cell<f64>,
    /// By the wall.
    nanos: Cell<i64>,
    /// What was told last.
    last: Cell<i64>,
}

thread_local! {
    static ANCHOR: Anchor = const {
        Anchor {
            refined: Cell::new(None),
            millis: Cell::new(f64::NEG_INFINITY),
            nanos: Cell::new(0),
            last: Cell::new(i64::MIN),
        }
    };
}

/// Returns nanoseconds since 1970.
#[inline]
pub(crate) fn now_nanos() -> i64 {
    ANCHOR.with(|anchor| {
        if anchor.refined.get() != Some(true) {
            return anchor.begin();
        }
        let millis = performance_now();
        let since = millis - anchor.millis.get();
        if (0.0..VALID_MILLIS).contains(&since) {
            let nanos = anchor.nanos.get() + nanos(since);
            anchor.last.set(nanos);
            return nanos;
        }
        anchor.move_to(millis)
    })
}

/// Returns milliseconds that only grow, where the engine has such a clock; for
/// waits, not for records.
pub(crate) fn steady_millis() -> f64 {
    if ANCHOR.with(Anchor::is_refined) { performance_now() } else { date_now() }
}

fn nanos(millis: f64) -> i64 {
    (millis * NANOS_OF_MILLI as f64) as i64
}

impl Anchor {
    /// Tells whether the engine has `performance.now()`.
    fn is_refined(&self) -> bool {
        let refined = self.refined.get().unwrap_or_else(has_performance);
        self.refined.set(Some(refined));
        refined
    }

    #[cold]
    fn begin(&self) -> i64 {
        if self.is_refined() { self.move_to(performance_now()) } else { nanos(date_now()) }
    }

    /// Asks the wall clock: whatever time it is, it has said the whole millisecond
    /// of it, and that bounds what is believed.
    #[cold]
    fn move_to(&self, millis: f64) -> i64 {
        let wall = nanos(date_now());
        let since = millis - self.millis.get();
        let believed = if since.is_finite() { self.nanos.get().saturating_add(nanos(since)) } else { wall };
        let mut now = believed.clamp(wall, wall + NANOS_OF_MILLI);
        let last = self.last.get();
        if now < last && last - now < SLEW_NANOS {
            now = last;
        }
        self.millis.set(millis);
        self.nanos.set(now);
        self.last.set(now);
        now
    }
}

/// Tells the wall time.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::Wall(now_nanos())
    }
}
