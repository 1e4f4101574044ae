//! Sinks of records: each record reaches them once and in order, whatever they do, and what
//! they do not take is counted.

#![cfg(unix)]

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kakashi_std::{
    Accepted, Destination, DestinationStats, DropReason, Dropped, Format, LevelFilter, LogLevel, RecordBatch,
    RecordSink, SinkError, SinkErrorKind, Value, clear_context, configure, error, fields, flush,
    flush_timeout, get_async_logger, get_logger, info, set_custom_context, stats_by_destination, warning,
};
use kakashi_tests::harness::fake_sinks::Gate;
use kakashi_tests::harness::global_state::{StatsSince, alone};
use kakashi_tests::harness::process::{EndedChild, TestFolder, read, run};
use kakashi_tests::harness::read_back::{assert_each_once_in_order, numbers, text};
use kakashi_tests::harness::wait::{eventually, in_time, on_threads};

const CHILD: &str = env!("CARGO_BIN_EXE_child");

/// What a [`Receiver`] does with a call.
#[derive(Clone, Copy, Default)]
enum Mode {
    #[default]
    TakeAll,
    /// Takes so many records a call.
    TakeAtMost(usize),
    /// Takes every third call; fails one and panics in one.
    Struggle,
    /// Refuses every record whose `n` this divides, for good.
    RefuseMultiplesOf(u64),
    /// Refuses everything.
    RefuseAll,
    /// Wants to be left alone for so long.
    RetryAfter(Duration),
    Fail,
}

#[derive(Default)]
struct State {
    mode: Mode,
    calls: usize,
    flushes: usize,
    taken: Vec<Taken>,
}

/// What a record had.
struct Taken {
    logger: String,
    message: String,
    fields: Vec<(String, String)>,
}

/// A receiver of records; clones share their state.
#[derive(Clone, Default)]
struct Receiver {
    gate: Gate,
    state: Arc<Mutex<State>>,
}

impl Receiver {
    fn new(mode: Mode) -> Self {
        let receiver = Self::default();
        receiver.state().mode = mode;
        receiver
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The numbers of each thread's records, in the order in which they came.
    fn numbers(&self) -> Vec<(u64, u64)> {
        let number = |taken: &Taken, key: &str| {
            let field = taken.fields.iter().find(|(candidate, _)| candidate == key);
            field.and_then(|(_, value)| value.trim_start_matches("U64(").trim_end_matches(')').parse().ok())
        };
        let state = self.state();
        state.taken.iter().filter_map(|taken| Some((number(taken, "thread")?, number(taken, "n")?))).collect()
    }

    fn assert_each_once_in_order(&self, threads: u64, count: u64) {
        let numbers = self.numbers();
        for thread in 0..threads {
            let of_thread = numbers.iter().filter(|(other, _)| *other == thread).map(|(_, n)| *n);
            assert!(of_thread.eq(0..count), "thread {thread}");
        }
        assert_eq!(numbers.len() as u64, threads * count);
    }
}

impl RecordSink for Receiver {
    fn write(&mut self, batch: &RecordBatch<'_>) -> Result<Accepted, SinkError> {
        assert_eq!(batch.records().count(), batch.len());
        self.gate.pass();
        let mut state = self.state();
        state.calls += 1;
        let most = match state.mode {
            Mode::TakeAll | Mode::RefuseMultiplesOf(_) => usize::MAX,
            Mode::TakeAtMost(most) => most,
            Mode::Struggle => match state.calls % 3 {
                0 => 5,
                1 => return Err(SinkError::new(SinkErrorKind::Failed)),
                _ => {
                    drop(state);
                    panic!("the receiver panics");
                }
            },
            Mode::RefuseAll => return Ok(Accepted::ALL.rejecting(usize::MAX)),
            Mode::RetryAfter(pause) => {
                return Err(SinkError::new(SinkErrorKind::Failed)
                    .because("the receiver is busy")
                    .retry_after(pause));
            }
            Mode::Fail => return Err(SinkError::new(SinkErrorKind::Closed)),
        };
        let mut refused = 0;
        for record in batch.records().take(most) {
            if let Mode::RefuseMultiplesOf(number) = state.mode
                && let Some(Value::U64(n)) = record.field("n")
                && n % number == 0
            {
                refused += 1;
                continue;
            }
            let mut fields = Vec::new();
            record.for_each_field(|key, value| fields.push((key.to_owned(), format!("{value:?}"))));
            let (logger, message) = (record.logger.text().to_owned(), record.rendered_message());
            state.taken.push(Taken { logger, message, fields });
        }
        Ok(Accepted::first(most).rejecting(refused))
    }

