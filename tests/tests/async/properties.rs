//! Whatever threads do through async loggers, and whenever: what was sent is
//! written or counted, in each thread's order, each with its own context.
//!
//! `PROPTEST_CASES=10000 cargo test -p kakashi-tests --release --test async_properties`
//! looks longer.

use std::collections::BTreeMap;
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use kakashi_std::sinks::MemorySink;
use kakashi_std::{
    AsyncConfig, Destination, Format, LogLevel, OverflowPolicy, clear_context, configure, debug, error,
    fields, flush, get_async_logger, get_performance_logger, info, set_custom_context, set_log_level,
    shutdown_async_logging, warning,
};
use kakashi_tests::harness::global_state::{StatsSince, alone};
use kakashi_tests::harness::read_back::{ArrivedRecord, announced, numbers, text};
use kakashi_tests::harness::wait::in_time;
use proptest::prelude::*;

/// One step of a program.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// A thread logs so many records of a level, and of about so many bytes.
    Log {
        thread: usize,
        count: u8,
        level: LogLevel,
        bytes: usize,
    },
    /// A thread's records have another context from now on; 0: none.
    Context {
        thread: usize,
        id: u64,
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
    Policy(OverflowPolicy),
    Batch(usize),
    NewDestination,
    Shutdown,
    Reopen,
}

fn step(drops: bool, shuts: bool) -> impl Strategy<Value = Step> {
    let level = prop::sample::select(&LogLevel::ALL[1..5]);
    let bytes = prop::sample::select(&[0, 0, 0, 0, 100, 900, 1100, 5000, 20_000]);
    let thread = 0..3_usize;
    let policies = [OverflowPolicy::Block, OverflowPolicy::DropNewest, OverflowPolicy::DropOldest];
    let policies = policies[..if drops { 3 } else { 1 }].to_vec();
    prop_oneof![
        12 => (thread.clone(), 1..60_u8, level.clone(), bytes)
            .prop_map(|(thread, count, level, bytes)| Step::Log { thread, count, level, bytes }),
        4 => (thread.clone(), 0..4_u64).prop_map(|(thread, id)| Step::Context { thread, id }),
        2 => thread.clone().prop_map(|thread| Step::End { thread }),
        2 => thread.prop_map(|thread| Step::FlushOn { thread }),
        1 => Just(Step::Flush),
        2 => level.prop_map(Step::SetLevel),
        2 => prop::sample::select(policies).prop_map(Step::Policy),
        1 => prop::sample::select(&[256, 1008, 65_536]).prop_map(Step::Batch),
        2 => Just(Step::NewDestination),
        1 => Just(if shuts { Step::Shutdown } else { Step::Flush }),
        2 => Just(if shuts { Step::Reopen } else { Step::Flush }),
    ]
}

/// A thread that takes steps by request, and counts the records it has sent.
struct Worker {
    orders: mpsc::Sender<Step>,
    thread: JoinHandle<u64>,
}

impl Worker {
    /// Every fourth has a performance logger.
    fn start(number: u64, drops: bool) -> Self {
        let (orders, inbox) = mpsc::channel();
        let thread = thread::spawn(move || {
            if drops && number % 4 == 3 {
                let logger = get_performance_logger("worker");
                work(&logger, number, inbox)
            } else {
                let logger = get_async_logger("worker");
                work(&logger, number, inbox)
            }
        });
        Self { orders, thread }
    }

    fn end(self) -> u64 {
        drop(self.orders);
        self.thread.join().expect("no call panics")
    }
}

fn work(logger: &impl kakashi_std::Log, thread: u64, inbox: mpsc::Receiver<Step>) -> u64 {
    let (mut sent, mut context) = (0, 0);
    for step in inbox {
        match step {
            Step::Log { count, level, bytes, .. } => {
                let long = "x".repeat(bytes);
                for _ in 0..count.min(if bytes > 2000 { 3 } else { 60 }) {
                    // Arguments are evaluated if, and only if, the record is sent.
                    let mut next = || {
                        sent += 1;
                        sent - 1
                    };
                    match level {
                        LogLevel::Debug => debug!(logger, "Counted", thread, n = next(), context, long),
                        LogLevel::Info => info!(logger, "Counted", thread, n = next(), context, long),
                        LogLevel::Warning => {
                            warning!(logger, "Counted", thread, n = next(), context = %context, long)
                        }
                        _ => error!(logger, "Counted", thread, n = next(), context, long),
                    }
                }
            }
            Step::Context { id, .. } => {
                context = id;
                clear_context();
                if id > 0 {
                    set_custom_context(fields![tenant = id]);
                }
            }
            _ => drop(flush()),
        }
    }
    sent
}

