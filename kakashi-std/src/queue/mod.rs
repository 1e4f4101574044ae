//! Between a calling thread and whoever collects: one ring of wire records a thread.
//!
//! A ring is a source of [collections](crate::delivery::collect), and any of them empties
//! it: a worker's, an ERROR's of a sync logger, a flush. Its worker is the thread that is
//! woken for it.
//!
//! Producers never wait for each other, and the caller's side takes no lock:
//! `rtrb` moves the bytes (a wait-free ring that caches the other side's
//! position), [`WakeState`](crate::sync::wake_state::WakeState) says whether the worker
//! must be woken. A record is encoded in a scratch of the thread and copied in; encoding in
//! place was measured to gain nothing over that, and would need `unsafe` for memory that
//! is not initialised yet.
//!
//! An entry of the ring is a head of sixteen bytes and a body. The head is two words,
//! little-endian: `kind | length << 8 | logger << 32`, then the tick at which the call
//! began. The logger's id, like a site's in a record, is this process's: see [`interner`].
//!
//! | kind | entry | body |
//! |---|---|---|
//! | below `80` | a record of the level with this number | a RECORD's body of the [`wire`](kakashi_core::wire) |
//! | `80` | from here on records have another context | none: it is the next of the [side entries](entry::SideEntry) |
//! | `81` and above | a record of the level with this number − `81`, too large for the ring | none: it is the next of the side entries |

pub(crate) mod config;
pub(crate) mod entry;
pub(crate) mod interner;
pub(crate) mod overflow;
pub(crate) mod queued;
pub(crate) mod ring;
pub(crate) mod ring_source;
#[cfg(all(test, not(loom)))]
mod ring_tests;
pub(crate) mod worker_control;
pub(crate) mod workers;
pub(crate) mod writer;
