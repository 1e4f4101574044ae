//! The timers that write what has lain in a batch, or what a failed sink did not
//! take: `setTimeout`, where there is one.
//!
//! One timer runs at a time, for all destinations. It is armed by the first record
//! that stays in a batch, not by each. Where an engine has no timers, or forbids
//! them for now (an edge worker before its first request), full batches and
//! `flush()` remain, and it is tried again now and then.

use std::cell::{Cell, OnceCell};

use js_sys::Function;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::prelude::Closure;

use crate::host::hooks;
use crate::host::imports::{method, set_timeout};

/// What a batch waits at most, at first.
const FLUSH_AFTER_MILLIS: f64 = 100.0;
/// A timer that is late by this much is lost: the engine has ended what it belonged to.
const LOST_NANOS: i64 = 2_000_000_000;
/// Records between two tries to arm a timer where that fails.
const MOST_SKIPPED: u32 = 1024;

struct Timer {
    flush_after_millis: Cell<f64>,
    /// Until then a timer can be relied on: a time of the wall clock.
    armed_until: Cell<i64>,
    retry_armed: Cell<bool>,
    /// Records to pass before the next try, and after the one that fails then.
    skip: Cell<(u32, u32)>,
    fire: OnceCell<Closure<dyn Fn()>>,
    retry: OnceCell<Closure<dyn Fn()>>,
}

thread_local! {
    static TIMER: Timer = const {
        Timer {
            flush_after_millis: Cell::new(FLUSH_AFTER_MILLIS),
            armed_until: Cell::new(i64::MIN),
            retry_armed: Cell::new(false),
            skip: Cell::new((0, 1)),
            fire: OnceCell::new(),
            retry: OnceCell::new(),
        }
    };
}

/// Sets what a batch waits at most.
pub(crate) fn set_flush_after_millis(millis: u64) {
    TIMER.with(|timer| {
        timer.flush_after_millis.set(millis as f64);
        timer.armed_until.set(i64::MIN);
    });
}

/// Sees to it that what a record of this time has left in a batch is written.
#[inline]
pub(crate) fn arm(now_nanos: i64) {
    TIMER.with(|timer| {
        if now_nanos > timer.armed_until.get() {
            timer.arm(now_nanos);
        }
    });
}

/// Sees to it that a failed sink is tried again.
pub(crate) fn arm_for_retry(millis: f64) {
    TIMER.with(|timer| {
        if timer.retry_armed.get() {
            return;
        }
        let run = timer.retry.get_or_init(|| {
            Closure::new(|| {
                TIMER.with(|timer| timer.retry_armed.set(false));
                hooks::flush();
            })
        });
        if let Ok(timeout) = set_timeout(function(run), millis) {
            timer.retry_armed.set(true);
            // A sink that fails for ever must not keep a process of Node's alive. A page's
            // timers are numbers, which have no such method.
            let _ = method(&timeout, "unref").and_then(|unref| unref.call0(&timeout));
        }
    });
}

impl Timer {
    #[cold]
    fn arm(&self, now_nanos: i64) {
        let (left, next) = self.skip.get();
        if left > 0 {
            return self.skip.set((left - 1, next));
        }
        let run = self.fire.get_or_init(|| {
            Closure::new(|| {
                TIMER.with(|timer| timer.armed_until.set(i64::MIN));
                hooks::flush();
            })
        });
        let millis = self.flush_after_millis.get();
        match set_timeout(function(run), millis) {
            Ok(_) => {
                self.skip.set((0, 1));
                let nanos = (millis * 1e6) as i64;
                self.armed_until.set(now_nanos.saturating_add(nanos).saturating_add(LOST_NANOS));
            }
            Err(_) => self.skip.set((next, (next * 2).min(MOST_SKIPPED))),
        }
    }
}

fn function(run: &Closure<dyn Fn()>) -> &Function {
    run.as_ref().unchecked_ref()
}
