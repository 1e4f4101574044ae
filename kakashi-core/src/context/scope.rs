//! Contexts that are current for a part of a program: a scope, a future.
//!
//! The platform defines "current": it passes a function that replaces its current
//! context. Nothing here uses threads.

use alloc::boxed::Box;
use core::fmt;
use core::future::Future;
use core::marker::PhantomData;
use core::mem;
use core::pin::Pin;
use core::task::{Context, Poll};

use crate::context::LogContext;

/// Replaces a platform's current context and returns the one before.
pub type ReplaceContext = fn(LogContext) -> LogContext;

/// Ends a scope when it is dropped: the context is what it was before.
#[must_use = "the scope ends when the guard is dropped"]
pub struct ScopeGuard {
    outer: LogContext,
    replace: ReplaceContext,
    /// The context is a thread's: the guard must stay there.
    not_send: PhantomData<*const ()>,
}

impl ScopeGuard {
    /// Makes a context current until the guard is dropped.
    pub fn enter(context: LogContext, replace: ReplaceContext) -> Self {
        Self { outer: replace(context), replace, not_send: PhantomData }
    }
}

impl Drop for ScopeGuard {
    fn drop(&mut self) {
        (self.replace)(mem::take(&mut self.outer));
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
    replace: ReplaceContext,
    /// Boxed and pinned, so that no `unsafe` is needed. None only while it is dropped.
    future: Option<Pin<Box<F>>>,
}

impl<F> ScopedFuture<F> {
    /// Makes a future in which a context is current.
    pub fn new(context: LogContext, replace: ReplaceContext, future: F) -> Self {
        Self { context, replace, future: Some(Box::pin(future)) }
    }
}

/// Makes a future's context current, and puts both back even when it panics.
struct Swap<'a>(&'a mut LogContext, ReplaceContext);

impl<'a> Swap<'a> {
    fn with(context: &'a mut LogContext, replace: ReplaceContext) -> Self {
        *context = replace(mem::take(context));
        Self(context, replace)
    }
}

impl Drop for Swap<'_> {
    fn drop(&mut self) {
        *self.0 = (self.1)(mem::take(self.0));
    }
}

impl<F: Future> Future for ScopedFuture<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let Self { context, replace, future } = &mut *self;
        let _swap = Swap::with(context, *replace);
        future.as_mut().map_or(Poll::Pending, |future| future.as_mut().poll(cx))
    }
}

impl<F> Drop for ScopedFuture<F> {
    fn drop(&mut self) {
        let _swap = Swap::with(&mut self.context, self.replace);
        self.future = None;
    }
}

impl<F> fmt::Debug for ScopedFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopedFuture").field("context", &self.context).finish_non_exhaustive()
    }
}
