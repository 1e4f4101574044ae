//! The current context: of the program, or of the future that runs.

use std::cell::{Cell, RefCell};
use std::future::Future;

use kakashi_core::{Field, LogContext, RequestContext, ScopeGuard, ScopedFuture, UserContext};

thread_local! {
    /// The id of `CURRENT`'s fields: what each record asks for.
    static ID: Cell<usize> = const { Cell::new(0) };
    static CURRENT: RefCell<LogContext> = const { RefCell::new(LogContext::new()) };
}

#[inline]
pub(crate) fn current_id() -> usize {
    ID.get()
}

/// Returns the current context.
pub fn current_context() -> LogContext {
    CURRENT.with_borrow(LogContext::clone)
}

/// Replaces the current context; returns the one before.
fn replace(context: LogContext) -> LogContext {
    ID.set(context.fields().id);
    CURRENT.replace(context)
}

fn change(change: impl FnOnce(&LogContext) -> LogContext) {
    replace(change(&current_context()));
}

/// Adds a request to all records of the current scope from now on.
pub fn set_request_context(request: RequestContext) {
    change(|current| current.merge(&request.into()));
}

/// Adds a user to all records of the current scope from now on.
pub fn set_user_context(user: UserContext) {
    change(|current| current.merge(&user.into()));
}

/// Adds fields to all records of the current scope from now on.
pub fn set_custom_context(fields: &[Field<'_>]) {
    change(|current| current.with_custom(fields));
}

/// Takes away all context of the current scope.
pub fn clear_request_context() {
    replace(LogContext::new());
}

/// Makes contexts current for a part of a program.
pub trait Scope {
    /// Adds the context to all records until the guard is dropped. Not over an
    /// `.await`: other futures run meanwhile; [`Scope::scope`] is for those.
    fn enter(&self) -> ScopeGuard;

    /// Adds the context to all records of a future. What the future sets stays the
    /// future's own.
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
