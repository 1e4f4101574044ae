//! Two chips as QEMU has them: `mps2-an386` (Cortex-M4F) and `microbit` (nRF51,
//! a Cortex-M0). The target chooses which.
//!
//! All `unsafe` of the firmware is here, one register or cell at a time. It is
//! no hardware layer: it has what the tests need and nothing for real boards.

#![no_std]

pub mod exit;
mod known_loop;
mod panic;
pub mod ram;
mod register;
mod reset;
pub mod systick;
pub mod uart;
mod values;

pub use known_loop::known_loop;
pub use panic::set_panic_hook;
pub use reset::{KEPT, reset, start_watchdog};
pub use uart::Uart;
pub use values::{Values, mark};
