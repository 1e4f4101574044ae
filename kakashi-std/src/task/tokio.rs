//! Tokio's functions that spawn a task, with the context of the one that calls them.

use ::tokio::task::{self, JoinHandle};

use kakashi_core::{ClosureInCurrentContext as _, FutureInCurrentContext as _};

/// Spawns a task that has the context of this one, as a scope of its own.
///
/// # Panics
/// Outside of a runtime, as [`tokio::spawn`](task::spawn).
///
/// ```
/// use kakashi_std::{LogContext, Scope as _, current_context, task};
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let request = LogContext::new().with_request_id("r-1");
/// request.scope(async {
///     let child = task::spawn(async { current_context() });
///     assert_eq!(child.await.unwrap().request_id(), Some("r-1"));
/// }).await;
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[track_caller]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    task::spawn(future.in_current_context())
}

/// Spawns blocking work that has the context of this task.
///
/// # Panics
/// Outside of a runtime, as [`tokio::task::spawn_blocking`](task::spawn_blocking).
#[track_caller]
pub fn spawn_blocking<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    task::spawn_blocking(run.in_current_context())
}

/// Spawns a task on this thread that has the context of this one, as a scope of its own.
///
/// # Panics
/// Outside of a `LocalSet`, as [`tokio::task::spawn_local`](task::spawn_local).
#[track_caller]
pub fn spawn_local<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future<Output: 'static> + 'static,
{
    task::spawn_local(future.in_current_context())
}
