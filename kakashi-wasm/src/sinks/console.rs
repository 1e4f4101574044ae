//! The console of the page, the worker or the process.
//!
//! A call of it costs microseconds, however long its text is: neighbouring records that
//! go to the same method go there in one call.

use kakashi_core::{Batch, LogLevel, Sink, SinkError, SinkErrorKind};
use wasm_bindgen::JsValue;

use crate::host::imports::write_to_console;

/// Writes lines to `console.debug`, `info`, `warn` or `error`, by their level.
///
/// Records that stand side by side in a batch and go to one method are one call,
/// their lines one text without the last line's end. The method is looked up each
/// time: a console that a program replaces is the one that is written to.
#[derive(Clone, Copy, Debug, Default)]
pub struct ConsoleSink;

/// A method of the console.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Method {
    Debug,
    Info,
    Warn,
    Error,
}

impl Method {
    fn of(level: LogLevel) -> Self {
        match level {
            LogLevel::Trace | LogLevel::Debug => Self::Debug,
            LogLevel::Info => Self::Info,
            LogLevel::Warning => Self::Warn,
            LogLevel::Error | LogLevel::Critical => Self::Error,
        }
    }

    fn call(self, text: &str) -> Result<(), JsValue> {
        let name = match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        };
        write_to_console(name, text)
    }
}

impl Sink for ConsoleSink {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        let mut start = 0;
        let mut ends = batch.ends().iter().peekable();
        while let Some(first) = ends.next() {
            let method = Method::of(first.level);
            let mut end = first.end;
            while let Some(next) = ends.next_if(|next| Method::of(next.level) == method) {
                end = next.end;
            }
            write(method, batch.bytes(), start, end)?;
            start = end;
        }
        // The end of a record that was taken in part has no end of its own.
        if start < batch.bytes().len() {
            write(Method::Info, batch.bytes(), start, batch.bytes().len())
        } else {
            Ok(())
        }
    }
}

fn write(method: Method, bytes: &[u8], start: usize, end: usize) -> Result<(), SinkError> {
    let lines = bytes.get(start..end).unwrap_or_default();
    let lines = lines.strip_suffix(b"\n").unwrap_or(lines);
    let called = match std::str::from_utf8(lines) {
        Ok(text) => method.call(text),
        // The wire, which nobody reads on a console.
        Err(_) => method.call(&String::from_utf8_lossy(lines)),
    };
    called.map_err(|_| SinkError::new(SinkErrorKind::Failed).accepted(start))
}
