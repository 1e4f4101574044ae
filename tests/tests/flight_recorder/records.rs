//! The flight recorder outside of scopes: what is kept, when it comes out, and as what.

#![forbid(unsafe_code)]

use std::fmt;
use std::thread;

use kakashi_std::sinks::MemorySink;
use kakashi_std::{
    FlightRecorder, Format, LogContext, LogLevel, LoggerConfig, Scope as _, configure, create_custom_logger,
    critical, debug, dump_flight_recorder, error, fields, flush, get_async_logger, get_logger,
    get_performance_logger, info, security, stats_by_logger, trace, try_audit,
};
use kakashi_tests::harness::flight_recorder::{BEGIN, END, arrived, begin_recording, messages};
use kakashi_tests::harness::global_state::{StatsSince, begin_in_memory};
use kakashi_tests::harness::read_back::{entries, text};

fn times(memory: &MemorySink) -> Vec<String> {
    assert!(flush().is_complete());
    memory.text().lines().map(|line| line.split(' ').next().expect("a time").to_owned()).collect()
}

#[test]
fn what_was_kept_stands_before_the_record_that_triggered_it_with_its_own_times() {
    let (_alone, memory) = begin_recording();
    trace!("One", n = 1);
    info!("Written");
    debug!("Two {n}", n = 2);
    kakashi_std::debug("Words", fields![n = 3]);
    assert_eq!(messages(&memory), ["Written"]);
    thread::sleep(std::time::Duration::from_millis(2));
    error!("Failed");
    let lines = arrived(&memory);
    let told: Vec<_> = lines.iter().map(|line| (&*line.level, &*line.message)).collect();
    let expected = [
        ("INFO", "Written"),
        ("DEBUG", BEGIN),
        ("TRACE", "One"),
        ("DEBUG", "Two 2"),
        ("DEBUG", "Words"),
        ("DEBUG", END),
        ("ERROR", "Failed"),
    ];
    assert_eq!(told, expected);
    let times = times(&memory);
    assert!(times[2] <= times[0] && times[0] <= times[3] && times[4] < times[1] && times[1] <= times[6]);
    let begin = &lines[1];
    let field = |key: &str| begin.get(key).unwrap_or_else(|| panic!("{key} of {begin:?}"));
    assert_eq!((&*begin.logger, field("reason"), field("overwritten")), ("kakashi", "ERROR", "0"));
    assert_eq!((field("records"), field("since"), begin.get("ignored_triggers")), ("3", &*times[2], None));
    assert_eq!((&*lines[5].logger, lines[5].get("reason")), ("kakashi", Some("ERROR")));
    for (at, line) in lines.iter().enumerate() {
        let is_replayed = (2..5).contains(&at);
        assert_eq!(line.get("replayed"), is_replayed.then_some("true"), "{line:?}");
    }
    assert_eq!(lines[4].number("n"), Some(3));
    memory.clear();
    critical!("Again");
    assert_eq!(messages(&memory), ["Again"], "each comes out once");
}

#[test]
fn every_kind_of_logger_and_the_bridges_keep_and_trigger() {
    let (_alone, memory) = begin_recording();
    let custom_memory = MemorySink::new();
    let config = LoggerConfig::new().sink(kakashi_std::Text, custom_memory.clone());
    let custom = create_custom_logger("custom", config);
    let keep = || {
        debug!(get_logger("sync"), "Kept", n = 1);
        debug!(get_async_logger("async"), "Kept", n = 2);
        debug!(get_performance_logger("performance"), "Kept", n = 3);
        log::debug!(target: "of_log", n = 4; "Kept");
        tracing::debug!(target: "of_tracing", n = 5, "Kept");
        get_logger("sync").with_fields(fields![own = true]).debug("Kept", fields![n = 6]);
        debug!(custom, "Kept", n = 7);
    };
    let triggers: [&dyn Fn(); 6] = [
        &|| error!(get_logger("sync"), "Failed"),
        &|| error!(get_async_logger("async"), "Failed"),
        &|| error!(get_performance_logger("performance"), "Failed"),
        &|| log::error!("Failed"),
        &|| tracing::error!("Failed"),
        &|| error!(custom, "Failed"),
    ];
    for (at, trigger) in triggers.into_iter().enumerate() {
        memory.clear();
        custom_memory.clear();
        keep();
        trigger();
        let lines = arrived(&memory);
        let numbers: Vec<_> = lines.iter().filter_map(|line| line.number("n")).collect();
        assert_eq!(numbers, [1, 2, 3, 4, 5, 6], "{at}: {lines:?}");
        let loggers: Vec<_> = lines.iter().skip(1).take(5).map(|line| &*line.logger).collect();
        assert_eq!(loggers, ["sync", "async", "performance", "of_log", "of_tracing"]);
        assert_eq!(lines[6].get("own"), Some("true"));
        assert_eq!(lines[0].get("records"), Some("6"));
        let own = text(&custom_memory.bytes());
        assert_eq!(own.iter().filter_map(|line| line.number("n")).collect::<Vec<_>>(), [7]);
        assert_eq!((&*own[0].message, &*own[2].message), (BEGIN, END));
        assert_eq!(lines.len() + own.len(), 6 + 1 + 4 + 1, "{lines:?} {own:?}");
    }
}

