//! Destinations that take nothing for a while: what waits for them is bounded, what is
//! dropped is counted, callers return, and no other destination waits.

#![cfg(unix)]

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use kakashi_std::sinks::{FunctionSink, MemorySink};
use kakashi_std::{
    AsyncConfig, Batch, Destination, Format, LogLevel, Sink as _, SinkError, SinkErrorKind, configure, debug,
    error, flush, flush_timeout, get_async_logger, get_logger, info, set_log_level, shutdown_async_logging,
    warning,
};
use kakashi_tests::harness::fake_sinks::{Gate, behind, hold_writer};
use kakashi_tests::harness::global_state::{StatsSince, alone};
use kakashi_tests::harness::process::{TestFolder, read, run, spawn};
use kakashi_tests::harness::read_back::{announced, assert_each_once_in_order, numbers, text};
use kakashi_tests::harness::wait::{eventually, in_time};

const CHILD: &str = env!("CARGO_BIN_EXE_child");

/// How long a child may take for one of its lines: the limits' sum, several times.
const LINE_TIMEOUT: Duration = Duration::from_secs(60);

/// A child whose stdout is read when the test wants it.
struct UnreadChild {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: Option<ChildStdout>,
    said: mpsc::Receiver<String>,
}

impl UnreadChild {
    fn start(scenario: &str, file: &Path) -> Self {
        let mut command = Command::new(CHILD);
        command.arg(scenario).arg(file).env("RUST_BACKTRACE", "0");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = spawn(&mut command);
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let stderr = BufReader::new(child.stderr.take().expect("a pipe"));
        let (send, said) = mpsc::channel();
        thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                let _ = send.send(line);
            }
        });
        Self { child, stdin, stdout, said }
    }

    /// Waits for a line that begins with this word; returns the numbers in it.
    fn wait_for(&self, word: &str) -> Vec<u64> {
        let deadline = Instant::now() + LINE_TIMEOUT;
        let mut before = Vec::new();
        loop {
            match self.said.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) if line.starts_with(word) => {
                    return line.split(' ').filter_map(|part| part.parse().ok()).collect();
                }
                Ok(line) => before.push(line),
                Err(_) => panic!("it does not say {word:?} in {LINE_TIMEOUT:?}, but {before:#?}"),
            }
        }
    }

    /// Begins to read its stdout.
    fn read(&mut self) -> JoinHandle<Vec<u8>> {
        collect(self.stdout.take().expect("it is not yet read"))
    }

    /// Has it go on.
    fn go_on(&mut self) {
        self.stdin = None;
    }
}

impl Drop for UnreadChild {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn collect(mut stream: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        bytes
    })
}

/// Short-lived threads log 64 MB to a pipe that nobody reads.
fn assert_bounded(scenario: &str) {
    let mut child = UnreadChild::start(scenario, Path::new("-"));
    let peak = child.wait_for("peak")[0];
    assert!(peak < 56 * 1024, "{scenario}: {peak} KiB");
    let stdout = child.read();
    child.go_on();
    let counts = child.wait_for("sent");
    let [sent, written, dropped, left] = counts[..] else { panic!("{counts:?}") };
    assert_eq!((written + dropped, left), (sent, 0), "{scenario}: {counts:?}");
    assert!(dropped > 0, "64 MB do not fit in {peak} KiB");
    child.child.wait().expect("it ends");
    let entries = text(&stdout.join().expect("it is read"));
    let arrived: usize = numbers(&entries).values().map(Vec::len).sum();
    assert_eq!((arrived as u64, announced(&entries)), (written, dropped), "{scenario}");
}

#[test]
fn what_waits_for_a_pipe_that_nobody_reads_is_bounded_and_the_rest_counted() {
    assert_bounded("stall_threads");
}

#[test]
fn what_async_loggers_have_for_a_pipe_that_nobody_reads_is_bounded() {
    assert_bounded("async_stall_threads");
}

#[test]
fn a_flush_now_and_then_keeps_no_more() {
    assert_bounded("stall_threads_and_flush");
}

/// Asserts that the first to write into a pipe that nobody reads returns.
fn assert_returns(scenario: &str, millis: u64) {
    let child = UnreadChild::start(scenario, Path::new("-"));
    let took = child.wait_for("returned")[0];
    assert!(took < millis, "{scenario} took {took} ms");
}

