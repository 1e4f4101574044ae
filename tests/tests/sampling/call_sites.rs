//! Sampling by call site and rate limits: what is written, counted and announced.
//!
//! Windows are a day long: no test depends on the time.

#![forbid(unsafe_code)]

use std::cell::Cell;
use std::thread;
use std::time::Duration;

use kakashi_std::sinks::MemorySink;
use kakashi_std::{
    Destination, DropReason, Format, LevelFilter, LogContext, LogLevel, LoggerConfig, Sampling, Scope as _,
    SettingsError, audit, configure, create_custom_logger, debug, error, fields, flush, get_async_logger,
    get_logger, get_performance_logger, info, log, metric, security, set_request_context,
    stats_by_destination, warning,
};
use kakashi_std::{RequestContext, clear_context};
use kakashi_tests::harness::global_state::{StatsSince, begin_in_memory};
use kakashi_tests::harness::read_back::{ArrivedRecord, text};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn first(records: u32) -> Sampling {
    Sampling::new().first_of_site(records).window(DAY)
}

fn arrived(memory: &MemorySink) -> Vec<ArrivedRecord> {
    assert!(flush().is_complete());
    text(&memory.bytes())
}

fn is_notice(record: &ArrivedRecord) -> bool {
    record.logger == "kakashi"
}

/// Splits what was written into the program's records and the announcements.
fn split(memory: &MemorySink) -> (Vec<ArrivedRecord>, Vec<ArrivedRecord>) {
    arrived(memory).into_iter().partition(|record| !is_notice(record))
}

fn announced(notices: &[ArrivedRecord], reason: &str) -> u64 {
    let of_reason = notices.iter().filter(|notice| notice.get("reason") == Some(reason));
    of_reason.map(|notice| notice.number("left_out").expect("a count")).sum()
}

#[test]
fn of_each_call_site_the_first_pass_and_then_every_so_many_th() {
    let (_alone, memory) = begin_in_memory();
    configure().sampling(first(3).then_every(10)).apply();
    let (before, evaluated) = (StatsSince::now(), Cell::new(0));
    let value = |n: u64| {
        evaluated.set(evaluated.get() + 1);
        n
    };
    let line = line!() + 2;
    for n in 0..100_u64 {
        info!("Loud", n = value(n));
        warning!("Also loud");
    }
    info!("Quiet");
    let (records, notices) = split(&memory);
    let loud = records.iter().filter(|record| record.message == "Loud");
    let numbers: Vec<_> = loud.map(|record| record.number("n").unwrap()).collect();
    assert_eq!(numbers, [0, 1, 2, 12, 22, 32, 42, 52, 62, 72, 82, 92]);
    assert_eq!(evaluated.get(), numbers.len(), "what is left out is not evaluated");
    assert_eq!(records.iter().filter(|record| record.message == "Also loud").count(), 12);
    assert_eq!(records.last().map(|record| &*record.message), Some("Quiet"));
    let dropped = before.dropped();
    assert_eq!(dropped.of(LogLevel::Info, DropReason::Sampled), 88);
    assert_eq!(dropped.of(LogLevel::Warning, DropReason::Sampled), 88);
    assert_eq!(dropped.total(), 176, "nothing else is missing");
    assert_eq!(before.written(), records.len() + notices.len());
    assert_eq!(notices.len(), 2);
    for (at, notice) in notices.iter().enumerate() {
        assert_eq!((&*notice.message, notice.number("left_out")), ("Records were left out", Some(88)));
        assert!(notices.iter().any(|notice| {
            notice.get("call_site").unwrap().contains(&format!("{}:{}", file!(), line + at as u32))
        }));
    }
    assert_eq!(notices.iter().filter(|notice| notice.level == "WARNING").count(), 1);
    assert!(split(&memory).1.len() == 2, "it is announced once");
}

