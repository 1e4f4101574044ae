//! Bridges to other crates: `log`, `defmt`, `serde`.
//!
//! A bridge installs nothing by itself, and a program may have several.

#[cfg(feature = "defmt")]
mod defmt;
#[cfg(feature = "log")]
mod log;
#[cfg(feature = "serde")]
mod serde;

#[cfg(feature = "log")]
pub use self::log::LogBridge;
#[cfg(feature = "serde")]
pub use self::serde::Serde;
