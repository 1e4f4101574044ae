//! A fork: every lock of the process is free on both sides, and what is buffered
//! belongs to the parent.
//!
//! `prepare` waits until what is made once is made (the handlers, the panic hook, the
//! clock's check, the registry), then takes the locks in this order, which is the order in
//! which any thread takes two of them. The child forgets the parent's records, threads and
//! rings.
//!
//! | | lock | waits | why here |
//! |--:|---|---|---|
//! | 1 | `dispatch::settings` | | a change of settings takes 4, 7 and 9 |
//! | 2 | `dispatch::logger_registry`: making the root logger, or a macro's | | takes 4 |
//! | 3 | kakashi-core's count of scopes with a level | | the first and the last take 4 |
//! | 4 | `dispatch::logger_registry` | | |
//! | 5 | each `delivery::sink_queue`: writer, then its thread's state | 1 s, together | a sink that logs may register a buffer (6) |
//! | 6 | `delivery::collect`: the sources | 1 s | a collection reads 7, takes 8 and 11 |
//! | 7 | `dispatch::root` | | |
//! | 8 | each `delivery::sink_queue`: backlog | 1 s, together | |
//! | 9 | `dispatch::registry`: sinks' queues | 1 s, with 10 | |
//! | 10 | `dispatch::flush_signal` | 1 s, with 9 | |
//! | 11 | `queue::workers`, `queue::ring`: the list, then the interner's tables | | |
//! | 12 | `clock`: the timeline | | |
//! | 13 | `sinks::rotating_file`: what this process writes | 1 s, with 9 | who opens a path waits for a write (5) |
//! | 14 | `sinks::disk_buffer`: what this process has open | 1 s, with 9 | |
//! | 15 | `clock`: who asks for the system's time zone | | files are named under 13 |
//! | 16 | `delivery`: the names of loggers and of destinations that are counted | | 1 may make a destination |
//! | 17 | `flight_recorder`: the list of rings | | who has a ring's lock may take it |
//! | 18 | `segment::live`: the directory of the black box | | 8 may make a segment |
//!
//! Not taken are the locks of rings (async loggers' and the flight recorder's) and pools, and that under which a sink is registered: the
//! child forgets the first, a pool does without its own, and nobody waits for the last for long.
//! A thread that forks inside of a sink has that sink's lock itself: it waits for no other long.

use std::cell::RefCell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, MutexGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use kakashi_core::{HeldLevelScopes, HeldRegistry, hold_level_scopes};
use self_cell::self_cell;

use super::installed::INSTALLED;
use crate::clock;
use crate::clock::LockedTimeline;
use crate::delivery::collect::{self, SourcesForFork};
use crate::delivery::counters::{self, CountersByName};
use crate::delivery::logger_counts;
use crate::delivery::name_table::NameTable;
use crate::delivery::sink_queue::{LockedSinkQueue, SinkQueue};
use crate::dispatch::flush_signal::Signal;
use crate::dispatch::logger_registry::{self, lock_making_root};
use crate::dispatch::registry::LockedRegistry;
use crate::dispatch::settings::LockedSettings;
use crate::dispatch::{Dispatch, flush_signal, registry, root, settings};
use crate::flight_recorder::registry::{self as recorder, LockedRecorder};
use crate::queue::ring::{self, LockedRings};
use crate::queue::workers::{self, LockedWorkers};
use crate::reentrancy::{CriticalSection, HeldLock, is_in_sink, set_worker};
use crate::sampling::samplers;
#[cfg(feature = "black-box")]
use crate::segment::live::{self, LockedBlackBox};
use crate::sinks::disk_buffer::{self, LockedBuffers};
use crate::sinks::rotating_file::{self, LockedFiles};
use crate::submit::abandon_inherited;
use crate::sync::fork_epoch::{ForkEpoch, Forking};

/// How long a fork waits for a sink that is writing.
const FORK_TIMEOUT: Duration = Duration::from_secs(1);
/// The same, if this thread may have the sink itself.
const IN_SINK_TIMEOUT: Duration = Duration::from_millis(10);

/// Registers with `pthread_atfork`; later calls do nothing.
///
/// Two threads that come at once may both register: whoever waited for the other could be the
/// only thread of a child. Of two `prepare`s the second finds the locks taken.
#[allow(unsafe_code, reason = "std has no pthread_atfork")]
pub(super) fn install() {
    static REGISTERED: AtomicBool = AtomicBool::new(false);

    extern "C" fn prepare() {
        // A thread whose locals are gone has no place for the locks.
        let _ = LOCKED.try_with(|locked| {
            if locked.borrow().is_none() {
                let all = lock_all();
                *locked.borrow_mut() = Some(all);
            }
        });
    }
    extern "C" fn parent() {
        let _ = LOCKED.try_with(|locked| locked.borrow_mut().take());
    }
    extern "C" fn child() {
        let _ = LOCKED.try_with(|locked| {
            if let Some(locked) = locked.borrow_mut().take() {
                abandon(locked);
            }
        });
    }
    if REGISTERED.load(Ordering::Acquire) {
        return;
    }
    // SAFETY: it takes plain functions, which live as long as the process and do not
    // unwind: an `extern "C"` function aborts instead. If there is no memory to register
    // them, a fork is as it would be without them.
    unsafe {
        libc::pthread_atfork(Some(prepare), Some(parent), Some(child));
    }
    REGISTERED.store(true, Ordering::Release);
}

