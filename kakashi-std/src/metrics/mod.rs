//! Counts of records for a metrics system: how many were logged, written, dropped and are
//! waiting, by level, logger and destination.
//!
//! [`prometheus_text`] is what a scraper of Prometheus reads; [`text`] has the format that a
//! request accepts. A program serves it by whatever HTTP server it has:
//!
//! ```
//! use kakashi_std::metrics::{self, TextFormat};
//!
//! /// Answers `GET /metrics`: the value of `content-type`, and the body.
//! fn answer(accept: &str) -> (&'static str, String) {
//!     let format = TextFormat::accepted_by(accept);
//!     (format.content_type(), metrics::text(format))
//! }
//!
//! let (content_type, body) = answer("text/plain");
//! assert_eq!(content_type, "text/plain; version=0.0.4; charset=utf-8");
//! assert!(body.contains("\n# TYPE kakashi_records_late_total counter\n"));
//! ```
//!
//! With the feature `otlp` `OtlpMetrics` sends the same to an OpenTelemetry collector.
//!
//! # What is counted
//!
//! | metric | labels | counts |
//! |---|---|---|
//! | `kakashi_records_logged_total` | `logger`, `level` | records that went to a destination or several, once each |
//! | `kakashi_records_written_total` | `destination`, `level` | records that a destination took |
//! | `kakashi_records_dropped_total` | `destination`, `level`, `reason` | records that were not written; the reasons are [`DropReason`](crate::DropReason)'s |
//! | `kakashi_queue_drops_total` | `logger`, `level` | those among them whose async logger found its queue full |
//! | `kakashi_records_waiting` | `destination` | records that wait now (a gauge) |
//! | `kakashi_records_late_total` | | [`Stats::late`](crate::Stats::late) |
//! | `kakashi_written_bytes_total` | `destination` | bytes that a destination took |
//! | `kakashi_sink_failures_total` | `destination` | calls of a sink that it failed |
//!
//! Records are counted by logger when they are collected, 100 ms after their call at the latest;
//! a record that a destination's filter refuses is not. A counter never goes back: a destination
//! that `configure()` replaces has its counts added to those of the next one of its name, in
//! contrast to [`stats_by_destination`](crate::stats_by_destination). Drops that belong to no
//! destination, since there is none yet, have an empty `destination`.
//!
//! A program that names its loggers by what it is sent can't fill a metrics system: after 1,022
//! names of loggers, or 99 of destinations, and for names of more than 256 bytes, it is `other`
//! that counts.
//!
//! # Costs
//!
//! Counts are made where records are looked at anyway; a text takes a walk over them: some
//! microseconds. It may be asked for by any thread at any time, in a sink too.

#[cfg(feature = "otlp")]
mod export;
mod family;
mod logger_stats;
#[cfg(feature = "otlp")]
mod otlp;
mod record_counts;
mod text_format;

pub use self::logger_stats::LoggerStats;
#[cfg(feature = "otlp")]
pub use self::otlp::OtlpMetrics;
use self::record_counts::RecordCounts;
pub use self::text_format::TextFormat;

/// Returns all counts in the text format of Prometheus, version 0.0.4.
///
/// <https://prometheus.io/docs/instrumenting/exposition_formats/>
pub fn prometheus_text() -> String {
    text(TextFormat::Prometheus)
}

/// Returns all counts in the format of OpenMetrics, version 1.0.
///
/// <https://prometheus.io/docs/specs/om/open_metrics_spec/>
pub fn open_metrics_text() -> String {
    text(TextFormat::OpenMetrics)
}

/// Returns all counts in a format. Called by an allocator while kakashi allocates, it has none.
pub fn text(format: TextFormat) -> String {
    format.text(&RecordCounts::read().families())
}

pub(crate) fn stats_by_logger() -> Vec<LoggerStats> {
    logger_stats::read()
}
