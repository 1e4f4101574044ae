//! Contexts that are current for a part of a program: a block, a closure, a future.

use std::fmt;
use std::prelude::v1::*;

use core::future::Future;
use core::marker::PhantomData;
use core::pin::Pin;
use core::task::{Context, Poll};

use crate::context::LogContext;
use crate::context::current::{current_context, end_scope, open_scope};
use crate::context::detached::DetachedScope;
use crate::context::scope_records::{EndOnPanic, OpenRecords, fail_current};
use crate::context::scopes::OpenedScope;

/// Makes contexts current for a part of a program: a block, a closure, a future.
///
/// The context is merged over the current one: of a key that both have, its value counts.
/// Nothing here blocks, logs or runs code of the values, which ran when the context was
/// made; a scope costs an allocation.
///
/// # Threads
///
/// A guard belongs to its thread (it is not `Send`). With it ends what its scope added, and
/// what was set while it was the innermost; guards may be dropped in any order. A future of [`scope`](Self::scope) may move between
/// threads: the context is current
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

    /// As [`within`](Self::within), for a closure that may fail: with an `Err` the scope has failed, and
    /// a flight recorder shows what it has kept for it. The reason is the error's text, which is made only while
    /// one is on.
    ///
    /// A scope that keeps no records of its own is a part of the one around it, which fails with it.
    ///
    /// ```
    /// use kakashi_core::{LogContext, Scope};
    ///
    /// let request = LogContext::new().with_request_id("r-1");
    /// let id = request.try_within(|| "x".parse::<u8>());
    /// assert!(id.is_err());
    /// ```
    ///
    /// # Errors
    /// That of the closure.
    fn try_within<T, E: fmt::Display>(&self, run: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        self.within(|| run().inspect_err(|error| fail_current(error)))
    }
}

impl Scope for LogContext {
    fn enter(&self) -> ScopeGuard {
        ScopeGuard::enter(self)
    }

    fn scope<F: Future>(&self, future: F) -> ScopedFuture<F> {
        let (context, records) = OpenRecords::of_scope(current_context().merge(self), self);
        ScopedFuture::keeping(context, records, future)
    }
}

/// Ends a scope when it is dropped: what it added is gone, and what was set in it.
///
/// Guards may be dropped in any order: the scopes that are open inside of it keep what they
/// added themselves.
#[must_use = "the scope ends when the guard is dropped"]
pub struct ScopeGuard {
    /// None on a thread whose locals are gone.
    scope: Option<OpenedScope>,
    /// Dropped after the scope has ended.
    _records: OpenRecords,
    /// The context is a thread's: the guard must stay there.
    not_send: PhantomData<*const ()>,
}

impl ScopeGuard {
    pub(super) fn enter(context: &LogContext) -> Self {
        let records = OpenRecords::of_guard(context);
        let scope = open_scope(&records.attach(context.clone()));
        Self { scope, _records: records, not_send: PhantomData }
    }
}

impl Drop for ScopeGuard {
    fn drop(&mut self) {
        if let Some(scope) = &self.scope {
            end_scope(scope);
        }
    }
}

impl fmt::Debug for ScopeGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopeGuard").finish_non_exhaustive()
    }
}

/// Runs a future with a context of its own, to its end or until it is dropped.
#[must_use = "futures do nothing unless polled"]
pub struct ScopedFuture<F> {
    scope: DetachedScope,
    records: OpenRecords,
    /// Boxed and pinned, so that no `unsafe` is needed. None only while it is dropped.
    future: Option<Pin<Box<F>>>,
}

impl<F> ScopedFuture<F> {
    pub(super) fn new(context: LogContext, future: F) -> Self {
        Self::keeping(context, OpenRecords::default(), future)
    }

    fn keeping(context: LogContext, records: OpenRecords, future: F) -> Self {
        Self { scope: DetachedScope::new(context), records, future: Some(Box::pin(future)) }
    }
}

impl<T, E: fmt::Display, F: Future<Output = Result<T, E>>> ScopedFuture<F> {
    /// Has the scope fail when the future returns an `Err`: a flight recorder shows then what it has kept for
    /// it. The reason is the error's text, which is made only while one is on.
    ///
    /// A scope that keeps no records of its own is a part of the one around it, which fails with it.
    ///
    /// ```
    /// use kakashi_core::{LogContext, Scope};
    ///
    /// async fn handle() -> Result<u8, std::num::ParseIntError> {
    ///     "x".parse()
    /// }
    ///
    /// let request = LogContext::new().with_request_id("r-1").scope(handle()).fail_on_err();
    /// // tokio::spawn(request), or request.await
    /// # drop(request);
    /// ```
    pub fn fail_on_err(self) -> FailOnErr<F> {
        FailOnErr(self)
    }
}

impl<F: Future> ScopedFuture<F> {
    /// Polls the future; `judge` sees what it has returned while the scope is current.
    fn poll_judged(&mut self, cx: &mut Context<'_>, judge: impl FnOnce(&F::Output)) -> Poll<F::Output> {
        let Self { scope, records, future } = self;
        let end = EndOnPanic(records);
        let polled = scope.run(|| {
            let polled = future.as_mut().map_or(Poll::Pending, |future| future.as_mut().poll(cx));
            if let Poll::Ready(output) = &polled {
                judge(output);
            }
            polled
        });
        if polled.is_ready() {
            end.0.end();
        }
        polled
    }
}

impl<F: Future> Future for ScopedFuture<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.poll_judged(cx, |_| {})
    }
}

/// Runs a future with a context of its own, and has the scope fail with its `Err`; made by
/// [`ScopedFuture::fail_on_err`].
#[must_use = "futures do nothing unless polled"]
#[derive(Debug)]
pub struct FailOnErr<F>(ScopedFuture<F>);

impl<T, E: fmt::Display, F: Future<Output = Result<T, E>>> Future for FailOnErr<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.0.poll_judged(cx, |output| {
            if let Err(error) = output {
                fail_current(error);
            }
        })
    }
}

impl<F> Drop for ScopedFuture<F> {
    fn drop(&mut self) {
        let Self { scope, future, .. } = self;
        scope.run(|| *future = None);
    }
}

impl<F> fmt::Debug for ScopedFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopedFuture").field("context", self.scope.context()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
