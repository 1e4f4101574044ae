//! The order of what a worker finds in one pass over several threads' queues:
//! that of time.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc;
use std::thread;

use kakashi_std::{AsyncConfig, Clock, Timestamp, configure, flush, get_async_logger, info};
use kakashi_tests::harness::fake_sinks::{Gate, behind, hold_writer};
use kakashi_tests::harness::global_state::alone;
use kakashi_tests::harness::read_back::{assert_each_once_in_order, text};

/// Tells another time each time.
struct Counts(AtomicI64);

impl Clock for Counts {
    fn now(&self) -> Timestamp {
        Timestamp::Wall(self.0.fetch_add(1000, Ordering::Relaxed))
    }
}

/// Has three threads log by turns while the worker is held, records of so many
/// bytes as `long` says of their number; asserts that they are written in the
/// order of time.
fn assert_one_pass_is_in_the_order_of_time(long: impl Fn(u64) -> usize + Sync) {
    let _alone = alone();
    let gate = Gate::default();
    let memory = behind(&gate, AsyncConfig::new());
    configure().clock(Counts(AtomicI64::new(1_700_000_000_000_000_000))).apply();
    let logger = get_async_logger("order");
    let held = hold_writer(&gate, || info!(logger, "Held"));
    let (done, wait) = mpsc::channel();
    thread::scope(|scope| {
        let turns: Vec<_> = (0..3)
            .map(|_| {
                let (turn, inbox) = mpsc::channel::<u64>();
                let (done, logger, long) = (done.clone(), &logger, &long);
                scope.spawn(move || {
                    for n in inbox {
                        info!(logger, "Counted", thread = 0, n, long = "x".repeat(long(n)));
                        done.send(()).unwrap();
                    }
                });
                turn
            })
            .collect();
        for n in 0..90 {
            turns[(n * 7 % 3) as usize].send(n).unwrap();
            wait.recv().unwrap();
        }
    });
    drop(held);
    assert!(flush().is_complete());
    assert_each_once_in_order(&text(&memory.bytes()), 1, 90);
}

#[test]
fn one_pass_over_all_rings_is_in_the_order_of_time() {
    assert_one_pass_is_in_the_order_of_time(|_| 10);
}

#[test]
fn records_that_are_larger_than_a_ring_keep_their_place_in_time() {
    assert_one_pass_is_in_the_order_of_time(|n| if n % 5 == 2 { 60_000 } else { 10 });
}
