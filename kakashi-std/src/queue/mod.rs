//! What lies between a calling thread and the worker: one ring of wire records
//! for each thread.
//!
//! Producers never wait for each other, and the caller's side takes no lock:
//! `rtrb` moves the bytes (a wait-free ring that caches the other side's
//! position), [`Doorbell`](crate::sync::wake_state::Doorbell) wakes the worker. A record is encoded in a scratch
//! of the thread and copied in; encoding in place was measured to gain nothing
//! over that, and would need `unsafe` for memory that is not initialised yet.
//!
//! An item of the ring is a head of eight bytes and a body. The head is
//! `kind | length << 8 | logger << 32`, little-endian; the logger is its number
//! in this process's table, as a site's in a record is: see [`interner`].
//!
//! | kind | item | body |
//! |---|---|---|
//! | below `80` | a record of the level with this number | a RECORD's body of the [`wire`](kakashi_core::wire) |
//! | `80` | from here on records have another context | none: it is the next of the things beside the ring |
//! | `81` and above | a record of the level with this number − `81`, too large for the ring | none: it is the next of the things beside the ring |

pub(crate) mod config;
pub(crate) mod drain;
pub(crate) mod entry;
pub(crate) mod interner;
pub(crate) mod overflow;
pub(crate) mod ring;
pub(crate) mod worker_control;
pub(crate) mod workers;
pub(crate) mod writer;

use std::sync::Arc;

use crate::queue::overflow::OverflowPolicy;
use crate::submit::LoggerCore;

/// A logger whose records go to the worker.
#[derive(Clone, Debug)]
pub(crate) struct Queued {
    pub(crate) core: LoggerCore,
    /// Its number, and what is counted under it.
    pub(crate) id: u32,
    pub(crate) known: Arc<interner::KnownLogger>,
    /// None: the configured one.
    pub(crate) policy: Option<OverflowPolicy>,
}
