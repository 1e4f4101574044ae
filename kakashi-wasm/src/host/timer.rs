//! The timers that flush batches, and that retry a failed sink: `setTimeout`.
//!
//! One flush timer runs at a time, for all destinations. It is armed by the first record
//! that stays in a batch, not by each. Where an engine has no timers, or forbids them for
//! now (an edge worker before its first request), full batches and `flush()` remain, and
//! arming is tried again after 1, 2, 4 … records.

use std::cell::{Cell, OnceCell};

use js_sys::Function;
use kakashi_core::Settings;
use wasm_bindgen::JsCast as _;
use wasm_bindgen::prelude::Closure;

use crate::host::hooks;
use crate::host::imports::{method, set_timeout};

/// The default of how long a batch waits at most.
const FLUSH_AFTER_MILLIS: f64 = Settings::<()>::FLUSH_AFTER_MILLIS as f64;
/// A timer that is late by this much never comes: the engine has ended its request.
const LOST_NANOS: i64 = 2_000_000_000;
/// The longest wait of `setTimeout`: it takes more for 1.
const MAX_TIMEOUT_MILLIS: u64 = (1 << 31) - 1;
/// How many records pass at most between two attempts to arm a timer.
const MAX_SKIPPED: u32 = 1024;

struct Timer {
    flush_after_millis: Cell<f64>,
    /// A timer is running that comes before this time, by the wall clock.
    armed_until: Cell<i64>,
    retry_armed: Cell<bool>,
    /// How many records pass before the next attempt to arm, and how many if that fails.
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

/// Sets how long a batch waits at most: 1 to 2³¹ − 1 milliseconds.
pub(crate) fn set_flush_after_millis(millis: u64) {
    TIMER.with(|timer| {
        timer.flush_after_millis.set(millis.clamp(1, MAX_TIMEOUT_MILLIS) as f64);
        timer.armed_until.set(i64::MIN);
    });
}

/// Arms the timer that flushes the batches, unless one is running; called for each
/// record that stays in a batch, with its time.
#[inline]
pub(crate) fn arm(now_nanos: i64) {
    TIMER.with(|timer| {
        if now_nanos > timer.armed_until.get() {
            timer.arm(now_nanos);
        }
    });
}

/// Arms the timer that retries a failed sink, unless one is running.
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
            Err(_) => self.skip.set((next, (next * 2).min(MAX_SKIPPED))),
        }
    }
}

fn function(run: &Closure<dyn Fn()>) -> &Function {
    run.as_ref().unchecked_ref()
}
