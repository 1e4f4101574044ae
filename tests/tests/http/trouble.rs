//! Receivers that are dead, slow, busy, or answer nonsense: each record is confirmed, waits, or
//! is counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use kakashi_std::sinks::{DiskBuffer, Http};
use kakashi_std::{
    DropReason, configure, error, flush, flush_timeout, get_async_logger, get_logger, info,
    stats_by_destination,
};
use kakashi_tests::harness::global_state::alone;
use kakashi_tests::harness::process::TestFolder;
use kakashi_tests::harness::wait::{eventually, in_time, on_threads};

use super::{assert_all_in_order, flush_all, hold_batches, lines, log_numbers, send, settled, stats_of};
use kakashi_tests::harness::http_receiver::{EarlyReply, HttpReceiver, HttpReply};

#[test]
fn every_record_arrives_while_the_receiver_is_killed_and_started_again() {
    const COUNT: u64 = 50_000;
    let _alone = alone();
    let mut receiver = HttpReceiver::start();
    send(lines(&receiver));
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
    for status in [408, 425, 429, 500, 502, 503, 504, 507] {
        for retry_after in [None, Some("0")] {
            let receiver = HttpReceiver::start();
            receiver.answer(move |_| match retry_after {
                Some(text) => HttpReply::retry_after(status, text),
                None => HttpReply::status(status),
            });
            send(lines(&receiver));
            log_numbers(0..100);
            assert!(eventually(|| receiver.calls() >= 2), "{status}");
            receiver.take_all();
            flush_all();
            assert!(receiver.numbers().into_iter().eq(0..100), "{status}");
            assert_eq!(settled(&receiver), (100, 0));
        }
    }
}

#[test]
fn a_receiver_is_left_alone_as_long_as_it_asks_for() {
    let _alone = alone();
    let receiver = HttpReceiver::start();
    receiver.answer(|_| HttpReply::retry_after(429, "250"));
    send(lines(&receiver));
    log_numbers(0..10);
    assert!(eventually(|| stats_of(&receiver).failures == 1));
    error!(get_logger("sender"), "Failed", n = 10);
    assert!(!flush_timeout(Duration::from_millis(300)).is_complete());
    let stats = stats_of(&receiver);
    assert_eq!((receiver.calls(), stats.failures, stats.waiting), (1, 1, 11));
}

#[test]
fn what_an_operator_must_put_right_is_not_asked_again_soon() {
    let _alone = alone();
    let receiver = HttpReceiver::start();
    receiver.answer(|_| HttpReply::status(401));
    send(lines(&receiver));
    log_numbers(0..10);
    assert!(eventually(|| stats_of(&receiver).failures == 1));
    assert!(!flush_timeout(Duration::from_millis(200)).is_complete());
    let stats = stats_of(&receiver);
    assert_eq!((stats.waiting, stats.dropped.total(), receiver.calls()), (10, 0, 1));
}

#[test]
fn what_waited_for_an_operator_is_sent_when_it_was_put_right() {
    let _alone = alone();
    for status in [301, 302, 307, 308, 401, 402, 403, 404, 405, 407, 410, 415] {
        let (receiver, elsewhere) = (HttpReceiver::start(), HttpReceiver::start());
        let location = elsewhere.url();
        receiver.answer(move |_| {
            let headers = vec![("location", location.clone()), ("retry-after", "0".to_owned())];
            HttpReply::Status(status, headers, Vec::new())
        });
        send(lines(&receiver));
        log_numbers(0..10);
        assert!(eventually(|| receiver.calls() >= 2));
        let stats = stats_of(&receiver);
        assert_eq!((stats.waiting, stats.dropped.total()), (10, 0), "{status}");
        receiver.take_all();
        flush_all();
        assert!(receiver.numbers().into_iter().eq(0..10));
        assert_eq!((settled(&receiver), elsewhere.calls()), ((10, 0), 0), "a redirection is not followed");
    }
}

#[test]
fn answers_that_are_none_are_as_if_no_answer_came() {
    let _alone = alone();
    let endless = [b"HTTP/1.1 200 OK\r\nx: ".to_vec(), vec![b'a'; 4 << 20]].concat();
    let garbage: [Vec<u8>; 4] =
        [b"\0\x01garbage\r\n\r\n".to_vec(), Vec::new(), b"HTTP/1.1 2".to_vec(), endless];
    for bytes in garbage {
        let receiver = HttpReceiver::start();
        let reply = bytes.clone();
        receiver.answer(move |_| HttpReply::Raw(reply.clone()));
        send(lines(&receiver));
        log_numbers(0..100);
        assert!(eventually(|| receiver.calls() >= 3));
        assert_eq!(stats_of(&receiver).written, 0);
        receiver.take_all();
        flush_all();
        assert!(receiver.numbers().into_iter().eq(0..100));
        assert_eq!(settled(&receiver), (100, 0));
    }
}

#[test]
fn a_connection_that_closes_within_a_request_loses_nothing() {
    let _alone = alone();
    let receiver = HttpReceiver::start();
    receiver.answer_early(|_| Some(EarlyReply::Close));
    send(lines(&receiver));
    log_numbers(0..100);
    assert!(eventually(|| receiver.calls() >= 3));
    assert_eq!(stats_of(&receiver).written, 0);
    receiver.take_all();
    flush_all();
    assert!(receiver.numbers().into_iter().eq(0..100));
}

