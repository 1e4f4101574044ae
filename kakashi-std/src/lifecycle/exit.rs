//! The end of the process: a return from `main`, `process::exit`, a signal.
//!
//! Thread-local destructors run before `atexit` handlers on the thread that exits, and
//! never on the others: the handler therefore collects from the buffers and rings of all
//! threads, with a deadline, for a lock may be held by a thread that will never run again.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::delivery::report;
use crate::dispatch::registry;
use crate::flush::AFTER_FLUSH;
use crate::queue::workers;
use crate::reentrancy::set_exiting;
use crate::segment::live;
use crate::submit::flush_until;

/// How long an ending process waits for its sinks.
const EXIT_TIMEOUT: Duration = Duration::from_secs(5);
/// How much longer it waits for the count of what is left.
const COUNT_TIMEOUT: Duration = Duration::from_millis(500);
/// How long it waits for stderr.
const REPORT_TIMEOUT: Duration = Duration::from_secs(1);

/// Ends the workers and writes all that is buffered; returns how many records are left.
fn end_until(deadline: Instant) -> usize {
    workers::shut_down_until(deadline);
    let left = flush_until(deadline);
    // What sinks have logged meanwhile.
    let left = if left == 0 { flush_until(deadline) } else { left };
    if let Some(export) = AFTER_FLUSH.get() {
        export(deadline);
    }
    left
}

/// Ends logging with the process: writes all that is buffered, and reports on stderr
/// what can't be written in time. Later records are written before their calls return.
///
/// Other threads do both: a pipe that nobody reads must not hold up the end, and stderr
/// may be that pipe.
pub(super) fn end(ended_by: &'static str) {
    set_exiting();
    let deadline = Instant::now() + EXIT_TIMEOUT;
    let left =
        in_time(EXIT_TIMEOUT + COUNT_TIMEOUT, move || end_until(deadline)).unwrap_or_else(registry::waiting);
    if left > 0 {
        let report = move || {
            report::print(format_args!("{left} records could not be written before {ended_by}"));
        };
        in_time(REPORT_TIMEOUT, report);
    }
    in_time(REPORT_TIMEOUT, move || live::close(left));
}

/// Runs something on another thread, if one can be started; no result if it takes too
/// long.
fn in_time<T: Send + 'static>(
    timeout: Duration,
    run: impl FnOnce() -> T + Copy + Send + 'static,
) -> Option<T> {
    let (done, result) = mpsc::channel();
    let thread = thread::Builder::new().name("kakashi-exit".into());
    // The receiver is gone if it took too long.
    match thread.spawn(move || _ = done.send(run())) {
        Ok(_) => result.recv_timeout(timeout).ok(),
        Err(_) => Some(run()),
    }
}

/// Registers with the C runtime's `atexit`. On Windows it runs when `main` returns,
/// while other threads still live; `std::process::exit` passes it by there: call
/// `flush()` before.
#[cfg(any(unix, windows))]
#[allow(unsafe_code, reason = "std has no atexit")]
pub(super) fn install() {
    extern "C" fn at_exit() {
        end("the process ended");
    }
    // SAFETY: it takes a plain function, which lives as long as the process and does not
    // unwind: an `extern "C"` function aborts instead. If there is no memory to register
    // it, an exit is as it would be without it.
    unsafe {
        libc::atexit(at_exit);
    }
    stay_mapped();
}

/// Keeps the library that kakashi is part of mapped when it is unloaded: its handlers and
/// threads can't be taken back, and one that has just been started is not yet seen to need
/// it.
#[cfg(any(all(target_os = "linux", target_env = "gnu"), target_vendor = "apple"))]
#[allow(unsafe_code, reason = "std has no dlopen")]
fn stay_mapped() {
    let mut info = std::mem::MaybeUninit::<libc::Dl_info>::zeroed();
    let own: fn() = install;
    // SAFETY: the address is this function's; where it is found the path is a string that
    // lives as long as the library. Nothing is loaded: it is there already.
    unsafe {
        if libc::dladdr(own as *const libc::c_void, info.as_mut_ptr()) != 0 {
            let path = info.assume_init().dli_fname;
            if !path.is_null() {
                libc::dlopen(path, libc::RTLD_NOW | libc::RTLD_NOLOAD | libc::RTLD_NODELETE);
            }
        }
    }
}

/// Elsewhere a library with kakashi in it must not be unloaded.
#[cfg(all(
    any(unix, windows),
    not(any(all(target_os = "linux", target_env = "gnu"), target_vendor = "apple"))
))]
fn stay_mapped() {}

/// Does nothing: there is no `atexit`. What is buffered when `main` returns has been
/// handed over by the thread's own destructor, and the flusher's last sweep may miss it.
/// Call `flush()` at the end of `main` on such systems.
#[cfg(not(any(unix, windows)))]
pub(super) fn install() {
    let _ = end;
}
