//! Calls from a lower stage into a higher one.
//!
//! A stage imports only what stands beneath it. Where it must start something above
//! it (a buffer starts the flusher, a ring starts a worker, a thread's first record
//! installs the panic hook), it calls a hook that the higher stage has set. A hook is set
//! before the first logger is handed out and never changes.

use std::sync::OnceLock;

/// A function that a higher stage sets once.
pub(crate) struct Hook<F>(OnceLock<F>);

impl<F: Copy> Hook<F> {
    pub(crate) const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// Sets the function; later calls do nothing.
    pub(crate) fn set(&self, function: F) {
        // Everybody sets the same one.
        let _ = self.0.set(function);
    }

    /// Returns the function; none before it is set.
    pub(crate) fn get(&self) -> Option<F> {
        self.0.get().copied()
    }
}
