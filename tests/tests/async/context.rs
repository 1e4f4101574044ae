//! The context of every record that crosses to a worker is its own: that of
//! its thread or task, at the moment of the call.

use std::sync::{Arc, Barrier};
use std::thread;

use kakashi_std::{
    AsyncConfig, LogContext, OverflowPolicy, RequestContext, Scope, clear_context, configure, fields, flush,
    get_async_logger, get_performance_logger, info, set_custom_context, set_request_context, spawn,
};
use kakashi_tests::harness::fake_sinks::{Gate, behind, hold_writer};
use kakashi_tests::harness::global_state::alone;
use kakashi_tests::harness::read_back::{ArrivedRecord, assert_each_once_in_order, text};
use kakashi_tests::harness::wait::{eventually, on_threads};

fn tiny() -> AsyncConfig {
    AsyncConfig::new().ring_bytes(4096)
}

fn request(id: &str) -> RequestContext {
    RequestContext::new("192.0.2.1", "GET /").request_id(id)
}

/// Asserts that each record has the request's id that it says it must have.
fn assert_own_contexts(entries: &[ArrivedRecord]) {
    for entry in entries.iter().filter(|entry| entry.get("expected").is_some()) {
        let expected = entry.get("expected").filter(|id| *id != "none");
        assert_eq!(entry.get("request_id"), expected, "{entry:?}");
    }
}

#[test]
fn each_record_may_have_another_context() {
    let _alone = alone();
    let memory = behind(&Gate::default(), tiny());
    on_threads(4, |thread| {
        let logger = get_async_logger("context");
        for n in 0..2000 {
            let id = format!("{thread}-{n}");
            set_request_context(request(&id));
            info!(logger, "Counted", thread, n, expected = &id);
        }
    });
    assert!(flush().is_complete());
    let entries = text(&memory.bytes());
    assert_each_once_in_order(&entries, 4, 2000);
    assert_own_contexts(&entries);
}

#[test]
fn a_context_begins_and_ends_between_two_records() {
    let _alone = alone();
    let gate = Gate::default();
    let memory = behind(&gate, tiny());
    let logger = get_async_logger("context");
    let held = hold_writer(&gate, || info!(logger, "Held"));
    for _ in 0..5 {
        info!(logger, "Before", expected = "none");
        LogContext::new().with_request_id("outer").within(|| {
            info!(logger, "Outer", expected = "outer");
            LogContext::new().with_request_id("inner").within(|| info!(logger, "Inner", expected = "inner"));
            info!(logger, "Outer again", expected = "outer");
        });
        info!(logger, "Between", expected = "none");
        set_request_context(request("set"));
        info!(logger, "Set", expected = "set");
        clear_context();
        info!(logger, "Cleared", expected = "none");
    }
    drop(held);
    assert!(flush().is_complete());
    let entries = text(&memory.bytes());
    assert_eq!(entries.len(), 36);
    assert_own_contexts(&entries);
}

#[test]
fn a_thread_never_has_the_context_of_one_that_has_ended() {
    let _alone = alone();
    let gate = Gate::default();
    let memory = behind(&gate, tiny());
    let logger = get_async_logger("context");
    // In the queue that both will take, nobody's context came last.
    let inner = logger.clone();
    thread::spawn(move || info!(inner, "Nobody", expected = "none")).join().unwrap();
    assert!(flush().is_complete());
    let held = hold_writer(&gate, || info!(logger, "Held"));
    thread::scope(|scope| {
        let first = scope.spawn(|| {
            set_request_context(request("first"));
            info!(logger, "First", expected = "first");
        });
        first.join().unwrap();
    });
    // It may take the queue of the first, in which something lies still.
    thread::scope(|scope| {
        scope.spawn(|| info!(logger, "Second", expected = "none"));
    });
    drop(held);
    assert!(flush().is_complete());
    let entries = text(&memory.bytes());
    assert_eq!(entries.len(), 4);
    assert_own_contexts(&entries);
}

#[test]
fn a_context_that_found_no_room_does_not_leave_the_one_before_it() {
    let _alone = alone();
    let gate = Gate::default();
    let memory = behind(&gate, tiny());
    let logger = get_performance_logger("context");
    set_request_context(request("before"));
    info!(logger, "Before", expected = "before");
    assert!(flush().is_complete());
    // A call that has been here before, as most have.
    let log = |n: u64| info!(logger, "Plain", n);
    log(0);
    let held = hold_writer(&gate, || info!(logger, "Held"));
    (1..1000).for_each(log);
    assert!(logger.dropped().total() > 0, "the queue is full");
    // Some find room for their context, and none for the record; then no more.
    for turn in 0..20 {
        set_request_context(request(&format!("{turn}")));
        log(1000);
    }
    set_request_context(request("after"));
    log(1000);
    drop(held);
    assert!(flush().is_complete());
    log(1001);
    log(1002);
    assert!(flush().is_complete());
    clear_context();
    let entries = text(&memory.bytes());
    let ids = |n: u64| entries.iter().find(|entry| entry.number("n") == Some(n)).unwrap().get("request_id");
    assert_eq!((ids(0), ids(1001), ids(1002)), (Some("before"), Some("after"), Some("after")));
}

