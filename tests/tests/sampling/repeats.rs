//! Equal records in a row, folded into one and a line that says how often it came.

#![forbid(unsafe_code)]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread;
use std::time::Duration;

use kakashi_std::sinks::MemorySink;
use kakashi_std::{Accepted, Json};
use kakashi_std::{
    Batch, Clock, Destination, DropReason, Durability, Format, LogContext, LogLevel, RecordBatch, RecordSink,
    Scope as _, Sink, SinkError, Timestamp, configure, error, fields, flush, get_async_logger, get_logger,
    info, stats_by_destination, warning,
};
use kakashi_tests::harness::global_state::{StatsSince, alone};
use kakashi_tests::harness::read_back::text;
use kakashi_tests::harness::wait::eventually;

const HOUR: Duration = Duration::from_secs(3600);

/// Begins anew: everything is written to this memory as text, and folded.
fn begin(within: Duration) -> MemorySink {
    let memory = MemorySink::new();
    let destination = Destination::new(memory.clone()).named("folded").format(Format::Text);
    configure().reset().destination(destination.fold_repeated(within)).apply();
    memory
}

/// Returns messages and how often each is said to have come.
fn messages(memory: &MemorySink) -> Vec<(String, Option<u64>)> {
    assert!(flush().is_complete());
    text(&memory.bytes())
        .into_iter()
        .map(|record| (record.message.clone(), record.number("repeated")))
        .collect()
}

fn plain(message: &str) -> (String, Option<u64>) {
    (message.to_owned(), None)
}

fn repeated(times: u64) -> (String, Option<u64>) {
    ("last message repeated".to_owned(), Some(times))
}

#[test]
fn equal_records_in_a_row_are_one_and_a_line_in_its_place() {
    let _alone = alone();
    let memory = begin(HOUR);
    let before = StatsSince::now();
    let logger = get_logger("pool");
    (0..58).for_each(|_| warning!(logger, "No connection free", size = 10));
    info!(logger, "Another");
    (0..2).for_each(|_| info!(logger, "Twice"));
    warning!(logger, "No connection free", size = 10);
    let expected = [
        plain("No connection free"),
        repeated(57),
        plain("Another"),
        plain("Twice"),
        plain("Twice"),
        plain("No connection free"),
    ];
    assert_eq!(messages(&memory), expected);
    let line = text(&memory.bytes()).remove(1);
    assert_eq!((&*line.level, &*line.logger), ("WARNING", "pool"));
    assert_eq!(before.dropped().of(LogLevel::Warning, DropReason::Repeated), 56);
    assert_eq!(before.dropped().total(), 56, "and no loss is announced");
    assert_eq!(before.written() + 56, 58 + 1 + 2 + 1);
}

#[test]
fn what_differs_in_anything_but_its_time_is_another_record() {
    let _alone = alone();
    let memory = begin(HOUR);
    let logger = get_logger("a");
    info!(logger, "Same");
    warning!(logger, "Same");
    info!(logger, "Same", n = 1);
    info!(logger, "Same", n = "1");
    info!(get_logger("b"), "Same");
    LogContext::new().with_custom(fields![user = 7]).within(|| info!(get_logger("b"), "Same"));
    LogContext::new().with_custom(fields![user = 8]).within(|| info!(get_logger("b"), "Same"));
    (0..3).for_each(|_| error!(logger, "Errors are written at once"));
    (0..3).for_each(|_| kakashi_std::audit("read", "ledger", &[]));
    let written = messages(&memory);
    assert!(written.iter().all(|(_, repeated)| repeated.is_none()));
    assert_eq!(written.len(), 13);
    // What must be on the disk when its call returns is not held back.
    let destination = Destination::new(memory.clone()).format(Format::Text).durability(Durability::Written);
    configure().destination(destination.fold_repeated(HOUR)).apply();
    (0..5).for_each(|_| info!(logger, "Kept"));
    assert_eq!(memory.lines().len(), 18);
}

/// A clock that the test moves.
#[derive(Clone)]
struct Moved(Arc<AtomicI64>);

impl Clock for Moved {
    fn now(&self) -> Timestamp {
        Timestamp::Wall(self.0.load(Ordering::Relaxed))
    }
}

