//! Flushing in a microtask: as soon as the running code returns to the engine.

use std::cell::{Cell, OnceCell};

use wasm_bindgen::JsCast as _;
use wasm_bindgen::prelude::Closure;

use crate::host::imports::queue_microtask;
use crate::host::{clock, hooks, timer};

thread_local! {
    static SCHEDULED: Cell<bool> = const { Cell::new(false) };
    static RUN: OnceCell<Closure<dyn Fn()>> = const { OnceCell::new() };
}

/// Schedules a flush of all batches in a microtask; where an engine has none, arms the
/// timer.
pub(crate) fn schedule() {
    if SCHEDULED.get() {
        return;
    }
    RUN.with(|run| {
        let run = run.get_or_init(|| {
            Closure::new(|| {
                SCHEDULED.set(false);
                hooks::flush();
            })
        });
        match queue_microtask(run.as_ref().unchecked_ref()) {
            Ok(()) => SCHEDULED.set(true),
            Err(_) => timer::arm(clock::now_nanos()),
        }
    });
}
