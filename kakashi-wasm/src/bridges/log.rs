//! kakashi as the backend of the [`log`](https://docs.rs/log) crate.
//!
//! ```no_run
//! kakashi_wasm::bridges::log::install()?;
//! log::info!(target: "shop::cart", item_id = 1042, price = 19.9; "Item added");
//! // 2026-11-22T10:12:00.123456Z INFO shop::cart Item added item_id=1042 price=19.9
//! # Ok::<(), kakashi_wasm::bridges::InstallError>(())
//! ```
//!
//! The target names the logger, keys and values are fields of their types, module, file and line
//! the place in the source. `log`'s maximum follows each later change of kakashi's levels. What
//! nests deeper than four while it is formatted is dropped and counted as
//! [`Reentrant`](crate::DropReason::Reentrant).

use kakashi_core::install_log;

use super::{InstallError, WasmLogger};

/// Makes kakashi the backend of `log`.
///
/// # Errors
/// [`InstallError`] if `log` has a backend: it takes one for the life of the program.
pub fn install() -> Result<(), InstallError> {
    install_log::<WasmLogger>()
}
