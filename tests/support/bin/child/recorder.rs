//! Programs with a flight recorder, which fork and get signals.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use kakashi_std::{
    FlightRecorder, LogContext, Scope as _, Trigger, configure, debug, dump_flight_recorder, error, flush,
    info,
};

use crate::forks::{fork, wait_for};
use crate::records::log_to;

/// Keeps everything; nothing but a flush writes for an hour.
fn record_to(file: &Path, recorder: FlightRecorder) {
    configure().flush_after_millis(3_600_000).flight_recorder(recorder).apply();
    log_to(file);
}

fn keep(thread: u64, records: u64) {
    (0..records).for_each(|n| debug!("Kept", thread, n));
}

/// Keeps 100 records, has a child keep and write ten of its own, then writes the 100.
pub(crate) fn forks(file: &Path) {
    record_to(file, FlightRecorder::new());
    LogContext::new().with_request_id("r-1").within(|| {
        keep(0, 50);
        let child = fork(|| {
            keep(1, 10);
            error!("Failed", thread = 1);
            LogContext::new().with_request_id("r-2").within(|| {
                keep(2, 10);
                error!("Failed", thread = 2);
            });
        });
        wait_for(child);
        keep(0, 50);
        error!("Failed", thread = 0);
    });
}

/// Forks again and again while other threads keep records and write them.
pub(crate) fn forks_under_load(file: &Path) {
    record_to(file, FlightRecorder::new().bytes_per_thread(16 << 10));
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for thread in 100..103 {
            let is_over = &is_over;
            scope.spawn(move || {
                for round in 0.. {
                    if is_over.load(Ordering::Relaxed) {
                        return;
                    }
                    keep(thread, 10);
                    if thread == 102 && round % 2000 == 0 {
                        dump_flight_recorder("asked");
                    }
                }
            });
        }
        for n in 0..10 {
            let child = fork(|| {
                keep(n, 10);
                error!("Failed", thread = n);
            });
            wait_for(child);
        }
        is_over.store(true, Ordering::Relaxed);
    });
}

/// Waits until what SIGUSR1 asks for is written, and ends.
pub(crate) fn gets_a_user_signal(file: &Path) {
    record_to(file, FlightRecorder::new().on(Trigger::UserSignal));
    LogContext::new().with_request_id("r-1").within(|| keep(0, 3));
    let request = LogContext::new().with_request_id("r-2").enter();
    keep(1, 3);
    thread::scope(|scope| {
        scope.spawn(|| keep(2, 3));
    });
    error!("No trigger");
    fs::write(file.with_extension("ready"), "").expect("a second file beside the log");
    while !fs::read_to_string(file).expect("it is there").contains("end of what was kept") {
        thread::yield_now();
    }
    drop(request);
    info!("Goes on");
    flush();
}
