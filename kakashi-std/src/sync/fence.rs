//! An asymmetric fence: cheap for the caller, expensive for the worker.
//!
//! A caller that has published a record must not read the worker's state before
//! other threads can see the record. A full fence costs it 5 ns of about 40 for each
//! record; the worker needs its half only when it goes to sleep. On Linux the worker
//! pays for both: membarrier(2) makes every running thread of the process execute a
//! full fence. Elsewhere, and under loom, both sides execute one.

#[cfg(not(all(test, loom)))]
use std::sync::atomic::fence;
use std::sync::atomic::{AtomicBool, Ordering, compiler_fence};

#[cfg(all(test, loom))]
use loom::sync::atomic::fence;

/// Set once the system has registered the process for membarrier(2).
static ASYMMETRIC: AtomicBool = AtomicBool::new(false);

/// The caller's side: orders the accesses before it against those after it, as seen
/// by a thread that executes [`heavy`].
#[inline(always)]
pub(crate) fn light() {
    if ASYMMETRIC.load(Ordering::Relaxed) {
        // The processor may still reorder; `heavy` makes it catch up.
        compiler_fence(Ordering::SeqCst);
    } else {
        fence(Ordering::SeqCst);
    }
}

/// As [`light`], without a question: it orders nothing unless [`is_free`], and who would
/// depend on it on the other side must ask that.
#[inline(always)]
pub(crate) fn free() {
    if cfg!(any(all(test, loom), miri)) {
        fence(Ordering::SeqCst);
    } else {
        compiler_fence(Ordering::SeqCst);
    }
}

/// Tells whether [`heavy`] makes up for all that [`free`] leaves out.
pub(crate) fn is_free() -> bool {
    cfg!(any(all(test, loom), miri)) || ASYMMETRIC.load(Ordering::Relaxed)
}

/// The worker's side. False if membarrier(2) failed after it was registered: then
/// the order holds only after a short time.
pub(crate) fn heavy() -> bool {
    fence(Ordering::SeqCst);
    !ASYMMETRIC.load(Ordering::Relaxed) || system::fence_all_threads()
}

/// Registers the process for membarrier(2); called before a worker or the flusher begins.
pub(crate) fn prepare() {
    if system::register() {
        ASYMMETRIC.store(true, Ordering::SeqCst);
    }
}

#[cfg(all(target_os = "linux", not(miri), not(loom)))]
#[allow(unsafe_code)]
mod system {
    //! linux/membarrier.h.

    const PRIVATE_EXPEDITED: libc::c_int = 1 << 3;
    const REGISTER_PRIVATE_EXPEDITED: libc::c_int = 1 << 4;

    pub(super) fn register() -> bool {
        membarrier(REGISTER_PRIVATE_EXPEDITED)
    }

    pub(super) fn fence_all_threads() -> bool {
        membarrier(PRIVATE_EXPEDITED)
    }

    fn membarrier(command: libc::c_int) -> bool {
        // SAFETY: the call takes three integers and touches no memory of ours.
        unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) == 0 }
    }
}

#[cfg(not(all(target_os = "linux", not(miri), not(loom))))]
mod system {
    pub(super) fn register() -> bool {
        false
    }

    pub(super) fn fence_all_threads() -> bool {
        false
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::thread;

    use super::*;

    #[test]
    fn of_two_that_look_after_they_have_written_one_sees_the_other() {
        prepare();
        for _ in 0..2000 {
            let (mine, yours) = (AtomicUsize::new(0), AtomicUsize::new(0));
            let seen = thread::scope(|scope| {
                let other = scope.spawn(|| {
                    mine.store(1, Ordering::Relaxed);
                    light();
                    yours.load(Ordering::Relaxed)
                });
                yours.store(1, Ordering::Relaxed);
                assert!(heavy());
                let here = mine.load(Ordering::Relaxed);
                here + other.join().unwrap_or_default()
            });
            assert!(seen > 0);
        }
    }
}
