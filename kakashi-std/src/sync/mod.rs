//! Synchronisation that knows nothing of logging.
//!
//! The atomics of the hand-made protocols come from here: the standard library's,
//! or loom's under `--cfg loom`, so that the models check the very code that runs.

pub(crate) mod fence;
pub(crate) mod fork_epoch;
pub(crate) mod hook;
#[cfg(all(test, loom))]
mod loom_once_lock;
#[cfg(all(test, loom))]
mod loom_tests;
pub(crate) mod pending_flag;
pub(crate) mod reclaim;
#[cfg(all(test, not(loom)))]
mod reclaim_tests;
mod shared_cell;
pub(crate) mod timed_lock;
pub(crate) mod wake_state;

#[cfg(not(all(test, loom)))]
pub(crate) use std::sync::OnceLock;
#[cfg(not(all(test, loom)))]
pub(crate) use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU8, AtomicUsize, Ordering};

#[cfg(all(test, loom))]
pub(crate) use loom::sync::atomic::{AtomicBool, AtomicPtr, AtomicU8, AtomicUsize, Ordering};
#[cfg(all(test, loom))]
pub(crate) use loom_once_lock::OnceLock;

pub(crate) use shared_cell::SharedCell;
