//! Structured logging that is fast and never loses a record silently.
//!
//! ```
//! use kakashi_std::{get_logger, info};
//!
//! let logger = get_logger("shop::orders");
//! info!(logger, "Order {id} accepted", id = 1042, total = 19.9);
//! ```
//!
//! A record goes into a buffer of the calling thread, in its final form. When one is
//! full, and 100 ms after a record at the latest, all buffers are collected and written
//! in the order of their calls: if a call returned before another began, in whatever
//! threads, its record stands first. ERROR and CRITICAL are written before the call
//! returns (those of async loggers soon after it). Everything is written when `main`
//! returns, on `process::exit`, when a thread ends and when one panics; a program keeps
//! no guard.
//!
//! Where a call must cost next to nothing, [`get_async_logger`] and
//! [`get_performance_logger`] take the same calls: they copy the values into a ring
//! of the calling thread, a worker collects them, and they become lines where their
//! destination is written.
//!
//! Start at [`get_logger`], [`configure`], [`set_request_context`] and [`sinks`], or
//! with the guides, a page for each task:
//!
//! - [Logging](_guides::logging): macros, values, errors, events
//! - [Levels](_guides::levels), [context](_guides::context)
//! - [Destinations](_guides::destinations): forms, sinks, filters, redaction, your own
//! - [Files that follow one another](_guides::files): rotation, compression, logrotate
//! - [Less of it](_guides::sampling): sampling by call site, rate limits
//! - [DEBUG of what fails](_guides::flight_recorder): kept in memory, written when it is wanted
//! - [Settings from a file](_guides::config)
//! - [Async and performance loggers](_guides::async_logging)
//! - [Counts for a metrics system](_guides::metrics)
//! - [Reading the wire](_guides::reading): `kakashi decode`
//! - [The black box](_guides::black_box): what a killed process had logged
//! - [Promises](_guides::promises): what is kept, lost, ordered

#![cfg_attr(docsrs, feature(doc_cfg))]
#![deny(unsafe_code)]

pub mod _guides;
mod backtrace;
#[cfg(feature = "black-box")]
mod blackbox;
#[cfg(any(feature = "log", feature = "tracing"))]
pub mod bridges;
mod capture;
mod clock;
#[cfg(feature = "config")]
pub mod config;
mod configure;
mod context;
mod delivery;
mod dispatch;
mod flight_recorder;
mod flush;
mod lifecycle;
#[cfg(feature = "local-time")]
mod local_pattern;
mod loggers;
pub mod metrics;
mod queue;
mod reentrancy;
mod sampling;
mod segment;
pub mod sinks;
mod submit;
mod sync;
pub mod task;
mod threads;
#[cfg(feature = "tower")]
pub mod tower;

#[cfg(all(feature = "black-box", unix))]
pub use blackbox::recovery::recover::Recovery;
#[cfg(all(feature = "black-box", unix))]
pub use blackbox::recovery::recovered_process::{RecoveredDestination, RecoveredProcess};
#[cfg(all(feature = "black-box", unix))]
pub use blackbox::recovery::recovery_error::RecoveryError;
pub use capture::{Capture, CapturedRecord, capture};
pub use clock::SystemClock;
#[cfg(feature = "config")]
pub use config::configure_from;
pub use configure::{Configure, configure};
pub use context::{ThreadName, spawn};
pub use delivery::destination_stats::DestinationStats;
pub use delivery::not_kept::NotKept;
pub use dispatch::directives::reload_directives;
pub use flight_recorder::settings::{FlightRecorder, Trigger};
pub use flush::{flush, flush_timeout, shutdown_async_logging};
/// For the macros.
#[doc(hidden)]
pub use kakashi_core as __core;
#[cfg(feature = "serde")]
pub use kakashi_core::Serde;
#[doc(inline)]
pub use kakashi_core::facade::*;
pub use lifecycle::dump::{dump_flight_recorder, fail_scope};
#[cfg(feature = "signals")]
pub use lifecycle::reload::{reload_directives_on_hangup, watch_directives};
#[cfg(feature = "signals")]
pub use lifecycle::reopen::reopen_files_on_hangup;
#[cfg(feature = "signals")]
pub use lifecycle::signals::flush_on_signals;
#[cfg(feature = "local-time")]
pub use local_pattern::{local_offset, local_pattern};
pub use loggers::async_logger::{AsyncLogger, get_async_logger, get_async_logger_with_level};
pub use loggers::custom_logger::{FunctionalLogger, LoggerConfig, create_custom_logger};
pub use loggers::logger::{Logger, clear_logger_cache, get_logger, get_logger_with_level, set_log_level};
pub use loggers::performance_logger::{
    PerformanceLogger, get_performance_logger, get_performance_logger_with_level,
};
#[doc(hidden)]
pub use loggers::root::logger_at as __logger_at;
pub use loggers::root::{
    audit, critical, debug, error, exception, info, metric, root_logger, security, trace, try_audit,
    try_security, warning,
};
pub use metrics::LoggerStats;
pub use queue::config::AsyncConfig;
pub use queue::overflow::OverflowPolicy;
pub use sampling::Sampling;
#[cfg(feature = "black-box")]
#[cfg_attr(docsrs, doc(cfg(feature = "black-box")))]
pub use segment::black_box::{BlackBox, BlackBoxStats};
/// For who reads what a dead process has left.
#[cfg(feature = "black-box")]
#[doc(hidden)]
pub use segment::layout as __segment_layout;
#[cfg(feature = "tokio")]
pub use task::set_context::{set_custom_context, set_request_context, set_user_context};

