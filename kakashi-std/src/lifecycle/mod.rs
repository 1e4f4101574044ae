//! What must happen when a process ends, panics or forks.
//!
//! Thread-local destructors run before `atexit` handlers on the thread that
//! exits, and never on the others: the handler therefore drains through the
//! global registry, with a deadline, for a lock may be held by a thread that
//! will never run again. It runs on `return` from `main` and on
//! `process::exit`. Abort, SIGKILL and fatal signals run nothing; they lose
//! what is buffered: for each destination at most one batch (64 KiB by default)
//! for each thread, four that are full and under way, and what waits for a sink
//! that fails (4 MiB at most).

#[cfg(feature = "signals")]
pub(crate) mod signals;

use std::sync::atomic::Ordering;
use std::sync::{Once, mpsc};
use std::time::{Duration, Instant};

use crate::submit::EXITING;
use crate::submit::is_busy;
use crate::submit::is_in_sink;
use crate::threads::flusher;
use crate::submit::deferred;
use crate::queue::workers;

/// How long an ending process waits for its sinks.
const EXIT_PATIENCE: Duration = Duration::from_secs(5);
/// How much longer, for what is left to be counted.
const COUNT_PATIENCE: Duration = Duration::from_millis(500);
/// How long it waits for stderr.
const TELL_PATIENCE: Duration = Duration::from_secs(1);
/// How long a panicking thread does.
const PANIC_PATIENCE: Duration = Duration::from_secs(1);

/// Sees to it once for the process.
#[inline]
pub(crate) fn install() {
    static PLATFORM: Once = Once::new();
    static HOOK: Once = Once::new();
    PLATFORM.call_once(platform::install);
    // A thread that panics may not touch the hook: the next one does it.
    if !std::thread::panicking() {
        HOOK.call_once(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |info| {
                before(info);
                // A sink that panics holds its own lock; it is caught and counted.
                if !is_in_sink() {
                    // Inside a logging call the thread waits for no lock: it may hold it.
                    let patience = if is_busy() { Duration::ZERO } else { PANIC_PATIENCE };
                    write_all_until(Instant::now() + patience);
                }
            }));
        });
    }
}

/// Writes all there is, and what sinks log meanwhile; returns what is left.
fn write_all_until(deadline: Instant) -> usize {
    let queued = workers::flush_until(deadline);
    let mut left = queued + flusher::flush_all_until(deadline);
    if deferred::is_pending() && !is_busy() {
        deferred::replay();
        left = queued + flusher::flush_all_until(deadline);
    }
    left
}

/// Ends the workers and writes all there is; returns what is left.
fn end_until(deadline: Instant) -> usize {
    workers::shut_until(deadline);
    write_all_until(deadline)
}

/// Ends logging with the process: all there is is written, what can't be in time
/// is told on stderr. What is logged from now on goes unbuffered.
///
/// Other threads do both: a pipe that nobody reads must not hold up the end, and
/// stderr may be that pipe.
pub(crate) fn end(ended_by: &'static str) {
    EXITING.store(true, Ordering::Relaxed);
    let deadline = Instant::now() + EXIT_PATIENCE;
    let left = in_time(EXIT_PATIENCE + COUNT_PATIENCE, move || end_until(deadline))
        .unwrap_or_else(|| workers::left_until(Instant::now()) + flusher::waiting());
    if left > 0 {
        let tell = move || {
            crate::delivery::sink_queue::tell(format_args!("{left} records could not be written before {ended_by}"));
        };
        in_time(TELL_PATIENCE, tell);
    }
}

/// Runs something on another thread, if one is to be had; no result if it takes
/// too long.
fn in_time<T: Send + 'static>(
    patience: Duration,
    run: impl FnOnce() -> T + Copy + Send + 'static,
) -> Option<T> {
    let (done, result) = mpsc::channel();
    let thread = std::thread::Builder::new().name("kakashi-exit".into());
    // Nobody listens any more if it took too long.
    match thread.spawn(move || _ = done.send(run())) {
        Ok(_) => result.recv_timeout(patience).ok(),
        Err(_) => Some(run()),
    }
}

#[cfg(unix)]
mod platform {
    //! `atexit` and `pthread_atfork`.

    use std::cell::RefCell;
    use std::sync::Arc;
    use std::sync::atomic::Ordering;
    use std::time::{Duration, Instant};

    use self_cell::self_cell;

