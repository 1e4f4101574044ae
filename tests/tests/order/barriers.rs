//! An ERROR, a flush and a panic are barriers: whatever any thread logged before the call
//! began stands before it, and can be read when the call returns.

#![cfg(unix)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use kakashi_std::{
    AsyncConfig, Format, Json, LogLevel, LoggerConfig, Wire, configure, create_custom_logger, critical,
    error, flush, get_async_logger, get_logger, info, shutdown_async_logging, sinks,
};
use kakashi_tests::harness::causal_order::AnyLogger;
use kakashi_tests::harness::global_state::{StatsSince, alone};
use kakashi_tests::harness::process::{TestFolder, read, run};
use kakashi_tests::harness::read_back::{ArrivedRecord, numbers, whole_entries};
use kakashi_tests::harness::wait::in_time;

const CHILD: &str = env!("CARGO_BIN_EXE_child");

/// How many barriers each test looks at.
const BARRIERS: u64 = 40;

/// Who else logs: threads that tell how many of their calls have returned.
const LOGGING: u64 = 3;

fn log(logger: &AnyLogger, thread: u64, n: u64) {
    match logger {
        AnyLogger::Sync(logger) => info!(logger, "Counted", thread, n),
        AnyLogger::Async(logger) => info!(logger, "Counted", thread, n),
        AnyLogger::Performance(logger) => info!(logger, "Counted", thread, n),
        AnyLogger::Custom(logger) => info!(logger, "Counted", thread, n),
    }
}

/// Raises the barrier of this number; tells whether it has a record, with its number.
type Barrier = fn(u64) -> bool;

/// Three threads log; meanwhile barrier after barrier is raised. What had been logged
/// before its call began must be in the file when the call returns: before the record of
/// its own, if it has one.
fn assert_barrier(format: Format, loggers: &[AnyLogger], file: &Path, barrier: Barrier) {
    let before = StatsSince::now();
    let returned: [AtomicU64; LOGGING as usize] = Default::default();
    let is_over = AtomicBool::new(false);
    // Not faster than barriers are raised: what a file holds is read each time.
    let allowed = AtomicU64::new(20);
    thread::scope(|scope| {
        for thread in 0..LOGGING {
            let (returned, is_over, allowed) = (&returned[thread as usize], &is_over, &allowed);
            scope.spawn(move || {
                for n in 0.. {
                    while n >= allowed.load(Ordering::Relaxed) && !is_over.load(Ordering::Relaxed) {
                        thread::yield_now();
                    }
                    if is_over.load(Ordering::Relaxed) {
                        break;
                    }
                    log(&loggers[(thread + n) as usize % loggers.len()], thread, n);
                    returned.store(n + 1, Ordering::Release);
                }
            });
        }
        let fault = (0..BARRIERS).find_map(|k| {
            let counts = returned.each_ref().map(|count| count.load(Ordering::Acquire));
            let has_record = barrier(k);
            let mut arrived = whole_entries(format, &read(file));
            let fault = (has_record && !is_cut_at(&mut arrived, k))
                .then(|| format!("barrier {k} is not there when its call returns"))
                .or_else(|| missing(&numbers(&arrived), counts, k));
            allowed.fetch_add(10, Ordering::Relaxed);
            fault
        });
        is_over.store(true, Ordering::Relaxed);
        assert!(before.dropped().total() == 0, "nothing needs to be dropped");
        assert_eq!(fault, None, "{format:?}");
    });
}

/// Cuts what does not stand before the barrier's record; false if that is not there.
fn is_cut_at(arrived: &mut Vec<ArrivedRecord>, k: u64) -> bool {
    let at = arrived.iter().position(|entry| entry.number("k") == Some(k));
    at.inspect(|&at| arrived.truncate(at)).is_some()
}

fn missing(arrived: &BTreeMap<u64, Vec<u64>>, counts: [u64; LOGGING as usize], k: u64) -> Option<String> {
    (0..LOGGING).zip(counts).find_map(|(thread, count)| {
        let found = arrived.get(&thread).map_or(0, |numbers| numbers.iter().filter(|&&n| n < count).count());
        (found as u64 != count)
            .then(|| format!("before barrier {k} stand {found} of {count} records of thread {thread}"))
    })
}

