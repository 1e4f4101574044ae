//! What the operator hears: counts of all records, and the failures of sinks.

use std::cell::RefCell;
use std::rc::Rc;

use kakashi_core::{CatchPanic, Counters, Guard as _};

use crate::host::imports::write_to_console;
use crate::reentrancy::in_sink;

/// The counts of the whole program.
pub(crate) static COUNTERS: Counters = Counters::new();

/// Is called with each failure of a sink, in words.
pub(crate) type OnError = Rc<dyn Fn(&str)>;

thread_local! {
    static ON_ERROR: RefCell<Option<OnError>> = const { RefCell::new(None) };
}

/// Sets what is called with failures; none is `console.warn`.
pub(crate) fn set_on_error(handler: Option<OnError>) {
    let old = ON_ERROR.with(|current| {
        let mut current = current.try_borrow_mut().ok()?;
        std::mem::replace(&mut *current, handler)
    });
    drop(old);
}

/// Reports a failure to the operator. Where neither handler nor console works,
/// `stats()` still counts it.
pub(crate) fn report(failure: &str) {
    let handler = ON_ERROR.with(|handler| handler.try_borrow().ok().and_then(|handler| handler.clone()));
    match handler {
        // As in a sink: what the handler logs is not urgent.
        Some(handler) => in_sink(|| CatchPanic.run(&mut || handler(failure))),
        None => in_sink(|| write_to_console("warn", &format!("kakashi: {failure}")).is_ok()),
    };
}
