//! Changes of the settings, also while other threads log.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use kakashi_std::{
    Destination, FixedClock, Format, LogLevel, LogRecord, LoggerConfig, Text, Timestamp, Value, configure,
    create_custom_logger, debug, flush, get_logger, info, sinks,
};
use kakashi_tests::harness::global_state::{StatsSince, alone};
use kakashi_tests::harness::read_back::{ArrivedRecord, numbers, of_json, of_text, text};
use kakashi_tests::harness::wait::eventually;
use sinks::MemorySink;

use crate::common::to_memory;

/// Two threads that log until they are stopped, each its own numbers.
struct Load {
    stop: Arc<AtomicBool>,
    logged: Arc<AtomicU64>,
    threads: Vec<thread::JoinHandle<u64>>,
}

impl Load {
    fn start() -> Self {
        let (stop, logged) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let start = |thread: u64| {
            let (stop, logged) = (stop.clone(), logged.clone());
            thread::spawn(move || {
                let logger = get_logger("load");
                let mut n = 0;
                while !stop.load(Ordering::Relaxed) {
                    info!(logger, "Counted", thread, n);
                    n += 1;
                    logged.fetch_add(1, Ordering::Relaxed);
                }
                n
            })
        };
        let threads = vec![start(0), start(1)];
        Self { stop, logged, threads }
    }

    /// Waits until so many more records have been logged.
    fn wait_for(&self, more: u64) {
        let enough = self.logged.load(Ordering::Relaxed) + more;
        assert!(eventually(|| self.logged.load(Ordering::Relaxed) >= enough));
    }

    /// Returns how many records each thread has logged.
    fn stop(self) -> Vec<u64> {
        self.stop.store(true, Ordering::Relaxed);
        let counts = self.threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        assert!(flush().is_complete());
        counts
    }
}

#[test]
fn a_destination_swapped_under_load_loses_no_record_and_doubles_none() {
    let _alone = alone();
    let before = StatsSince::now();
    let mut memories = vec![to_memory()];
    configure().batch_bytes(256).apply();
    let load = Load::start();
    let mut short_lived = Vec::new();
    for thread in 2..52 {
        load.wait_for(100);
        // Threads whose first record meets the swap.
        let start = move || {
            let logger = get_logger("load");
            (0..3).for_each(|n| info!(logger, "Counted", thread, n));
        };
        let early = thread::spawn(start);
        let memory = MemorySink::new();
        configure().destination(Destination::new(memory.clone())).apply();
        memories.push(memory);
        short_lived.push(early);
    }
    short_lived.into_iter().for_each(|thread| thread.join().unwrap());
    let mut counts = load.stop();
    counts.resize(52, 3);

    let everything: Vec<Vec<ArrivedRecord>> = memories.iter().map(|memory| text(&memory.bytes())).collect();
    assert!(
        everything.iter().filter(|entries| !entries.is_empty()).count() > 25,
        "the swaps were under load"
    );
    for entries in &everything {
        for (thread, numbers) in numbers(entries) {
            assert!(numbers.is_sorted(), "thread {thread} in one destination");
        }
    }
    for (thread, mut numbers) in numbers(&everything.concat()) {
        numbers.sort_unstable();
        assert!(numbers.iter().copied().eq(0..counts[thread as usize]), "thread {thread}");
    }
    assert_eq!(before.written() as u64, counts.iter().sum::<u64>());
}

#[test]
fn a_format_changed_under_load_leaves_every_line_valid_in_its_own() {
    let _alone = alone();
    let memory = to_memory();
    configure().batch_bytes(1000).apply();
    let load = Load::start();
    for round in 0..20 {
        load.wait_for(100);
        configure().format(if round % 2 == 0 { Format::Json } else { Format::Text }).apply();
    }
    let counts = load.stop();
    let lines = memory.text();
    let read = |line: &str| if line.starts_with('{') { of_json(line) } else { of_text(line) };
    let entries: Vec<ArrivedRecord> = lines.split_inclusive('\n').map(read).collect();
    assert!(lines.contains("\n{") && lines.contains("}\n2"), "both forms");
    for (thread, numbers) in numbers(&entries) {
        assert!(numbers.iter().copied().eq(0..counts[thread as usize]), "thread {thread}, in order");
    }
}

#[test]
fn what_was_logged_before_a_change_is_written_before_it_in_the_old_form() {
    let _alone = alone();
    let memory = to_memory();
    info!("Before");
    configure().format(Format::Json).apply();
    assert_eq!(text(&memory.bytes()).len(), 1, "without a flush");
    info!("After");
    assert!(flush().is_complete());
    let lines = memory.lines();
    assert_eq!(of_text(&format!("{}\n", lines[0])).message, "Before");
    assert_eq!(of_json(&format!("{}\n", lines[1])).message, "After");
}

#[test]
fn what_a_change_does_not_name_stays() {
    let _alone = alone();
    let memory = to_memory();
    configure().service("shop", "1", "test").redact(["password"]).level(LogLevel::Debug).apply();
    configure().batch_bytes(4096).apply();
    debug!("Kept", password = "hunter2");
    assert!(flush().is_complete());
    let entry = &text(&memory.bytes())[0];
    assert_eq!(entry.get("service_name"), Some("shop"));
    assert_eq!(entry.get("password"), Some("[REDACTED]"));
}

#[test]
fn the_service_is_in_the_records_of_all_loggers_custom_ones_too() {
    let _alone = alone();
    let memory = to_memory();
    let custom = create_custom_logger("custom", LoggerConfig::new().sink(Text, memory.clone()));
    info!(custom, "Before");
    assert!(custom.flush().is_complete());
    configure().service("shop", "1.4.2", "production").apply();
    info!("Root");
    info!(get_logger("named"), "Named");
    info!(custom, "Custom");
    info!("Own", version = "2");
    assert!(flush().is_complete());
    configure().service("shop", "", "").apply();
    info!("An empty one is left out");
    assert!(flush().is_complete());

    let entries = text(&memory.bytes());
    assert!(entries[0].fields.is_empty());
    let mut versioned = 0;
    for entry in &entries[1..5] {
        assert_eq!(entry.get("service_name"), Some("shop"), "{entry:?}");
        assert_eq!(entry.get("environment"), Some("production"), "{entry:?}");
        versioned += usize::from(entry.get("version") == Some("1.4.2"));
    }
    assert_eq!(versioned, 3, "all but the one with a version of its own");
    assert_eq!(entries[5].fields, [("service_name".into(), "shop".into())]);
}

#[test]
fn enrichers_filters_and_a_clock_of_the_root_reach_every_logger() {
    // They can't be taken away again: a process of its own would be cleaner,
    // so they do nothing to the records of other tests.
    let _alone = alone();
    let memory = to_memory();
    configure()
        .enricher(|record: &LogRecord<'_>, add: &mut dyn FnMut(&str, Value<'_>)| {
            if record.field("enrich").is_some() {
                add("added", Value::U64(1));
                add("own", Value::Str("hidden"));
            }
        })
        .filter(|record: &LogRecord<'_>| record.field("filter_out").is_none())
        .clock(FixedClock(Timestamp::from_unix_micros(0)))
        .apply();
    info!(get_logger("a"), "Enriched", enrich = true, own = "kept");
    info!(get_logger("b"), "Never", filter_out = true);
    assert!(flush().is_complete());
    configure().clock(kakashi_std::SystemClock).apply();
    assert_eq!(memory.lines(), ["1970-01-01T00:00:00.000000Z INFO a Enriched enrich=true own=kept added=1"]);
}