#[test]
fn a_success_is_one_whatever_its_body_is() {
    let _alone = alone();
    let bodies = [b"<html>\xff".to_vec(), vec![b'x'; 8 << 20], b"{\"errors\":true".to_vec(), b"\0".to_vec()];
    for body in bodies {
        let receiver = HttpReceiver::start();
        receiver.answer(move |_| HttpReply::body(202, body.clone()));
        send(lines(&receiver));
        log_numbers(0..10);
        flush_all();
        let stats = stats_of(&receiver);
        assert_eq!((stats.written, stats.failures, stats.dropped.total()), (10, 0, 0));
    }
}

#[test]
fn a_flush_returns_when_the_receiver_has_confirmed_and_a_slow_one_holds_up_no_caller() {
    let _alone = alone();
    let receiver = HttpReceiver::start();
    send(lines(&receiver));
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
    let receiver = HttpReceiver::start();
    let held = receiver.gate.shut_until_dropped();
    send(lines(&receiver).timeout(Duration::from_millis(50)));
    log_numbers(0..10);
    assert!(eventually(|| stats_of(&receiver).failures >= 2));
    drop(held);
    flush_all();
    assert_all_in_order(&receiver, 10);
}

#[test]
fn a_dead_receiver_costs_what_does_not_fit_and_all_of_it_is_counted() {
    let _alone = alone();
    let mut receiver = HttpReceiver::start();
    send(lines(&receiver));
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
fn what_the_disk_buffer_keeps_is_sent_when_the_receiver_is_back() {
    let _alone = alone();
    let folder = TestFolder::new();
    let mut receiver = HttpReceiver::start();
    send(lines(&receiver).disk_buffer(DiskBuffer::new(folder.file("spool"))));
    log_numbers(0..100);
    assert!(eventually(|| receiver.numbers().len() == 100));
    receiver.kill();
    log_numbers(100..2000);
    flush_all();
    receiver.start_again();
    receiver.answer(|request| HttpReply::status(if request.body.len() > 10_000 { 413 } else { 200 }));
    assert!(eventually(|| receiver.numbers().len() >= 2000));
    assert_all_in_order(&receiver, 2000);
    configure().reset().apply();
}

#[test]
fn a_receiver_that_speaks_no_tls_is_an_error_and_loses_nothing() {
    let _alone = alone();
    let receiver = HttpReceiver::start();
    let url = receiver.url().replace("http:", "https:");
    send(Http::new(&url).expect("a URL").timeout(Duration::from_millis(200)));
    log_numbers(0..10);
    let stats = || {
        let stats = stats_by_destination();
        stats.into_iter().find(|stats| stats.name.ends_with(&url)).expect("it is in use")
    };
    assert!(eventually(|| stats().failures > 0));
    assert_eq!((stats().written, stats().waiting), (0, 10));
}

#[test]
fn nothing_that_its_own_http_client_logs_is_logged() {
    let _alone = alone();
    let receiver = HttpReceiver::start();
    kakashi_std::bridges::log::install().expect("nobody else has");
    send(lines(&receiver));
    for round in 0..5_u64 {
        log_numbers(10 * round..10 * (round + 1));
        flush_all();
    }
    assert_eq!((receiver.numbers().len(), stats_of(&receiver).written), (50, 50));
    // Nor while it fails.
    receiver.answer(|_| HttpReply::Raw(b"garbage".to_vec()));
    log_numbers(50..60);
    assert!(eventually(|| stats_of(&receiver).failures >= 2));
    receiver.take_all();
    flush_all();
    assert_eq!((receiver.numbers().len(), stats_of(&receiver).written), (60, 60));
    configure().reset().apply();
}

#[test]
fn records_of_many_threads_sync_and_async_arrive_once() {
    let _alone = alone();
    let receiver = HttpReceiver::start();
    send(lines(&receiver));
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
    assert!(numbers.into_iter().eq(0..1000));
    assert_eq!(settled(&receiver), (1000, 0));
}

#[test]
fn a_receiver_that_changes_its_mind_all_the_time_gets_every_record() {
    let _alone = alone();
    let receiver = HttpReceiver::start();
    let calls = Arc::new(AtomicUsize::new(0));
    receiver.answer(move |request| match calls.fetch_add(1, Ordering::Relaxed) % 7 {
        0 => HttpReply::retry_after(503, "0"),
        1 => HttpReply::Raw(b"?".to_vec()),
        2 => HttpReply::retry_after(401, "0"),
        3 if request.body.len() > 500 => HttpReply::status(413),
        4 => HttpReply::retry_after(429, "Thu, 01 Jan 1970 00:00:00 GMT"),
        _ => HttpReply::body(200, ""),
    });
    send(lines(&receiver));
    hold_batches();
    for round in 0..10 {
        log_numbers(100 * round..100 * (round + 1));
        let _ = flush();
    }
    receiver.take_all();
    flush_all();
    assert_all_in_order(&receiver, 1000);
    assert_eq!(settled(&receiver), (1000, 0));
}
