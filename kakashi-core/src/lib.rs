//! The core of kakashi: levels, values, records, context, encoders and the wire.
//!
//! ```text
//! call site ─► level test ─► record (+ context) ─► Encoder ─► Batch ─► Sink
//! ```
//!
//! This crate is `no_std`. Without `alloc` it holds what a device needs: the
//! macros, values, records, encoders, the wire's writer, [`DirectLogger`] and, with
//! the feature `ring`, a ring of records that interrupts log into.
//! With `alloc` (the default) it adds what the crates for servers and browsers
//! share: contexts, the wire's reader, the registry of loggers, configuration,
//! the pipeline and events.
//!
//! Most programs want `kakashi-std` instead, which stands on this crate.

#![cfg_attr(not(test), no_std)]
#![cfg_attr(not(target_os = "none"), forbid(unsafe_code))]

#[cfg(feature = "alloc")]
extern crate alloc;

#[cfg(all(doctest, feature = "ring", feature = "alloc"))]
#[doc = include_str!("../README.md")]
struct Readme;

#[doc(hidden)]
pub mod arguments;
#[cfg(feature = "alloc")]
mod aside;
mod batch;
#[cfg(any(feature = "log", feature = "defmt"))]
mod bridges;
mod call;
mod chars;
mod clock;
pub mod codec;
#[cfg(feature = "alloc")]
mod config;
#[cfg(feature = "alloc")]
mod context;
mod crc;
#[cfg(feature = "alloc")]
mod destination;
#[cfg(target_os = "none")]
#[doc(hidden)]
#[macro_use]
pub mod device_macros;
mod direct;
pub mod encode;
#[cfg(feature = "alloc")]
mod events;
mod field;
#[cfg(feature = "alloc")]
mod flushed;
mod function_sink;
#[cfg(feature = "alloc")]
mod ids;
mod level;
#[cfg(target_os = "none")]
mod linked;
mod log;
#[cfg(feature = "alloc")]
mod logger_config;
#[cfg(feature = "alloc")]
mod logger_macros;
#[cfg(all(feature = "ring", any(feature = "alloc", target_os = "none")))]
mod logger_name;
mod macros;
mod output;
#[cfg(feature = "alloc")]
mod pipeline;
#[cfg(feature = "alloc")]
mod places;
mod record;
#[cfg(feature = "alloc")]
mod redaction;
#[cfg(feature = "alloc")]
mod registry;
#[cfg(feature = "alloc")]
mod request;
#[cfg(feature = "ring")]
mod ring;
#[cfg(all(feature = "ring", any(feature = "alloc", target_os = "none")))]
mod ring_logger;
#[cfg(feature = "alloc")]
mod scope;
#[cfg(feature = "serde")]
mod serde;
mod sink;
#[doc(hidden)]
pub mod site;
#[cfg(all(feature = "ring", feature = "alloc", not(target_os = "none")))]
mod site_ids;
mod stats;
pub mod value;
pub mod wire;

#[cfg(feature = "serde")]
pub use self::serde::Serde;
#[cfg(feature = "alloc")]
pub use aside::put_aside;
pub use batch::{Batch, RecordEnd};
#[cfg(feature = "log")]
pub use bridges::{LogBridge, LogWords};
pub use call::Call;
pub use clock::{Clock, FixedClock, Timestamp};
#[cfg(feature = "alloc")]
pub use config::{Format, Levels, UnknownFormat};
#[cfg(feature = "alloc")]
pub use context::{LogContext, pairs_of};
#[cfg(feature = "alloc")]
pub use destination::Destination;
pub use direct::DirectLogger;
pub use encode::{Encoder, EncoderCache, Json, Pretty, Text, Wire};
#[cfg(feature = "alloc")]
pub use events::Event;
#[cfg(feature = "alloc")]
pub use field::with_joined;
pub use field::{Field, key_bit};
#[cfg(feature = "alloc")]
pub use flushed::Flushed;
pub use function_sink::FunctionSink;
pub use level::{AtomicLevelFilter, LevelFilter, LogLevel, UnknownLevel};
#[cfg(target_os = "none")]
#[doc(hidden)]
pub use linked::Linked;
pub use log::{Exception, Log};
#[cfg(feature = "alloc")]
pub use logger_config::{LoggerConfig, LoggerParts};
#[cfg(all(feature = "ring", any(feature = "alloc", target_os = "none")))]
pub use logger_name::LoggerName;
pub use output::Output;
#[cfg(feature = "alloc")]
pub use pipeline::{Enricher, Filter, Guard, Pipeline, Scratch};
pub use record::{ContextFields, Extra, LogRecord, Message, Name, Values};
#[cfg(feature = "alloc")]
pub use redaction::Redaction;
#[cfg(feature = "alloc")]
pub use registry::{HeldRegistry, LoggerEntry, LoggerKind, Registry};
#[cfg(feature = "alloc")]
pub use request::{RequestContext, UserContext};
#[cfg(feature = "ring")]
pub use ring::{Peeked, Recovered, Ring, RingItem, RingPolicy};
#[cfg(all(feature = "ring", any(feature = "alloc", target_os = "none")))]
pub use ring_logger::RingLogger;
#[cfg(feature = "alloc")]
pub use scope::{ReplaceContext, ScopeGuard, ScopedFuture};
pub use sink::{Sink, SinkError, SinkErrorKind};
pub use site::{Site, SourceLocation};
#[doc(hidden)]
pub use stats::DropSums;
pub use stats::{Counters, DropReason, Dropped, Stats};
pub use value::{Bytes, Composite, List, Map, ToValue, Value, ValueSink};
