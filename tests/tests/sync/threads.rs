//! Many threads at once: order within each is exact, nothing is lost, nothing
//! comes twice.
//!
//! `PROPTEST_CASES=10000 cargo test -p kakashi-tests --release --test threads`
//! looks longer.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use kakashi_std::{
    Batch, Destination, Format, LogLevel, LogRecord, Sink, configure, debug, error, flush, get_logger, info,
    set_log_level, sinks, warning,
};
use kakashi_tests::harness::fake_sinks::{FakeWriter, Gate, GatedSink, WriterMode};
use kakashi_tests::harness::global_state::{StatsSince, alone};
use kakashi_tests::harness::read_back::{ArrivedRecord, assert_each_once_in_order, numbers, text};
use kakashi_tests::harness::wait::{eventually, within};
use proptest::prelude::*;
use sinks::{FunctionSink, MemorySink, WriterSink};

/// Has everything written to this memory, in batches of so many bytes.
fn to_memory(batch_bytes: usize) -> MemorySink {
    let memory = MemorySink::new();
    configure()
        .format(Format::Text)
        .level(LogLevel::Info)
        .batch_bytes(batch_bytes)
        .flush_after_millis(100)
        .destination(Destination::new(memory.clone()))
        .apply();
    memory
}

/// Runs `run` on so many threads at once, which all begin together.
fn on_threads(count: u64, run: impl Fn(u64) + Sync) {
    let start = Barrier::new(count as usize);
    thread::scope(|scope| {
        for thread in 0..count {
            let (start, run) = (&start, &run);
            scope.spawn(move || {
                start.wait();
                run(thread);
            });
        }
    });
}

#[test]
fn every_threads_records_come_once_and_in_order_through_tiny_batches() {
    let _alone = alone();
    let memory = to_memory(256);
    let before = StatsSince::now();
    on_threads(8, |thread| {
        let logger = get_logger("threads");
        for n in 0..3000 {
            if n % 100 == 99 {
                error!(logger, "Counted", thread, n);
            } else {
                info!(logger, "Counted", thread, n);
            }
        }
    });
    assert!(flush().is_complete());
    assert_each_once_in_order(&text(&memory.bytes()), 8, 3000);
    assert_eq!((before.written(), before.dropped().total()), (24_000, 0));
}

/// Has records of this logger written to one sink, the others to another.
fn split(logger: &'static str, its: impl Sink + Send + 'static, others: impl Sink + Send + 'static) {
    let is_its = move |record: &LogRecord<'_>| record.logger.text() == logger;
    configure()
        .destination(Destination::new(its).filter(is_its))
        .destination(Destination::new(others).filter(move |record: &LogRecord<'_>| !is_its(record)))
        .apply();
}

/// Counts records, and forgets them.
fn counting() -> (Arc<AtomicU64>, impl Sink + Send + 'static) {
    let count = Arc::new(AtomicU64::new(0));
    let sum = count.clone();
    let sink = FunctionSink::new(move |batch: &Batch<'_>| {
        sum.fetch_add(batch.len() as u64, Ordering::Relaxed);
        Ok(())
    });
    (count, sink)
}

#[test]
fn a_flush_beside_threads_that_log_is_complete_and_ends() {
    let _alone = alone();
    to_memory(1024);
    let (memory, (count, others)) = (MemorySink::new(), counting());
    split("flushing", memory.clone(), others);
    let stop = AtomicBool::new(false);
    let logged = AtomicU64::new(0);
    on_threads(4, |thread| {
        if thread < 2 {
            let logger = get_logger("busy");
            let mut n = 0;
            while !stop.load(Ordering::Relaxed) {
                info!(logger, "Counted", thread, n);
                n += 1;
            }
            logged.fetch_add(n, Ordering::Relaxed);
            return;
        }
        let logger = get_logger("flushing");
        let stop_at_last = || stop.store(true, Ordering::Relaxed);
        let _stop = OnDrop(stop_at_last);
        for n in 0..50 {
            info!(logger, "Counted", thread = thread - 2, n);
            assert!(flush().is_complete());
            // What this thread has logged before its flush is there after it.
            let mine = format!(" thread={} n={n}\n", thread - 2);
            assert!(memory.text().contains(&mine), "{mine}");
        }
    });
    assert!(flush().is_complete());
    assert_each_once_in_order(&text(&memory.bytes()), 2, 50);
    assert_eq!(count.load(Ordering::Relaxed), logged.into_inner());
    to_memory(256);
}

/// Runs something at the end of a scope, and of a panic.
struct OnDrop<F: Fn()>(F);

impl<F: Fn()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

#[test]
fn an_error_is_written_before_its_call_returns_and_takes_what_was_before_it_along() {
    let _alone = alone();
    let memory = to_memory(64 * 1024);
    configure().flush_after_millis(3_600_000).apply();
    on_threads(4, |thread| {
        let logger = get_logger("threads");
        for n in 0..50 {
            info!(logger, "Counted", thread, n = 2 * n);
            error!(logger, "Counted", thread, n = 2 * n + 1);
            let written = memory.text();
            assert!(written.contains(&format!(" thread={thread} n={}\n", 2 * n)));
            assert!(written.contains(&format!(" thread={thread} n={}\n", 2 * n + 1)));
        }
    });
    assert_each_once_in_order(&text(&memory.bytes()), 4, 100);
    to_memory(256);
}

#[test]
fn a_quiet_threads_record_is_written_while_others_are_busy() {
    let _alone = alone();
    to_memory(256);
    let (memory, (_, others)) = (MemorySink::new(), counting());
    split("quiet", memory.clone(), others);
    let stop = AtomicBool::new(false);
    let late = thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let logger = get_logger("busy");
                while !stop.load(Ordering::Relaxed) {
                    info!(logger, "Busy");
                }
            });
        }
        let late = (0..10).find(|n| {
            info!(get_logger("quiet"), "Counted", thread = 0, n = *n);
            // Fifty times the interval.
            !within(Duration::from_secs(5), || text(&memory.bytes()).len() > *n)
        });
        stop.store(true, Ordering::Relaxed);
        late
    });
    assert_eq!(late, None, "a record has lain for five seconds");
    to_memory(256);
}

