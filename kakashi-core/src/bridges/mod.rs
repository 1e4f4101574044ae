//! Bridges to other crates: `log`, `tracing`, `defmt`, `serde`.
//!
//! A bridge installs nothing by itself. What kakashi-std and kakashi-wasm share of theirs stands
//! here, over [`foreign`], without a platform.

#[cfg(feature = "defmt")]
mod defmt;
#[cfg(any(feature = "tracing", all(feature = "log", feature = "std")))]
pub(crate) mod foreign;
#[cfg(any(feature = "tracing", all(feature = "log", feature = "std")))]
mod foreign_record;
#[cfg(any(feature = "tracing", all(feature = "log", feature = "std")))]
pub(crate) mod install_error;
#[cfg(any(feature = "tracing", all(feature = "log", feature = "std")))]
mod known_sites;
#[cfg(feature = "log")]
pub(crate) mod log;
#[cfg(feature = "serde")]
mod serde;
#[cfg(feature = "tracing")]
pub(crate) mod tracing;

#[cfg(feature = "log")]
pub use self::log::LogBridge;
#[cfg(feature = "serde")]
pub use self::serde::Serde;
