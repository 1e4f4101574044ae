//! The records that all programs log, and where they go.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::Path;
#[cfg(any(feature = "http", feature = "otlp"))]
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use kakashi_std::{
    Accepted, AsyncLogger, Destination, Encoder as _, Format, Logger, Output, RecordBatch, RecordSink,
    SinkError, SinkErrorKind, Text, configure, get_async_logger, get_logger, info, sinks,
};

static USES_ASYNC: AtomicBool = AtomicBool::new(false);
static DECODES: AtomicBool = AtomicBool::new(false);

/// Has [`log_to`] make a sink of records from now on.
pub(crate) fn decode() {
    DECODES.store(true, Ordering::Relaxed);
}

/// Makes a destination of a receiver's address.
#[cfg(any(feature = "http", feature = "otlp"))]
type Connect = fn(&str) -> Destination;

#[cfg(any(feature = "http", feature = "otlp"))]
static RECEIVER: OnceLock<Connect> = OnceLock::new();

/// Has [`log_to`] send to a receiver from now on: the file is its address.
#[cfg(any(feature = "http", feature = "otlp"))]
pub(crate) fn send(connect: Connect) {
    RECEIVER.set(connect).expect("there is one prefix");
}

#[cfg(feature = "otlp")]
pub(crate) fn otlp(endpoint: &str) -> Destination {
    sinks::otlp(endpoint).expect("it makes sense")
}

#[cfg(feature = "http")]
pub(crate) fn http(url: &str) -> Destination {
    sinks::http(url).expect("it makes sense")
}

#[cfg(feature = "http")]
pub(crate) fn bulk(url: &str) -> Destination {
    sinks::elasticsearch(url, "logs").expect("it makes sense")
}

/// Sends a record as the standard variables say, or prints why not.
#[cfg(feature = "otlp")]
pub(crate) fn follows_the_variables() {
    match sinks::Otlp::from_env().and_then(sinks::Otlp::destination) {
        Ok(destination) => {
            configure().service("of the program", "1.0", "test").destination(destination).apply();
            info!(logger(), "Sent");
        }
        Err(error) => {
            println!("{error}");
            std::process::exit(4);
        }
    }
}

/// Writes records as text, at most so many a call.
struct LineFile(File, usize);

impl RecordSink for LineFile {
    fn write(&mut self, batch: &RecordBatch<'_>) -> Result<Accepted, SinkError> {
        let (mut lines, mut room) = (Vec::new(), [0; 1024]);
        for record in batch.records().take(self.1) {
            let mut out = Output::new(&mut room);
            Text.encode(&record, &mut Default::default(), &mut out);
            lines.extend_from_slice(out.written());
        }
        self.0.write_all(&lines).map_err(|_| SinkError::new(SinkErrorKind::Failed))?;
        Ok(Accepted::first(self.1))
    }
}

/// Has [`log_many`] log through an async logger from now on.
pub(crate) fn use_async() {
    USES_ASYNC.store(true, Ordering::Relaxed);
}

/// Tells whether [`use_async`] was called.
pub(crate) fn uses_async() -> bool {
    USES_ASYNC.load(Ordering::Relaxed)
}

pub(crate) fn usage() {
    eprintln!("usage: child SCENARIO FILE; see the source");
    std::process::exit(2);
}

/// Writes text to the file from now on.
pub(crate) fn log_to(file: &Path) {
    #[cfg(any(feature = "http", feature = "otlp"))]
    if let Some(connect) = RECEIVER.get() {
        return configure().destination(connect(file.to_str().expect("an address"))).apply();
    }
    if DECODES.load(Ordering::Relaxed) {
        let file = OpenOptions::new().create(true).append(true).open(file).expect("the file opens");
        return configure().destination(Destination::records(LineFile(file, 30))).apply();
    }
    configure().format(Format::Text).destination(sinks::file(file).expect("the file opens")).apply();
}

pub(crate) fn logger() -> Logger {
    get_logger("child")
}

/// Logs records 0 to `count` of a thread.
pub(crate) fn log_many(thread: u64, count: u64) {
    if uses_async() {
        return log_async(thread, count);
    }
    let logger = logger();
    for n in 0..count {
        info!(logger, "Counted", thread, n);
    }
}

pub(crate) fn async_logger() -> AsyncLogger {
    get_async_logger("child")
}

/// Logs records 0 to `count` of a thread through the async logger.
pub(crate) fn log_async(thread: u64, count: u64) {
    let logger = async_logger();
    for n in 0..count {
        info!(logger, "Counted", thread, n);
    }
}