#[test]
fn every_door_is_sampled() {
    let (_alone, memory) = begin_in_memory();
    configure().sampling(first(5)).apply();
    let before = StatsSince::now();
    let (asynchronous, performance) = (get_async_logger("doors"), get_performance_logger("doors"));
    let sync = get_logger("doors").with_fields(fields![a = 1]).child("below");
    for n in 0..50 {
        let level = if n % 2 == 0 { LogLevel::Info } else { LogLevel::Warning };
        info!("Module");
        info!(asynchronous, "Async");
        info!(performance, "Performance");
        info!(sync, "Child");
        log!(level, "Of any level");
        sync.info("Words", &[]);
        asynchronous.info("Words", &[]);
        kakashi_std::info("Root", fields![n]);
        ::log::info!(target: "doors::log", n; "Of log");
        tracing::info!(target: "doors::tracing", n, "Of tracing");
    }
    // Async, Performance, Child … each five times; of any level five times each.
    let (records, notices) = split(&memory);
    let mut counts = std::collections::BTreeMap::new();
    records.iter().for_each(|record| *counts.entry((&*record.logger, &*record.message)).or_insert(0) += 1);
    let any = counts.iter().find(|((_, message), _)| *message == "Of any level").unwrap();
    assert_eq!(*any.1, 10);
    assert!(
        counts.iter().filter(|((_, message), _)| *message != "Of any level").all(|(_, count)| *count == 5),
        "{counts:?}"
    );
    assert_eq!(counts.len(), 10);
    assert_eq!(records.len(), 55);
    assert_eq!(before.dropped().of_reason(DropReason::Sampled), 500 - 55);
    assert_eq!(announced(&notices, "sampled"), 500 - 55);
    let of_log =
        notices.iter().filter(|notice| notice.get("call_site").is_some_and(|site| site.contains(file!())));
    assert_eq!(of_log.count(), 8, "places are named: {notices:#?}");
    let of_words = notices.iter().filter(|notice| notice.get("call_site").is_none());
    assert_eq!(of_words.count(), 3);
}

#[test]
fn errors_events_and_custom_loggers_are_never_left_out_unless_asked() {
    let (_alone, memory) = begin_in_memory();
    configure().sampling(first(1).per_second(0)).apply();
    let custom_memory = MemorySink::new();
    let custom = create_custom_logger(
        "custom",
        LoggerConfig::new().destination(Destination::new(custom_memory.clone()).format(Format::Text)),
    );
    let before = StatsSince::now();
    let log = || {
        for n in 0..20 {
            error!("Failed", n);
            audit("delete", "user/7", fields![n]);
            security("login_failed", "warning", fields![n]);
            metric("depth", n, &[]);
            info!(custom, "Custom", n);
        }
    };
    log();
    assert_eq!(split(&memory).0.len(), 80);
    assert_eq!(custom_memory.lines().len(), 20);
    assert_eq!(before.dropped().total(), 0);
    configure().sampling(first(1).spare_from(LevelFilter::OFF)).apply();
    log();
    assert_eq!(split(&memory).0.len(), 80 + 61);
    assert_eq!(before.dropped().of(LogLevel::Error, DropReason::Sampled), 19);
}

#[test]
fn a_watched_request_is_written_whole_and_questions_count_nothing() {
    let (_alone, memory) = begin_in_memory();
    configure().sampling(first(2)).apply();
    let logger = get_logger("watched");
    let log = |times: usize| (0..times).for_each(|_| info!(logger, "Step"));
    LogContext::new().level(LogLevel::Info).within(|| log(10));
    assert!((0..10).all(|_| logger.is_enabled(LogLevel::Info) && ::log::log_enabled!(::log::Level::Info)));
    log(10);
    assert_eq!(split(&memory).0.len(), 12);
}

#[test]
fn a_rate_limit_holds_for_all_loggers_of_its_rule_together() {
    let (_alone, memory) = begin_in_memory();
    configure()
        .sampling_of("limited", Sampling::new().per_second(1).burst(30))
        .sampling_of("limited::free", Sampling::new())
        .apply();
    let before = StatsSince::now();
    let started = std::time::Instant::now();
    thread::scope(|scope| {
        for name in ["limited", "limited::a", "limited.b"] {
            scope.spawn(move || {
                let (sync, queued) = (get_logger(name), get_async_logger(name));
                (0..100).for_each(|n| info!(sync, "Sync", n));
                (0..100).for_each(|n| info!(queued, "Async", n));
            });
        }
        let free = get_logger("limited::free");
        (0..100).for_each(|n| info!(free, "Free", n));
        (0..100).for_each(|n| info!("Other", n));
    });
    let seconds = started.elapsed().as_secs() as usize + 1;
    let (records, notices) = split(&memory);
    let limited = records.len() - 200;
    assert!((30..=30 + seconds).contains(&limited), "{limited}");
    let dropped = before.dropped().of_reason(DropReason::RateLimited);
    assert_eq!(limited + dropped, 600);
    assert_eq!(before.dropped().total(), dropped);
    assert_eq!(announced(&notices, "rate_limited"), dropped as u64);
}

