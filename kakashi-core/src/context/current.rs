//! The current context of a thread, or of the future that runs on it.
//!
//! One place for all platforms with threads or `thread_local!`, wasm among them: the
//! context that a program sets is the one that every kind of logger reads. A thread
//! whose locals are gone has none.

use std::cell::{Cell, RefCell};
use std::thread_local;

use core::future::Future;

use crate::context::LogContext;
use crate::context::request::{RequestContext, UserContext};
use crate::context::scope::{ScopeGuard, ScopedFuture};
use crate::value::field::Field;

thread_local! {
    /// The id of `CURRENT`'s fields, which each record reads.
    static ID: Cell<usize> = const { Cell::new(0) };
    static CURRENT: RefCell<LogContext> = const { RefCell::new(LogContext::new()) };
}

/// Returns the id of the current context's fields; 0 for none.
#[doc(hidden)]
#[inline]
pub fn current_id() -> usize {
    ID.try_with(Cell::get).unwrap_or(0)
}

/// Returns the context of the current thread or task.
pub fn current_context() -> LogContext {
    CURRENT.try_with(|current| current.borrow().clone()).unwrap_or_default()
}

/// Replaces the current context; returns the one before.
#[doc(hidden)]
pub fn replace_context(context: LogContext) -> LogContext {
    let _ = ID.try_with(|id| id.set(context.fields().id));
    CURRENT.try_with(|current| current.replace(context)).unwrap_or_default()
}

fn change(change: impl FnOnce(&LogContext) -> LogContext) {
    replace_context(change(&current_context()));
}

/// Adds a request to all records of the current thread or task from now on.
///
/// "Task" means a future inside of [`Scope::scope`]. In a task outside of one, this sets the
/// thread's context: it stays there when the task goes on elsewhere, and the next task that the
/// thread runs has it. So do [`set_user_context`] and [`set_custom_context`].
pub fn set_request_context(request: RequestContext) {
    change(|current| current.merge(&request.into()));
}

/// Adds a user to all records of the current thread or task from now on.
pub fn set_user_context(user: UserContext) {
    change(|current| current.merge(&user.into()));
}

/// Adds fields to all records of the current thread or task from now on.
pub fn set_custom_context(fields: &[Field<'_>]) {
    change(|current| current.with_custom(fields));
}

/// Removes all context of the current thread or task.
pub fn clear_request_context() {
    replace_context(LogContext::new());
}

/// Makes contexts current for a part of a program: a block, a closure, a future.
///
/// The context is merged over the current one: of a key that both have, its value counts.
/// Nothing here blocks, logs or runs code of the values, which ran when the context was
/// made; a scope costs an allocation.
///
/// # Threads
///
/// A guard belongs to its thread (it is not `Send`). It puts back the context that was
/// current when it was made, so guards are to be dropped in the reverse order of making
/// them. A future of [`scope`](Self::scope) may move between threads: the context is current
/// while the future is polled and while it is dropped, and the thread's own is put back
/// afterwards, after a panic too.
///
/// # Examples
///
/// ```
/// use kakashi_core::{LogContext, Scope, current_context, fields};
///
/// let request = LogContext::new().with_request_id("r-1");
/// let step = LogContext::new().with_custom(fields![step = 2]);
/// request.within(|| {
///     let _guard = step.enter();
///     assert_eq!(current_context().request_id(), Some("r-1"));
///     assert!(current_context().get("step").is_some());
/// });
/// assert!(current_context().is_empty());
/// ```
///
/// A task of an async runtime: what it sets stays its own.
///
/// ```
/// use kakashi_core::{LogContext, Scope, UserContext, current_context, set_user_context};
/// # use std::{future::Future, pin::pin, task::{Context, Waker}};
///
/// async fn handle() -> String {
///     set_user_context(UserContext::new().user_id("42"));
///     // … awaits, perhaps on another thread from here on …
///     format!("{:?}", current_context())
/// }
///
/// let task = LogContext::new().with_request_id("r-1").scope(handle());
/// // tokio::spawn(task), or task.await
/// # let polled = pin!(task).poll(&mut Context::from_waker(Waker::noop()));
/// # assert_eq!(polled, std::task::Poll::Ready(r#"{"request_id": Str("r-1"), "user_id": Str("42")}"#.into()));
/// assert!(current_context().is_empty());
/// ```
pub trait Scope {
    /// Adds the context to all records of this thread until the guard is dropped. Not
    /// over an `.await`: other futures run on the thread meanwhile, and
    /// [`scope`](Self::scope) is for those.
    fn enter(&self) -> ScopeGuard;

    /// Adds the context to all records of a future, on whichever thread it runs. What
    /// the future sets stays the future's own.
    fn scope<F: Future>(&self, future: F) -> ScopedFuture<F>;

    /// Runs a closure with the context.
    fn within<R>(&self, run: impl FnOnce() -> R) -> R {
        let _guard = self.enter();
        run()
    }
}

impl Scope for LogContext {
    fn enter(&self) -> ScopeGuard {
        ScopeGuard::enter(current_context().merge(self), replace_context)
    }

    fn scope<F: Future>(&self, future: F) -> ScopedFuture<F> {
        ScopedFuture::new(current_context().merge(self), replace_context, future)
    }
}
