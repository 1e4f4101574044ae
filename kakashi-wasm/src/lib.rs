//! Structured logging in browsers, Node and edge workers.
//!
//! ```no_run
//! use kakashi_wasm::{get_logger, info};
//!
//! let logger = get_logger("shop::cart");
//! info!(logger, "Item {id} added", id = 1042, price = 19.9);
//! ```
//!
//! This is what a Rust program compiled to wasm uses; JavaScript programs use the
//! npm package that is made of it. The calls are those of `kakashi-std`, and so is
//! every byte that is written.
//!
//! A record is encoded into a batch in the program's own memory; JavaScript is
//! called for the time, and once for a batch: when it is full, 100 ms after the
//! first record, when the page is hidden, on [`flush`](flush()). ERROR and CRITICAL are
//! written before the call returns. A panic is logged, and what is buffered
//! written, before the program stops.
//!
//! Start at [`get_logger`], [`configure`], [`set_request_context`] and [`sinks`], or
//! with [the guide](_guides::wasm).
//!
//! Where a program runs on several threads (web workers that share a memory), each
//! has destinations of its own: what JavaScript gives one is no good to another.
//! Loggers and levels are shared.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

#[cfg(feature = "loggers")]
pub mod _guides;

#[cfg(any(feature = "log", feature = "tracing"))]
pub mod bridges;
#[cfg(feature = "loggers")]
mod configure;
#[cfg(feature = "loggers")]
mod delivery;
#[cfg(feature = "loggers")]
mod dispatch;
#[cfg(feature = "loggers")]
mod flush;
#[cfg(feature = "loggers")]
mod host;
#[cfg(feature = "loggers")]
mod lifecycle;
#[cfg(feature = "loggers")]
mod loggers;
// What the npm package calls; no Rust program needs it.
#[cfg(feature = "npm")]
#[allow(unreachable_pub, reason = "JavaScript reaches what it exports")]
mod npm;
#[cfg(feature = "loggers")]
mod reentrancy;
#[cfg(feature = "loggers")]
pub mod sinks;
#[cfg(feature = "loggers")]
mod submit;

#[cfg(feature = "loggers")]
pub use configure::{Configure, configure};
#[cfg(feature = "loggers")]
pub use flush::flush;
#[cfg(feature = "loggers")]
pub use host::clock::SystemClock;
#[cfg(feature = "loggers")]
pub use loggers::async_logger::{AsyncLogger, get_async_logger, get_async_logger_with_level};
#[cfg(feature = "loggers")]
pub use loggers::custom_logger::{FunctionalLogger, LoggerConfig, create_custom_logger};
#[cfg(feature = "loggers")]
pub use loggers::logger::{Logger, clear_logger_cache, get_logger, get_logger_with_level, set_log_level};
#[cfg(feature = "loggers")]
pub use loggers::root::{
    audit, critical, debug, error, exception, info, metric, root_logger, security, trace, warning,
};
#[cfg(feature = "loggers")]
pub use sinks::{CallbackSink, ConsoleSink};

/// For the macros.
#[doc(hidden)]
pub use kakashi_core as __core;
#[cfg(feature = "loggers")]
#[doc(inline)]
pub use kakashi_core::facade::*;
#[cfg(feature = "loggers")]
#[doc(hidden)]
pub use loggers::root::logger_at as __logger_at;

/// Returns how many records of this program were written, and how many dropped, so far.
///
/// ```no_run
/// use kakashi_wasm::{DropReason, flush, info, stats};
///
/// info!("Counted");
/// flush();
/// let now = stats();
/// info!("So far", written = now.written, failed = now.dropped.of_reason(DropReason::SinkFailed));
/// ```
#[cfg(feature = "loggers")]
pub fn stats() -> Stats {
    delivery::report::COUNTERS.snapshot()
}
