//! The wall clock of a JavaScript engine, to the fraction of a millisecond.
//!
//! `Date.now()` knows the wall time in whole milliseconds, `performance.now()` how
//! much of one has passed: each call asks the second, and once in a second of it
//! the first, so that a wall clock that is set is followed. Edge workers stop both
//! while they compute: what tells their records apart is the sequence number.

use std::cell::{Cell, OnceCell};

use kakashi_core::{Clock, Timestamp};

use js_sys::Date;
use wasm_bindgen::JsCast as _;
use web_sys::Performance;

use crate::host::imports::{global_object, method};

const NANOS_OF_MILLI: i64 = 1_000_000;
/// How long `performance.now()` is believed alone, in milliseconds.
const VALID_MILLIS: f64 = 1000.0;
/// A step back by less than this is waited for, not made: some engines blur both
/// clocks, each in its own way.
const SLEW_NANOS: i64 = 100 * NANOS_OF_MILLI;

/// The time of a thread: where it was anchored last.
struct Anchor {
    /// Looked for once; none where the engine has no such clock.
    performance: OnceCell<Option<Performance>>,
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
            performance: OnceCell::new(),
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
        let Some(Some(performance)) = anchor.performance.get() else { return anchor.begin() };
        let millis = performance.now();
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
    ANCHOR.with(|anchor| anchor.performance().map_or_else(Date::now, Performance::now))
}

fn nanos(millis: f64) -> i64 {
    (millis * NANOS_OF_MILLI as f64) as i64
}

impl Anchor {
    /// Finds the engine's `performance`, of which each call asks the time: by its object,
    /// for a page's and a worker's have no common name in Rust.
    fn performance(&self) -> Option<&Performance> {
        let found = self.performance.get_or_init(|| {
            let found = global_object("performance")?;
            method(&found, "now").ok()?;
            Some(found.unchecked_into())
        });
        found.as_ref()
    }

    #[cold]
    fn begin(&self) -> i64 {
        self.performance().map_or_else(|| nanos(Date::now()), |performance| self.move_to(performance.now()))
    }

    /// Asks the wall clock: whatever time it is, it has said the whole millisecond
    /// of it, and that bounds what is believed.
    #[cold]
    fn move_to(&self, millis: f64) -> i64 {
        let wall = nanos(Date::now());
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