/// Returns what became of all records of this process so far.
///
/// ```
/// use kakashi_std::{DropReason, flush, info, stats};
///
/// let before = stats();
/// info!("One");
/// info!("Two");
/// if flush().is_complete() {
///     let now = stats();
///     let accounted = |stats: &kakashi_std::Stats| stats.written + stats.dropped.total();
///     assert_eq!(accounted(&now) - accounted(&before), 2);
///     println!("{} for a full queue", now.dropped.of_reason(DropReason::QueueFull));
/// }
/// ```
pub fn stats() -> Stats {
    queue::ring::pass_on_drops();
    dispatch::left_out::count();
    let mut stats = delivery::counters::COUNTERS.snapshot();
    stats.on_heap = segment::live::on_heap();
    stats
}

/// Returns what became of the records of each destination in use, the loggers' own
/// destinations too. What is replaced by `configure()` is forgotten, with its counts, once
/// nothing waits for it.
///
/// ```
/// use kakashi_std::sinks::MemorySink;
/// use kakashi_std::{Destination, configure, flush, info, stats_by_destination};
///
/// configure().destination(Destination::new(MemorySink::new()).named("memory")).apply();
/// info!("One");
/// info!("Two");
/// flush();
/// let stats = stats_by_destination();
/// let memory = stats.iter().find(|stats| &*stats.name == "memory").expect("it is in use");
/// assert_eq!(memory.written + memory.waiting + memory.dropped.total(), 2);
/// ```
pub fn stats_by_destination() -> Vec<DestinationStats> {
    queue::ring::pass_on_drops();
    dispatch::left_out::count();
    dispatch::registry::stats()
}

/// Returns what lies in the black box, and what does not although it should.
///
/// ```
/// use kakashi_std::black_box_stats;
///
/// let stats = black_box_stats();
/// assert_eq!((stats.directory, stats.bytes, stats.on_heap), (None, 0, 0), "there is no black box");
/// ```
#[cfg(feature = "black-box")]
#[cfg_attr(docsrs, doc(cfg(feature = "black-box")))]
pub fn black_box_stats() -> BlackBoxStats {
    segment::live::stats()
}

/// Returns how many records each logger has handed to destinations, by name: those that have
/// handed over or dropped any. They are counted when they are collected, 100 ms after their call
/// at the latest; for a metrics system see [`metrics`].
///
/// ```
/// use kakashi_std::{LogLevel, flush, get_logger, info, stats_by_logger};
///
/// info!(get_logger("shop::orders"), "Accepted");
/// flush();
/// let stats = stats_by_logger();
/// let orders = stats.iter().find(|stats| &*stats.name == "shop::orders").expect("it has logged");
/// assert_eq!((orders.logged(), orders.logged_of(LogLevel::Error)), (1, 0));
/// ```
pub fn stats_by_logger() -> Vec<LoggerStats> {
    metrics::stats_by_logger()
}

/// Returns the async loggers that have dropped records because a queue was
/// full, by name, and how many.
pub fn dropped_by_logger() -> Vec<(String, Dropped)> {
    queue::interner::dropped_by_logger()
}