#[test]
fn threads_together_write_and_count_each_record_once() {
    let (_alone, memory) = begin_in_memory();
    configure().sampling(first(100).then_every(7)).apply();
    let before = StatsSince::now();
    thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || {
                let logger = get_async_logger("threads");
                for n in 0..5000 {
                    if thread % 2 == 0 { info!(logger, "Async", n) } else { info!("Sync", n) }
                }
            });
        }
        // Whoever asks meanwhile takes nothing away.
        (0..100).for_each(|_| _ = kakashi_std::stats());
    });
    let (records, notices) = split(&memory);
    let sampled = before.dropped().of_reason(DropReason::Sampled);
    assert_eq!(records.len() + sampled, 20_000);
    assert_eq!(records.len(), 2 * (100 + (10_000 - 100) / 7));
    assert_eq!(announced(&notices, "sampled"), sampled as u64);
    assert_eq!(before.written(), records.len() + notices.len());
}

#[test]
fn each_destination_counts_and_announces_what_it_would_have_got() {
    let _alone = begin_in_memory();
    let (all, warnings) = (MemorySink::new(), MemorySink::new());
    configure()
        .format(Format::Text)
        .destination(Destination::new(all.clone()).named("sampled all"))
        .destination(
            Destination::new(warnings.clone()).named("sampled warnings").threshold(LogLevel::Warning),
        )
        .sampling(first(1))
        .apply();
    let before = StatsSince::now();
    for _ in 0..10 {
        info!("Info");
        warning!("Warning");
    }
    let counts = |name: &str| {
        let stats = stats_by_destination();
        let of_it = stats.iter().find(|stats| &*stats.name == name).expect("it is in use");
        of_it.dropped.of_reason(DropReason::Sampled)
    };
    assert_eq!((counts("sampled all"), counts("sampled warnings")), (18, 9));
    assert_eq!(before.dropped().total(), 27, "once for each destination, as all counts");
    let notices = |memory: &MemorySink| split(memory).1.len();
    assert_eq!((notices(&all), notices(&warnings)), (2, 1));
}

#[test]
fn an_announcement_has_no_requests_context_and_a_sweep_makes_it() {
    let (_alone, memory) = begin_in_memory();
    configure().service("shop", "1", "test").flush_after_millis(1).sampling(first(1)).apply();
    set_request_context(RequestContext::new("203.0.113.7", "GET /").request_id("r-7"));
    (0..10).for_each(|_| info!("Asked"));
    let notices = split(&memory).1;
    clear_context();
    assert_eq!(notices.len(), 1);
    assert_eq!((notices[0].get("request_id"), notices[0].get("service_name")), (None, Some("shop")));
}

#[test]
fn rules_change_and_end_with_what_they_left_out_in_the_old_stream() {
    let (_alone, old) = begin_in_memory();
    configure().sampling_of("changing", first(1)).apply();
    let logger = get_logger("changing");
    let log = || (0..10).for_each(|_| info!(logger, "Changing"));
    log();
    let new = MemorySink::new();
    configure().no_sampling().destination(Destination::new(new.clone())).apply();
    log();
    assert_eq!(split(&new).0.len(), 10);
    let (records, notices) = split(&old);
    assert_eq!((records.len(), announced(&notices, "sampled")), (1, 9));
    assert_eq!(split(&new).1.len(), 0);
}

#[test]
fn a_rule_that_makes_no_sense_changes_nothing() {
    let (_alone, memory) = begin_in_memory();
    let wrong = configure().sampling(first(1)).sampling_of("shop::", first(1)).try_apply().unwrap_err();
    assert_eq!(
        wrong.to_string(),
        r#"sampling_of("shop::"): names a logger and all below it, as "shop" does"#
    );
    assert!(configure().sampling_of("", first(1)).try_apply().is_err());
    let many = (0..33).fold(configure(), |change, n| change.sampling_of(&format!("many{n}"), first(1)));
    assert_eq!(many.try_apply(), Err(SettingsError::TooManySamplings(32)));
    (0..5).for_each(|n| debug!(get_logger("many1"), "Never", n));
    (0..5).for_each(|n| info!(get_logger("many1"), "All", n));
    assert_eq!(split(&memory).0.len(), 5);
}
