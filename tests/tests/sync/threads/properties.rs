//! Random steps of several threads: what was sent is written or counted.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use kakashi_std::{
    Destination, Format, LogLevel, configure, debug, error, flush_timeout, get_logger, info, set_log_level,
    sinks, warning,
};
use kakashi_tests::harness::fake_sinks::{FakeWriter, WriterMode};
use kakashi_tests::harness::global_state::{StatsSince, alone};
use kakashi_tests::harness::read_back::{ArrivedRecord, numbers, text};
use kakashi_tests::harness::wait::eventually;
use proptest::prelude::*;
use sinks::WriterSink;

use crate::common::to_memory;

/// How long a flush waits for a sink that fails.
const MOMENT: Duration = Duration::from_millis(5);

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

/// A thread that takes steps by request, and counts the records it has sent.
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
                    flush_timeout(MOMENT);
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
            Step::Flush => drop(flush_timeout(MOMENT)),
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
