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

/// Makes contexts current for a part of a program.
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
