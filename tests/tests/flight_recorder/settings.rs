//! What a program says of its flight recorder, and what holds for what it keeps.

#![forbid(unsafe_code)]

use std::cell::Cell;
use std::sync::Arc;
use std::thread;

use kakashi_std::sinks::MemorySink;
use kakashi_std::{
    Destination, FlightRecorder, LevelFilter, LogContext, LogLevel, Scope as _, SettingsError, Trigger,
    configure, debug, dump_flight_recorder, error, exception, get_async_logger, get_logger, info, trace,
    warning,
};
use kakashi_tests::harness::flight_recorder::{BEGIN, END, arrived, begin_recording, messages};
use kakashi_tests::harness::global_state::{StatsSince, begin_in_memory};

#[test]
fn triggers_beyond_the_limit_are_ignored_and_told_with_the_next() {
    let (_alone, memory) = begin_in_memory();
    configure().flight_recorder(FlightRecorder::new().dumps_per_minute(2)).apply();
    for n in 0..5 {
        debug!("Kept", n);
        error!("Failed", n);
    }
    let lines = messages(&memory);
    let dump = [BEGIN, "Kept", END, "Failed"];
    assert_eq!(lines, [&dump[..], &dump[..], &["Failed"; 3]].concat());
    memory.clear();
    assert_eq!(dump_flight_recorder("asked"), 3);
    let lines = arrived(&memory);
    assert_eq!(
        lines.iter().map(|line| &*line.message).collect::<Vec<_>>(),
        [BEGIN, "Kept", "Kept", "Kept", END]
    );
    assert_eq!(lines[0].number("ignored_triggers"), Some(3));
    assert_eq!((lines[0].get("reason"), dump_flight_recorder("again")), (Some("asked"), 0));
}

#[test]
fn only_the_triggers_that_were_named_are_any() {
    let (_alone, memory) = begin_in_memory();
    let warning_level = Trigger::Record(LogLevel::Warning);
    for (trigger, told) in [
        (Trigger::Panic, vec!["Warned", "Failed"]),
        (Trigger::Error, vec!["Warned", BEGIN, "Kept", END, "Failed"]),
        (warning_level, vec![BEGIN, "Kept", END, "Warned", "Failed"]),
    ] {
        memory.clear();
        configure().no_flight_recorder().flight_recorder(FlightRecorder::new().on(trigger)).apply();
        debug!("Kept");
        warning!("Warned");
        error!("Failed");
        assert_eq!(messages(&memory), told, "{trigger:?}");
        configure().no_flight_recorder().apply();
    }
}

#[test]
fn is_enabled_tells_the_truth_and_levels_say_what_is_written() {
    let (_alone, memory) = begin_in_memory();
    let (logger, queued) = (get_logger("a"), get_async_logger("a::b"));
    let is_enabled = || {
        [
            logger.is_enabled(LogLevel::Debug),
            queued.is_enabled(LogLevel::Debug),
            log::log_enabled!(target: "a", log::Level::Debug),
            tracing::enabled!(target: "a", tracing::Level::DEBUG),
        ]
    };
    let evaluated = Cell::new(0);
    let log_once = || {
        let value = || evaluated.replace(evaluated.get() + 1);
        debug!(logger, "Kept", n = value());
        tracing::debug!(n = value(), "Kept");
        trace!(logger, "Not", n = value());
    };
    assert_eq!(is_enabled(), [false; 4]);
    log_once();
    assert_eq!(evaluated.get(), 0, "nothing is evaluated while it is off");
    let recorder = FlightRecorder::new().level(LogLevel::Debug).level_of("a::b", LevelFilter::OFF);
    configure().flight_recorder(recorder).apply();
    assert_eq!(is_enabled(), [true, false, true, true]);
    assert_eq!(logger.level(), LogLevel::Info.into());
    let made_since = get_logger("c");
    assert!(made_since.is_enabled(LogLevel::Debug) && !made_since.is_enabled(LogLevel::Trace));
    log_once();
    assert_eq!(evaluated.get(), 2);
    // What is written already is not kept.
    configure().level_of("a", LogLevel::Debug).apply();
    debug!(logger, "Written");
    assert_eq!(messages(&memory), ["Written"]);
    configure().no_flight_recorder().apply();
    assert_eq!(is_enabled(), [true; 4]);
    configure().no_level_of("a").apply();
    assert_eq!(is_enabled(), [false; 4]);
    error!("Failed");
    assert_eq!(messages(&memory), ["Written", "Failed"], "what was kept is forgotten");
    let wrong = configure().flight_recorder(FlightRecorder::new().level_of("a::*", LogLevel::Info));
    assert_eq!(wrong.try_apply(), Err(SettingsError::Prefix("a::*".into())));
}

