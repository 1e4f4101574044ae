//! Where kakashi meets the logging crates that other people's code is written for.
//!
//! A bridge is added beside what is there and takes nothing away: it installs
//! nothing by itself, and a program may have several.

#[cfg(feature = "defmt")]
mod defmt;
#[cfg(feature = "log")]
mod log;
#[cfg(feature = "log")]
mod words;

#[cfg(feature = "log")]
pub use self::{log::LogBridge, words::LogWords};