#[test]
fn a_flush_that_writes_first_keeps_its_deadline() {
    assert_returns("stall_flush", 5_000);
    assert_returns("stall_flush_without_time", 4_000);
}

#[test]
fn an_error_that_writes_first_keeps_its_deadline() {
    assert_returns("stall_error", 20_000);
}

#[test]
fn a_panic_that_writes_first_unwinds() {
    assert_returns("stall_panic", 20_000);
}

#[test]
fn a_flush_without_time_does_not_wait_for_a_stuck_writer() {
    let _alone = alone();
    let gate = Gate::default();
    let memory = behind(&gate, AsyncConfig::new());
    let held = hold_writer(&gate, || {
        thread::spawn(|| error!(get_logger("stalls"), "Counted", thread = 0, n = 0));
    });
    info!(get_logger("stalls"), "Counted", thread = 1, n = 0);
    let flush = || {
        let began = Instant::now();
        assert!(!flush_timeout(Duration::ZERO).is_complete());
        began.elapsed()
    };
    let best = (0..10).map(|_| flush()).min();
    assert!(best < Some(Duration::from_millis(50)), "{best:?}");
    drop(held);
    assert!(eventually(|| kakashi_std::flush().is_complete() && memory.lines().len() == 2));
}

/// A FIFO that is open and that nobody reads, and a file beside it.
fn assert_file_does_not_wait(scenario: &str, count: u64, drops: bool) {
    let folder = TestFolder::new();
    let file = folder.file("log");
    let fifo = file.with_extension("fifo");
    assert!(run("mkfifo", [&fifo]).status.success());
    // Both ends: it opens at once, and so does the child's.
    let both = File::options().read(true).write(true).open(&fifo).expect("the FIFO opens");
    let mut child = UnreadChild::start(scenario, &file);
    child.wait_for("logged");
    let lines = || read(&file).iter().filter(|&&byte| byte == b'\n').count() as u64;
    let is_whole = eventually(|| lines() == count);
    assert!(is_whole, "{scenario}: {} of {count} records are in the file beside the FIFO", lines());
    let arrives = collect(File::open(&fifo).expect("it opens"));
    drop(both);
    child.go_on();
    let counts = child.wait_for("sent");
    let [sent, written, dropped, left] = counts[..] else { panic!("{counts:?}") };
    assert_eq!((written + dropped, left), (2 * sent, 0), "{scenario}: {counts:?}");
    child.child.wait().expect("it ends");
    let entries = text(&arrives.join().expect("it is read"));
    let arrived: usize = numbers(&entries).values().map(Vec::len).sum();
    assert_eq!(arrived as u64 + dropped, count, "{scenario}: {counts:?}");
    assert_eq!((announced(&entries), dropped > 0), (dropped, drops), "{scenario}");
    assert_each_once_in_order(&text(&read(&file)), 2, count / 2);
}

#[test]
fn a_file_beside_a_stalled_fifo_has_all_records_at_once() {
    assert_file_does_not_wait("stall_fifo", 20_000, false);
    assert_file_does_not_wait("async_stall_fifo", 20_000, false);
}

#[test]
fn a_file_beside_a_stalled_fifo_has_all_records_when_the_fifo_drops_some() {
    assert_file_does_not_wait("stall_fifo_beyond_the_backlog", 100_000, true);
    assert_file_does_not_wait("async_stall_fifo_beyond_the_backlog", 100_000, true);
}

/// A destination that fails as a full disk does while a flag is set.
fn fails_while(is_full: &Arc<AtomicBool>, memory: &MemorySink) -> Destination {
    let (is_full, mut memory) = (is_full.clone(), memory.clone());
    Destination::new(FunctionSink::new(move |batch: &Batch<'_>| -> Result<(), SinkError> {
        match is_full.load(Ordering::Acquire) {
            true => Err(SinkError::new(SinkErrorKind::Full)),
            false => memory.write(batch),
        }
    }))
}