    use crate::threads::flusher;
    use crate::dispatch::thread_buffer::FORKS;
    use crate::delivery::sink_queue::Held;
    use crate::delivery::sink_queue::Outlet;
    use crate::dispatch;

    /// How long a fork waits for a sink that is writing.
    const FORK_PATIENCE: Duration = Duration::from_secs(1);

    #[allow(unsafe_code)]
    pub(super) fn install() {
        extern "C" fn at_exit() {
            super::end("the process ended");
        }
        extern "C" fn prepare() {
            // A thread that is being taken down has no place for the locks.
            let _ = HELD.try_with(|held| *held.borrow_mut() = Some(hold_all()));
        }
        extern "C" fn parent() {
            let _ = HELD.try_with(|held| held.borrow_mut().take());
        }
        extern "C" fn child() {
            let _ = HELD.try_with(|held| {
                if let Some(held) = held.borrow_mut().take() {
                    abandon(held);
                }
            });
        }
        // SAFETY: both take plain functions, which live as long as the process
        // and do not unwind: an `extern "C"` function aborts instead. If either
        // has no memory to register them, a fork or an exit is as it would be
        // without them.
        unsafe {
            libc::atexit(at_exit);
            libc::pthread_atfork(Some(prepare), Some(parent), Some(child));
        }
    }

    self_cell! {
        /// An outlet and its locks.
        struct HeldOutlet {
            owner: Arc<Outlet>,
            #[not_covariant]
            dependent: Held,
        }
    }

    /// All that must be in order on both sides of a fork.
    struct HeldAll {
        outlets: Vec<HeldOutlet>,
        flusher: Option<flusher::Held>,
        workers: crate::queue::workers::HeldWorkers,
        rings: crate::queue::ring::HeldRings,
        _root: std::sync::RwLockWriteGuard<'static, Option<Arc<dispatch::Route>>>,
        _settings: crate::configure::HeldSettings,
        _registry: crate::loggers::logger::HeldRegistry,
        _rescue: Option<std::sync::MutexGuard<'static, ()>>,
    }

    thread_local! {
        static HELD: RefCell<Option<HeldAll>> = const { RefCell::new(None) };
    }

    fn hold_all() -> HeldAll {
        // What is made once is made now: in the child nobody would finish it.
        super::install();
        crate::clock::settle();
        let _ = crate::root_logger();
        let deadline = Instant::now() + FORK_PATIENCE;
        // A rescuer may take any of the others.
        let rescue = crate::submit::orphaned::hold(deadline);
        // In the order in which a change of settings takes them; none is held for long.
        let settings = crate::configure::hold_settings();
        let registry = crate::loggers::logger::hold_registry();
        let root = dispatch::hold_root();
        // Sinks before registries: a thread that writes may register.
        let outlets = flusher::outlets()
            .into_iter()
            .map(|outlet| HeldOutlet::new(outlet, |outlet| outlet.hold(deadline)))
            .collect();
        HeldAll {
            outlets,
            flusher: flusher::hold(Instant::now() + FORK_PATIENCE),
            workers: crate::queue::workers::hold_workers(),
            rings: crate::queue::ring::hold_rings(),
            _root: root,
            _settings: settings,
            _registry: registry,
            _rescue: rescue,
        }
    }

    fn abandon(mut held: HeldAll) {
        for outlet in &mut held.outlets {
            outlet.with_dependent_mut(|outlet, held| outlet.abandon(held));
        }
        if let Some(flusher) = &mut held.flusher {
            flusher.abandon();
        }
        held.workers.abandon();
        held.rings.abandon();
        drop(held);
        FORKS.fetch_add(1, Ordering::AcqRel);
        dispatch::next_generation();
        crate::submit::abandon_inherited();
    }
}

#[cfg(windows)]
mod platform {
    //! `atexit` of the C runtime: it runs when `main` returns, while other threads
    //! still live. `std::process::exit` passes it by there: call `flush()` before.

    #[allow(unsafe_code)]
    pub(super) fn install() {
        extern "C" fn at_exit() {
            super::end("the process ended");
        }
        // SAFETY: it takes a plain function, which lives as long as the process and
        // does not unwind.
        unsafe {
            libc::atexit(at_exit);
        }
    }
}

#[cfg(not(any(unix, windows)))]
mod platform {
    //! No `atexit`: what is buffered when `main` returns has been handed over
    //! by the thread's own destructor, and the flusher's last round may miss
    //! it. Call `flush()` at the end of `main` on such systems.

    pub(super) fn install() {
        let _ = super::end;
    }
}
