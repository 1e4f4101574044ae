//! Scopes that belong to no thread: they are current only while something runs in them.

use crate::context::LogContext;
use crate::context::current::swap_scopes;
use crate::context::scopes::Scopes;
#[cfg(feature = "tracing")]
use crate::context::spans;
use crate::context::task::current_task;

/// A context of its own for what runs in pieces, on any threads: a future, a request with
/// its body.
///
/// What is set while a piece runs is kept for the next.
#[derive(Debug)]
pub struct DetachedScope(Scopes);

impl DetachedScope {
    /// Makes one with a context, and with nothing that is current where it runs.
    pub fn new(context: LogContext) -> Self {
        Self(Scopes::of(context))
    }

    /// Makes one of one piece of work, a request: spans that are made in it bring along what is set
    /// later, too. What is set in any other may be the next request's.
    #[cfg(feature = "tracing")]
    pub fn of_one(context: LogContext) -> Self {
        let mut scopes = Scopes::of(context);
        scopes.share();
        Self(scopes)
    }

    /// Returns what is current in it.
    pub fn context(&self) -> &LogContext {
        self.0.current()
    }

    /// Runs a piece in it; the thread's own scopes are put back afterwards, after a panic too.
    #[inline]
    pub fn run<R>(&mut self, piece: impl FnOnce() -> R) -> R {
        let _swap = Swap::with(&mut self.0);
        piece()
    }
}

/// Makes scopes current, and puts both back even when a piece panics.
struct Swap<'a>(&'a mut Scopes);

impl<'a> Swap<'a> {
    fn with(scopes: &'a mut Scopes) -> Self {
        scopes.begin_piece(current_task());
        // What spans the thread has entered lies around the piece.
        #[cfg(feature = "tracing")]
        {
            let (fields, count) = spans::around();
            scopes.set_around(&fields, count);
        }
        swap_scopes(scopes);
        Self(scopes)
    }
}

impl Drop for Swap<'_> {
    fn drop(&mut self) {
        self.0.end_dropped();
        swap_scopes(self.0);
    }
}
