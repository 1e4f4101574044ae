//! A thread's own value, which another thread may take away while it is not used.
//!
//! What a thread keeps to be fast is of no use while it does something else. Its thread
//! marks the value as used, and as free again, by plain stores. One thread, the reclaimer,
//! looks at all values now and then; a value that was not used between two looks it
//! announces to want. A use stores its mark, then reads the announcement; the reclaimer
//! announces, then reads the mark; a fence stands between the two on each side (see
//! [`fence`]), so that at least one of them sees the other. A thread that sees the
//! announcement takes the value back, or finds that it is gone and makes another one:
//! neither ever waits.
//!
//! The thread's fence orders the compiler only: values are taken where membarrier(2) does
//! the rest, and stay with their threads elsewhere.
//!
//! The value is reached through raw pointers; Miri and loom run over this module.

#![allow(unsafe_code, reason = "who may touch a value is decided at run time, by no lock")]

use std::cell::Cell;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ptr::{self, NonNull};
use std::sync::Arc;

use super::{AtomicPtr, AtomicU8, Ordering, SharedCell, fence};

// What a value is used for.
/// Its thread uses it.
const IN_USE: u8 = 0;
/// It was used since the last look.
const USED: u8 = 1;
/// It was not used since the last look.
const SEEN: u8 = 2;
/// The reclaimer has decided not to take it until it is used again.
const KEPT: u8 = 3;

// Whose a value is.
/// Its thread's.
const OWNED: u8 = 0;
/// Its thread's, and the reclaimer is about to take it.
const WANTED: u8 = 1;
/// The reclaimer's, which may give it back.
const TAKEN: u8 = 2;
/// The reclaimer's, which may not: its thread has another one.
const ABANDONED: u8 = 3;
/// Nobody's: its thread has ended.
const ENDED: u8 = 4;

struct Reclaimable<T> {
    usage: AtomicU8,
    state: AtomicU8,
    value: SharedCell<MaybeUninit<T>>,
    /// The one that was registered before it, until the reclaimer knows it.
    next: AtomicPtr<Self>,
}

// SAFETY: the value is touched by the one thread that owns it or by the reclaimer, never by
// both, and what one has done is visible to the other.
unsafe impl<T: Send> Send for Reclaimable<T> {}
// SAFETY: as above.
unsafe impl<T: Send> Sync for Reclaimable<T> {}

impl<T> Reclaimable<T> {
    /// Moves the value out.
    ///
    /// # Safety
    ///
    /// The caller alone may touch it, and nobody does afterwards.
    unsafe fn take(&self) -> T {
        // SAFETY: it was initialised when this was made, and is moved out once.
        self.value.with(|value| unsafe { value.read().assume_init() })
    }
}

/// Values that the reclaimer does not know yet.
pub(crate) struct Registrations<T> {
    newest: AtomicPtr<Reclaimable<T>>,
}

impl<T> Registrations<T> {
    #[cfg(not(all(test, loom)))]
    pub(crate) const fn new() -> Self {
        Self { newest: AtomicPtr::new(ptr::null_mut()) }
    }

    #[cfg(all(test, loom))]
    pub(crate) fn new() -> Self {
        Self { newest: AtomicPtr::new(ptr::null_mut()) }
    }

    /// Registers a value. Without a lock: the allocator may log, and a fork may happen.
    fn push(&self, value: Arc<Reclaimable<T>>) {
        let new = Arc::into_raw(value).cast_mut();
        let mut newest = self.newest.load(Ordering::Relaxed);
        loop {
            // SAFETY: the reference that `into_raw` has given keeps it alive.
            unsafe { (*new).next.store(newest, Ordering::Relaxed) };
            match self.newest.compare_exchange_weak(newest, new, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return,
                Err(other) => newest = other,
            }
        }
    }