#[test]
fn one_order_for_all_threads_and_each_record_once() {
    let (_alone, memory) = begin_recording();
    for n in 0..300 {
        thread::spawn(move || debug!("Kept", n)).join().unwrap();
    }
    thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || (0..50).for_each(|n| debug!("Many", thread, n)));
        }
    });
    error!("Failed");
    let lines = arrived(&memory);
    let kept = lines.iter().filter(|line| line.message == "Kept").map(|line| line.number("n").unwrap());
    assert!(kept.eq(0..300), "threads that have ended, too");
    for thread in 0..4 {
        let of_thread = lines.iter().filter(|line| line.number("thread") == Some(thread));
        assert!(of_thread.map(|line| line.number("n").unwrap()).eq(0..50));
    }
    assert_eq!(lines.len(), 300 + 200 + 3);
    let times = times(&memory);
    assert!(times[1..501].is_sorted());
}

#[test]
fn the_oldest_go_first_and_how_many_is_told() {
    let (_alone, memory) = begin_in_memory();
    configure().flight_recorder(FlightRecorder::new().bytes_per_thread(4096)).apply();
    for n in 0..10_000_u64 {
        debug!("Kept", n, text = "x".repeat((n % 50) as usize));
    }
    error!("Failed");
    let lines = arrived(&memory);
    let kept: Vec<_> = lines.iter().filter_map(|line| line.number("n")).collect();
    let overwritten = lines[0].number("overwritten").unwrap();
    assert!(kept.len() > 40 && kept.len() < 200, "{}", kept.len());
    assert!(kept.iter().copied().eq(overwritten..10_000));
    memory.clear();
    debug!("Before");
    debug!("Long", text = "x".repeat(5000));
    debug!("Short");
    error!("Failed");
    let all = [BEGIN, "Before", "Short", END, "Failed"];
    assert_eq!(messages(&memory), all, "what never fits is left out, and nothing goes for it");
    assert_eq!(arrived(&memory)[0].number("overwritten"), Some(1));
}

#[test]
fn all_rings_together_keep_to_their_bound() {
    let (_alone, memory) = begin_in_memory();
    let recorder = FlightRecorder::new().bytes_per_thread(1 << 20).bytes_in_all(16 << 10);
    configure().flight_recorder(recorder).apply();
    // All are alive at once, so that each has a ring of its own.
    let all = std::sync::Barrier::new(8);
    thread::scope(|scope| {
        for thread in 0..8_u64 {
            let all = &all;
            scope.spawn(move || {
                (0..2000_u64).for_each(|n| debug!("Kept", thread, n));
                all.wait();
            });
        }
    });
    error!("Failed");
    let lines = arrived(&memory);
    let kept = lines.iter().filter(|line| line.message == "Kept").count() as u64;
    assert!((100..16 * 1024 / 20).contains(&kept), "{kept}");
    assert_eq!(kept + lines[0].number("overwritten").unwrap(), 16_000);
}

