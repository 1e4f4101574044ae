//! Four threads log through all kinds of loggers to a stdout whose reader stalls at times.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use kakashi_std::{
    AsyncConfig, Format, Log, LogLevel, LoggerConfig, configure, create_custom_logger, debug, error, flush,
    get_async_logger, get_logger, get_performance_logger, info, sinks, stats, warning,
};

use crate::ends::peak_memory;

/// What the program counts, in the order in which it prints it.
pub(crate) const LEVELS: [LogLevel; 4] =
    [LogLevel::Debug, LogLevel::Info, LogLevel::Warning, LogLevel::Error];

/// Logs for as many seconds as FILE says; prints, by level, what was sent and dropped.
pub(crate) fn runs(seconds: &Path) {
    let seconds = seconds.to_str().and_then(|seconds| seconds.parse().ok()).expect("a number");
    configure()
        .format(Format::Text)
        .level(LogLevel::Debug)
        .async_logging(AsyncConfig::new().threads(2))
        .destination(sinks::stdout())
        .apply();
    let custom = LoggerConfig::new().level(LogLevel::Debug).format(Format::Text).destination(sinks::stdout());
    let custom = create_custom_logger("soak", custom);
    let end = Instant::now() + Duration::from_secs(seconds);
    let sent = [const { AtomicU64::new(0) }; LEVELS.len()];
    thread::scope(|scope| {
        let sent = &sent;
        scope.spawn(move || work(&get_logger("soak"), 0, end, sent));
        scope.spawn(move || work(&get_async_logger("soak"), 1, end, sent));
        scope.spawn(move || work(&get_performance_logger("soak"), 2, end, sent));
        scope.spawn(move || work(&custom, 3, end, sent));
    });
    let mut left = flush().left;
    // The reader may stall for longer than a flush waits.
    for _ in 0..30 {
        if left == 0 {
            break;
        }
        left = flush().left;
    }
    let dropped = stats().dropped;
    for (level, sent) in LEVELS.iter().zip(&sent) {
        eprintln!("{level} {} {}", sent.load(Ordering::Relaxed), dropped.of_level(*level));
    }
    eprintln!("left {left} peak {}", peak_memory());
}

fn work(logger: &impl Log, thread: u64, end: Instant, sent: &[AtomicU64; LEVELS.len()]) {
    for n in 0_u64.. {
        if n % 1000 == 0 {
            if Instant::now() >= end {
                break;
            }
            // So that no reader has gigabytes to keep up with.
            thread::sleep(Duration::from_millis(5));
        }
        let level = match n % 1000 {
            999 => 3,
            500..510 => 2,
            even if even % 2 == 0 => 0,
            _ => 1,
        };
        match level {
            0 => debug!(logger, "Counted", thread, n, long = "a value of some length, as they are"),
            1 => info!(logger, "Counted", thread, n),
            2 => warning!(logger, "Counted", thread, n),
            _ => error!(logger, "Counted", thread, n),
        }
        sent[level].fetch_add(1, Ordering::Relaxed);
    }
}
