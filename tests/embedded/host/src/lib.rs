//! Builds firmware, runs it in QEMU and hands over what it said.

#![forbid(unsafe_code)]

pub mod firmware;
pub mod qemu;

pub use firmware::{Firmware, Program};
pub use qemu::{Machine, Run};
