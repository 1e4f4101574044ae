//! What `kakashi-std` and `kakashi-wasm` show of this crate: one list, which both
//! re-export whole.

pub use crate::{
    Accepted, AsException, Batch, Bytes, Clock, ClosureInCurrentContext, Composite, DecodingSink,
    Destination, DirectiveError, DropReason, Dropped, Durability, Encoder, EncoderCache, Enricher, Event,
    Exception, FailOnErr, Field, Filter, FixedClock, Flushed, Format, FutureInCurrentContext, Json, JsonKey,
    LevelFilter, LevelStyle, List, Log, LogContext, LogLevel, LogRecord, Logfmt, Map, Output, PatternError,
    Pretty, Profile, ProfiledJson, Readiness, RecordBatch, RecordEnd, RecordSink, Redaction, RefusedKey,
    RequestContext, Scope, ScopeGuard, ScopedFuture, Secret, SettingsError, Sink, SinkError, SinkErrorKind,
    SinkTarget, SourceLocation, Stats, TailSampling, Text, TextPattern, TimeStyle, Timestamp, ToValue,
    UnknownFormat, UnknownLevel, UserContext, Value, ValueSink, Wire, clear_context, clear_request_context,
    current_context, encode::writers, fields, set_custom_context, set_request_context, set_user_context,
    wire,
};

#[cfg(all(feature = "std", not(target_family = "wasm")))]
pub use crate::{Background, TerminalPretty};
