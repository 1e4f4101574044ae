//! The thread that writes what other threads have buffered: full buffers at once, the
//! rest when it has lain for the idle interval.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::Instant;

use kakashi_core::RetryMode;

use crate::dispatch::{flush_signal, registry, settings};
use crate::submit::{deferred, replay};

/// Starts the thread. If it can't be started the caller sweeps the buffers itself, now
/// and at the next signal.
pub(crate) fn start() {
    let spawned = thread::Builder::new().name("kakashi-flusher".into()).spawn(run);
    if spawned.is_err() {
        flush_signal::not_started();
        registry::sweep(usize::MAX);
    }
}

fn run() {
    // When the buffers are swept next, if they may hold records: full buffers of busy
    // threads must not put that off.
    let mut sweep_at = None;
    loop {
        let work = flush_signal::wait(&mut sweep_at);
        // A panic in there is a fault of ours, and no other thread would take over.
        let _ = catch_unwind(AssertUnwindSafe(|| look(&mut sweep_at, work)));
    }
}

fn look(sweep_at: &mut Option<Instant>, work: bool) {
    if sweep_at.is_some_and(|at| at <= Instant::now()) {
        *sweep_at = None;
        if !registry::sweep(flush_signal::begin_round()) {
            flush_signal::arm();
        }
    } else if work && !registry::drain_sink_queues(RetryMode::Backoff) {
        flush_signal::arm();
    }
    // A write has found another file behind a stream, which needs another form.
    if let Some(old) = settings::renew_if_streams_changed() {
        old.close();
    }
    // What sinks have logged on this thread.
    if deferred::is_pending() {
        replay();
    }
}
