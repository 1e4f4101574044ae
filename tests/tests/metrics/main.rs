//! Counts for metrics systems: by level, logger and destination, and their texts.

mod names;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use kakashi_std::sinks::{FunctionSink, MemorySink};
use kakashi_std::{
    AsyncConfig, Batch, Destination, DropReason, LevelFilter, LogLevel, LoggerStats, OverflowPolicy,
    SinkError, SinkErrorKind, configure, debug, error, flush, get_async_logger, get_logger,
    get_performance_logger, info, metrics, shutdown_async_logging, stats, stats_by_logger, trace, warning,
};
use kakashi_tests::harness::global_state::alone;
use kakashi_tests::harness::wait::{eventually, on_threads};

use crate::names::HOSTILE;

/// The samples of a text without escaped characters: name and labels, value.
fn samples(text: &str) -> BTreeMap<&str, u64> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let split = lines.map(|line| line.rsplit_once(' ').expect("a value"));
    split.map(|(sample, value)| (sample, value.parse().expect("a number"))).collect()
}

fn sample(key: &str) -> u64 {
    samples(&metrics::prometheus_text()).get(key).copied().unwrap_or(0)
}

fn of_logger(name: &str) -> LoggerStats {
    let stats = stats_by_logger().into_iter().find(|stats| &*stats.name == name);
    stats.unwrap_or_else(|| panic!("no count of {name}"))
}

fn write_to_memory(names: &[&str]) {
    let destination = |name: &&str| Destination::new(MemorySink::new()).named(*name);
    let mut settings = configure().level(LevelFilter::ALL);
    for destination in names.iter().map(destination) {
        settings = settings.destination(destination);
    }
    settings.apply();
}

#[test]
fn a_record_counts_once_for_its_logger_and_once_for_each_destination() {
    let _alone = alone();
    write_to_memory(&["once a", "once b"]);
    let logger = get_logger("once");
    for _ in 0..300 {
        trace!(logger, "x");
        info!(logger, "x");
        info!(logger, "x");
    }
    error!(logger, "x");
    assert!(flush().is_complete());
    let counts = of_logger("once");
    let levels = [LogLevel::Trace, LogLevel::Info, LogLevel::Error, LogLevel::Debug];
    assert_eq!(levels.map(|level| counts.logged_of(level)), [300, 600, 1, 0]);
    assert_eq!(counts.logged(), 901);
    assert_eq!(sample("kakashi_records_logged_total{logger=\"once\",level=\"info\"}"), 600);
    for name in ["once a", "once b"] {
        let written = |level| {
            sample(&format!("kakashi_records_written_total{{destination=\"{name}\",level=\"{level}\"}}"))
        };
        assert_eq!([written("trace"), written("info"), written("error")], [300, 600, 1]);
        assert!(sample(&format!("kakashi_written_bytes_total{{destination=\"{name}\"}}")) > 9010);
    }
}

#[test]
fn loggers_of_all_kinds_and_one_name_have_one_count_on_many_threads() {
    let _alone = alone();
    write_to_memory(&["kinds"]);
    configure().async_logging(AsyncConfig::new().overflow(OverflowPolicy::Block)).apply();
    let before =
        stats_by_logger().iter().find(|stats| &*stats.name == "kinds").map_or(0, LoggerStats::logged);
    on_threads(4, |_| {
        let (sync, queued) = (get_logger("kinds"), get_async_logger("kinds"));
        let performance = get_performance_logger("kinds");
        for n in 0..500 {
            info!(sync, "x", n);
            debug!(queued, "x", n);
            if n < 100 {
                warning!(performance, "x", n);
            }
        }
    });
    assert!(shutdown_async_logging().is_complete() && flush().is_complete());
    let counts = of_logger("kinds");
    assert_eq!(counts.logged() + counts.dropped.total() - before, 4 * 1100, "{counts:?}");
    assert_eq!(counts.logged_of(LogLevel::Info), 2000);
    assert_eq!(counts.logged_of(LogLevel::Debug), 2000);
}

#[test]
fn a_record_that_the_first_destination_can_t_take_is_counted_by_the_second() {
    let _alone = alone();
    let refuse = |_: &Batch<'_>| Err(SinkError::new(SinkErrorKind::Failed));
    configure()
        .level(LevelFilter::ALL)
        .destination(
            Destination::new(FunctionSink::new(refuse)).threshold(LogLevel::Critical).named("second 1"),
        )
        .destination(Destination::new(MemorySink::new()).named("second 2"))
        .apply();
    info!(get_logger("second"), "x");
    assert!(flush().is_complete());
    assert_eq!(of_logger("second").logged(), 1);
}