self_cell! {
    /// A sink's queue and its locks.
    struct OwnedSinkQueue {
        owner: Arc<SinkQueue>,
        #[not_covariant]
        dependent: LockedSinkQueue,
    }
}

/// All locks of the process.
struct AllLocks {
    sink_queues: Vec<OwnedSinkQueue>,
    sources: SourcesForFork,
    _timeline: LockedTimeline,
    #[cfg(feature = "local-time")]
    _zone: MutexGuard<'static, ()>,
    _registry: Option<LockedRegistry>,
    flush_signal: Option<MutexGuard<'static, Signal>>,
    workers: LockedWorkers,
    rings: LockedRings,
    files: Option<LockedFiles>,
    _logger_names: HeldLock<'static, Option<NameTable>>,
    _destination_names: HeldLock<'static, Option<CountersByName>>,
    buffers: Option<LockedBuffers>,
    recorder: LockedRecorder,
    #[cfg(feature = "black-box")]
    black_box: LockedBlackBox,
    _root: RwLockWriteGuard<'static, Option<Arc<Dispatch>>>,
    _settings: LockedSettings,
    _loggers: HeldRegistry<'static>,
    _level_scopes: HeldLevelScopes,
    _making_root: HeldLock<'static, ()>,
    /// What is logged under these locks waits for none of them.
    _section: CriticalSection,
}

thread_local! {
    static LOCKED: RefCell<Option<AllLocks>> = const { RefCell::new(None) };
}

fn lock_all() -> AllLocks {
    // In the child the thread that was installing would not exist.
    INSTALLED.wait_force();
    super::panic::install();
    clock::choose();
    let section = CriticalSection::begin();
    let _forking = Forking::begin();
    let timeout = if is_in_sink() { IN_SINK_TIMEOUT } else { FORK_TIMEOUT };
    let deadline = Instant::now() + timeout;
    let settings = settings::lock_for_fork();
    let making_root = lock_making_root();
    let level_scopes = hold_level_scopes();
    let loggers = logger_registry::lock_for_fork();
    let mut sink_queues: Vec<_> = registry::sink_queues()
        .into_iter()
        .map(|queue| OwnedSinkQueue::new(queue, |queue| queue.lock_for_fork(deadline)))
        .collect();
    let deadline = Instant::now() + timeout;
    let sources = collect::lock_for_fork(deadline);
    let root = root::lock_for_fork();
    for queue in &mut sink_queues {
        queue.with_dependent_mut(|queue, locked| queue.lock_backlog_for_fork(locked, deadline));
    }
    AllLocks {
        sink_queues,
        sources,
        _registry: registry::lock_for_fork(deadline),
        flush_signal: flush_signal::lock_for_fork(deadline),
        workers: workers::lock_for_fork(),
        rings: ring::lock_for_fork(),
        files: rotating_file::lock_for_fork(deadline),
        buffers: disk_buffer::lock_for_fork(deadline),
        _timeline: clock::lock_for_fork(),
        #[cfg(feature = "local-time")]
        _zone: clock::lock_zone_for_fork(),
        _logger_names: logger_counts::lock_for_fork(),
        _destination_names: counters::lock_for_fork(),
        recorder: recorder::lock_for_fork(),
        #[cfg(feature = "black-box")]
        black_box: live::lock_for_fork(),
        _root: root,
        _settings: settings,
        _loggers: loggers,
        _level_scopes: level_scopes,
        _making_root: making_root,
        _section: section,
    }
}

fn abandon(mut locked: AllLocks) {
    for queue in &mut locked.sink_queues {
        queue.with_dependent_mut(|queue, locked| queue.abandon(locked));
    }
    locked.sources.abandon();
    if let Some(signal) = &mut locked.flush_signal {
        flush_signal::abandon(signal);
    }
    locked.workers.abandon();
    // The child's only thread is no worker of the child's.
    set_worker(false);
    locked.rings.abandon();
    locked.recorder.abandon();
    if let Some(files) = &locked.files {
        files.abandon();
    }
    if let Some(buffers) = &locked.buffers {
        buffers.abandon();
    }
    #[cfg(feature = "black-box")]
    locked.black_box.abandon();
    drop(locked);
    ForkEpoch::advance();
    root::next_generation();
    abandon_inherited();
    samplers::abandon();
}
