//! Which task of an async runtime this thread runs, where that can be known.
//!
//! A task's id is no request's: one task may serve a connection and all its requests. It
//! tells only whether what is set now would outlive the task.

/// A task of tokio; none on a thread that runs no task, in a runtime's `block_on` too.
#[cfg(feature = "tokio")]
pub(super) type TaskId = Option<tokio::task::Id>;

/// No task is known without a feature that knows the runtime.
#[cfg(not(feature = "tokio"))]
pub(super) type TaskId = Option<core::convert::Infallible>;

/// Returns the task that this thread runs now.
#[inline]
pub(super) fn current_task() -> TaskId {
    #[cfg(feature = "tokio")]
    return tokio::task::try_id();
    #[cfg(not(feature = "tokio"))]
    None
}
