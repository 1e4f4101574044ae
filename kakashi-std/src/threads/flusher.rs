//! The thread that collects what other threads have published: within the idle interval,
//! or at once when a thread has ended. It writes where that can't block. What threads keep
//! that log nothing for a while it takes back.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::{Duration, Instant};

use crate::dispatch::flush_signal::{self, Work};
use crate::dispatch::{registry, settings};
use crate::submit::left_out;
use crate::submit::local::IdleLocals;
use crate::sync::fence;

/// A thread that logs nothing for so long is idle; sweeps may come much faster.
const IDLE_AFTER: Duration = Duration::from_millis(500);

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
    let mut idle = IdleLook { locals: IdleLocals::new(), looked_at: None };
    fence::prepare();
    loop {
        let work = flush_signal::wait(&mut sweep_at);
        // A panic in there is a fault of ours, and no other thread would take over.
        let _ = catch_unwind(AssertUnwindSafe(|| look(&mut sweep_at, &mut idle, work)));
    }
}

/// What idle threads keep, and when it was last looked at.
struct IdleLook {
    locals: IdleLocals,
    looked_at: Option<Instant>,
}

impl IdleLook {
    /// Takes what idle threads keep, unless it is too early; false if it is to be called
    /// again.
    fn look(&mut self) -> bool {
        if self.looked_at.is_some_and(|at| at.elapsed() < IDLE_AFTER) {
            return false;
        }
        self.looked_at = Some(Instant::now());
        !self.locals.reclaim()
    }
}

fn look(sweep_at: &mut Option<Instant>, idle: &mut IdleLook, work: Work) {
    let clean = match work {
        Work::Sweep => {
            *sweep_at = None;
            flush_signal::begin_sweep();
            // Before it collects: what is announced is written with the rest.
            let announced = !left_out::announce_if_due();
            // All of them, whatever the first says: what a sweep leaves empty can be taken.
            registry::sweep() & idle.look() & announced
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
