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
//! Most programs want `kakashi-std` instead, which stands on this crate. For
//! microcontrollers there is [a guide](_guides::devices).

#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(not(test), no_std)]
#![cfg_attr(not(target_os = "none"), forbid(unsafe_code))]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub mod _guides;

mod util;

mod clock;
mod level;

pub mod value;

mod stats;

pub mod codec;

#[doc(hidden)]
pub mod site;

mod record;

#[cfg(feature = "alloc")]
mod context;

pub mod wire;

pub mod encode;

#[cfg(feature = "alloc")]
mod pipeline;

mod sink;

mod logger;

mod device;

#[doc(hidden)]
pub mod macros;

#[cfg(any(feature = "log", feature = "tracing", feature = "defmt", feature = "serde"))]
mod bridges;

#[cfg(feature = "std")]
#[doc(hidden)]
pub mod facade;

#[cfg(feature = "log")]
pub use bridges::LogBridge;
#[cfg(feature = "serde")]
pub use bridges::Serde;
#[cfg(any(feature = "tracing", all(feature = "log", feature = "std")))]
#[doc(hidden)]
pub use bridges::foreign::{BridgeCache, BridgedLogger, forget_foreign_depth, is_in_foreign_value};
#[cfg(any(feature = "tracing", all(feature = "log", feature = "std")))]
pub use bridges::install_error::InstallError;
#[cfg(all(feature = "log", feature = "std"))]
#[doc(hidden)]
pub use bridges::log::receiver::install_log;
#[cfg(feature = "tracing")]
pub use bridges::tracing::{SpanEvents, TracingBridge};
#[cfg(feature = "tracing")]
#[doc(hidden)]
pub use bridges::tracing::{TracingLayer, TracingLevels, bounds as tracing_bounds};
pub use clock::{Clock, FixedClock, Timestamp};
#[cfg(feature = "alloc")]
#[doc(hidden)]
pub use context::attached::RecordCapture;
#[cfg(feature = "std")]
#[doc(hidden)]
pub use context::attached::ScopedRecords;
#[cfg(feature = "std")]
pub use context::current::{
    begin_thread, clear_context, clear_request_context, current_context, current_id, may_set_context,
    set_custom_context, set_request_context, set_user_context,
};
#[cfg(feature = "std")]
#[doc(hidden)]
pub use context::detached::DetachedScope;
#[cfg(feature = "std")]
pub use context::in_current::{ClosureInCurrentContext, FutureInCurrentContext};
#[cfg(feature = "std")]
#[doc(hidden)]
pub use context::level_scopes::{
    HeldLevelScopes, LevelScopeListener, current_level, hold_level_scopes, level_floor,
    set_level_scope_listener,
};
#[cfg(feature = "std")]
#[doc(hidden)]
pub use context::merged::{DispatchKey, MergedContext, merge_now};
#[cfg(feature = "alloc")]
pub use context::request::{RequestContext, UserContext};
#[cfg(feature = "std")]
pub use context::scope::{FailOnErr, Scope, ScopeGuard, ScopedFuture};
#[cfg(feature = "std")]
#[doc(hidden)]
pub use context::scope_records::{OpenRecords, ScopeRecorder, set_scope_recorder};
#[cfg(feature = "alloc")]
pub use context::{LogContext, pairs_of};
pub use device::direct_logger::DirectLogger;
#[cfg(all(feature = "ring", any(feature = "alloc", target_os = "none")))]
pub use device::logger_name::LoggerName;
#[cfg(feature = "ring")]
pub use device::ring::{Peeked, Recovered, Ring, RingItem, RingPolicy};
#[cfg(all(feature = "ring", any(feature = "alloc", target_os = "none")))]
pub use device::ring_logger::RingLogger;
#[cfg(feature = "std")]
#[doc(hidden)]
pub use encode::OneLine;
#[doc(hidden)]
pub use encode::civil;
#[cfg(all(feature = "std", not(target_family = "wasm")))]
pub use encode::{Background, TerminalPretty};
pub use encode::{Encoder, EncoderCache, Json, Pretty, Text, Wire};
#[cfg(feature = "alloc")]
pub use encode::{
    JsonKey, LevelStyle, Logfmt, PatternError, Profile, ProfiledJson, RefusedKey, TextPattern, TimeStyle,
};
#[cfg(all(feature = "std", not(target_family = "wasm")))]
#[doc(hidden)]
pub use encode::{LineAbove, Screen};
pub use level::{AtomicLevelFilter, LevelFilter, LogLevel, UnknownLevel};
pub use logger::as_exception::AsException;
#[doc(hidden)]
pub use logger::as_exception::{ExceptionOfError, ExceptionOfHolder, Given};
#[cfg(feature = "std")]
#[doc(hidden)]
pub use logger::colour::wants_colour;
#[cfg(feature = "alloc")]
#[doc(hidden)]
pub use logger::default_form::DefaultForm;
#[cfg(feature = "alloc")]
pub use logger::destination::Destination;
#[cfg(feature = "alloc")]
#[doc(hidden)]
pub use logger::destination::DestinationForm;
#[cfg(feature = "alloc")]
pub use logger::directive_error::DirectiveError;
#[cfg(feature = "alloc")]
pub use logger::directives::{Directives, SpanDirective, SpanField};
#[cfg(feature = "alloc")]
pub use logger::durability::Durability;
#[cfg(feature = "alloc")]
pub use logger::event::Event;
#[cfg(feature = "alloc")]
pub use logger::flushed::Flushed;
#[cfg(feature = "alloc")]
pub use logger::format::{Format, UnknownFormat};
#[cfg(feature = "std")]
#[doc(hidden)]
pub use logger::holding::Holding;
#[cfg(feature = "alloc")]
pub use logger::levels::Levels;
pub use logger::log::{Exception, Log};
#[cfg(feature = "log")]
pub use logger::log_words::LogWords;
#[cfg(feature = "alloc")]
pub use logger::logger_config::{LoggerConfig, LoggerParts};
#[cfg(feature = "alloc")]
pub use logger::logger_entry::{LoggerEntry, LoggerKind};
#[cfg(feature = "alloc")]
#[doc(hidden)]
pub use logger::prefix::is_wrong_prefix;
#[cfg(feature = "alloc")]
pub use logger::registry::{HeldRegistry, Registry};
#[cfg(feature = "std")]
#[doc(hidden)]
pub use logger::sampled_loggers::{CallSampler, CallSite, SampledBy, SampledLoggers, set_call_sampler};
#[cfg(feature = "alloc")]
#[doc(hidden)]
pub use logger::settings::{NamedLevels, Settings, SettingsChange};
#[cfg(feature = "alloc")]
pub use logger::settings_error::SettingsError;
#[cfg(feature = "std")]
pub use logger::tail_sampling::TailSampling;
#[cfg(feature = "std")]
#[doc(hidden)]
pub use pipeline::admits;
#[cfg(feature = "alloc")]
#[doc(hidden)]
pub use pipeline::deferred::{Deferred, DeferredQueue, MAX_DEFERRED_BYTES, encode_deferred, replay_deferred};
#[cfg(feature = "std")]
#[doc(hidden)]
pub use pipeline::guard::CatchPanic;
#[cfg(feature = "alloc")]
pub use pipeline::guard::Guard;
#[cfg(feature = "alloc")]
pub use pipeline::redaction::Redaction;
#[cfg(feature = "alloc")]
pub use pipeline::scratch::Scratch;
#[cfg(feature = "alloc")]
pub use pipeline::{Enricher, Filter, Pipeline};
pub use record::call::Call;
pub use record::{ContextFields, Extra, LogRecord, Message, Name, Values};
#[doc(hidden)]
pub use sink::StandardStream;
pub use sink::batch::{Batch, RecordEnd};
#[cfg(feature = "alloc")]
#[doc(hidden)]
pub use sink::batch_builder::{BatchBuilder, MAX_RECORD_BYTES};
#[cfg(feature = "alloc")]
pub use sink::decoding_sink::DecodingSink;
#[cfg(feature = "alloc")]
#[doc(hidden)]
pub use sink::delivery::{Backoff, Progress, RetryMode};
pub use sink::function_sink::FunctionSink;
#[cfg(feature = "alloc")]
pub use sink::record_batch::RecordBatch;
#[cfg(feature = "alloc")]
pub use sink::record_sink::{Accepted, RecordSink};
pub use sink::sink_error::{SinkError, SinkErrorKind};
#[cfg(feature = "alloc")]
#[doc(hidden)]
pub use sink::stored_records::StoredRecordCounter;
#[doc(hidden)]
pub use sink::{FileEnd, SinkFile};
pub use sink::{Readiness, Sink, SinkTarget};
#[cfg(target_os = "none")]
#[doc(hidden)]
pub use site::linked::Linked;
pub use site::{Site, SourceLocation};
#[doc(hidden)]
pub use stats::DropSums;
pub use stats::{Counters, DropReason, Dropped, Stats};
pub use util::output::Output;
#[cfg(feature = "alloc")]
pub use value::field::with_joined;
pub use value::field::{Field, key_bit};
pub use value::{Bytes, Composite, List, Map, Secret, ToValue, Value, ValueSink};