/// Runs it with each format, beside sync loggers, and beside all kinds.
fn assert_barriers(barrier: Barrier) {
    let _alone = alone();
    for format in [Format::Text, Format::Json, Format::Wire] {
        for workers in [0, 1, 3] {
            let folder = TestFolder::new();
            let file = folder.file("log");
            let destination = || sinks::file(&file).expect("the file opens");
            assert!(shutdown_async_logging().is_complete());
            // An hour: nothing but full buffers, workers and barriers write.
            configure()
                .format(format)
                .level(LogLevel::Info)
                .flush_after_millis(3_600_000)
                .async_logging(AsyncConfig::new().threads(workers.max(1)))
                .destination(destination())
                .apply();
            let mut loggers = vec![AnyLogger::sync()];
            if workers > 0 {
                let config = LoggerConfig::new().format(format).destination(destination());
                let custom = AnyLogger::Custom(create_custom_logger("order", config));
                loggers.extend([AnyLogger::queued(), AnyLogger::performance(), custom]);
            }
            in_time(move || assert_barrier(format, &loggers, &file, barrier));
            drop(folder);
        }
    }
}

#[test]
fn what_was_logged_before_an_error_stands_before_it_when_it_returns() {
    assert_barriers(|k| {
        error!(get_logger("order"), "Failed", k);
        true
    });
}

#[test]
fn what_was_logged_before_a_critical_record_stands_before_it_when_it_returns() {
    assert_barriers(|k| {
        critical!(get_logger("order"), "Failed", k);
        true
    });
}

#[test]
fn what_was_logged_before_a_flush_is_there_when_it_returns() {
    assert_barriers(|_| {
        flush();
        false
    });
}

/// One thread's INFO is known to the one that fails by a channel, as in a service.
#[test]
fn what_led_to_an_error_stands_before_it_in_two_files_at_once() {
    let _alone = alone();
    let folder = TestFolder::new();
    let files = [("json", Format::Json), ("wire", Format::Wire)].map(|(name, of)| (folder.file(name), of));
    assert!(shutdown_async_logging().is_complete());
    configure()
        .flush_after_millis(3_600_000)
        .level(LogLevel::Info)
        .destination(sinks::file(&files[0].0).expect("the file opens").encoder(Json::new()))
        .destination(sinks::file(&files[1].0).expect("the file opens").encoder(Wire))
        .apply();
    let (sender, receiver) = std::sync::mpsc::channel();
    let (go, wait) = std::sync::mpsc::channel();
    thread::scope(|scope| {
        let files = &files;
        scope.spawn(move || {
            let (sync, queued) = (get_logger("order"), get_async_logger("order"));
            for k in (0..BARRIERS * 3).step_by(3) {
                info!(sync, "Began", k);
                info!(queued, "Went on", k = k + 1);
                sender.send(k + 2).expect("the other waits");
                if wait.recv().is_err() {
                    break;
                }
            }
        });
        // Moved, so that the other ends when this one fails.
        let go = go;
        let logger = get_logger("order");
        for k in receiver {
            error!(logger, "Failed", k);
            for (file, format) in files {
                let entries = whole_entries(*format, &read(file));
                let numbers: Vec<u64> = entries.iter().filter_map(|entry| entry.number("k")).collect();
                assert!(numbers.iter().copied().eq(0..=k), "{format:?}: {numbers:?}");
            }
            let _ = go.send(());
        }
    });
}

/// The lines of a stream that hold this, by their place.
fn places(stream: &str, word: &str) -> Vec<usize> {
    stream.lines().enumerate().filter(|(_, line)| line.contains(word)).map(|(at, _)| at).collect()
}

#[test]
fn a_panics_text_stands_after_what_led_to_it() {
    for scenario in ["order_panic", "order_panic_of_main", "async_order_panic"] {
        let ended = run(CHILD, [scenario, "-"]);
        let (led, panic) = (places(&ended.stderr, "Led to it"), places(&ended.stderr, "panicked at"));
        assert_eq!((led.len(), panic.len()), (40, 1), "{scenario}: {}", ended.stderr);
        assert!(led.iter().all(|&at| at < panic[0]), "{scenario}: {}", ended.stderr);
    }
}

#[test]
fn an_error_stands_on_stderr_before_what_the_program_prints_next() {
    let ended = run(CHILD, ["order_error_and_print", "-"]);
    let expected: Vec<usize> = (0..40).collect();
    assert_eq!(places(&ended.stderr, "Led to it"), expected, "{}", ended.stderr);
    assert_eq!(places(&ended.stderr, "Failed"), [40], "{}", ended.stderr);
    assert_eq!(places(&ended.stderr, "printed"), [41], "{}", ended.stderr);
}
