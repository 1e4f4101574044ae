//! Receivers that refuse requests or records for good: what must be lost is, and nothing else,
//! and it is counted.

use kakashi_std::{configure, flush, get_logger, info};
use kakashi_tests::harness::global_state::alone;

use super::{flush_all, hold_batches, lines, log_numbers, rejected, send, settled};
use kakashi_tests::harness::http_receiver::{EarlyReply, HttpReceiver, HttpReply};

#[test]
fn a_request_that_is_too_large_is_halved_until_it_is_taken() {
    let _alone = alone();
    let receiver = HttpReceiver::start();
    receiver.answer(|request| HttpReply::status(if request.body.len() > 10_000 { 413 } else { 200 }));
    send(lines(&receiver));
    hold_batches();
    log_numbers(0..2000);
    flush_all();
    assert!(receiver.numbers().into_iter().eq(0..2000));
    assert_eq!(settled(&receiver), (2000, 0));
    // It remembers how much is taken.
    let refused = receiver.answered().iter().filter(|(_, status)| *status == 413).count();
    assert!(refused < 10, "{:?}", receiver.answered());
}

#[test]
fn a_record_that_is_too_large_alone_is_rejected_and_its_neighbours_are_not() {
    let _alone = alone();
    let receiver = HttpReceiver::start();
    receiver.answer(|request| HttpReply::status(if request.body.len() > 10_000 { 413 } else { 200 }));
    send(lines(&receiver));
    hold_batches();
    let large = "x".repeat(20_000);
    log_numbers(0..20);
    info!(get_logger("sender"), "{large}", large);
    log_numbers(20..40);
    flush_all();
    assert!(receiver.numbers().into_iter().eq(0..40));
    assert_eq!((settled(&receiver), rejected(&receiver)), ((40, 1), 1));
}

#[test]
fn a_refusal_that_is_lost_with_its_connection_makes_requests_smaller() {
    let _alone = alone();
    let receiver = HttpReceiver::start();
    // As a proxy does that reads no more than the head of what is too large.
    receiver.answer_early(|len| (len > 100_000).then_some(EarlyReply::Status(413)));
    send(lines(&receiver));
    hold_batches();
    log_numbers(0..8000);
    flush_all();
    assert!(receiver.numbers().into_iter().eq(0..8000));
    assert_eq!(settled(&receiver), (8000, 0));
}

#[test]
fn one_record_that_is_refused_does_not_cost_its_neighbours() {
    let _alone = alone();
    for status in [400, 422] {
        for bad in [0, 1, 500, 999] {
            let receiver = HttpReceiver::start();
            receiver.answer(move |request| {
                let is_bad = request.lines().iter().any(|line| line["n"] == bad);
                HttpReply::status(if is_bad { status } else { 200 })
            });
            send(lines(&receiver));
            hold_batches();
            log_numbers(0..1000);
            flush_all();
            assert!(receiver.numbers().into_iter().eq((0..1000).filter(|n| *n != bad)), "{bad}");
            assert_eq!((settled(&receiver), rejected(&receiver)), ((999, 1), 1));
            assert!(receiver.calls() < 30, "{}", receiver.calls());
        }
    }
}

#[test]
fn a_receiver_that_refuses_everything_is_not_asked_for_ever() {
    let _alone = alone();
    let receiver = HttpReceiver::start();
    receiver.answer(|_| HttpReply::body(400, "no \u{1b}[31m\nsuch form"));
    send(lines(&receiver));
    hold_batches();
    log_numbers(0..5000);
    flush_all();
    assert_eq!((settled(&receiver), rejected(&receiver)), ((0, 5000), 5000));
    let calls = receiver.calls();
    assert!(calls < 100, "{calls}");
    // Afterwards each batch is one request, and each announcement.
    configure().flush_after_millis(10).apply();
    log_numbers(5000..5100);
    flush_all();
    assert!(flush().is_complete() && receiver.calls() < calls + 10, "{}", receiver.calls());
}