#[test]
fn no_counter_goes_back_when_destinations_are_replaced() {
    let _alone = alone();
    let mut last: BTreeMap<String, u64> = BTreeMap::new();
    for round in 1..=5 {
        write_to_memory(&["replaced"]);
        info!(get_logger("replaced"), "x");
        assert!(flush().is_complete());
        let text = metrics::prometheus_text();
        let now = samples(&text);
        for (sample, value) in
            last.iter().filter(|(sample, _)| !sample.starts_with("kakashi_records_waiting"))
        {
            assert!(now.get(&**sample).is_some_and(|now| now >= value), "{sample} was {value}");
        }
        last = now.into_iter().map(|(sample, value)| (sample.to_owned(), value)).collect();
        let written = "kakashi_records_written_total{destination=\"replaced\",level=\"info\"}";
        assert_eq!(last[written], round);
    }
}

#[test]
fn what_is_dropped_has_its_reason_and_what_waits_is_seen() {
    let _alone = alone();
    let fails = Arc::new(Mutex::new(true));
    let state = fails.clone();
    let sink = FunctionSink::new(move |batch: &Batch<'_>| match *state.lock().unwrap() {
        true => Err(SinkError::new(SinkErrorKind::Failed)),
        // Its receiver refuses the last one of a batch.
        false => {
            let refused = SinkError::new(SinkErrorKind::Partial).accepted(batch.bytes().len()).rejecting(1);
            Err(refused)
        }
    });
    configure().level(LevelFilter::ALL).destination(Destination::new(sink).named("failing")).apply();
    for reason in DropReason::ALL {
        let key = format!(
            "kakashi_records_dropped_total{{destination=\"failing\",level=\"info\",reason=\"{}\"}}",
            reason.name()
        );
        let text = metrics::prometheus_text();
        assert_eq!(samples(&text).get(&*key), Some(&0), "seen before the first drop: {key}");
    }
    info!(get_logger("failing"), "x");
    warning!(get_logger("failing"), "x");
    let failures = "kakashi_sink_failures_total{destination=\"failing\"}";
    assert!(eventually(|| sample(failures) > 0));
    assert_eq!(sample("kakashi_records_waiting{destination=\"failing\"}"), 2);
    *fails.lock().unwrap() = false;
    assert!(eventually(|| sample("kakashi_records_waiting{destination=\"failing\"}") == 0));
    let of = |metric: &str, level: &str, reason: &str| {
        sample(&format!(
            "kakashi_records_{metric}_total{{destination=\"failing\",level=\"{level}\"{reason}}}"
        ))
    };
    let rejected = ["info", "warning"].map(|level| of("dropped", level, ",reason=\"rejected\""));
    let written = ["info", "warning"].map(|level| of("written", level, ""));
    assert_eq!([rejected[0] + written[0], rejected[1] + written[1]], [1, 1]);
    assert!(rejected[1] == 1, "the last one, in whatever batches they were");
    assert_eq!(stats().dropped.of_reason(DropReason::Rejected) as u64, rejected[0] + rejected[1]);
    assert_eq!(of_logger("failing").logged(), 2);
}

/// Reads all counts while it is formatted.
struct Asks;

impl fmt::Display for Asks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", metrics::prometheus_text().starts_with("# HELP "))
    }
}

#[test]
fn counts_are_read_in_a_sink_and_in_a_display_too() {
    let _alone = alone();
    let texts = Arc::new(Mutex::new(Vec::new()));
    let seen = texts.clone();
    let sink = FunctionSink::new(move |_: &Batch<'_>| {
        seen.lock().unwrap().push((metrics::open_metrics_text(), stats_by_logger().len()));
        Ok(())
    });
    let memory = MemorySink::new();
    configure()
        .destination(Destination::new(sink).named("asks"))
        .destination(Destination::new(memory.clone()))
        .apply();
    error!(get_logger("asks"), "x", asks = %Asks);
    assert!(flush().is_complete());
    assert!(memory.text().ends_with("x asks=\"true\"\n"), "{}", memory.text());
    let texts = texts.lock().unwrap();
    assert!(!texts.is_empty() && texts.iter().all(|(text, _)| text.ends_with("\n# EOF\n")));
}

#[test]
fn each_sample_is_one_line_and_no_two_have_the_same_labels() {
    let _alone = alone();
    write_to_memory(&HOSTILE);
    HOSTILE.iter().for_each(|name| info!(get_logger(name), "x"));
    assert!(flush().is_complete());
    for text in [metrics::prometheus_text(), metrics::open_metrics_text()] {
        let lines: Vec<_> = text.split_terminator('\n').collect();
        let samples: Vec<_> = lines.iter().filter(|line| !line.starts_with("# ")).collect();
        assert!(samples.iter().all(|line| line.starts_with("kakashi_")), "{text}");
        let keys: std::collections::BTreeSet<_> =
            samples.iter().map(|line| line.rsplit_once(' ').expect("a value").0).collect();
        assert_eq!(keys.len(), samples.len());
    }
}
