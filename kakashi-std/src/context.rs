//! The context of the current thread or task.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::io;
use std::thread::JoinHandle;

use kakashi_core::{Field, LogContext, RequestContext, ScopeGuard, ScopedFuture, UserContext};

thread_local! {
    /// The id of `CURRENT`'s fields: what each record asks for.
    static ID: Cell<usize> = const { Cell::new(0) };
    static CURRENT: RefCell<LogContext> = const { RefCell::new(LogContext::new()) };
}

#[inline]
pub(crate) fn current_id() -> usize {
    ID.try_with(Cell::get).unwrap_or(0)
}

/// Returns the context of the current thread or task.
pub fn current_context() -> LogContext {
    CURRENT.try_with(|current| current.borrow().clone()).unwrap_or_default()
}

/// Replaces the current context; returns the one before.
fn replace(context: LogContext) -> LogContext {
    let _ = ID.try_with(|id| id.set(context.fields().id));
    CURRENT.try_with(|current| current.replace(context)).unwrap_or_default()
}

fn change(change: impl FnOnce(&LogContext) -> LogContext) {
    replace(change(&current_context()));
}

/// Adds a request to all records of the current thread or task from now on.
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

/// Takes away all context of the current thread or task.
pub fn clear_request_context() {
    replace(LogContext::new());
}

/// Makes contexts current for a part of a program.
pub trait Scope {
    /// Adds the context to all records of this thread until the guard is dropped.
    fn enter(&self) -> ScopeGuard;

    /// Adds the context to all records of a future, on whichever thread it
    /// runs. What the future sets stays the future's own.
    fn scope<F: Future>(&self, future: F) -> ScopedFuture<F>;

    /// Runs a closure with the context.
    fn within<R>(&self, run: impl FnOnce() -> R) -> R {
        let _guard = self.enter();
        run()
    }
}

impl Scope for LogContext {
    fn enter(&self) -> ScopeGuard {
        ScopeGuard::enter(current_context().merge(self), replace)
    }

    fn scope<F: Future>(&self, future: F) -> ScopedFuture<F> {
        ScopedFuture::new(current_context().merge(self), replace, future)
    }
}

/// Spawns a thread that begins with the context of this one.
///
/// # Errors
/// When the system can't make a thread.
pub fn spawn<F, T>(run: F) -> io::Result<JoinHandle<T>>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    let context = current_context();
    std::thread::Builder::new().spawn(move || {
        replace(context);
        run()
    })
}
