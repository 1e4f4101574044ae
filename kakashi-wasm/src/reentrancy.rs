//! Who is on the road: one logging call or one sink at a time.
//!
//! There is one thread, so whoever finds the road taken is inside of what takes it:
//! a `Display`, a filter, an encoder, a sink. That is asked once, here, and so no
//! cell behind it is ever borrowed twice.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

use kakashi_core::Guard;

thread_local! {
    static BUSY: Cell<bool> = const { Cell::new(false) };
    static IN_SINK: Cell<bool> = const { Cell::new(false) };
}

/// Holds the road until it is dropped.
#[derive(Debug)]
pub(crate) struct Road(());

impl Road {
    /// Takes the road; none if it is taken.
    #[inline]
    pub(crate) fn take() -> Option<Self> {
        // Made only where it holds: to drop one frees the road.
        (!BUSY.replace(true)).then(|| Self(()))
    }
}

impl Drop for Road {
    #[inline]
    fn drop(&mut self) {
        BUSY.set(false);
    }
}

/// Runs a sink's code; what it logs takes the side road.
pub(crate) fn in_sink<R>(run: impl FnOnce() -> R) -> R {
    let before = (BUSY.replace(true), IN_SINK.replace(true));
    let result = run();
    BUSY.set(before.0);
    IN_SINK.set(before.1);
    result
}

/// Tells whether a sink's code runs.
pub(crate) fn is_in_sink() -> bool {
    IN_SINK.get()
}

/// Tells whether a logging call or a sink is under way.
pub(crate) fn is_busy() -> bool {
    BUSY.get()
}

/// Frees a road that nobody is on, for who is called by the engine itself: there is
/// no other code under way then. Tells whether it was taken.
///
/// An exception of JavaScript's that nobody catches passes through a program
/// without a word: nothing is dropped on its way.
pub(crate) fn free_forsaken() -> bool {
    IN_SINK.set(false);
    BUSY.replace(false)
}

/// Runs `run` as if nobody were on the road: for who panics, in what never comes
/// back where panics abort.
pub(crate) fn after_all_is_lost(run: impl FnOnce()) {
    let before = (BUSY.replace(false), IN_SINK.replace(false));
    run();
    if cfg!(panic = "unwind") {
        BUSY.set(before.0);
        IN_SINK.set(before.1);
    }
}

/// Catches the panic of foreign code, where panics unwind.
pub(crate) struct CatchPanic;

impl Guard for CatchPanic {
    fn run(&self, code: &mut dyn FnMut()) -> bool {
        catch_unwind(AssertUnwindSafe(code)).is_ok()
    }
}