#[test]
fn records_that_push_out_a_context_still_have_it() {
    let _alone = alone();
    let gate = Gate::default();
    let memory = behind(&gate, tiny().overflow(OverflowPolicy::DropOldest));
    let logger = get_async_logger("context");
    let held = hold_writer(&gate, || info!(logger, "Held"));
    for n in 0..3000 {
        if n % 7 == 0 {
            let id = format!("{}", n / 7);
            set_request_context(request(&id));
        }
        info!(logger, "Counted", thread = 0, n, expected = n / 7);
    }
    drop(held);
    clear_context();
    assert!(flush().is_complete());
    let entries = text(&memory.bytes());
    assert!(entries.len() > 10 && entries.len() < 1000, "{} arrived", entries.len());
    // What was dropped may be told after the last of them.
    let last = entries.iter().rev().find(|entry| entry.logger == "context");
    assert_eq!(last.and_then(|entry| entry.number("n")), Some(2999));
    assert_own_contexts(&entries);
}

#[test]
fn large_records_and_small_ones_have_the_context_of_their_call() {
    let _alone = alone();
    let gate = Gate::default();
    let memory = behind(&gate, tiny());
    let logger = get_async_logger("context");
    let held = hold_writer(&gate, || info!(logger, "Held"));
    for n in 0..30_usize {
        let id = format!("{n}");
        set_request_context(request(&id));
        info!(logger, "Large", thread = 0, n, expected = &id, long = "x".repeat((n % 3) * 3000));
    }
    drop(held);
    clear_context();
    assert!(flush().is_complete());
    let entries = text(&memory.bytes());
    assert_each_once_in_order(&entries, 1, 30);
    assert_own_contexts(&entries);
}

#[test]
fn a_spawned_threads_context_and_the_services_name_cross_too() {
    let _alone = alone();
    let memory = behind(&Gate::default(), tiny());
    configure().service("shop", "1.4.2", "test").apply();
    let logger = get_async_logger("context");
    set_custom_context(fields![tenant = "acme", attempt = 2]);
    let inner = logger.clone();
    spawn(move || info!(inner, "Spawned", attempt = 3)).unwrap().join().unwrap();
    clear_context();
    info!(logger, "Cleared");
    assert!(flush().is_complete());
    configure().service("", "", "").apply();
    info!(logger, "Without");
    assert!(flush().is_complete());
    let entries = text(&memory.bytes());
    let get = |at: usize| ["service_name", "tenant", "attempt"].map(|key| entries[at].get(key));
    assert_eq!(get(0), [Some("shop"), Some("acme"), Some("3")]);
    assert_eq!(get(1), [Some("shop"), None, None]);
    assert_eq!(get(2), [None; 3]);
}

#[test]
fn contexts_of_many_threads_never_mix() {
    let _alone = alone();
    let memory = behind(&Gate::default(), tiny());
    let logger = get_async_logger("context");
    // Threads come and go: queues change hands all the time.
    for _ in 0..100 {
        let together = Arc::new(Barrier::new(4));
        thread::scope(|scope| {
            for thread in 0..4 {
                let (logger, together) = (&logger, together.clone());
                scope.spawn(move || {
                    together.wait();
                    if thread == 0 {
                        info!(logger, "Without", expected = "none");
                    } else {
                        let id = format!("{thread}");
                        set_request_context(request(&id));
                        info!(logger, "With", expected = thread);
                    }
                });
            }
        });
    }
    assert!(flush().is_complete());
    let entries = text(&memory.bytes());
    assert_eq!(entries.len(), 400);
    assert_own_contexts(&entries);
}

#[test]
fn a_context_whose_record_was_dropped_stops_no_thread() {
    let _alone = alone();
    let gate = Gate::default();
    let memory = behind(&gate, tiny());
    configure().batch_bytes(256).apply();
    let logger = get_performance_logger("context::dropped");
    let long = "x".repeat(3 << 20);
    let held = hold_writer(&gate, || info!(logger, "Held"));
    // More than may wait for the destination: the worker is stuck, and the large record
    // stays beside the queue. There is room for a context with it, not for another one.
    (0..100_u64).for_each(|n| info!(logger, "Counted", thread = 0, n));
    assert!(eventually(|| {
        info!(logger, "Large", long);
        logger.dropped().total() > 0
    }));
    let dropped = logger.dropped().total();
    set_request_context(request("dropped"));
    info!(logger, "No room for this one", long);
    assert_eq!(logger.dropped().total(), dropped + 1);
    // Now the worker finds a context, and nothing else.
    drop(held);
    assert!(flush().is_complete());
    for n in 100..110_u64 {
        info!(logger, "Counted", thread = 0, n, expected = "dropped");
        assert!(flush().is_complete());
    }
    clear_context();
    let entries = text(&memory.bytes());
    assert_own_contexts(&entries);
    assert_each_once_in_order(&entries, 1, 110);
}
