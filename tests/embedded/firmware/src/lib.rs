//! kakashi on a chip: what its tests and examples share.

#![no_std]
#![forbid(unsafe_code)]

mod fixed;
mod frame;
mod serial;
mod uptime;
mod vector;

pub use fixed::Fixed;
pub use frame::{Kind, send_frame};
pub use serial::Serial;
pub use uptime::Uptime;
pub use vector::{Vector, Words};
