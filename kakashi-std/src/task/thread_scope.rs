//! Threads of `std::thread::scope`.

use std::thread::{Scope, ScopedJoinHandle};

use kakashi_core::{begin_thread, current_context};

/// Spawns threads of [`std::thread::scope`] that begin with the current context.
///
/// ```
/// use kakashi_std::{LogContext, Scope as _, current_context, task::ThreadScopeExt as _};
///
/// LogContext::new().with_request_id("r-1").within(|| {
///     std::thread::scope(|threads| {
///         threads.spawn_in_current_context(|| assert_eq!(current_context().request_id(), Some("r-1")));
///     });
/// });
/// ```
pub trait ThreadScopeExt<'scope> {
    /// Spawns a thread that begins with the context of this one.
    ///
    /// # Panics
    /// When the system can't make a thread, as [`Scope::spawn`].
    fn spawn_in_current_context<T: Send + 'scope>(
        &'scope self,
        run: impl FnOnce() -> T + Send + 'scope,
    ) -> ScopedJoinHandle<'scope, T>;
}

impl<'scope> ThreadScopeExt<'scope> for Scope<'scope, '_> {
    fn spawn_in_current_context<T: Send + 'scope>(
        &'scope self,
        run: impl FnOnce() -> T + Send + 'scope,
    ) -> ScopedJoinHandle<'scope, T> {
        let context = current_context();
        self.spawn(move || {
            begin_thread(context);
            run()
        })
    }
}
