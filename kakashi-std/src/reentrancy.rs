//! What a thread is doing, as far as logging must know it: logging, running a sink's
//! code, working as a worker, or ending with the process.
//!
//! None of its thread-locals has a destructor, so all of them outlive those that have.
//!
//! It lies beneath all stages, so that each can ask without importing the others.

use std::cell::Cell;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::LocalKey;

/// The process is ending: records are written before their calls return.
static EXITING: AtomicBool = AtomicBool::new(false);

thread_local! {
    static IN_SINK: Cell<bool> = const { Cell::new(false) };
    static MUTED: Cell<bool> = const { Cell::new(false) };
    static IS_WORKER: Cell<bool> = const { Cell::new(false) };
    static THREAD: Cell<u64> = const { Cell::new(0) };
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// Returns the number of this thread, which no other ever had.
pub(crate) fn thread_number() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let number = THREAD.get();
    if number != 0 {
        return number;
    }
    THREAD.set(LAST.fetch_add(1, Ordering::Relaxed) + 1);
    THREAD.get()
}

/// Goes deeper; returns how deep it was. One access: `LocalKey::set` looks for the variable a second time.
#[inline]
fn deepen(by: usize) -> usize {
    DEPTH.with(|depth| depth.replace(depth.get() + by))
}

#[inline]
fn rise(by: usize) {
    DEPTH.with(|depth| depth.set(depth.get() - by));
}

/// A logging call that is in progress on this thread.
pub(crate) struct CallDepth(());

impl CallDepth {
    /// How deep calls may nest: bounds a `Display` that logs itself.
    pub(crate) const MOST: usize = 4;

    /// Begins a call; returns how many are in progress around it.
    #[inline]
    pub(crate) fn begin() -> (Self, usize) {
        let depth = deepen(1);
        (Self(()), depth)
    }

    /// Tells whether a call is in progress.
    pub(crate) fn is_in_call() -> bool {
        DEPTH.get() > 0
    }
}

impl Drop for CallDepth {
    #[inline]
    fn drop(&mut self) {
        rise(1);
    }
}

/// A part of this thread's work in which it logs nothing: it holds a lock that a logging
/// call may need, or makes what is made once.
///
/// An allocator may log there all the same. Such a record is counted as reentrant, since
/// its call nests deeper than any may: the call itself pays nothing for that.
pub(crate) struct CriticalSection(PhantomData<*const ()>);

impl CriticalSection {
    /// Deeper than calls ever nest.
    const DEPTH: usize = 1 << 16;

    /// Begins one; they may nest.
    #[inline]
    pub(crate) fn begin() -> Self {
        deepen(Self::DEPTH);
        Self(PhantomData)
    }

    /// Tells whether this thread is inside of one.
    #[inline]
    pub(crate) fn is_active() -> bool {
        DEPTH.get() >= Self::DEPTH
    }
}

impl Drop for CriticalSection {
    #[inline]
    fn drop(&mut self) {
        rise(Self::DEPTH);
    }
}

/// A lock of the process that this thread holds, inside of a [`CriticalSection`].
pub(crate) struct HeldLock<'a, T> {
    guard: MutexGuard<'a, T>,
    // Dropped last: what is freed with the lock is freed inside, too.
    _section: CriticalSection,
}

/// Locks what a logging call may need, poisoned or not.
#[inline]
pub(crate) fn hold<T>(mutex: &Mutex<T>) -> HeldLock<'_, T> {
    let section = CriticalSection::begin();
    HeldLock { guard: mutex.lock().unwrap_or_else(PoisonError::into_inner), _section: section }
}

impl<T> Deref for HeldLock<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.guard
    }
}

impl<T> DerefMut for HeldLock<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.guard
    }
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

/// Runs a sink's code; records that it logs are published, and written by another thread.
pub(crate) fn in_sink<R>(run: impl FnOnce() -> R) -> R {
    with_flag(&IN_SINK, run)
}

/// Tells whether this thread runs a sink's code, and so holds the sink's lock.
pub(crate) fn is_in_sink() -> bool {
    IN_SINK.try_with(Cell::get).unwrap_or(false)
}

/// Runs code of a sink's that logs about itself, as an HTTP client does: nothing of that is
/// logged, since each batch would make more of it. It is a sink's whoever calls it: a thread
/// that exports counts, a program that writes to the sink itself.
#[cfg(any(feature = "http", feature = "otlp", feature = "syslog-tls"))]
pub(crate) fn muted<R>(run: impl FnOnce() -> R) -> R {
    in_sink(|| with_flag(&MUTED, run))
}

/// Sets a flag of this thread while it runs, also if it panics.
fn with_flag<R>(flag: &'static LocalKey<Cell<bool>>, run: impl FnOnce() -> R) -> R {
    struct Restored(&'static LocalKey<Cell<bool>>, bool);

    impl Drop for Restored {
        fn drop(&mut self) {
            let _ = self.0.try_with(|flag| flag.set(self.1));
        }
    }

    let before = flag.try_with(|flag| flag.replace(true)).unwrap_or(false);
    let _restored = Restored(flag, before);
    run()
}

/// Tells whether this thread runs a sink's code whose records are left out.
pub(crate) fn is_muted() -> bool {
    MUTED.get()
}

/// Tells whether this thread is a worker.
pub(crate) fn is_worker() -> bool {
    IS_WORKER.try_with(Cell::get).unwrap_or(false)
}

/// Marks this thread as a worker, or as none.
pub(crate) fn set_worker(is_worker: bool) {
    let _ = IS_WORKER.try_with(|flag| flag.set(is_worker));
}
