//! The workers: how many there are, how they are called, that they start and
//! end as they should, and do nothing while there is nothing to do.

#![cfg(target_os = "linux")]

use std::fs;
use std::sync::Barrier;
use std::time::Duration;

use kakashi_std::{
    AsyncConfig, Batch, Destination, Format, Sink, SinkError, configure, flush, get_async_logger,
    get_performance_logger, info, shutdown_async_logging, sinks,
};
use kakashi_tests::harness::fake_sinks::{Gate, behind};
use kakashi_tests::harness::global_state::{StatsSince, alone};
use kakashi_tests::harness::read_back::{assert_each_once_in_order, text};
use kakashi_tests::harness::wait::{eventually, in_time, on_threads, within};

/// Three workers of this name, before any other is there.
fn three(name: &str) -> AsyncConfig {
    AsyncConfig::new().threads(3).thread_name(name).ring_bytes(4096)
}

/// The ids of this process's threads with this name, which each gives itself when it first runs.
fn threads(name: &str) -> Vec<String> {
    let tasks = fs::read_dir("/proc/self/task").unwrap().flatten();
    let named = tasks.filter(|task| {
        fs::read_to_string(task.path().join("comm")).is_ok_and(|comm| comm.trim_end() == name)
    });
    named.map(|task| task.file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn three_workers_share_the_threads_and_keep_each_threads_order() {
    let _alone = alone();
    let memory = behind(&Gate::default(), three("test-worker"));
    assert!(shutdown_async_logging().is_complete());
    configure().batch_bytes(256).apply();
    let before = StatsSince::now();
    // At least as many as any other test here has at once: all queues are in use.
    let all_have_queues = Barrier::new(24);
    on_threads(24, |thread| {
        let logger = get_async_logger("workers");
        for n in 0..1000 {
            info!(logger, "Counted", thread, n);
            if n == 0 {
                all_have_queues.wait();
            }
        }
    });
    assert!(flush().is_complete());
    assert_each_once_in_order(&text(&memory.bytes()), 24, 1000);
    assert_eq!(before.dropped().total(), 0);
    assert!(eventually(|| threads("test-worker").len() == 3), "{:?}", threads("test-worker"));
}

#[test]
fn a_shutdown_ends_the_workers_and_the_next_logger_starts_as_many() {
    let _alone = alone();
    behind(&Gate::default(), three("test-worker"));
    for _ in 0..50 {
        on_threads(6, |thread| info!(get_async_logger("workers"), "Counted", thread, n = 0));
        assert!(shutdown_async_logging().is_complete());
        on_threads(6, |thread| info!(get_async_logger("workers"), "Counted", thread, n = 1));
    }
    assert!(flush().is_complete());
    assert!(eventually(|| threads("test-worker").len() <= 3), "{:?}", threads("test-worker"));
    assert!(shutdown_async_logging().is_complete());
    assert!(eventually(|| threads("test-worker").is_empty()), "{:?}", threads("test-worker"));
    info!(get_performance_logger("workers"), "Counted");
    assert!(eventually(|| !threads("test-worker").is_empty()));
}

#[test]
fn a_name_holds_for_workers_that_start_later() {
    let _alone = alone();
    let memory = behind(&Gate::default(), three("test-before"));
    assert!(shutdown_async_logging().is_complete());
    configure().async_logging(three("test-after")).apply();
    info!(get_async_logger("workers"), "Counted", thread = 0, n = 0);
    assert!(eventually(|| memory.lines().len() == 1));
    assert!(!threads("test-after").is_empty());
    assert!(eventually(|| threads("test-before").is_empty()));
}

#[test]
fn a_number_of_workers_holds_for_workers_that_start_later() {
    let _alone = alone();
    behind(&Gate::default(), three("test-three"));
    info!(get_async_logger("workers"), "Counted");
    assert!(shutdown_async_logging().is_complete());
    configure().async_logging(three("test-six").threads(6)).apply();
    let all_have_queues = Barrier::new(24);
    on_threads(24, |thread| {
        info!(get_async_logger("workers"), "Counted", thread, n = 0);
        all_have_queues.wait();
    });
    assert!(flush().is_complete());
    assert!(eventually(|| threads("test-six").len() == 6), "{:?}", threads("test-six"));
    assert!(shutdown_async_logging().is_complete());
}

/// How often these threads have gone to sleep so far.
fn sleeps(threads: &[String]) -> u64 {
    let of = |id: &String| {
        let status = fs::read_to_string(format!("/proc/self/task/{id}/status")).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
        line.and_then(|count| count.trim().parse::<u64>().ok()).unwrap_or(0)
    };
    threads.iter().map(of).sum()
}

/// Asserts that workers come to rest: they do not wake once in a long while.
fn assert_comes_to_rest(name: &str) {
    let ids = threads(name);
    assert!(!ids.is_empty());
    let rests = eventually(|| {
        let before = sleeps(&ids);
        std::thread::sleep(Duration::from_millis(300));
        sleeps(&ids) == before
    });
    assert!(rests, "the workers wake again and again");
}

#[test]
fn workers_with_nothing_to_do_sleep_until_they_are_called() {
    let _alone = alone();
    let memory = behind(&Gate::default(), three("test-idle"));
    assert!(shutdown_async_logging().is_complete());
    for n in 0..3 {
        on_threads(6, |thread| info!(get_async_logger("workers"), "Counted", thread, n));
        assert!(eventually(|| memory.lines().len() == 6 * (n + 1)));
        assert_comes_to_rest("test-idle");
    }
}

/// Logs whenever it writes.
struct Talks(sinks::MemorySink);

impl Sink for Talks {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        info!(get_async_logger("sink"), "The sink writes");
        self.0.write(batch)
    }
}

#[test]
fn a_sink_that_logs_whenever_it_writes_does_not_keep_the_worker_busy() {
    let _alone = alone();
    let memory = sinks::MemorySink::new();
    behind(&Gate::default(), three("test-talks"));
    assert!(shutdown_async_logging().is_complete());
    configure().format(Format::Text).destination(Destination::new(Talks(memory.clone()))).apply();
    in_time(|| {
        for n in 0..100 {
            info!(get_async_logger("workers"), "Counted", thread = 0, n);
        }
        flush();
    });
    let talk = || text(&memory.bytes()).iter().filter(|entry| entry.logger == "sink").count();
    let runs_away = within(Duration::from_millis(300), || talk() >= 50);
    configure().destination(Destination::new(sinks::MemorySink::new())).apply();
    assert!(!runs_away, "{} records about writing 100", talk());
    assert_each_once_in_order(&text(&memory.bytes()), 1, 100);
}
