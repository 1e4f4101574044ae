//! What must happen when a page is left, a process ends, or the program panics.
//!
//! A page that is hidden may never be shown again: that is the last event that is
//! certain to come. Node tells of its end. A worker that is terminated is told
//! nothing: it loses what is buffered, a batch for each destination and at most what
//! is logged within the flush interval.

use std::cell::{Cell, OnceCell};
use std::panic::PanicHookInfo;
use std::sync::Once;

use kakashi_core::{Call, Field, LogContext, LogLevel, Value};
use wasm_bindgen::prelude::{Closure, wasm_bindgen};

use crate::delivery::sink_writer::RetryMode;
use crate::dispatch::logger_registry::registry;
use crate::host::hooks::{self, Hooks};
use crate::host::imports::{listen, listen_to_document, listen_to_process};
use crate::submit::origin::{Origin, Urgency};
use crate::submit::{deferred, submit};
use crate::{flush, reentrancy};

#[wasm_bindgen]
extern "C" {
    type Document;

    #[wasm_bindgen(thread_local_v2, js_name = document)]
    static DOCUMENT: Option<Document>;

    #[wasm_bindgen(method, getter, js_name = visibilityState)]
    fn visibility(this: &Document) -> Option<String>;
}

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
        hooks::set(Hooks { flush: flush::flush_by_engine, install });
        let Leaving { hide, leave } =
            leaving.get_or_init(|| Leaving { hide: Closure::new(hide), leave: Closure::new(leave) });
        if DOCUMENT.with(Option::is_some) {
            let _ = listen_to_document("visibilitychange", hide.as_ref());
            let _ = listen("pagehide", leave.as_ref());
        } else {
            let _ = listen_to_process("exit", leave.as_ref());
        }
        hook_panics();
    });
}

fn hide() {
    let visibility = DOCUMENT.with(|document| document.as_ref().and_then(Document::visibility));
    if visibility.as_deref() == Some("hidden") {
        leave();
    }
}

fn leave() {
    // By the engine, and then by whatever it takes: there may be no other time.
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

/// Logs a panic and writes all there is: nothing may run after it.
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
        let entry = registry().get(kakashi_core::LoggerKind::Sync, "root", None);
        if entry.enables(LogLevel::Critical) {
            let origin = Origin { entry: &entry, dispatch: None, context: &LogContext::new() };
            submit(&origin, &Call::literal(LogLevel::Critical, "Panicked", &fields), Urgency::Now);
        }
        flush::flush_all(RetryMode::Now);
    });
}
