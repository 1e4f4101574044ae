//! Flushing before a signal ends the process.
//!
//! By default SIGTERM and SIGINT end a process without running any of its code, `atexit`
//! handlers included. A signal handler may call next to nothing, so a thread waits for
//! the signals and writes.

use std::io;

/// Makes SIGTERM and SIGINT write what is buffered before they end the process.
///
/// Call it once, at the beginning of `main`; later calls do nothing. A thread waits for
/// the two signals. At the first it writes all that any logger has buffered or queued,
/// five seconds at most, and reports on stderr what it could not write; then the process
/// ends as the signal would have ended it, which its parent sees. What is logged
/// meanwhile is written too. A second signal ends the process at once. A signal that is
/// ignored (as under `nohup`, or SIGINT in a background job of a shell script) stays
/// ignored.
///
/// What each end of a process loses:
///
/// | ends by | loses |
/// |---|---|
/// | return from `main`, `process::exit`, a panic | nothing |
/// | SIGTERM, SIGINT after this call | nothing |
/// | SIGTERM, SIGINT by default, another signal | what is buffered |
/// | `abort`, SIGKILL, the OOM killer | what is buffered |
/// | `_exit`, `exec` | what is buffered: call [`flush`](crate::flush()) before |
/// | power loss | besides, what the system has not put on the disk |
///
/// What is buffered is, for each destination, at most one batch (64 KiB by default) for each
/// thread, what async loggers have queued, and what the destination has not taken (4 MiB by
/// default, and the collection that is being written). ERROR and CRITICAL of sync loggers are written before their call returns; those of
/// async and performance loggers soon after it.
///
/// **A signal handler must not log**, nor call anything of kakashi: it may have interrupted
/// this very thread in the middle of a record or of an allocation. Let it store a flag, and
/// log where the program sees that.
///
/// It is for programs without handlers for these signals. A program with a handler of
/// its own (`ctrlc`, `tokio::signal`) should call [`flush`](crate::flush) there instead.
/// In the child of a fork the signals do what they do by default, until the child calls
/// this itself.
///
/// ```
/// # #[cfg(unix)]
/// # fn main() -> std::io::Result<()> {
/// kakashi_std::flush_on_signals()?;
/// kakashi_std::info!("Serving until SIGTERM");
/// # Ok(())
/// # }
/// # #[cfg(not(unix))]
/// # fn main() {}
/// ```
///
/// # Errors
/// When the system has no thread or pipe to give; with
/// [`Unsupported`](io::ErrorKind::Unsupported) where there are no such signals,
/// as on Windows, so that a program is not left to believe that it is safe.
pub fn flush_on_signals() -> io::Result<()> {
    platform::flush_on_signals()
}

#[cfg(not(unix))]
mod platform {
    use std::io;

    pub(super) fn flush_on_signals() -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(unix)]
mod platform {
    #![allow(unsafe_code)]

    use std::ffi::c_int;
    use std::mem::MaybeUninit;
    use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
    use std::sync::{Mutex, PoisonError};
    use std::{io, process, ptr, thread};

    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;
    use signal_hook::low_level::{emulate_default_handler, register};

    use crate::lifecycle::exit;

    /// Id of the process whose thread waits for signals; 0 for none.
    static SERVED: AtomicU32 = AtomicU32::new(0);

    /// A signal has arrived, and everything is being written.
    static ENDING: AtomicBool = AtomicBool::new(false);

    pub(super) fn flush_on_signals() -> io::Result<()> {
        /// Signals for which the handler below is registered; a fork inherits it.
        static REGISTERED: Mutex<Vec<c_int>> = Mutex::new(Vec::new());
        let mut registered = REGISTERED.lock().unwrap_or_else(PoisonError::into_inner);
        if SERVED.load(Ordering::Relaxed) == process::id() {
            return Ok(());
        }
        for signal in [SIGTERM, SIGINT] {
            if !registered.contains(&signal) && !is_ignored(signal) {
                // SAFETY: the handler does only what is safe in one: it loads
                // atomics, asks for the process's number and calls a function that
                // is documented to be safe there.
                unsafe { register(signal, move || end_at_once_unless_served(signal)) }?;
                registered.push(signal);
            }
        }
        if registered.is_empty() {
            return Ok(());
        }
        let mut signals = Signals::new(&*registered)?;
        let waiter = thread::Builder::new().name("kakashi-signals".into());
        waiter.spawn(move || {
            for signal in signals.forever() {
                ENDING.store(true, Ordering::Relaxed);
                exit::end("a signal ended the process");
                // It does not return: by default both end the process.
                let _ = emulate_default_handler(signal);
            }
        })?;
        SERVED.store(process::id(), Ordering::Relaxed);
        Ok(())
    }

    /// Runs as a signal handler, before the one that wakes the thread.
    fn end_at_once_unless_served(signal: c_int) {
        // The child of a fork has inherited the handler, but not the thread.
        let is_served = SERVED.load(Ordering::Relaxed) == process::id();
        if !is_served || ENDING.load(Ordering::Relaxed) {
            let _ = emulate_default_handler(signal);
        }
    }

    fn is_ignored(signal: c_int) -> bool {
        let mut action = MaybeUninit::<libc::sigaction>::zeroed();
        // SAFETY: without a new action it only fills in the old one, for which
        // all zeros are a value too.
        let (result, action) =
            unsafe { (libc::sigaction(signal, ptr::null(), action.as_mut_ptr()), action.assume_init()) };
        result == 0 && action.sa_sigaction == libc::SIG_IGN
    }
}
