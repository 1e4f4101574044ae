//! Tasks of a `JoinSet`.

use tokio::task::{AbortHandle, JoinSet};

use kakashi_core::{ClosureInCurrentContext as _, FutureInCurrentContext as _};

/// Spawns tasks of a [`JoinSet`] that have the current context, as a scope of their own.
///
/// Each panics where the method of [`JoinSet`] that it is named after does.
///
/// ```
/// use kakashi_std::{LogContext, Scope as _, current_context, task::JoinSetExt as _};
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let request = LogContext::new().with_request_id("r-1");
/// request.scope(async {
///     let mut tasks = tokio::task::JoinSet::new();
///     tasks.spawn_in_current_context(async { current_context() });
///     assert_eq!(tasks.join_next().await.unwrap().unwrap().request_id(), Some("r-1"));
/// }).await;
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
pub trait JoinSetExt<T> {
    /// Spawns a task.
    fn spawn_in_current_context<F>(&mut self, future: F) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send;

    /// Spawns blocking work.
    fn spawn_blocking_in_current_context<F>(&mut self, run: F) -> AbortHandle
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send;

    /// Spawns a task on this thread.
    fn spawn_local_in_current_context<F>(&mut self, future: F) -> AbortHandle
    where
        F: Future<Output = T> + 'static;
}

impl<T: 'static> JoinSetExt<T> for JoinSet<T> {
    #[track_caller]
    fn spawn_in_current_context<F>(&mut self, future: F) -> AbortHandle
    where
        F: Future<Output = T> + Send + 'static,
        T: Send,
    {
        self.spawn(future.in_current_context())
    }

    #[track_caller]
    fn spawn_blocking_in_current_context<F>(&mut self, run: F) -> AbortHandle
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send,
    {
        self.spawn_blocking(run.in_current_context())
    }

    #[track_caller]
    fn spawn_local_in_current_context<F>(&mut self, future: F) -> AbortHandle
    where
        F: Future<Output = T> + 'static,
    {
        self.spawn_local(future.in_current_context())
    }
}
