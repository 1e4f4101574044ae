//! Writing as soon as the running code gives the engine its turn.

use std::cell::{Cell, OnceCell};

use wasm_bindgen::JsCast as _;
use wasm_bindgen::prelude::Closure;

use crate::host::imports::queue_microtask;
use crate::host::{clock, hooks, timer};

thread_local! {
    static SCHEDULED: Cell<bool> = const { Cell::new(false) };
    static RUN: OnceCell<Closure<dyn Fn()>> = const { OnceCell::new() };
}

/// Sees to it that all there is is written in a microtask; where there are none,
/// the timer writes it.
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
