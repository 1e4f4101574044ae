//! The atomics of the hand-made protocols: std's, or loom's under `--cfg loom`.

pub(crate) mod fence;
#[cfg(all(test, loom))]
mod loom_tests;
pub(crate) mod pending_flag;
pub(crate) mod wake_state;

#[cfg(not(all(test, loom)))]
pub(crate) use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
#[cfg(all(test, loom))]
pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU8, Ordering};
