//! Re-entrancy guard: at most one logging call or sink runs at a time.
//!
//! There is one thread, so a call that finds the guard taken was made by the code
//! that holds it: a `Display`, a filter, an encoder, a sink. The test stands once,
//! here, so no cell behind it is ever borrowed twice.

use std::cell::Cell;

thread_local! {
    static BUSY: Cell<bool> = const { Cell::new(false) };
    static IN_SINK: Cell<bool> = const { Cell::new(false) };
}

/// Keeps all other logging calls deferred until it is dropped.
#[derive(Debug)]
pub(crate) struct CallGuard(());

impl CallGuard {
    /// Takes the guard; none if a call or a sink has it.
    #[inline]
    pub(crate) fn take() -> Option<Self> {
        // Constructed only if it was free: dropping one releases it.
        (!BUSY.replace(true)).then(|| Self(()))
    }
}

impl Drop for CallGuard {
    #[inline]
    fn drop(&mut self) {
        BUSY.set(false);
    }
}

/// Runs a sink's code; records that it logs are deferred.
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

/// Releases a guard whose call ended in an uncaught JavaScript exception, which
/// drops nothing on its way; returns whether there was one.
///
/// Only for code that the engine itself calls: no other code is under way then.
pub(crate) fn reset_after_throw() -> bool {
    IN_SINK.set(false);
    BUSY.replace(false)
}

/// Runs `run` as if no call held the guard: for the panic hook. Where panics abort,
/// the interrupted call never returns.
pub(crate) fn bypass_for_panic(run: impl FnOnce()) {
    let before = (BUSY.replace(false), IN_SINK.replace(false));
    run();
    if cfg!(panic = "unwind") {
        BUSY.set(before.0);
        IN_SINK.set(before.1);
    }
}
