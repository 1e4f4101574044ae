//! The wall clock of a JavaScript engine, to the fraction of a millisecond.
//!
//! `Date.now()` returns the wall time in whole milliseconds, `performance.now()` steady
//! time with fractions: each record reads the second, and once a second the first, so
//! that a change of the wall clock is followed. Edge workers stop both while they
//! compute: the sequence number orders their records.

use std::cell::{Cell, OnceCell};

use kakashi_core::{Clock, Timestamp};

use js_sys::Date;
use wasm_bindgen::JsCast as _;
use web_sys::Performance;

use crate::host::imports::{global_object, method};

const NANOS_OF_MILLI: i64 = 1_000_000;
/// How long `performance.now()` is used without a look at the wall clock, in milliseconds.
const VALID_MILLIS: f64 = 1000.0;
/// Time stands still instead of stepping back by less than this: some engines blur both
/// clocks, each in its own way.
const SLEW_NANOS: i64 = 100 * NANOS_OF_MILLI;

/// The clock of a thread, and the last moment at which both clocks were read.
struct Anchor {
    /// Looked for once; none where the engine has no such clock.
    performance: OnceCell<Option<Performance>>,
    /// By `performance.now()`.
    millis: Cell<f64>,
    /// By the wall.
    nanos: Cell<i64>,
    /// The last time that was returned.
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
            // An object that throws is no clock: it would throw from each logging call.
            method(&found, "now").ok()?.call0(&found).ok()?;
            Some(found.unchecked_into())
        });
        found.as_ref()
    }

    #[cold]
    fn begin(&self) -> i64 {
        self.performance().map_or_else(|| nanos(Date::now()), |performance| self.move_to(performance.now()))
    }

    /// Reads the wall clock and anchors there. It returned a whole millisecond: the true
    /// time lies within that, and the extrapolated time is clamped to it.
    #[cold]
    fn move_to(&self, millis: f64) -> i64 {
        let wall = nanos(Date::now());
        let since = millis - self.millis.get();
        let extrapolated =
            if since.is_finite() { self.nanos.get().saturating_add(nanos(since)) } else { wall };
        let mut now = extrapolated.clamp(wall, wall + NANOS_OF_MILLI);
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

/// Reads the wall time.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::Wall(now_nanos())
    }
}