#[test]
fn spans_below_the_threshold_are_no_context_of_what_is_written() {
    let (_alone, memory) = begin_recording();
    let span = tracing::debug_span!("step", n = 7);
    span.in_scope(|| info!("Written"));
    assert_eq!(arrived(&memory)[0].get("n"), None);
    LogContext::new().level(LogLevel::Debug).within(|| {
        tracing::debug_span!("step", n = 7).in_scope(|| info!("Written"));
    });
    assert_eq!(arrived(&memory)[1].get("n"), Some("7"), "where the scope writes them they are");
}

#[test]
fn redaction_enrichers_and_filters_hold_for_what_is_kept() {
    let (_alone, memory) = begin_recording();
    configure()
        .redact(["password"])
        .enricher(|_: &kakashi_std::LogRecord<'_>, add: &mut dyn FnMut(&str, kakashi_std::Value<'_>)| {
            add("host", kakashi_std::Value::Str("web-1"));
        })
        .filter(|record: &kakashi_std::LogRecord<'_>| record.level != LogLevel::Trace)
        .apply();
    debug!("Kept", password = "secret");
    trace!("Filtered");
    let error: Box<dyn std::error::Error> = "it failed".into();
    exception!(error, "Failed");
    let lines = arrived(&memory);
    assert_eq!(lines.iter().map(|line| &*line.message).collect::<Vec<_>>(), [BEGIN, "Kept", END, "Failed"]);
    assert_eq!((lines[1].get("password"), lines[1].get("host")), (Some("[REDACTED]"), Some("web-1")));
}

#[test]
fn destinations_keep_their_thresholds() {
    let (_alone, _) = begin_in_memory();
    let (all, serious) = (MemorySink::new(), MemorySink::new());
    configure()
        .flight_recorder(FlightRecorder::new())
        .destination(Destination::new(all.clone()).named("all"))
        .destination(Destination::new(serious.clone()).named("serious").threshold(LogLevel::Warning))
        .apply();
    debug!("Kept");
    error!("Failed");
    assert_eq!(messages(&all), [BEGIN, "Kept", END, "Failed"]);
    assert_eq!(messages(&serious), ["Failed"]);
}

#[test]
fn settings_that_change_meanwhile_lose_nothing_that_is_written() {
    let (_alone, memory) = begin_in_memory();
    let before = StatsSince::now();
    let is_over = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let written = thread::scope(|scope| {
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let is_over = is_over.clone();
                scope.spawn(move || {
                    let mut written = 0;
                    while !is_over.load(std::sync::atomic::Ordering::Relaxed) {
                        debug!("Kept");
                        info!("Written");
                        written += 1;
                    }
                    written
                })
            })
            .collect();
        for n in 0..200 {
            match n % 4 {
                0 => configure().flight_recorder(FlightRecorder::new()).apply(),
                1 => configure().flight_recorder(FlightRecorder::new().bytes_per_thread(2048)).apply(),
                2 => _ = dump_flight_recorder("asked"),
                _ => configure().no_flight_recorder().apply(),
            }
        }
        is_over.store(true, std::sync::atomic::Ordering::Relaxed);
        threads.into_iter().map(|thread| thread.join().unwrap()).sum::<usize>()
    });
    let lines = arrived(&memory);
    let count = |message: &str| lines.iter().filter(|line| line.message == message).count();
    assert_eq!((count("Written"), before.dropped().total()), (written, 0));
    let replayed = lines.iter().filter(|line| line.get("replayed").is_some()).count();
    assert_eq!((replayed, count(BEGIN)), (count("Kept"), count(END)));
}
