//! Futures and closures that take the current context along.

use core::future::Future;

use crate::context::current::current_context;
use crate::context::detached::DetachedScope;
use crate::context::scope::ScopedFuture;

/// Takes the context that is current now along with a future, to wherever it runs.
///
/// As [`Scope::scope`](crate::Scope::scope) with nothing added: what the future sets stays its own.
///
/// ```
/// use kakashi_core::{FutureInCurrentContext as _, LogContext, Scope as _, current_context};
/// # use std::{future::Future, pin::pin, task::{Context, Waker}};
///
/// let request = LogContext::new().with_request_id("r-1");
/// let task = request.within(|| async { current_context() }.in_current_context());
/// // tokio::spawn(task)
/// # let polled = pin!(task).poll(&mut Context::from_waker(Waker::noop()));
/// # assert_eq!(polled, std::task::Poll::Ready(request));
/// ```
pub trait FutureInCurrentContext: Future + Sized {
    /// Makes the context that is current now that of the future, wherever it is polled.
    fn in_current_context(self) -> ScopedFuture<Self> {
        ScopedFuture::new(current_context(), self)
    }
}

impl<F: Future> FutureInCurrentContext for F {}

/// Takes the context that is current now along with a closure, to wherever it runs.
///
/// What is current there is hidden meanwhile, and what the closure sets is gone after it. A
/// pool of threads is given such closures.
///
/// ```
/// use kakashi_core::{ClosureInCurrentContext as _, LogContext, Scope as _, current_context};
///
/// let request = LogContext::new().with_request_id("r-1");
/// let job = request.within(|| (|| current_context()).in_current_context());
/// assert_eq!(std::thread::spawn(job).join().unwrap(), request);
/// ```
pub trait ClosureInCurrentContext<R>: FnOnce() -> R + Sized {
    /// Makes a closure that runs this one in the context that is current now.
    fn in_current_context(self) -> impl FnOnce() -> R {
        let mut scope = DetachedScope::new(current_context());
        move || scope.run(self)
    }
}

impl<R, F: FnOnce() -> R> ClosureInCurrentContext<R> for F {}