    /// Takes the registered values.
    fn drain(&self) -> impl Iterator<Item = Arc<Reclaimable<T>>> {
        let mut newest = self.newest.swap(ptr::null_mut(), Ordering::Acquire);
        std::iter::from_fn(move || {
            let next = NonNull::new(newest)?;
            // SAFETY: `push` has put a reference in, and this takes it out: the list was
            // swapped, so nobody else has it.
            let value = unsafe { Arc::from_raw(next.as_ptr()) };
            newest = value.next.load(Ordering::Relaxed);
            Some(value)
        })
    }

    /// Forgets, in the child of a fork, the values of the parent's threads.
    #[cfg(unix)]
    pub(crate) fn abandon(&self) {
        self.newest.store(ptr::null_mut(), Ordering::Relaxed);
    }
}

/// One thread's value. It is made anew when the reclaimer has taken it.
pub(crate) struct ThreadOwned<T: Default + Send + 'static> {
    /// A reference of an `Arc`.
    value: Cell<NonNull<Reclaimable<T>>>,
    registrations: &'static Registrations<T>,
    /// One thread's.
    not_send: PhantomData<*const T>,
}

impl<T: Default + Send> ThreadOwned<T> {
    pub(crate) fn new(registrations: &'static Registrations<T>) -> Self {
        let value = Cell::new(Self::make(registrations, USED));
        Self { value, registrations, not_send: PhantomData }
    }

    fn make(registrations: &Registrations<T>, usage: u8) -> NonNull<Reclaimable<T>> {
        let value = Arc::new(Reclaimable {
            usage: AtomicU8::new(usage),
            state: AtomicU8::new(OWNED),
            value: SharedCell::new(MaybeUninit::new(T::default())),
            next: AtomicPtr::new(ptr::null_mut()),
        });
        registrations.push(value.clone());
        let value = Arc::into_raw(value);
        // SAFETY: an `Arc` is nowhere null.
        unsafe { NonNull::new_unchecked(value.cast_mut()) }
    }

    /// Runs something with the value; none if that is what is running.
    #[inline]
    pub(crate) fn try_with<R>(&self, run: impl FnOnce(&mut T) -> R) -> Option<R> {
        // SAFETY: `self` has a reference to it, which only `another` gives up, and that is
        // not called while the value is in use.
        let mut value = unsafe { self.value.get().as_ref() };
        if value.usage.load(Ordering::Relaxed) == IN_USE {
            return None;
        }
        value.usage.store(IN_USE, Ordering::Relaxed);
        fence::free();
        if value.state.load(Ordering::Acquire) != OWNED {
            value = self.another();
        }
        let _in_use = InUse(&value.usage);
        // SAFETY: the value is this thread's: the reclaimer sees that it is used, or would
        // have been seen here. There is no other use, and it was initialised.
        Some(value.value.with(|value| run(unsafe { (*value).assume_init_mut() })))
    }

    /// Takes the value back, or makes another one; it is in use.
    #[cold]
    fn another(&self) -> &Reclaimable<T> {
        // SAFETY: as in `try_with`.
        let value = unsafe { self.value.get().as_ref() };
        if !value.take_back() {
            let old = self.value.replace(Self::make(self.registrations, IN_USE));
            // SAFETY: this was the reference of `self`, and is used no more.
            drop(unsafe { Arc::from_raw(old.as_ptr()) });
        }
        // SAFETY: as above.
        unsafe { self.value.get().as_ref() }
    }

    /// Registers it again, in the child of a fork.
    #[cfg(unix)]
    pub(crate) fn register_again(&self) {
        let value = self.value.get().as_ptr();
        // SAFETY: `self` has a reference, this makes a second one, and it is in no list.
        let value = unsafe {
            Arc::increment_strong_count(value);
            Arc::from_raw(value)
        };
        self.registrations.push(value);
    }
}