#[test]
fn after_the_time_a_record_is_written_again_and_the_line_has_the_last_ones_time() {
    let _alone = alone();
    let memory = begin(Duration::from_secs(30));
    let clock = Moved(Arc::default());
    configure().clock(clock.clone()).apply();
    let logger = get_logger("timed");
    for second in 0..65 {
        clock.0.store(second * 1_000_000_000, Ordering::Relaxed);
        info!(logger, "Ticked");
    }
    let expected =
        [plain("Ticked"), repeated(29), plain("Ticked"), repeated(29), plain("Ticked"), repeated(4)];
    assert_eq!(messages(&memory), expected);
    let times: Vec<_> = memory.lines().iter().map(|line| line[17..19].to_owned()).collect();
    assert_eq!(times, ["00", "29", "30", "59", "00", "04"]);
}

#[test]
fn a_flush_writes_the_line_and_the_series_goes_on() {
    let _alone = alone();
    let memory = begin(HOUR);
    let logger = get_async_logger("flushed");
    for _ in 0..3 {
        (0..10).for_each(|_| info!(logger, "Again"));
        assert!(flush().is_complete());
        let folded = stats_by_destination().into_iter().find(|stats| &*stats.name == "folded").unwrap();
        assert_eq!(folded.waiting, 0);
    }
    assert_eq!(messages(&memory), [plain("Again"), repeated(9), repeated(10), repeated(10)]);
}

#[test]
fn what_is_held_waits_and_is_written_when_its_time_is_over() {
    let _alone = alone();
    let memory = begin(Duration::from_millis(50));
    configure().flush_after_millis(1).apply();
    (0..20).for_each(|_| info!("Held"));
    // Nothing comes after it, and nobody flushes.
    assert!(eventually(|| text(&memory.bytes()).iter().any(|record| record.message != "Held")));
    let lines = text(&memory.bytes());
    let repeated: u64 = lines.iter().filter_map(|record| record.number("repeated")).sum();
    let plain = lines.iter().filter(|record| record.message == "Held").count() as u64;
    assert_eq!(plain + repeated, 20);
}

#[test]
fn threads_and_kinds_of_loggers_account_for_each_record() {
    let _alone = alone();
    let memory = begin(HOUR);
    let before = StatsSince::now();
    thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || {
                let (sync, queued) = (get_logger("kinds"), get_async_logger("kinds"));
                for n in 0..2000 {
                    if thread % 2 == 0 {
                        info!(sync, "Of", kind = n / 100)
                    } else {
                        info!(queued, "Of", kind = n / 100)
                    }
                }
            });
        }
    });
    let written = messages(&memory);
    let all: u64 = written.iter().map(|(_, repeated)| repeated.unwrap_or(1)).sum();
    assert_eq!(all, 8000);
    let dropped = before.dropped();
    assert_eq!(dropped.of_reason(DropReason::Repeated), dropped.total());
    assert_eq!(before.written() + dropped.total(), 8000);
    assert_eq!(before.written(), written.len());
}

/// Keeps the messages that it is handed.
#[derive(Clone, Default)]
struct Messages(Arc<std::sync::Mutex<Vec<String>>>);

impl RecordSink for Messages {
    fn write(&mut self, batch: &RecordBatch<'_>) -> Result<Accepted, SinkError> {
        self.0.lock().unwrap().extend(batch.records().map(|record| record.rendered_message().to_string()));
        Ok(Accepted::ALL)
    }
}

/// Fails until it is told not to.
struct FailsFirst(Arc<std::sync::atomic::AtomicUsize>, MemorySink);

impl Sink for FailsFirst {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        if self.0.fetch_sub(1, Ordering::Relaxed) > 0 {
            return Err(SinkError::new(kakashi_std::SinkErrorKind::Failed));
        }
        self.0.store(0, Ordering::Relaxed);
        self.1.write(batch)
    }
}

#[test]
fn any_form_any_sink_and_one_that_fails() {
    let _alone = alone();
    let (decoded, json, failing) = (Messages::default(), MemorySink::new(), MemorySink::new());
    configure()
        .reset()
        .destination(Destination::records(decoded.clone()).named("decoded").fold_repeated(HOUR))
        .destination(Destination::new(json.clone()).named("json").encoder(Json::new()).fold_repeated(HOUR))
        .destination(
            Destination::new(FailsFirst(Arc::new(2.into()), failing.clone()))
                .named("failing")
                .format(Format::Text)
                .fold_repeated(HOUR),
        )
        .apply();
    for _ in 0..5 {
        info!("Same {n}", n = 1);
    }
    assert!(eventually(|| flush().is_complete()));
    assert_eq!(*decoded.0.lock().unwrap(), ["Same 1", "last message repeated"]);
    assert!(
        json.lines()[1].ends_with(r#""message":"last message repeated","repeated":4}"#),
        "{}",
        json.text()
    );
    assert_eq!(messages(&failing), [plain("Same 1"), repeated(4)]);
}
