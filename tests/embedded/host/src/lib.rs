//! Builds firmware, runs it in QEMU and hands over what it said.

#![forbid(unsafe_code)]

pub mod decode;
pub mod firmware;
pub mod qemu;

pub use decode::ExportedSites;
pub use firmware::{Firmware, Program, Sites};
pub use qemu::{Machine, RUN_TIMEOUT, Run};
