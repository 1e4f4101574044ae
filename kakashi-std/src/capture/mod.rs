//! The records of a test, for the test itself.
//!
//! A capture is part of the current context, so it goes wherever that goes: into scopes,
//! futures, threads and tasks that take the context along. A record with it is handed over
//! by the thread that logs, within the call, in place of the process's destinations, and
//! printed there: the output of `cargo test` is captured by thread, and a writer's thread
//! inherits no capture.

mod captured_record;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kakashi_core::{
    Encoder as _, EncoderCache, Field, LogContext, LogLevel, LogRecord, Name, Output, RecordCapture,
    Scope as _, ScopeGuard, Text, Timestamp,
};

pub use self::captured_record::CapturedRecord;
use crate::lifecycle;

/// Gives a test its own records: those of this thread from now on until the capture is
/// dropped, and of the threads and tasks that take its context along.
///
/// They go to the capture in place of the destinations of [`configure`](crate::configure())
/// (those of a custom logger get them too), also the records of async loggers, at once. Each
/// is printed on stderr as a line of text by the thread that logs, where `cargo test`
/// shows it with the test. Levels, enrichers, filters and redaction are those of the process.
///
/// A thread takes the context along if [`spawn`](crate::spawn) makes it, a future with
/// [`Scope::scope`](crate::Scope::scope). Tests that run at the same time do not mix.
///
/// ```
/// use kakashi_std::{LogLevel, capture, fields, get_logger, info, spawn};
///
/// let captured = capture();
/// info!(get_logger("shop"), "Order accepted", id = 1042, total = 19.9);
/// spawn(|| info!("Packed")).unwrap().join().unwrap();
///
/// assert!(captured.contains(LogLevel::Info, "Order accepted", fields![id = 1042]));
/// assert_eq!(captured.records()[1].message(), "Packed");
/// ```
pub fn capture() -> Capture {
    lifecycle::install();
    let records = Arc::new(CapturedRecords::default());
    let scope = LogContext::new().with_capture(records.clone()).enter();
    Capture { records, _scope: scope }
}

/// Holds the records of a test; made by [`capture`].
///
/// It belongs to the thread that made it, as a [`ScopeGuard`](crate::ScopeGuard) does. What is
/// logged in other threads after it is dropped is only printed.
#[must_use = "what is logged is captured until it is dropped"]
pub struct Capture {
    records: Arc<CapturedRecords>,
    _scope: ScopeGuard,
}

impl Capture {
    /// Returns the records so far, in the order of their calls.
    pub fn records(&self) -> Vec<CapturedRecord> {
        self.records.lock().clone()
    }

    /// Forgets the records so far.
    pub fn clear(&self) {
        self.records.lock().clear();
    }

    /// Tells whether there is a record of this level and message with these fields, among
    /// others. The message is the one that is written, or its template.
    ///
    /// If there is none, it prints what was looked for and what there is, so that a failing
    /// `assert!` has both beside it.
    ///
    /// ```
    /// use kakashi_std::{LogLevel, capture, fields, warning};
    ///
    /// let captured = capture();
    /// warning!("Order {id} is late", id = 7, days = 2);
    /// assert!(captured.contains(LogLevel::Warning, "Order 7 is late", fields![days = 2]));
    /// assert!(captured.contains(LogLevel::Warning, "Order {id} is late", fields![id = 7]));
    /// assert!(!captured.contains(LogLevel::Warning, "Order 7 is late", fields![days = 3]));
    /// ```
    pub fn contains(&self, level: LogLevel, message: &str, fields: &[Field<'_>]) -> bool {
        let records = self.records();
        let found = records.iter().any(|record| record.is(level, message, fields));
        if !found {
            let wanted =
                LogRecord::new(Timestamp::Wall(0), level, Name::new(""), message).with_fields(fields);
            eprint!("{}", Missing { wanted: line_of(&wanted), records });
        }
        found
    }
}

impl fmt::Debug for Capture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Capture").field("records", &*self.records.lock()).finish_non_exhaustive()
    }
}

/// The records of a capture, which outlive it on other threads.
#[derive(Default)]
struct CapturedRecords(Mutex<Vec<CapturedRecord>>);

impl CapturedRecords {
    fn lock(&self) -> MutexGuard<'_, Vec<CapturedRecord>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RecordCapture for CapturedRecords {
    fn take(&self, record: &LogRecord<'_>) {
        let record = CapturedRecord::of(record, line_of(record));
        let line = record.line().to_owned();
        self.lock().push(record);
        // Without the lock: it is the program's stderr.
        eprintln!("{line}");
    }
}

/// Returns a record as a line of text, without its end.
fn line_of(record: &LogRecord<'_>) -> String {
    let mut bytes = vec![0; 512];
    loop {
        let mut out = Output::new(&mut bytes);
        Text.encode(record, &mut EncoderCache::new(), &mut out);
        let (needed, overflowed) = (out.position(), out.overflowed());
        if overflowed {
            bytes.resize(needed.max(2 * bytes.len()), 0);
        } else {
            bytes.truncate(needed);
            return String::from_utf8_lossy(&bytes).trim_end_matches('\n').to_owned();
        }
    }
}

/// What was looked for, and what there is.
struct Missing {
    /// A line of text.
    wanted: String,
    records: Vec<CapturedRecord>,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { wanted, records } = self;
        // It has no time and no logger.
        let wanted =
            wanted.split_once(' ').map_or(&**wanted, |(_, wanted)| wanted).replacen(" \"\" ", " ", 1);
        writeln!(f, "no captured record is {wanted}")?;
        match records.len() {
            0 => writeln!(f, "none was captured at all (is the level enabled?)"),
            _ => {
                writeln!(f, "captured were:")?;
                records.iter().try_for_each(|record| writeln!(f, "  {}", record.line()))
            }
        }
    }
}
