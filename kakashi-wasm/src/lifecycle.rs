//! What must happen when a page is left, a process ends, or the program panics.
//!
//! A page that is hidden may never be shown again: that is the last event that is
//! certain to come. Node emits `exit`. A worker that is terminated gets no event: it
//! loses what is buffered, a batch for each destination and at most what is logged
//! within the flush interval.

use std::cell::{Cell, OnceCell};
use std::panic::PanicHookInfo;
use std::sync::Once;

use kakashi_core::{Call, Field, LogContext, LogLevel, RetryMode, Value};
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::{Document, EventTarget, VisibilityState};

use crate::dispatch::logger_registry::logger_registry;
use crate::host::hooks::{self, Hooks};
use crate::host::imports::{global_object, method};
use crate::submit::origin::{Origin, Urgency};
use crate::submit::{deferred, submit};
use crate::{flush, reentrancy};

thread_local! {
    static LEAVING: OnceCell<Leaving> = const { OnceCell::new() };
    static PANICKING: Cell<bool> = const { Cell::new(false) };
}

/// What is called when a page is hidden, and when a page or a process is left.
struct Leaving {
    hide: Closure<dyn Fn()>,
    leave: Closure<dyn Fn()>,
}

/// Installs the handlers of a hidden or left page, an exit, a panic, and of timers.
/// Later calls on the same thread do nothing.
pub(crate) fn install() {
    LEAVING.with(|leaving| {
        if leaving.get().is_some() {
            return;
        }
        logger_registry().follow_level_scopes();
        hooks::set(Hooks { flush: flush::flush_by_engine, install });
        let Leaving { hide, leave } =
            leaving.get_or_init(|| Leaving { hide: Closure::new(hide), leave: Closure::new(leave) });
        match document() {
            Some(document) => {
                listen(&document, "visibilitychange", hide);
                listen(js_sys::global().unchecked_ref(), "pagehide", leave);
            }
            None => listen_to_process("exit", leave),
        }
        hook_panics();
    });
}

fn document() -> Option<Document> {
    global_object("document").map(JsValue::unchecked_into)
}

fn listen(target: &EventTarget, event: &str, run: &Closure<dyn Fn()>) {
    let _ = target.add_event_listener_with_callback(event, run.as_ref().unchecked_ref());
}

/// Node's `process.on`; elsewhere does nothing.
fn listen_to_process(event: &str, run: &Closure<dyn Fn()>) {
    let Some(process) = global_object("process") else { return };
    let _ = method(&process, "on").and_then(|on| on.call2(&process, &event.into(), run.as_ref()));
}

fn hide() {
    if document().is_some_and(|document| document.visibility_state() == VisibilityState::Hidden) {
        leave();
    }
}

fn leave() {
    // First as the engine calls it, which resets a guard that an exception left; then
    // once more without regard to back-offs, for this may be the last chance.
    flush::flush_by_engine();
    flush::flush();
}

fn hook_panics() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !PANICKING.replace(true) {
                log_panic(info);
                PANICKING.set(false);
            }
            before(info);
        }));
    });
}

/// Logs a panic and writes all batches: no code may run after it.
fn log_panic(info: &PanicHookInfo<'_>) {
    let payload = info.payload();
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let place = info.location().map(ToString::to_string);
    let fields = [
        Field { key: "exception.type", value: Value::Str("panic") },
        Field { key: "exception.message", value: Value::Str(text.unwrap_or("of a type that is no text")) },
        Field { key: "location", value: place.as_deref().map_or(Value::Null, Value::Str) },
    ];
    deferred::forget_depth();
    reentrancy::bypass_for_panic(|| {
        let entry = logger_registry().get(kakashi_core::LoggerKind::Sync, "panic", None);
        if entry.enables(LogLevel::Critical) {
            let origin = Origin { entry: &entry, dispatch: None, context: &LogContext::new() };
            submit(&origin, &Call::literal(LogLevel::Critical, "Panicked", &fields), Urgency::Now);
        }
        flush::flush_all(RetryMode::Now);
    });
}
