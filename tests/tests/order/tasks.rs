//! Tasks on a runtime with several threads: a step that happened before another stands
//! before it, whichever threads took them.

use std::sync::Arc;

use kakashi_std::{
    AsyncConfig, Destination, Format, LogLevel, Wire, configure, flush, info, sinks::MemorySink,
};
use kakashi_std::{get_async_logger, get_logger, shutdown_async_logging};
use kakashi_tests::harness::causal_order::{AnyLogger, assert_in_order, assert_whole_in_order, numbers_of};
use kakashi_tests::harness::global_state::{StatsSince, alone};
use kakashi_tests::harness::read_back::{ArrivedRecord, entries, numbers, text};
use kakashi_tests::harness::wait::in_time;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;
use tokio::task::yield_now;

const TOKENS: u64 = 2000;

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(4).build().expect("a runtime")
}

/// All loggers write text and the wire to memory.
fn to_memory(workers: usize) -> [MemorySink; 2] {
    let memory = [MemorySink::new(), MemorySink::new()];
    assert!(shutdown_async_logging().is_complete());
    configure()
        .format(Format::Text)
        .level(LogLevel::Info)
        .async_logging(AsyncConfig::new().threads(workers))
        .destination(Destination::new(memory[0].clone()))
        .destination(Destination::new(memory[1].clone()).encoder(Wire))
        .apply();
    memory
}

fn arrived(memory: &[MemorySink; 2]) -> [(&'static str, Vec<ArrivedRecord>); 2] {
    [("text", text(&memory[0].bytes())), ("wire", entries(Format::Wire, &memory[1].bytes()))]
}

/// A token goes round tasks over channels; each logs its number, and gives way at times.
fn assert_tasks_in_order(workers: usize, loggers: impl FnOnce() -> Vec<AnyLogger>) {
    let _alone = alone();
    let memory = to_memory(workers);
    let loggers = Arc::new(loggers());
    let before = StatsSince::now();
    in_time(move || {
        runtime().block_on(async {
            let (senders, receivers): (Vec<_>, Vec<_>) = (0..8).map(|_| mpsc::unbounded_channel()).unzip();
            senders[0].send(0).expect("it is not yet received");
            let mut tasks = Vec::new();
            for (at, mut receiver) in receivers.into_iter().enumerate() {
                let (next, loggers) = (senders[(at + 1) % senders.len()].clone(), loggers.clone());
                tasks.push(tokio::spawn(async move {
                    while let Some(k) = receiver.recv().await {
                        if k < TOKENS {
                            loggers[(k / 3 + k) as usize % loggers.len()].pass(k);
                        }
                        if k % 5 == 0 {
                            yield_now().await;
                        }
                        // The last may have ended.
                        let _ = next.send(k + 1);
                        if k >= TOKENS {
                            break;
                        }
                    }
                }));
            }
            for task in tasks {
                task.await.expect("no call panics");
            }
        });
    });
    assert!(flush().is_complete());
    for (place, entries) in arrived(&memory) {
        let numbers = numbers_of(&entries);
        if before.dropped().total() == 0 {
            assert_whole_in_order(place, 0..TOKENS, &numbers);
        } else {
            assert_in_order(place, &numbers);
        }
    }
}

#[test]
fn tasks_that_hand_on_a_token_log_in_order() {
    assert_tasks_in_order(1, || vec![AnyLogger::sync()]);
}

#[test]
fn tasks_that_hand_on_a_token_log_in_order_through_async_loggers() {
    for workers in [1, 3] {
        assert_tasks_in_order(workers, || vec![AnyLogger::queued()]);
    }
}

#[test]
fn tasks_that_hand_on_a_token_log_in_order_through_all_kinds_of_loggers() {
    assert_tasks_in_order(3, || vec![AnyLogger::sync(), AnyLogger::queued(), AnyLogger::performance()]);
}

/// Each of many tasks takes six steps, and between them gives way, so that another thread
/// of the runtime may go on with it.
#[test]
fn the_steps_of_a_task_stand_in_their_order_whatever_threads_took_them() {
    let _alone = alone();
    for is_async in [false, true] {
        let memory = to_memory(1);
        in_time(move || {
            let (sync, queued) = (get_logger("order"), get_async_logger("order"));
            runtime().block_on(async {
                let mut tasks = Vec::new();
                for task in 0..200_u64 {
                    let (sync, queued) = (sync.clone(), queued.clone());
                    tasks.push(tokio::spawn(async move {
                        for n in 0..6_u64 {
                            match is_async {
                                false => info!(sync, "Step", thread = task, n),
                                true => info!(queued, "Step", thread = task, n),
                            }
                            yield_now().await;
                        }
                    }));
                }
                for task in tasks {
                    task.await.expect("no call panics");
                }
            });
        });
        assert!(flush().is_complete());
        for (place, entries) in arrived(&memory) {
            let steps = numbers(&entries);
            assert_eq!(steps.len(), 200, "{place}");
            let wrong: Vec<_> =
                steps.into_iter().filter(|(_, steps)| !steps.iter().copied().eq(0..6)).collect();
            assert!(wrong.is_empty(), "{place}: {} tasks' steps, such as {:?}", wrong.len(), wrong[0]);
        }
    }
}

/// What a task starts comes after what it logged before, what it waits for before what it
/// logs then.
#[test]
fn tasks_that_are_started_and_waited_for_log_in_order() {
    let _alone = alone();
    let memory = to_memory(1);
    in_time(|| {
        let loggers = [AnyLogger::sync(), AnyLogger::queued()];
        runtime().block_on(async move {
            for k in (0..TOKENS).step_by(4) {
                let (first, second) =
                    (loggers[k as usize / 4 % 2].clone(), loggers[k as usize / 8 % 2].clone());
                first.pass(k);
                let inner = second.clone();
                let task = tokio::spawn(async move {
                    inner.pass(k + 1);
                    let blocking = tokio::task::spawn_blocking(move || first.pass(k + 2));
                    blocking.await.expect("no call panics");
                });
                task.await.expect("no call panics");
                second.pass(k + 3);
            }
        });
    });
    assert!(flush().is_complete());
    for (place, entries) in arrived(&memory) {
        assert_whole_in_order(place, 0..TOKENS, &numbers_of(&entries));
    }
}
