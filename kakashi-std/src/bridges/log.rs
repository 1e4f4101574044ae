//! kakashi as the backend of the [`log`](https://docs.rs/log) crate.
//!
//! ```
//! use kakashi_std::LogLevel;
//!
//! kakashi_std::bridges::log::install()?;
//! log::info!(target: "shop::orders", order_id = 1042, total = 19.9; "Order accepted");
//! // 2026-11-22T10:12:00.123456Z INFO shop::orders Order accepted order_id=1042 total=19.9
//!
//! log::debug!("not written, and nothing of it is formatted");
//! kakashi_std::configure().level_of("shop::db", LogLevel::Debug).apply();
//! log::debug!(target: "shop::db", "written");
//! # assert_eq!(log::max_level(), log::LevelFilter::Debug);
//! # Ok::<(), kakashi_std::bridges::InstallError>(())
//! ```
//!
//! | of a `log` record | in kakashi's |
//! |---|---|
//! | target | the logger's name; its levels are those of the logger of this name |
//! | level | the level of the same name, `Warn` is WARNING |
//! | text | the message; nothing in it is a placeholder |
//! | keys and values | fields, of their types; errors with their sources; `:serde` and `:sval` with the feature `serde`, else as text |
//! | module, file, line | the place in the source, as a macro's of kakashi |
//!
//! Context, filters, redaction, destinations and promises are those of every other record, of
//! sync loggers. `log`'s own maximum follows each later change of kakashi's levels, so that a
//! disabled call costs what `log` says it does.
//!
//! A value that logs while it is formatted is written before the record that it is of; what
//! nests deeper than four is dropped and counted as [`Reentrant`](crate::DropReason::Reentrant).

use kakashi_core::install_log;

use super::{InstallError, StdLogger};
use crate::lifecycle;
use crate::reentrancy::CriticalSection;

/// Makes kakashi the backend of `log`.
///
/// # Errors
/// [`InstallError`] if `log` has a backend: it takes one for the life of the program.
pub fn install() -> Result<(), InstallError> {
    lifecycle::install();
    // An allocator may log while the registry is told.
    let _section = CriticalSection::begin();
    install_log::<StdLogger>()
}
