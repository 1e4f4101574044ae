//! The thread that collects what other threads have published: within the idle interval,
//! or at once when a thread has ended. It writes where that can't block.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::Instant;

use crate::dispatch::flush_signal::{self, Work};
use crate::dispatch::{registry, settings};

/// Starts the thread. If it can't be started the caller sweeps itself, now and at the next
/// signal.
pub(crate) fn start() {
    let spawned = thread::Builder::new().name("kakashi-flusher".into()).spawn(run);
    if spawned.is_err() {
        flush_signal::not_started();
        registry::sweep();
    }
}

fn run() {
    // When to sweep next, if anything may be published: full chunks of busy threads must
    // not put that off.
    let mut sweep_at = None;
    loop {
        let work = flush_signal::wait(&mut sweep_at);
        // A panic in there is a fault of ours, and no other thread would take over.
        let _ = catch_unwind(AssertUnwindSafe(|| look(&mut sweep_at, work)));
    }
}

fn look(sweep_at: &mut Option<Instant>, work: Work) {
    let clean = match work {
        Work::Sweep => {
            *sweep_at = None;
            flush_signal::begin_sweep();
            registry::sweep()
        }
        Work::Drain => registry::drain_sink_queues(),
    };
    // A write has found another file behind a stream, which needs another form.
    if let Some(old) = settings::renew_if_streams_changed() {
        old.close();
    }
    if !clean {
        flush_signal::arm_again();
    }
}
