//! Receivers that are dead, slow, busy, or answer nonsense: each record is confirmed, waits, or
//! is counted.

use std::time::Duration;

use kakashi_core::{Batch, RecordEnd};
use kakashi_std::sinks::Otlp;
use kakashi_std::{DropReason, configure, error, flush, flush_timeout, get_async_logger, get_logger, info};
use kakashi_tests::harness::global_state::alone;
use kakashi_tests::harness::vectors::vectors;
use kakashi_tests::harness::wait::{eventually, in_time, on_threads};

use super::receiver::{Answer, Receiver};
use super::{assert_all_in_order, flush_all, forms, log_numbers, send, send_to, settled, stats_of};

#[test]
fn every_record_arrives_while_the_receiver_is_killed_and_started_again() {
    const COUNT: u64 = 100_000;
    let _alone = alone();
    let mut receiver = Receiver::start();
    send_to(&receiver);
    configure().batch_bytes(64 << 10).backlog_bytes(1 << 30).apply();
    let sender = std::thread::spawn(|| log_numbers(0..COUNT));
    for round in 0..5 {
        let seen = receiver.calls();
        assert!(
            eventually(|| receiver.calls() > seen + round || stats_of(&receiver).written as u64 == COUNT)
        );
        receiver.kill();
        receiver.start_again();
    }
    sender.join().expect("it logs");
    flush_all();
    assert_all_in_order(&receiver, COUNT);
    assert_eq!(settled(&receiver), (COUNT as usize, 0));
}

#[test]
fn an_answer_that_asks_for_another_attempt_gets_it_and_nothing_comes_twice() {
    let _alone = alone();
    for status in [429, 502, 503, 504] {
        for retry_after in [None, Some(0)] {
            let receiver = Receiver::start();
            receiver.answer(Answer::Status(status, retry_after));
            send_to(&receiver);
            log_numbers(0..100);
            assert!(eventually(|| receiver.calls() >= 2), "{status}");
            receiver.answer(Answer::Take);
            flush_all();
            assert_eq!(receiver.numbers(), (0..100).collect::<Vec<_>>(), "{status}");
            assert_eq!(settled(&receiver), (100, 0));
        }
    }
}

#[test]
fn a_receiver_is_left_alone_as_long_as_it_asks_for() {
    let _alone = alone();
    let receiver = Receiver::start();
    receiver.answer(Answer::Status(503, Some(250)));
    send_to(&receiver);
    log_numbers(0..10);
    assert!(eventually(|| stats_of(&receiver).failures == 1));
    error!(get_logger("sender"), "Failed", n = 10);
    assert!(!flush_timeout(Duration::from_millis(300)).is_complete());
    let stats = stats_of(&receiver);
    assert_eq!((receiver.calls(), stats.failures, stats.waiting), (1, 1, 11));
}

#[test]
fn what_the_receiver_refuses_is_counted_and_not_sent_again() {
    let _alone = alone();
    for status in [301, 400, 401, 403, 404, 413, 500, 501] {
        let receiver = Receiver::start();
        receiver.answer(Answer::Status(status, None));
        send_to(&receiver);
        log_numbers(0..10);
        assert!(eventually(|| stats_of(&receiver).dropped.of_reason(DropReason::Rejected) == 10), "{status}");
        flush_all();
        assert_eq!(settled(&receiver), (0, 10), "{status}");
        // Each batch once, and each announcement.
        let calls = receiver.calls();
        assert!(flush().is_complete() && receiver.calls() <= calls + 1);
    }
}

#[test]
fn a_part_that_the_receiver_refuses_is_counted_as_rejected() {
    let _alone = alone();
    for (protocol, compression) in forms() {
        for (rejected, expected) in [(0, 0), (1, 1), (i64::MAX, 10), (-5, 0)] {
            let receiver = Receiver::start();
            receiver.answer(Answer::TakeAllBut(rejected));
            let otlp = Otlp::new(&receiver.url()).expect("a URL").protocol(protocol).compression(compression);
            send(otlp);
            configure().flush_after_millis(3_600_000).apply();
            log_numbers(0..10);
            flush_all();
            assert_eq!(settled(&receiver), (10 - expected, expected), "{rejected}");
        }
    }
}

#[test]
fn answers_that_are_none_are_as_if_no_answer_came() {
    let _alone = alone();
    for answer in [Answer::Garbage, Answer::CloseWithin] {
        let receiver = Receiver::start();
        receiver.answer(answer);
        send_to(&receiver);
        log_numbers(0..100);
        assert!(eventually(|| receiver.calls() >= 3));
        assert_eq!(stats_of(&receiver).written, 0);
        receiver.answer(Answer::Take);
        flush_all();
        assert_eq!(receiver.numbers(), (0..100).collect::<Vec<_>>());
        assert_eq!(settled(&receiver), (100, 0));
    }
}

