//! The events and spans of [`tracing`](https://docs.rs/tracing), as kakashi's records and context.
//!
//! ```no_run
//! use kakashi_wasm::{bridges, info};
//!
//! bridges::tracing::install()?;
//! let _view = tracing::info_span!("view", route = "/cart").entered();
//! tracing::info!(target: "shop::cart", item_id = 1042, "Item added");
//! info!("Shown", items = 3);
//! // … INFO shop::cart Item added item_id=1042 route=/cart
//! // … INFO my_app Shown items=3 route=/cart
//! # Ok::<(), kakashi_wasm::bridges::InstallError>(())
//! ```
//!
//! An event is a record, its target the logger's name; a span is context: all records inside have
//! its fields and its parents', and a span or scope inside wins. Kakashi's levels decide what is
//! enabled, for this layer only; interest is cached and built anew after each change.

use super::WasmLogger;
pub use kakashi_core::SpanEvents;

kakashi_core::__tracing_functions! {
    WasmLogger;
    /// ```no_run
    /// use kakashi_wasm::bridges::tracing::{SpanEvents, options};
    ///
    /// options().span_events(SpanEvents::Close).install()?;
    /// # Ok::<(), kakashi_wasm::bridges::InstallError>(())
    /// ```
    options;
}
