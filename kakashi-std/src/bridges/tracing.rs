//! The events and spans of [`tracing`](https://docs.rs/tracing), as kakashi's records and context.
//!
//! ```
//! use kakashi_std::{bridges, info};
//!
//! bridges::tracing::install()?;
//! let _request = tracing::info_span!("request", request_id = "r-7", method = "GET").entered();
//! tracing::info!(target: "shop::orders", order_id = 1042, "Order accepted");
//! info!("Paid", total = 19.9);
//! // … INFO shop::orders Order accepted order_id=1042 request_id=r-7 method=GET
//! // … INFO my_app Paid total=19.9 request_id=r-7 method=GET
//! # Ok::<(), kakashi_std::bridges::InstallError>(())
//! ```
//!
//! Beside other layers it is one of them, and filters for itself only:
//! `tracing_subscriber::registry().with(other).with(kakashi_std::bridges::tracing::layer()).init()`.
//! That `init` has the records of `log` made events (by `tracing-log`, without their keys and values): they
//! are logged with the target, level and place that they had.
//!
//! | of `tracing` | in kakashi |
//! |---|---|
//! | target | the logger's name; its levels are those of the logger of this name, for spans too |
//! | level | the level of the same name, `WARN` is WARNING |
//! | `message` | the message; nothing in it is a placeholder |
//! | fields | fields, of their types; `?` and `%` as the text they print |
//! | an error (`&e as &dyn Error`) | `exception.message`, with its sources; a second one under its own name |
//! | module, file, line | the place in the source, as a macro's of kakashi |
//! | a span | context: its fields and its parents' on every record inside, of `tracing` and of kakashi |
//! | `follows_from` | a field `follows_from` of the span: the followed span's name and fields |
//!
//! # Spans are context
//!
//! A scope ([`LogContext`](crate::LogContext)) inside of a span, and a span inside of a scope: the
//! inner one's fields win. A span with another parent than the one around it, or none, hides that
//! one's fields, but no scope's. What `set_…_context` sets inside of a span belongs to the scope
//! around it, or to the thread: a task enters its span anew at each poll. A field that is recorded
//! late is on all records of this thread from then on; another thread that is inside of the same
//! span has it when it enters a span or a scope next.
//!
//! A span that is made in a scope, or where `set_…_context` has set something, brings that along: where
//! it is entered on a thread or in a task that has no context of its own, all records have it, and its
//! level. So a library that works for a request on a thread of its own, inside of the request's span
//! (as sqlx does for SQLite), logs with the request's context. A span of `parent: None` brings nothing.
//!
//! # Ids of OpenTelemetry
//!
//! With the feature `opentelemetry`, and a layer of `tracing-opentelemetry` beside this one, all
//! records inside of a span have its `trace_id` and `span_id`.
//!
//! # Levels
//!
//! Kakashi's levels decide, exactly: which call sites are enabled is cached in them, and built
//! anew after each change. A disabled event costs what `tracing` says it does.
//!
//! # Events inside of events
//!
//! A value that logs while it is formatted is written before the record that it is of; what nests
//! deeper than four is dropped and counted as [`Reentrant`](crate::DropReason::Reentrant). Where the
//! subscriber is a scoped one (`with_default`), `tracing` itself hands over no event that is made
//! inside of another.

use super::StdLogger;
pub use kakashi_core::SpanEvents;

kakashi_core::__tracing_functions! {
    StdLogger;
    /// ```
    /// use kakashi_std::bridges::tracing::{SpanEvents, options};
    ///
    /// options().span_events(SpanEvents::Close).install()?;
    /// drop(tracing::info_span!("request", id = 7));
    /// // … INFO my::module close span=request time.busy=0s time.idle=0.000002s id=7
    /// # Ok::<(), kakashi_std::bridges::InstallError>(())
    /// ```
    options;
}