#[test]
fn contexts_count_for_the_bound_and_come_out_with_their_records() {
    let (_alone, memory) = begin_in_memory();
    configure().flight_recorder(FlightRecorder::new().bytes_per_thread(16 << 10)).apply();
    for n in 0..500_u64 {
        let context = LogContext::new().with_custom(fields![n, text = "x".repeat(1000)]);
        context.within(|| debug!("Kept"));
    }
    error!("Failed");
    let lines = arrived(&memory);
    let kept: Vec<_> = lines.iter().filter_map(|line| line.number("n")).collect();
    assert!((4..16).contains(&kept.len()), "{}", kept.len());
    assert!(kept.iter().copied().eq(500 - kept.len() as u64..500));
}

#[test]
fn in_every_form_what_was_kept_is_between_the_two_records_and_marked() {
    for format in [Format::Text, Format::Json, Format::Wire] {
        let (_alone, memory) = begin_in_memory();
        let recorder = FlightRecorder::new();
        configure().format(format).flight_recorder(recorder).service("shop", "", "").apply();
        debug!("Kept {n}", n = 1, list = ["a", "b"]);
        let bridged = format_args!("bridged");
        tracing::debug!(n = 2, "{bridged}");
        error!("Failed");
        assert!(flush().is_complete());
        let lines = entries(format, &memory.bytes());
        let told: Vec<_> = lines.iter().map(|line| &*line.message).collect();
        let kept = if format == Format::Wire { told[1] } else { "Kept 1" };
        assert_eq!(told, [BEGIN, kept, "bridged", END, "Failed"], "{format:?}");
        let marks = lines.iter().map(|line| line.get("replayed")).collect::<Vec<_>>();
        assert_eq!(marks, [None, Some("true"), Some("true"), None, None], "{format:?}");
        assert!(lines.iter().all(|line| line.get("service_name") == Some("shop")), "{format:?} {lines:?}");
    }
}

#[test]
fn what_is_only_kept_is_not_counted_until_it_is_written() {
    let (_alone, memory) = begin_recording();
    let logged = || {
        let stats = stats_by_logger();
        stats.iter().find(|stats| &*stats.name == "counted").map_or(0, |stats| stats.logged())
    };
    let (before, logged_before) = (StatsSince::now(), logged());
    let logger = get_logger("counted");
    (0..5).for_each(|n| debug!(logger, "Kept", n));
    flush();
    assert_eq!((before.written(), before.dropped().total(), logged() - logged_before), (0, 0, 0));
    assert!(try_audit("read", "account", &[]).is_ok());
    configure().level(LogLevel::Warning).apply();
    assert!(try_audit("read", "account", &[]).is_err(), "kept is not where it must be");
    security("login", "debug", &[]);
    error!("Failed");
    assert_eq!(messages(&memory).len(), 1 + 5 + 2 + 2 + 1);
    assert_eq!((before.written(), before.dropped().total(), logged() - logged_before), (11, 0, 5));
}

#[test]
fn values_that_log_and_values_that_panic_are_kept() {
    let (_alone, memory) = begin_recording();
    debug!("Outside", value = %Talkative(0));
    debug!("Panics", value = %PanickingValue);
    dump_flight_recorder("asked");
    let told = messages(&memory);
    assert!(told.len() >= 6 && told.last().is_some_and(|last| last == END), "{told:?}");
    assert!(told.iter().any(|message| message == "Inside") && told.iter().any(|message| message == "Panics"));
    memory.clear();
    // The trigger comes from within a record that is being kept.
    debug!("Before");
    debug!("Outside", value = %Talkative(9));
    assert_eq!(messages(&memory), [BEGIN, "Before", END, "Inside"]);
}

/// Logs while it is formatted.
struct Talkative(u8);

impl fmt::Display for Talkative {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 9 {
            error!("Inside");
        } else {
            debug!("Inside", depth = self.0, inner = %Talkative(self.0 + 1));
        }
        f.write_str("talkative")
    }
}

struct PanickingValue;

impl fmt::Display for PanickingValue {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("a value")
    }
}

#[test]
fn what_a_custom_logger_has_kept_goes_to_its_own_destinations_only() {
    let (_alone, memory) = begin_recording();
    let own = MemorySink::new();
    let custom = create_custom_logger("c", LoggerConfig::new().sink(kakashi_std::Text, own.clone()));
    debug!(custom, "Kept");
    drop(custom);
    error!("Failed");
    assert_eq!(messages(&memory), ["Failed"]);
    assert!(text(&own.bytes()).iter().all(|line| line.message != "Failed"));
}