    fn flush(&mut self) -> Result<(), SinkError> {
        self.state().flushes += 1;
        Ok(())
    }
}

/// Has all loggers send to a receiver, and counts from then on.
fn send_to(receiver: &Receiver) -> StatsSince {
    configure()
        .reset()
        .level(LevelFilter::ALL)
        .format(Format::Json)
        .batch_bytes(1000)
        .flush_after_millis(10)
        // Takes no other form.
        .destination(Destination::records(receiver.clone()).format(Format::Text).named("the receiver"))
        .apply();
    StatsSince::now()
}

fn receiver_stats() -> DestinationStats {
    let stats = stats_by_destination().into_iter().find(|stats| &*stats.name == "the receiver");
    stats.expect("it is in use")
}

fn log_many(thread: u64, count: u64) {
    let logger = get_logger("sender");
    for n in 0..count {
        info!(logger, "Counted", thread, n);
    }
}

#[test]
fn a_record_arrives_with_its_logger_message_context_and_typed_values() {
    let _alone = alone();
    let receiver = Receiver::default();
    send_to(&receiver);
    configure().service("shop", "1.4.2", "test").redact(["card"]).apply();
    for is_async in [false, true] {
        set_custom_context(fields![tenant = 7]);
        match is_async {
            false => info!(get_logger("shop"), "Order {id} paid", id = 42, share = 0.5, card = "4711"),
            true => info!(get_async_logger("shop"), "Order {id} paid", id = 42, share = 0.5, card = "4711"),
        }
        clear_context();
        assert!(flush().is_complete());
        let taken = receiver.state().taken.pop().expect("it has come");
        assert_eq!((&*taken.logger, &*taken.message), ("shop", "Order 42 paid"));
        for (key, value) in [
            ("id", "U64(42)"),
            ("share", "F64(0.5)"),
            ("card", r#"Str("[REDACTED]")"#),
            ("tenant", "U64(7)"),
            ("service_name", r#"Str("shop")"#),
            ("environment", r#"Str("test")"#),
        ] {
            assert!(taken.fields.contains(&(key.into(), value.into())), "{key}: {:?}", taken.fields);
        }
    }
}

#[test]
fn each_record_of_many_threads_arrives_once_and_in_order_however_few_are_taken_at_a_time() {
    let _alone = alone();
    for mode in [Mode::TakeAll, Mode::TakeAtMost(1), Mode::TakeAtMost(7)] {
        let receiver = Receiver::new(mode);
        let before = send_to(&receiver);
        on_threads(4, |thread| log_many(thread, 500));
        assert!(flush().is_complete());
        receiver.assert_each_once_in_order(4, 500);
        assert_eq!((before.written(), before.failures(), before.dropped().total()), (2000, 0, 0));
        let stats = receiver_stats();
        assert_eq!((stats.written, stats.waiting, stats.dropped.total()), (2000, 0, 0));
    }
}

#[test]
fn a_receiver_that_fails_panics_and_takes_a_few_gets_each_record_once_and_in_order() {
    let _alone = alone();
    let receiver = Receiver::new(Mode::Struggle);
    let before = send_to(&receiver);
    on_threads(2, |thread| log_many(thread, 30));
    let async_logger = get_async_logger("sender");
    for n in 0..30 {
        info!(async_logger, "Counted", thread = 2, n);
    }
    assert!(eventually(|| flush_timeout(Duration::from_secs(1)).is_complete()));
    receiver.assert_each_once_in_order(3, 30);
    assert_eq!((before.written(), before.dropped().total()), (90, 0));
    assert!(before.failures() > 10, "each failure is counted");
}

#[test]
fn what_the_receiver_refuses_is_counted_as_rejected_and_announced() {
    let _alone = alone();
    let receiver = Receiver::new(Mode::RefuseMultiplesOf(10));
    let before = send_to(&receiver);
    log_many(0, 1000);
    flush();
    assert!(eventually(|| flush().is_complete() && !receiver_has_drops_to_announce(&receiver, 100)));
    assert_eq!(receiver.numbers().len(), 900);
    assert_eq!((before.written(), before.failures()), (900, 0));
    let mut expected = Dropped::default();
    expected.add(LogLevel::Info, DropReason::Rejected, 100);
    assert_eq!(before.dropped(), expected);
    let stats = receiver_stats();
    assert_eq!((stats.written, stats.waiting, stats.dropped), (900, 0, expected));
}

/// Tells whether the announcements that have come name fewer dropped records.
fn receiver_has_drops_to_announce(receiver: &Receiver, dropped: u64) -> bool {
    let state = receiver.state();
    let announced = state.taken.iter().filter(|taken| taken.logger == "kakashi").map(|taken| {
        assert_eq!(taken.message, "Records were dropped");
        let (_, count) = taken.fields.iter().find(|(key, _)| key == "dropped").expect("it has a count");
        count.trim_start_matches("U64(").trim_end_matches(')').parse::<u64>().expect("a number")
    });
    announced.sum::<u64>() < dropped
}

#[test]
fn a_receiver_that_refuses_everything_also_announcements_is_not_called_for_ever() {
    let _alone = alone();
    let receiver = Receiver::new(Mode::RefuseAll);
    let before = send_to(&receiver);
    log_many(0, 100);
    assert!(eventually(|| flush().is_complete() && before.dropped().of_reason(DropReason::Rejected) == 100));
    assert!(flush().is_complete());
    let calls = receiver.state().calls;
    for _ in 0..5 {
        assert!(flush().is_complete());
    }
    assert!(receiver.state().calls <= calls + 1, "one announcement may be left");
    assert_eq!((before.written(), before.dropped().total()), (0, 100));
}

#[test]
fn a_receiver_that_wants_to_be_left_alone_is_not_called_before_by_a_flush_neither() {
    let _alone = alone();
    let receiver = Receiver::new(Mode::RetryAfter(Duration::from_secs(200)));
    let before = send_to(&receiver);
    log_many(0, 10);
    assert!(eventually(|| receiver.state().calls == 1));
    error!(get_logger("sender"), "Failed", thread = 0, n = 10);
    assert!(!flush_timeout(Duration::from_millis(300)).is_complete());
    assert_eq!(receiver.state().calls, 1);
    let stats = receiver_stats();
    assert_eq!((stats.written, stats.waiting, stats.failures), (0, 11, 1));
    // It ends with its destination: what it has not taken is counted.
    send_to(&Receiver::default());
    assert!(eventually(|| {
        log_many(0, 1);
        flush();
        before.dropped().of_reason(DropReason::SinkFailed) == 11
    }));
}

#[test]
fn a_receiver_is_called_again_when_its_pause_has_ended() {
    let _alone = alone();
    let receiver = Receiver::new(Mode::RetryAfter(Duration::from_millis(50)));
    send_to(&receiver);
    log_many(0, 10);
    assert!(eventually(|| receiver.state().calls >= 2));
    receiver.state().mode = Mode::TakeAll;
    assert!(flush().is_complete());
    receiver.assert_each_once_in_order(1, 10);
}

#[test]
fn a_flush_returns_when_the_receiver_has_confirmed_and_not_before() {
    let _alone = alone();
    let receiver = Receiver::default();
    send_to(&receiver);
    let held = receiver.gate.shut_until_dropped();
    log_many(0, 10);
    assert!(!flush_timeout(Duration::from_millis(50)).is_complete());
    assert!(receiver.numbers().is_empty());
    let flushes = receiver.state().flushes;
    drop(held);
    assert!(flush().is_complete());
    receiver.assert_each_once_in_order(1, 10);
    assert!(receiver.state().flushes > flushes, "what it keeps back itself is flushed too");
}

#[test]
fn a_dead_or_stuck_receiver_holds_up_no_caller_and_everything_is_accounted() {
    let _alone = alone();
    for is_stuck in [false, true] {
        let receiver = Receiver::new(if is_stuck { Mode::TakeAll } else { Mode::Fail });
        let before = send_to(&receiver);
        configure().backlog_bytes(64 << 10).stall_timeout(Duration::ZERO).apply();
        let held = is_stuck.then(|| receiver.gate.shut_until_dropped());
        let logged = in_time(|| {
            log_many(0, 20_000);
            warning!(get_logger("sender"), "Kept", thread = 1, n = 0);
            20_001
        });
        let _ = flush_timeout(Duration::from_millis(50));
        let stats = receiver_stats();
        assert_eq!(stats.written + stats.waiting + stats.dropped.total(), logged, "{stats}");
        assert!(stats.dropped.of_reason(DropReason::SinkFailed) > 0);
        drop(held);
        receiver.state().mode = Mode::TakeAll;
        assert!(flush().is_complete());
        let stats = receiver_stats();
        assert_eq!((stats.written + stats.dropped.total(), stats.waiting), (logged, 0));
        assert_eq!(receiver.numbers().len(), stats.written);
        assert_eq!(
            receiver.numbers().iter().filter(|(thread, _)| *thread == 1).count(),
            1,
            "WARNING is kept"
        );
        assert!(receiver.numbers().is_sorted_by_key(|(thread, n)| (*thread, *n)), "in order");
        assert_eq!(before.written(), stats.written);
    }
}

// --- ends and forks

/// What a scenario has written by a sink of records, and how it ended.
fn outcome(scenario: &str) -> (Vec<u8>, EndedChild) {
    let folder = TestFolder::new();
    let file = folder.file("log");
    let ended = run(CHILD, [scenario.as_ref(), file.as_os_str()]);
    (read(file), ended)
}

#[test]
fn every_end_of_a_process_sends_everything() {
    for (scenario, code) in [("return", 0), ("exit", 3), ("panic", 101), ("panic_and_do_not_join", 0)] {
        for scenario in [format!("decoded_{scenario}"), format!("async_decoded_{scenario}")] {
            let (file, ended) = outcome(&scenario);
            assert_eq!(ended.status.code(), Some(code), "{scenario}: {ended:?}");
            assert_each_once_in_order(&text(&file), 1, 1000);
        }
    }
}

#[test]
fn parent_and_child_of_a_fork_each_send_their_own() {
    for scenario in ["decoded_fork", "async_decoded_fork"] {
        let (file, ended) = outcome(scenario);
        assert_eq!((ended.status.code(), &*ended.stderr), (Some(0), ""), "{scenario}");
        let numbers = numbers(&text(&file));
        assert!(numbers[&0].iter().copied().eq(0..200), "the parent's: {:?}", numbers[&0]);
        assert!(numbers[&1].iter().copied().eq(0..100), "the child's: {:?}", numbers[&1]);
    }
}

#[test]
fn a_receiver_that_refuses_one_batch_after_the_other_is_told_of_once() {
    let folder = TestFolder::new();
    let ended = run(CHILD, ["refused_records".as_ref(), folder.file("unused").as_os_str()]);
    let told = ended.stderr.matches("receiver refuses records").count();
    assert_eq!(told, 1, "{}", ended.stderr);
}
