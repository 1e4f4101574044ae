//! Where kakashi meets the logging crates that other people's code is written for.
//!
//! A bridge is added beside what is there and takes nothing away: it installs
//! nothing by itself, and a program may have several.

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