/// While a disk is full, 20 MB of DEBUG are logged, and a few records that matter.
fn assert_warnings_are_kept(log: impl Fn(u64) + Send + 'static) {
    const RECORDS: u64 = 40_000;
    let _alone = alone();
    let memory = MemorySink::new();
    let is_full = Arc::new(AtomicBool::new(true));
    assert!(shutdown_async_logging().is_complete());
    configure()
        .format(Format::Text)
        .level(LogLevel::Debug)
        .flush_after_millis(100)
        .backlog_bytes(4 << 20)
        .destination(fails_while(&is_full, &memory))
        .apply();
    let before = StatsSince::now();
    in_time(move || (0..RECORDS).for_each(log));
    is_full.store(false, Ordering::Release);
    assert!(flush().is_complete());
    set_log_level("info").expect("a level is known");
    let dropped = before.dropped();
    assert_eq!(before.written() + dropped.total(), RECORDS as usize);
    let entries = text(&memory.bytes());
    assert_eq!(announced(&entries), dropped.total() as u64);
    for level in [LogLevel::Debug, LogLevel::Warning, LogLevel::Error] {
        let sent = (0..RECORDS).filter(|n| level_of(*n) == level).count();
        let arrived =
            entries.iter().filter(|entry| entry.level == level.name() && entry.number("n").is_some());
        assert_eq!(arrived.count() + dropped.of_level(level), sent, "{level}");
    }
    let [debug, warning, error] =
        [LogLevel::Debug, LogLevel::Warning, LogLevel::Error].map(|level| dropped.of_level(level));
    assert!(debug > 0, "20 MB of DEBUG do not fit");
    assert_eq!((warning, error), (0, 0), "dropped although {debug} DEBUG were to be had");
}

fn level_of(n: u64) -> LogLevel {
    match n % 100 {
        50 => LogLevel::Warning,
        99 => LogLevel::Error,
        _ => LogLevel::Debug,
    }
}

#[test]
fn warnings_of_async_loggers_are_dropped_last_while_a_sink_fails() {
    let logger = get_async_logger("stalls");
    assert_warnings_are_kept(move |n| match level_of(n) {
        LogLevel::Error => error!(logger, "Counted", thread = 0, n),
        LogLevel::Warning => warning!(logger, "Counted", thread = 0, n),
        _ => debug!(logger, "Counted", thread = 0, n, long = "x".repeat(500)),
    });
}

#[test]
fn warnings_of_sync_loggers_are_dropped_last_while_a_sink_fails() {
    let (logger, queued) = (get_logger("stalls"), get_async_logger("stalls"));
    assert_warnings_are_kept(move |n| match level_of(n) {
        // A sync logger's would wait.
        LogLevel::Error => error!(queued, "Counted", thread = 1, n),
        LogLevel::Warning => warning!(logger, "Counted", thread = 0, n),
        _ => debug!(logger, "Counted", thread = 0, n, long = "x".repeat(500)),
    });
}

/// A sink takes its time; 2 MB of INFO, half of what may wait, are logged meanwhile.
#[test]
fn nothing_but_an_error_and_a_flush_wait_for_a_slow_sink() {
    let _alone = alone();
    let gate = Gate::default();
    assert!(shutdown_async_logging().is_complete());
    let memory = behind(&gate, AsyncConfig::new());
    configure().backlog_bytes(4 << 20).apply();
    let (logger, queued) = (get_logger("stalls"), get_async_logger("stalls"));
    let held = hold_writer(&gate, || {
        info!(logger, "Held", long = "x".repeat(100_000));
        thread::spawn(|| flush_timeout(Duration::ZERO));
    });
    let logs = queued.clone();
    in_time(move || {
        for n in 0..1000 {
            info!(logger, "Counted", thread = 0, n, long = "x".repeat(1000));
            info!(logs, "Counted", thread = 1, n, long = "x".repeat(1000));
        }
    });
    in_time(move || error!(queued, "Counted", thread = 1, n = 1000));
    let has_returned = Arc::new(AtomicBool::new(false));
    let returned = has_returned.clone();
    let fails = thread::spawn(move || {
        error!(get_logger("stalls"), "Counted", thread = 0, n = 1000);
        returned.store(true, Ordering::Release);
    });
    assert!(!has_returned.load(Ordering::Acquire));
    drop(held);
    fails.join().expect("no call panics");
    let entries = text(&memory.bytes());
    assert_each_once_in_order(&entries, 2, 1001);
}