/// What the README says a kill can lose beside a batch of each thread.
const UNDER_WAY: usize = 4;

#[test]
fn few_full_batches_are_under_way_even_after_many_threads() {
    let _alone = alone();
    let gate = Gate::default();
    let memory = MemorySink::new();
    to_memory(256);
    configure().destination(Destination::new(GatedSink(gate.clone(), memory.clone()))).apply();
    // Their buffers are given back when they end.
    on_threads(16, |thread| info!(get_logger("before"), "Counted", thread, n = 0));
    assert!(flush().is_complete());
    let before = StatsSince::now();
    gate.close();
    let logged = Arc::new(AtomicU64::new(0));
    let counter = logged.clone();
    let stuck = thread::spawn(move || {
        for n in 0..1000_u64 {
            info!(get_logger("stuck"), "Counted", thread = 100, n);
            counter.store(n + 1, Ordering::Relaxed);
        }
    });
    // It is blocked when it gets no further; too early a look sees less.
    let mut last = (0, Instant::now());
    assert!(eventually(|| {
        let now = logged.load(Ordering::Relaxed);
        if now != last.0 {
            last = (now, Instant::now());
        }
        last.1.elapsed() > Duration::from_millis(300)
    }));
    let held_bytes = logged.load(Ordering::Relaxed) as usize * 62 - before.bytes();
    gate.open();
    stuck.join().unwrap();
    assert!(flush().is_complete());
    assert_eq!(numbers(&text(&memory.bytes()))[&100].len(), 1000);
    assert!(held_bytes <= (1 + UNDER_WAY) * 256, "{held_bytes} bytes were held back");
}

/// One step of a program.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// A thread logs so many records, at a level.
    Log {
        thread: usize,
        count: u8,
        level: LogLevel,
    },
    /// A thread ends, and another takes its place.
    End {
        thread: usize,
    },
    /// A thread flushes.
    FlushOn {
        thread: usize,
    },
    /// The main thread does.
    Flush,
    SetLevel(LogLevel),
    SetBatch(usize),
    SetFormat,
    NewDestination,
    Fail,
    Heal,
}

fn step() -> impl Strategy<Value = Step> {
    let level = prop::sample::select(&LogLevel::ALL[1..5]);
    prop_oneof![
        10 => (0..3_usize, 1..40_u8, level.clone())
            .prop_map(|(thread, count, level)| Step::Log { thread, count, level }),
        2 => (0..3_usize).prop_map(|thread| Step::End { thread }),
        2 => (0..3_usize).prop_map(|thread| Step::FlushOn { thread }),
        1 => Just(Step::Flush),
        2 => level.prop_map(Step::SetLevel),
        1 => prop::sample::select(&[256, 300, 1008, 4096]).prop_map(Step::SetBatch),
        1 => Just(Step::SetFormat),
        2 => Just(Step::NewDestination),
        1 => Just(Step::Fail),
        1 => Just(Step::Heal),
    ]
}

/// A thread that does as it is told, and counts what it has sent.
struct Worker {
    orders: mpsc::Sender<Step>,
    thread: JoinHandle<u64>,
}

