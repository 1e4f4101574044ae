//! What a thread is doing, as far as logging must know it: running a sink's code,
//! working as a worker, or ending with the process.
//!
//! It lies beneath all stages, so that each can ask without importing the others.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};

/// The process is ending: records are written before their calls return.
static EXITING: AtomicBool = AtomicBool::new(false);

thread_local! {
    static IN_SINK: Cell<bool> = const { Cell::new(false) };
    static IS_WORKER: Cell<bool> = const { Cell::new(false) };
}

/// Tells whether the process is ending.
#[inline]
pub(crate) fn is_exiting() -> bool {
    EXITING.load(Ordering::Relaxed)
}

/// Marks the process as ending.
pub(crate) fn set_exiting() {
    EXITING.store(true, Ordering::Relaxed);
}

/// Runs a sink's code; records that it logs are deferred.
pub(crate) fn in_sink<R>(run: impl FnOnce() -> R) -> R {
    let before = IN_SINK.try_with(|flag| flag.replace(true)).unwrap_or(false);
    let result = run();
    let _ = IN_SINK.try_with(|flag| flag.set(before));
    result
}

/// Tells whether this thread runs a sink's code, and so holds the sink's lock.
pub(crate) fn is_in_sink() -> bool {
    IN_SINK.try_with(Cell::get).unwrap_or(false)
}

/// Tells whether this thread is a worker.
pub(crate) fn is_worker() -> bool {
    IS_WORKER.try_with(Cell::get).unwrap_or(false)
}

/// Marks this thread as a worker, or as none.
pub(crate) fn set_worker(is_worker: bool) {
    let _ = IS_WORKER.try_with(|flag| flag.set(is_worker));
}
