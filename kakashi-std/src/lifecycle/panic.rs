//! The panic hook: a thread that panics logs that, and writes all that is buffered.
//!
//! The record is logged on a thread of its own, with the context of the one that panics: what
//! runs in a hook must not panic and may find any lock taken by the thread that it runs on,
//! and the pipeline has code of the program's. Unwinding begins when everything is written, and
//! after a second at the latest.

use std::any::Any;
use std::panic::PanicHookInfo;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Once, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use kakashi_core::{Call, Field, LogContext, LogLevel, LoggerKind, Value, begin_thread, current_context};

use crate::backtrace::CallersBacktrace;
use crate::dispatch::logger_core::LoggerCore;
use crate::dispatch::logger_registry::logger_registry;
use crate::flight_recorder::dump;
use crate::reentrancy::{CriticalSection, is_in_sink};
use crate::submit::{flush_until, is_busy, publish};

/// How long a panicking thread waits for its record and for sinks.
const PANIC_TIMEOUT: Duration = Duration::from_secs(1);

/// Whether the hook that was there before runs, too.
static KEEPS_TEXT: AtomicBool = AtomicBool::new(true);

/// Says whether the hook that was there before runs, too.
pub(crate) fn set_keeps_text(keeps: bool) {
    KEEPS_TEXT.store(keeps, Ordering::Relaxed);
}

/// Puts the hook in front of the one that there is, once.
#[inline]
pub(super) fn install() {
    static HOOKED: Once = Once::new();
    // A thread that panics may not change the hook: the next caller does it.
    if !HOOKED.is_completed() && !CriticalSection::is_active() && !thread::panicking() {
        let _section = CriticalSection::begin();
        HOOKED.call_once(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |info| {
                // First what led to it.
                let is_written = log_and_write_all(info);
                if !is_written || KEEPS_TEXT.load(Ordering::Relaxed) {
                    before(info);
                }
            }));
        });
    }
}

/// Logs the panic and writes all that is buffered; tells whether the record is written.
fn log_and_write_all(info: &PanicHookInfo<'_>) -> bool {
    // A sink that panics holds its own lock; the panic is caught and counted.
    if is_in_sink() {
        return false;
    }
    // A `Display` that panics is caught too: it costs its own value.
    let is_busy = is_busy() || is_in_bridged_value();
    if !is_busy {
        dump::before_panic();
    }
    let deadline = Instant::now() + if is_busy { Duration::ZERO } else { PANIC_TIMEOUT };
    let is_logged = !is_busy && PanicRecord::of(info).log_until(deadline);
    let left = flush_until(deadline);
    is_logged && left == 0
}

/// Tells whether it is a value's panic in a record of another crate, which is caught too.
fn is_in_bridged_value() -> bool {
    #[cfg(any(feature = "log", feature = "tracing"))]
    return kakashi_core::is_in_foreign_value();
    #[cfg(not(any(feature = "log", feature = "tracing")))]
    false
}

/// What is logged of a panic.
struct PanicRecord {
    text: String,
    location: Option<String>,
    thread: String,
    backtrace: Option<CallersBacktrace>,
    context: LogContext,
}

impl PanicRecord {
    fn of(info: &PanicHookInfo<'_>) -> Self {
        Self {
            text: text_of(info.payload()).to_owned(),
            location: info.location().map(ToString::to_string),
            thread: thread::current().name().unwrap_or("<unnamed>").to_owned(),
            backtrace: CallersBacktrace::capture(),
            context: current_context(),
        }
    }

    /// Logs it on another thread, or on this one if there can be no other; tells whether it
    /// is logged.
    fn log_until(self, deadline: Instant) -> bool {
        let record = Arc::new(self);
        let (done, logged) = mpsc::channel();
        let on_thread = record.clone();
        let thread = thread::Builder::new().name("kakashi-panic".into()).spawn(move || {
            begin_thread(on_thread.context.clone());
            // The receiver is gone if it took too long.
            let _ = done.send(on_thread.log());
        });
        match thread {
            Ok(_) => {
                let left = deadline.saturating_duration_since(Instant::now());
                logged.recv_timeout(left).unwrap_or(false)
            }
            Err(_) => record.log(),
        }
    }

    /// Logs it if its level is enabled.
    fn log(&self) -> bool {
        let entry = logger_registry().get(LoggerKind::Sync, "panic", None);
        if !entry.enables(LogLevel::Critical) {
            return false;
        }
        let mut fields = vec![
            Field { key: "exception.type", value: Value::Str("panic") },
            Field { key: "exception.message", value: Value::Str(&self.text) },
            Field { key: "location", value: self.location.as_deref().map_or(Value::Null, Value::Str) },
            Field { key: "thread", value: Value::Str(&self.thread) },
        ];
        if let Some(backtrace) = &self.backtrace {
            fields.push(Field { key: "exception.stacktrace", value: Value::Display(backtrace) });
        }
        let core = LoggerCore::new(entry, None);
        publish(&core, &Call::literal(LogLevel::Critical, "Panicked", &fields));
        true
    }
}

fn text_of(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("of a type that is no text")
}