impl Worker {
    fn start(number: u64) -> Self {
        let (orders, inbox) = mpsc::channel();
        let thread = thread::spawn(move || {
            let logger = get_logger("worker");
            let mut sent = 0;
            for step in inbox {
                let Step::Log { count, level, .. } = step else {
                    flush();
                    continue;
                };
                for _ in 0..count {
                    // Arguments are evaluated if, and only if, the record is sent.
                    let mut next = || {
                        sent += 1;
                        sent - 1
                    };
                    match level {
                        LogLevel::Debug => debug!(logger, "Counted", thread = number, n = next()),
                        LogLevel::Info => info!(logger, "Counted", thread = number, n = next()),
                        LogLevel::Warning => warning!(logger, "Counted", thread = number, n = next()),
                        _ => error!(logger, "Counted", thread = number, n = next()),
                    }
                }
            }
            sent
        });
        Self { orders, thread }
    }

    fn end(self) -> u64 {
        drop(self.orders);
        self.thread.join().expect("no call panics")
    }
}

/// Runs the steps on three threads and this one, which do not wait for each
/// other; returns what each thread sent, and the destinations.
fn run(steps: &[Step]) -> (BTreeMap<u64, u64>, Vec<FakeWriter>) {
    let mut writers = vec![FakeWriter::default()];
    let set_destination = |writer: &FakeWriter| {
        configure().destination(Destination::new(WriterSink::new(writer.clone()))).apply();
    };
    to_memory(256);
    configure().flush_after_millis(1).apply();
    set_destination(&writers[0]);
    let mut sent = BTreeMap::new();
    let mut next_number = 0;
    let mut start = || {
        next_number += 1;
        (next_number - 1, Worker::start(next_number - 1))
    };
    let mut workers: Vec<(u64, Worker)> = (0..3).map(|_| start()).collect();
    for step in steps {
        match *step {
            Step::Log { thread, .. } | Step::FlushOn { thread } => {
                workers[thread].1.orders.send(*step).expect("the worker waits for orders");
            }
            Step::End { thread } => {
                let (number, worker) = std::mem::replace(&mut workers[thread], start());
                sent.insert(number, worker.end());
            }
            Step::Flush => drop(flush()),
            Step::SetLevel(level) => set_log_level(level).expect("a level is known"),
            Step::SetBatch(bytes) => configure().batch_bytes(bytes).apply(),
            // The same one, but everything is made anew.
            Step::SetFormat => configure().format(Format::Text).apply(),
            Step::NewDestination => {
                writers.push(FakeWriter::default());
                set_destination(&writers[writers.len() - 1]);
            }
            Step::Fail => writers[writers.len() - 1].set_mode(WriterMode::TakeHalfThenFail(ErrorKind::Other)),
            Step::Heal => writers[writers.len() - 1].set_mode(WriterMode::TakeAll),
        }
    }
    sent.extend(workers.into_iter().map(|(number, worker)| (number, worker.end())));
    // Those that fail still, and have been replaced, have had their last chance.
    writers[writers.len() - 1].set_mode(WriterMode::TakeAll);
    set_destination(&FakeWriter::default());
    sent.retain(|_, sent| *sent > 0);
    (sent, writers)
}

/// What has arrived at a destination.
fn entries_of(writer: &FakeWriter) -> Vec<ArrivedRecord> {
    let mut bytes = writer.bytes();
    if writer.has_failed() {
        // Where it was replaced in the middle of a line, that was its last.
        bytes.truncate(bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1));
    }
    text(&bytes)
}

fn config() -> ProptestConfig {
    // The same steps seldom give the same interleaving: none are kept.
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn whatever_threads_do_what_was_sent_is_written_or_counted(steps in prop::collection::vec(step(), 1..60)) {
        let _alone = alone();
        let may_fail = steps.iter().any(|step| matches!(step, Step::Fail));
        let before = StatsSince::now();
        let (sent, writers) = run(&steps);
        let total = sent.values().sum::<u64>() as usize;
        // A destination that was replaced while it failed goes when the last
        // thread lets go of it.
        let accounted = || before.written() + before.dropped().total() == total;
        prop_assert!(eventually(accounted), "{total} sent, {} written, {:?}", before.written(), before.dropped());
        if !may_fail {
            prop_assert_eq!(before.dropped().total(), 0);
        }
        let arrived: Vec<_> = writers.iter().map(entries_of).collect();
        for entries in &arrived {
            for (thread, numbers) in numbers(entries) {
                prop_assert!(numbers.is_sorted_by(|one, next| one < next), "thread {} in order", thread);
            }
        }
        let found: usize = arrived.iter().map(Vec::len).sum();
        prop_assert_eq!(found, before.written());
        let mut all = numbers(&arrived.concat());
        for (thread, numbers) in &mut all {
            numbers.sort_unstable();
            numbers.dedup();
            prop_assert!(numbers.last() < Some(&sent[thread]));
            if !may_fail {
                prop_assert_eq!(numbers.len() as u64, sent[thread], "thread {}", thread);
            }
        }
        prop_assert_eq!(all.values().map(Vec::len).sum::<usize>(), found, "none twice");
    }
}