impl<T> Reclaimable<T> {
    /// Decides, in a use that has seen an announcement, whose the value is; false if it is
    /// the reclaimer's for good.
    fn take_back(&self) -> bool {
        loop {
            let change =
                |from, to| self.state.compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire);
            match change(WANTED, OWNED) {
                Ok(_) | Err(OWNED) => return true,
                // Unless it has just given it back.
                Err(_) if change(TAKEN, ABANDONED).is_ok() => return false,
                Err(_) => {}
            }
        }
    }
}

impl<T: Default + Send> Drop for ThreadOwned<T> {
    fn drop(&mut self) {
        // SAFETY: the reference of `self`, which ends here.
        let shared = unsafe { Arc::from_raw(self.value.get().as_ptr()) };
        shared.usage.store(IN_USE, Ordering::Relaxed);
        fence::free();
        if shared.state.load(Ordering::Acquire) == OWNED || shared.take_back() {
            // SAFETY: as in `try_with`; it stays in use, so that nobody touches it again.
            let value = unsafe { shared.take() };
            shared.state.store(ENDED, Ordering::Release);
            drop(shared);
            drop(value);
        }
    }
}

/// Marks a value as free when it ends.
struct InUse<'a>(&'a AtomicU8);

impl Drop for InUse<'_> {
    #[inline]
    fn drop(&mut self) {
        self.0.store(USED, Ordering::Release);
    }
}

/// What to do with a value that was not used for a while.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    Take,
    /// Leave it to its thread until it is used again.
    Keep,
    /// Leave it until the next look.
    Later,
}

/// Takes values that are not used.
pub(crate) struct Reclaimer<T> {
    known: Vec<Arc<Reclaimable<T>>>,
}

impl<T: Send> Reclaimer<T> {
    pub(crate) const fn new() -> Self {
        Self { known: Vec::new() }
    }

    /// Looks at all values once; takes those that were not used since the last look, as
    /// `judge` says. Tells whether there is reason to look again, though nothing happens
    /// until then.
    #[must_use]
    pub(crate) fn look(
        &mut self,
        registrations: &Registrations<T>,
        judge: impl Fn(&T) -> Verdict,
        taken: &mut Vec<T>,
    ) -> bool {
        self.known.extend(registrations.drain());
        self.known.retain(|value| value.state.load(Ordering::Acquire) != ENDED);
        if self.known.capacity() > 64 && self.known.len() < self.known.capacity() / 4 {
            self.known.shrink_to(2 * self.known.len());
        }
        if !fence::is_free() {
            return false;
        }
        let (mut again, mut wanted) = (false, false);
        for value in &self.known {
            match value.usage.compare_exchange(USED, SEEN, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) | Err(IN_USE) => again = true,
                Err(SEEN) => wanted |= value.change(OWNED, WANTED),
                Err(_) => {}
            }
        }
        if wanted {
            // One for all: it interrupts every running thread.
            let ordered = fence::heavy();
            self.known.retain(|value| {
                if value.state.load(Ordering::Relaxed) != WANTED {
                    return true;
                }
                let is_free = ordered && value.usage.load(Ordering::Acquire) == SEEN;
                if !is_free || !value.change(WANTED, TAKEN) {
                    value.change(WANTED, OWNED);
                    again = true;
                    return true;
                }
                // SAFETY: it is the reclaimer's now: a use that has not seen the
                // announcement would be seen here, any other finds that it is taken.
                let verdict = value.value.with(|value| judge(unsafe { (*value).assume_init_ref() }));
                if verdict != Verdict::Take {
                    again |= verdict == Verdict::Later;
                    let next = if verdict == Verdict::Keep { KEPT } else { SEEN };
                    let _ = value.usage.compare_exchange(SEEN, next, Ordering::Relaxed, Ordering::Relaxed);
                    if value.change(TAKEN, OWNED) {
                        return true;
                    }
                }
                // SAFETY: as above, and it is never given back.
                taken.push(unsafe { value.take() });
                false
            });
        }
        again
    }
}

impl<T> Reclaimable<T> {
    fn change(&self, from: u8, to: u8) -> bool {
        self.state.compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}
