//! Rayon's functions that spawn jobs, with the context of the one that calls them.
//!
//! A thread that waits in [`join`] or [`scope`] takes other jobs meanwhile: while it waits, its own
//! context is not current, so that a job of rayon's own [`spawn`](::rayon::spawn()) has none. Jobs of parallel
//! iterators have no context: `let context = current_context();` before them and
//! `context.within(|| …)` in them. For `ThreadPool::install`, give it a closure
//! [`in_current_context`](crate::ClosureInCurrentContext::in_current_context).

use ::rayon::{Scope, ThreadPoolBuilder};

use kakashi_core::{ClosureInCurrentContext as _, DetachedScope, LogContext, begin_thread, current_context};

/// Runs what waits for jobs, and may take others, without this job's context.
fn without_context<R>(wait: impl FnOnce() -> R) -> R {
    DetachedScope::new(LogContext::new()).run(wait)
}

/// Spawns a job that has the context of this thread.
pub fn spawn(job: impl FnOnce() + Send + 'static) {
    ::rayon::spawn(job.in_current_context());
}

/// Runs two closures, perhaps in parallel, each with the context of this thread.
///
/// ```
/// use kakashi_std::{LogContext, Scope as _, current_context, task::rayon::join};
///
/// let request = LogContext::new().with_request_id("r-1");
/// let both = request.within(|| join(|| current_context(), || current_context()));
/// assert_eq!(both, (request.clone(), request));
/// ```
pub fn join<A: Send, B: Send>(first: impl FnOnce() -> A + Send, second: impl FnOnce() -> B + Send) -> (A, B) {
    let (first, second) = (first.in_current_context(), second.in_current_context());
    without_context(|| ::rayon::join(first, second))
}

/// Runs a closure that may spawn jobs, with the context of this thread; returns when all are done.
///
/// ```
/// use kakashi_std::{LogContext, Scope as _, current_context};
/// use kakashi_std::task::rayon::{RayonScopeExt as _, scope};
///
/// LogContext::new().with_request_id("r-1").within(|| {
///     scope(|jobs| jobs.spawn_in_current_context(|_| {
///         assert_eq!(current_context().request_id(), Some("r-1"));
///     }));
/// });
/// ```
pub fn scope<'scope, R: Send>(run: impl FnOnce(&Scope<'scope>) -> R + Send) -> R {
    let mut current = DetachedScope::new(current_context());
    without_context(|| ::rayon::scope(move |jobs| current.run(|| run(jobs))))
}

/// Spawns jobs of a [`Scope`] that have the current context.
pub trait RayonScopeExt<'scope> {
    /// Spawns a job that has the context of this one.
    fn spawn_in_current_context(&self, job: impl FnOnce(&Scope<'scope>) + Send + 'scope);
}

impl<'scope> RayonScopeExt<'scope> for Scope<'scope> {
    fn spawn_in_current_context(&self, job: impl FnOnce(&Scope<'scope>) + Send + 'scope) {
        let mut current = DetachedScope::new(current_context());
        self.spawn(move |jobs| current.run(|| job(jobs)));
    }
}

/// Gives all threads of a pool the context of the one that builds it.
///
/// ```
/// use kakashi_std::{LogContext, Scope as _, current_context};
/// use kakashi_std::task::rayon::ThreadPoolBuilderExt as _;
///
/// let importer = LogContext::new().with_service_name("importer");
/// let pool = importer.within(|| rayon::ThreadPoolBuilder::new().num_threads(1).in_current_context().build())?;
/// assert_eq!(pool.install(current_context), importer);
/// # Ok::<(), rayon::ThreadPoolBuildError>(())
/// ```
pub trait ThreadPoolBuilderExt {
    /// Begins each thread with the context that is current now. It is the pool's start handler,
    /// in place of another.
    #[must_use]
    fn in_current_context(self) -> Self;
}

impl<S> ThreadPoolBuilderExt for ThreadPoolBuilder<S> {
    fn in_current_context(self) -> Self {
        let context = current_context();
        self.start_handler(move |_| begin_thread(context.clone()))
    }
}
