//! Settings that change while async loggers are in use: what was logged before
//! is written in the old way, what comes after in the new one.

use std::sync::Barrier;
use std::thread;

use kakashi_std::sinks::MemorySink;
use kakashi_std::{
    AsyncConfig, Destination, Format, LogLevel, configure, debug, flush, get_async_logger, info,
    set_custom_context, set_log_level,
};
use kakashi_tests::harness::fake_sinks::{Gate, behind, hold_writer};
use kakashi_tests::harness::fake_values::Runs;
use kakashi_tests::harness::global_state::alone;
use kakashi_tests::harness::read_back::{assert_each_once_in_order, entries, numbers, text};
use kakashi_tests::harness::wait::on_threads;

fn tiny() -> AsyncConfig {
    AsyncConfig::new().ring_bytes(4096)
}

fn to(memory: &MemorySink) -> Destination {
    Destination::new(memory.clone())
}

#[test]
fn records_go_to_the_destination_and_in_the_form_of_their_time() {
    let _alone = alone();
    behind(&Gate::default(), tiny());
    let logger = get_async_logger("configure");
    let formats = [Format::Text, Format::Json, Format::Wire];
    for (turn, format) in (0..30).zip(formats.into_iter().cycle()) {
        let memory = MemorySink::new();
        configure().format(format).destination(to(&memory)).apply();
        (0..500).for_each(|n| info!(logger, "Counted", thread = turn, n));
        let next = MemorySink::new();
        configure().destination(to(&next)).apply();
        info!(logger, "Next");
        let found = entries(format, &memory.bytes());
        assert_eq!(numbers(&found).remove(&turn).map(|numbers| numbers.len()), Some(500), "{format:?}");
        assert_eq!(found.len(), 500);
        assert!(flush().is_complete());
        assert_eq!(entries(format, &next.bytes()).len(), 1);
    }
}

#[test]
fn a_change_of_form_under_load_costs_and_doubles_nothing() {
    let _alone = alone();
    let memory = behind(&Gate::default(), tiny());
    let memories: Vec<MemorySink> = (0..40).map(|_| MemorySink::new()).collect();
    on_threads(3, |thread| {
        let logger = get_async_logger("configure");
        if thread == 2 {
            for memory in &memories {
                configure().destination(to(memory)).apply();
            }
        } else {
            (0..3000).for_each(|n| info!(logger, "Counted", thread, n));
        }
    });
    assert!(flush().is_complete());
    let all: Vec<_> =
        std::iter::once(&memory).chain(&memories).flat_map(|memory| text(&memory.bytes())).collect();
    assert_each_once_in_order(&all, 2, 3000);
}

#[test]
fn settings_that_change_during_a_call_hold_for_the_next_one() {
    let _alone = alone();
    let memory = behind(&Gate::default(), tiny());
    let logger = get_async_logger("configure");
    let login = || info!(logger, "Login", user = 7, password = "secret");
    login();
    let value = Runs(|| configure().redact(["password"]).apply());
    info!(logger, "During", shown = %value);
    login();
    login();
    assert!(flush().is_complete());
    configure().redact([""; 0]).apply();
    let passwords: Vec<_> =
        text(&memory.bytes()).iter().filter_map(|entry| entry.get("password").map(str::to_owned)).collect();
    assert_eq!(passwords, ["secret", "[REDACTED]", "[REDACTED]"]);
}

#[test]
fn settings_that_another_thread_changes_during_a_call_hold_for_the_next_one() {
    let _alone = alone();
    let memory = behind(&Gate::default(), tiny());
    let logger = get_async_logger("configure");
    let meet = Barrier::new(2);
    thread::scope(|scope| {
        scope.spawn(|| {
            meet.wait();
            configure().service("shop", "1.4.2", "test").redact(["password"]).apply();
            meet.wait();
        });
        let log = |n: u64| info!(logger, "Login", n, password = "secret");
        log(0);
        let value = Runs(|| {
            meet.wait();
            meet.wait();
        });
        info!(logger, "During", shown = %value);
        log(1);
        log(2);
    });
    assert!(flush().is_complete());
    configure().service("", "", "").redact([""; 0]).apply();
    for entry in text(&memory.bytes()).iter().filter(|entry| entry.number("n") > Some(0)) {
        assert_eq!(entry.get("password"), Some("[REDACTED]"));
        assert_eq!(entry.get("service_name"), Some("shop"));
    }
}

#[test]
fn a_context_that_is_set_during_a_call_holds_for_the_next_one() {
    let _alone = alone();
    let memory = behind(&Gate::default(), tiny());
    let logger = get_async_logger("configure");
    let log = |n: u64| info!(logger, "Plain", n);
    log(0);
    info!(logger, "During", shown = %Runs(|| set_custom_context(kakashi_std::fields![tenant = "acme"])));
    log(1);
    log(2);
    assert!(flush().is_complete());
    kakashi_std::clear_context();
    let entries = text(&memory.bytes());
    let tenants: Vec<_> =
        entries.iter().filter(|entry| entry.get("n").is_some()).map(|entry| entry.get("tenant")).collect();
    assert_eq!(tenants, [None, Some("acme"), Some("acme")]);
}

#[test]
fn a_level_that_changes_holds_for_handles_that_exist_and_not_for_what_is_queued() {
    let _alone = alone();
    let gate = Gate::default();
    let memory = behind(&gate, tiny());
    let logger = get_async_logger("configure");
    let held = hold_writer(&gate, || info!(logger, "Held"));
    info!(logger, "Counted", thread = 0, n = 0);
    debug!(logger, "Too low");
    set_log_level(LogLevel::Debug).unwrap();
    debug!(logger, "Counted", thread = 0, n = 1);
    set_log_level(LogLevel::Error).unwrap();
    info!(logger, "Too low");
    drop(held);
    set_log_level(LogLevel::Info).unwrap();
    assert!(flush().is_complete());
    assert_each_once_in_order(&text(&memory.bytes()), 1, 2);
}
