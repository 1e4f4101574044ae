//! The context of the current thread or task.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::Future;
use std::io;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::thread::JoinHandle;

use kakashi_core::{Field, LogContext};

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

/// Describes a request, for [`set_request_context`].
#[derive(Clone, Default, Debug)]
pub struct RequestContext(LogContext);

impl RequestContext {
    /// Takes the client's address and how it came: the method and path, say.
    pub fn new(ip: &str, access: &str) -> Self {
        Self(LogContext::new().with_ip(ip).with_access(access))
    }

    /// Adds the id of the request.
    #[must_use]
    pub fn request_id(self, id: &str) -> Self {
        Self(self.0.with_request_id(id))
    }

    /// Adds the client program's name for itself.
    #[must_use]
    pub fn user_agent(self, name: &str) -> Self {
        Self(self.0.with_user_agent(name))
    }
}

/// Describes a user, for [`set_user_context`].
#[derive(Clone, Default, Debug)]
pub struct UserContext(LogContext);

impl UserContext {
    /// Describes nobody yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the id of the user.
    #[must_use]
    pub fn user_id(self, id: &str) -> Self {
        Self(self.0.with_user_id(id))
    }

    /// Adds the id of the user's session.
    #[must_use]
    pub fn session_id(self, id: &str) -> Self {
        Self(self.0.with_session_id(id))
    }

    /// Adds fields of any kind.
    #[must_use]
    pub fn custom(self, fields: &[Field<'_>]) -> Self {
        Self(self.0.with_custom(fields))
    }
}

impl From<RequestContext> for LogContext {
    fn from(request: RequestContext) -> Self {
        request.0
    }
}

impl From<UserContext> for LogContext {
    fn from(user: UserContext) -> Self {
        user.0
    }
}

/// Adds a request to all records of the current thread or task from now on.
pub fn set_request_context(request: RequestContext) {
    change(|current| current.merge(&request.0));
}

/// Adds a user to all records of the current thread or task from now on.
pub fn set_user_context(user: UserContext) {
    change(|current| current.merge(&user.0));
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
        let outer = replace(current_context().merge(self));
        ScopeGuard { outer, not_send: PhantomData }
    }

    fn scope<F: Future>(&self, future: F) -> ScopedFuture<F> {
        ScopedFuture { context: current_context().merge(self), future: Some(Box::pin(future)) }
    }
}

/// Ends a scope when it is dropped: the context is what it was before.
#[must_use = "the scope ends when the guard is dropped"]
pub struct ScopeGuard {
    outer: LogContext,
    /// The context is a thread's: the guard must stay there.
    not_send: PhantomData<*const ()>,
}

impl Drop for ScopeGuard {
    fn drop(&mut self) {
        replace(std::mem::take(&mut self.outer));
    }
}

impl fmt::Debug for ScopeGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopeGuard").field("outer", &self.outer).finish()
    }
}

/// Runs a future with a context of its own, to its end or until it is dropped.
#[must_use = "futures do nothing unless polled"]
pub struct ScopedFuture<F> {
    context: LogContext,
    /// Pinned once in its own memory: no code that has to be trusted with pins.
    /// Only while it is dropped there is none.
    future: Option<Pin<Box<F>>>,
}

/// Makes a future's context current, and puts both back even when it panics.
struct Swap<'a>(&'a mut LogContext);

impl<'a> Swap<'a> {
    fn with(context: &'a mut LogContext) -> Self {
        *context = replace(std::mem::take(context));
        Self(context)
    }
}

impl Drop for Swap<'_> {
    fn drop(&mut self) {
        *self.0 = replace(std::mem::take(self.0));
    }
}

impl<F: Future> Future for ScopedFuture<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let Self { context, future } = &mut *self;
        let _swap = Swap::with(context);
        future.as_mut().map_or(Poll::Pending, |future| future.as_mut().poll(cx))
    }
}

impl<F> Drop for ScopedFuture<F> {
    fn drop(&mut self) {
        let _swap = Swap::with(&mut self.context);
        self.future = None;
    }
}

impl<F> fmt::Debug for ScopedFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopedFuture").field("context", &self.context).finish_non_exhaustive()
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
