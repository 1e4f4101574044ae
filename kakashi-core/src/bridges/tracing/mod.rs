//! The events and spans of `tracing`.
//!
//! An event is a record: target as logger, level, place, `message` as its text, fields of their
//! types, an error as `exception.message`. A span is context: while it is entered, each record of
//! the thread has its fields and its parents', whoever made it, and a span or scope inside wins.
//! So a span is a layer among the thread's scopes (`context/scopes`), not a list that an event
//! walks: what a span costs is paid where it is entered, and only once while what lies around it
//! stays the same. The merged context has one id then, by which encoders know its text.
//!
//! A span's own data is kept where `tracing-subscriber` keeps it, in the span's extensions,
//! which other layers use too: set by `replace`, because `insert` panics where a second layer of
//! ours has been. A late `record` changes it, and what this thread has entered is merged anew; a
//! thread that is inside of the same span at that moment sees it when it enters a span or a
//! scope next.
//!
//! What a level enables is decided by kakashi's levels, for this layer alone: it lies in
//! `Filtered`, so other layers see what they would see without it. Interest is cached in each
//! call site and built anew after each change of levels; no lock is taken on a record's way.
//! [`TracingBridge::install`] has no other layers to think of, and filters the registry itself.
//!
//! It refuses to write span names on every record, and to keep spans that have been closed.

mod fields;
mod install;
mod layer;
mod levels;
mod log_event;
mod span_data;
mod span_events;
mod span_levels;

pub use self::install::TracingBridge;
pub use self::layer::TracingLayer;
pub use self::levels::TracingLevels;
pub use self::span_events::SpanEvents;

/// The traits that a layer's type is bounded by.
#[doc(hidden)]
pub mod bounds {
    pub use tracing_core::Subscriber;
    pub use tracing_subscriber::Layer;
    pub use tracing_subscriber::registry::LookupSpan;
}
