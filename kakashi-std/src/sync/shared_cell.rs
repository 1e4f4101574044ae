//! A cell that is reached through a raw pointer: loom's under `--cfg loom`, so that the
//! models see two threads in it at once.

#[cfg(not(all(test, loom)))]
use std::cell::UnsafeCell;

#[cfg(all(test, loom))]
use loom::cell::UnsafeCell;

/// A value whose users agree by other means who touches it.
pub(crate) struct SharedCell<T>(UnsafeCell<T>);

impl<T> SharedCell<T> {
    pub(crate) fn new(value: T) -> Self {
        Self(UnsafeCell::new(value))
    }

    /// Hands over a pointer to the value.
    #[inline(always)]
    pub(crate) fn with<R>(&self, run: impl FnOnce(*mut T) -> R) -> R {
        #[cfg(not(all(test, loom)))]
        return run(self.0.get());
        #[cfg(all(test, loom))]
        self.0.with_mut(run)
    }
}
