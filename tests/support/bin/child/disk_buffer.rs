//! A receiver that may be gone, and a disk buffer before it: both in the folder that is given.
//!
//! The receiver is a file, to which the numbers of records are appended while there is a file
//! `alive` beside it.

use std::fs::OpenOptions;
use std::io::{BufRead as _, Write as _, stdin, stdout};
use std::path::{Path, PathBuf};
use std::process;
use std::time::Duration;

use kakashi_std::sinks::DiskBuffer;
use kakashi_std::{
    Accepted, LogRecord, RecordBatch, RecordSink, SinkError, SinkErrorKind, Value, configure, flush,
    flush_timeout, info, stats_by_destination,
};

use crate::records::logger;

struct FileReceiver(PathBuf);

impl RecordSink for FileReceiver {
    fn write(&mut self, batch: &RecordBatch<'_>) -> Result<Accepted, SinkError> {
        let closed = |_| SinkError::new(SinkErrorKind::Closed);
        if !self.0.join("alive").exists() {
            return Err(SinkError::new(SinkErrorKind::Closed).because("nobody listens there"));
        }
        // One write: it has all of them or none.
        let number = |record: LogRecord<'_>| match record.field("n") {
            Some(Value::I64(n)) => Some(format!("{n}\n")),
            Some(Value::U64(n)) => Some(format!("{n}\n")),
            _ => None,
        };
        let lines: Vec<u8> = batch.records().filter_map(number).flat_map(String::into_bytes).collect();
        let mut options = OpenOptions::new();
        let mut received = options.create(true).append(true).open(self.0.join("received")).map_err(closed)?;
        received.write_all(&lines).map_err(closed)?;
        Ok(Accepted::ALL)
    }
}

fn open(folder: &Path) {
    open_buffer(folder, DiskBuffer::new(folder.join("buffer")).max_file_bytes(2048));
}

fn open_buffer(folder: &Path, buffer: DiskBuffer) {
    let destination = buffer.destination(FileReceiver(folder.into())).expect("the directory opens");
    configure().destination(destination.named("receiver")).apply();
}

fn log(numbers: std::ops::Range<u64>) {
    for n in numbers {
        info!(logger(), "Counted", n);
    }
}

fn say(word: &str) {
    let mut stdout = stdout().lock();
    writeln!(stdout, "{word}").and_then(|()| stdout.flush()).expect("stdout takes it");
}

/// As `say`, again where a test has the system refuse it.
fn insist(word: &str) {
    let line = format!("{word}\n");
    while stdout().lock().write_all(line.as_bytes()).and_then(|()| stdout().flush()).is_err() {}
}

fn numbers() -> Vec<u64> {
    let mut line = String::new();
    stdin().lock().read_line(&mut line).expect("stdin can be read");
    line.split_whitespace().map(|number| number.parse().expect("a number")).collect()
}

/// Logs the numbers of a range that it reads, and ends as programs do.
pub(crate) fn logs(folder: &Path) {
    open(folder);
    let numbers = numbers();
    log(numbers[0]..numbers[1]);
}

/// Logs from a number on, until it is killed, and prints each that is safe.
pub(crate) fn logs_until_killed(folder: &Path) {
    open(folder);
    for n in numbers()[0].. {
        log(n..n + 1);
        if flush().is_complete() {
            say(&n.to_string());
        }
    }
}

/// Logs a range while nobody listens, and then waits until all of it is sent; prints each record that
/// is safe, and the counts at the end. Whatever the system refuses is tried again. A third number that
/// is not 0 has it sync.
pub(crate) fn logs_and_drains(folder: &Path) {
    let numbers = numbers();
    let buffer = DiskBuffer::new(folder.join("buffer")).max_file_bytes(1024);
    open_buffer(folder, if numbers[2] == 0 { buffer } else { buffer.sync() });
    let alive = folder.join("alive");
    let _ = std::fs::remove_file(&alive);
    // What the disk does not take waits in memory, and so does all that comes after it.
    let timeout = if numbers[2] == 0 { Duration::from_millis(20) } else { Duration::from_secs(60) };
    for n in numbers[0]..numbers[1] {
        log(n..n + 1);
        if flush_timeout(timeout).is_complete() {
            insist(&format!("safe {n}"));
        }
    }
    while std::fs::write(&alive, "").is_err() {}
    loop {
        flush_timeout(Duration::from_millis(20));
        let stats = stats_by_destination().into_iter().find(|stats| &*stats.name == "receiver");
        let stats = stats.expect("it is in use");
        if stats.waiting == 0 {
            return insist(&format!("dropped {}", stats.dropped.total()));
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Logs a range, says so, and lives until its input ends.
pub(crate) fn logs_and_stays(folder: &Path) {
    open(folder);
    let range = numbers();
    log(range[0]..range[1]);
    assert!(flush().is_complete(), "it is sent or stored");
    say("logged");
    numbers();
    process::exit(0);
}

/// Sends all that was left; prints how many records were found.
pub(crate) fn sends_what_was_left(folder: &Path) {
    open(folder);
    loop {
        assert!(flush().is_complete(), "nothing is in memory");
        let stats = stats_by_destination().into_iter().find(|stats| &*stats.name == "receiver");
        let stats = stats.expect("it is in use");
        let left = std::fs::read_dir(folder.join("buffer")).expect("the folder is there");
        let is_file = |name: &std::ffi::OsStr| name.to_string_lossy().ends_with(".klog");
        if stats.waiting == 0 && !left.flatten().any(|entry| is_file(&entry.file_name())) {
            return say(&format!("{} {}", stats.found, stats.written));
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Parent and child log while nobody listens; the parent ends first.
pub(crate) fn forks(folder: &Path) {
    open(folder);
    log(0..100);
    assert!(flush().is_complete(), "it is stored");
    // SAFETY: the child only logs and ends.
    #[allow(unsafe_code, reason = "std has no fork")]
    let child = unsafe { libc::fork() };
    if child == 0 {
        log(200..300);
    } else {
        log(100..200);
    }
    assert!(flush().is_complete(), "it is stored");
    process::exit(0);
}

/// Logs a range to an OTLP receiver, with a buffer before it, and ends by a flush; all of that is
/// read.
#[cfg(feature = "otlp")]
pub(crate) fn sends_by_otlp(folder: &Path) {
    let mut endpoint = String::new();
    stdin().lock().read_line(&mut endpoint).expect("stdin can be read");
    let otlp = kakashi_std::sinks::Otlp::new(endpoint.trim()).expect("it is a URL");
    let otlp = otlp.disk_buffer(DiskBuffer::new(folder.join("buffer")));
    configure().destination(otlp.destination().expect("the directory opens").named("receiver")).apply();
    let range = numbers();
    log(range[0]..range[1]);
    assert!(flush().is_complete(), "it is sent or stored");
    let stats = stats_by_destination().into_iter().find(|stats| &*stats.name == "receiver");
    let stats = stats.expect("it is in use");
    say(&format!("{} {} {}", stats.written, stats.waiting, stats.found));
}