/// Runs the steps on three threads and this one, which do not wait for each
/// other; returns what each thread sent, and what arrived, in its order.
fn run(steps: &[Step], drops: bool) -> (BTreeMap<u64, u64>, Vec<ArrivedRecord>) {
    let mut memories = vec![MemorySink::new()];
    let to = |memory: &MemorySink| configure().destination(Destination::new(memory.clone()));
    let config = AsyncConfig::new().ring_bytes(4096).threads(2);
    to(&memories[0])
        .format(Format::Text)
        .level(LogLevel::Info)
        .batch_bytes(256)
        .async_logging(config.clone())
        .apply();
    let mut sent = BTreeMap::new();
    let mut next_number = 0;
    let mut start = || {
        next_number += 1;
        (next_number - 1, Worker::start(next_number - 1, drops))
    };
    let mut workers: Vec<(u64, Worker)> = (0..3).map(|_| start()).collect();
    for step in steps {
        match *step {
            Step::Log { thread, .. } | Step::FlushOn { thread } | Step::Context { thread, .. } => {
                workers[thread].1.orders.send(*step).expect("the worker waits for orders");
            }
            Step::End { thread } => {
                let (number, worker) = std::mem::replace(&mut workers[thread], start());
                sent.insert(number, worker.end());
            }
            Step::Flush => assert!(flush().is_complete()),
            Step::SetLevel(level) => set_log_level(level).expect("a level is known"),
            Step::Policy(policy) => configure().async_logging(config.clone().overflow(policy)).apply(),
            Step::Batch(bytes) => configure().batch_bytes(bytes).apply(),
            Step::NewDestination => {
                memories.push(MemorySink::new());
                to(&memories[memories.len() - 1]).apply();
            }
            Step::Shutdown => assert!(shutdown_async_logging().is_complete()),
            Step::Reopen => drop(get_async_logger("another")),
        }
    }
    sent.extend(workers.into_iter().map(|(number, worker)| (number, worker.end())));
    get_async_logger("another");
    assert!(flush().is_complete());
    sent.retain(|_, sent| *sent > 0);
    (sent, memories.iter().flat_map(|memory| text(&memory.bytes())).collect())
}

fn check(steps: Vec<Step>, drops: bool) -> Result<(), TestCaseError> {
    let _alone = alone();
    let before = StatsSince::now();
    let (sent, arrived) = in_time(move || run(&steps, drops));
    let total = sent.values().sum::<u64>() as usize;
    let dropped = before.dropped().total();
    prop_assert_eq!(before.written() + dropped, total, "{} written, {} dropped", before.written(), dropped);
    if !drops {
        prop_assert_eq!(dropped, 0);
    }
    prop_assert_eq!(announced(&arrived), dropped as u64);
    let mut found = 0;
    for (thread, numbers) in numbers(&arrived) {
        let fault = numbers.windows(2).find(|pair| pair[0] >= pair[1]);
        prop_assert_eq!(fault, None, "thread {} in order, each once", thread);
        prop_assert!(numbers.last() < Some(&sent[&thread]));
        found += numbers.len();
    }
    prop_assert_eq!(found, before.written());
    for entry in arrived.iter().filter(|entry| entry.message == "Counted") {
        let expected = entry.get("context").filter(|id| *id != "0");
        prop_assert_eq!(entry.get("tenant"), expected, "{:?}", entry.number("n"));
    }
    Ok(())
}

fn config() -> ProptestConfig {
    // The same steps seldom give the same interleaving: none are kept.
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn callers_that_wait_lose_nothing(steps in prop::collection::vec(step(false, false), 1..60)) {
        check(steps, false)?;
    }

    #[test]
    fn records_not_written_are_counted_and_announced(steps in prop::collection::vec(step(true, false), 1..60)) {
        check(steps, true)?;
    }

    #[test]
    fn shutdowns_at_any_time_lose_and_disorder_nothing(steps in prop::collection::vec(step(false, true), 1..60)) {
        check(steps, false)?;
    }
}