#[test]
fn a_success_with_a_body_that_is_none_is_a_success() {
    let _alone = alone();
    let receiver = Receiver::start();
    receiver.answer(Answer::TakeWithGarbage);
    send_to(&receiver);
    log_numbers(0..10);
    flush_all();
    let stats = stats_of(&receiver);
    assert_eq!((stats.written, stats.failures, stats.dropped.total()), (10, 0, 0));
}

#[test]
fn a_flush_returns_when_the_receiver_has_confirmed_and_a_slow_one_holds_up_no_caller() {
    let _alone = alone();
    let receiver = Receiver::start();
    send_to(&receiver);
    let held = receiver.gate.shut_until_dropped();
    in_time(|| log_numbers(0..1000));
    assert!(!flush_timeout(Duration::from_millis(100)).is_complete());
    let stats = stats_of(&receiver);
    assert_eq!(stats.written + stats.waiting, 1000);
    drop(held);
    flush_all();
    assert_all_in_order(&receiver, 1000);
}

#[test]
fn a_receiver_that_answers_too_late_is_tried_again() {
    let _alone = alone();
    let receiver = Receiver::start();
    let held = receiver.gate.shut_until_dropped();
    send(Otlp::new(&receiver.url()).expect("a URL").timeout(Duration::from_millis(50)));
    log_numbers(0..10);
    assert!(eventually(|| stats_of(&receiver).failures >= 2));
    drop(held);
    flush_all();
    assert_all_in_order(&receiver, 10);
}

#[test]
fn a_dead_receiver_costs_what_does_not_fit_and_all_of_it_is_counted() {
    let _alone = alone();
    let mut receiver = Receiver::start();
    send_to(&receiver);
    receiver.kill();
    configure().backlog_bytes(64 << 10).apply();
    in_time(|| log_numbers(0..20_000));
    let _ = flush_timeout(Duration::from_millis(50));
    let stats = stats_of(&receiver);
    assert_eq!(stats.written + stats.waiting + stats.dropped.total(), 20_000, "{stats}");
    assert!(stats.dropped.of_reason(DropReason::SinkFailed) > 0);
    receiver.start_again();
    flush_all();
    assert_eq!(stats_of(&receiver).written + stats_of(&receiver).dropped.total(), 20_000);
    assert_eq!(receiver.numbers().len(), stats_of(&receiver).written);
}

#[test]
fn a_receiver_that_speaks_no_tls_is_an_error_and_loses_nothing() {
    let _alone = alone();
    let receiver = Receiver::start();
    send(Otlp::new(&receiver.url().replace("http:", "https:")).expect("a URL"));
    log_numbers(0..10);
    assert!(eventually(|| stats_of(&receiver).failures > 0));
    let stats = stats_of(&receiver);
    assert_eq!((stats.written, stats.waiting), (0, 10));
}

#[test]
fn nothing_that_its_own_http_client_logs_is_logged() {
    let _alone = alone();
    let receiver = Receiver::start();
    kakashi_std::bridges::log::install().expect("nobody else has");
    send_to(&receiver);
    for round in 0..5_u64 {
        log_numbers(10 * round..10 * (round + 1));
        flush_all();
    }
    assert_eq!((receiver.records().len(), stats_of(&receiver).written), (50, 50));
    // Nor while it fails.
    receiver.answer(Answer::Garbage);
    log_numbers(50..60);
    assert!(eventually(|| stats_of(&receiver).failures >= 2));
    receiver.answer(Answer::Take);
    flush_all();
    assert_eq!((receiver.records().len(), stats_of(&receiver).written), (60, 60));
    // Nor for a program that writes to a sink by itself.
    let other = Receiver::start();
    let mut sink = Otlp::new(&other.url()).expect("a URL").destination().expect("it makes sense").sink;
    let vector = &vectors()[0];
    let ends = [RecordEnd { end: vector.block.len(), level: vector.record.level }];
    assert_eq!(sink.write(&Batch::new(&vector.block, &ends)), Ok(()));
    flush_all();
    assert_eq!((other.records().len(), receiver.records().len()), (1, 60));
    configure().reset().apply();
}

#[test]
fn records_of_many_threads_sync_and_async_arrive_once() {
    let _alone = alone();
    let receiver = Receiver::start();
    send_to(&receiver);
    on_threads(4, |thread| {
        let (sync_logger, async_logger) = (get_logger("sync"), get_async_logger("async"));
        for n in 0..250 {
            match n % 2 {
                0 => info!(sync_logger, "Counted", n = 250 * thread + n),
                _ => info!(async_logger, "Counted", n = 250 * thread + n),
            }
        }
    });
    flush_all();
    let mut numbers = receiver.numbers();
    numbers.sort_unstable();
    assert!(numbers.iter().copied().eq(0..1000));
    assert_eq!(settled(&receiver), (1000, 0));
}
