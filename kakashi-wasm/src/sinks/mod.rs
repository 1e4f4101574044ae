//! Where batches go in a JavaScript engine: see each type.

mod callback;
mod console;

pub use callback::CallbackSink;
pub use console::ConsoleSink;

use js_sys::Function;
pub use kakashi_core::FunctionSink;
use kakashi_core::{Destination, Sink};

/// Makes the destination for the console.
pub fn console() -> Destination<dyn Sink> {
    to(ConsoleSink).named("console")
}

/// Makes the destination for a JavaScript function; see [`CallbackSink`] for what
/// it is handed.
pub fn callback(function: &Function) -> Destination<dyn Sink> {
    to(CallbackSink::new(function)).named("callback")
}

/// Makes the destination for a sink, which need not be `Send` here.
pub fn to(sink: impl Sink + 'static) -> Destination<dyn Sink> {
    Destination::of_boxed(Box::new(sink))
}
