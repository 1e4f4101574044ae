//! The flight recorder: records below the threshold are kept in memory, and written when something
//! fails.
//!
//! While it is on, loggers let records pass from its level on ([`Registry::set_kept`]); a call whose logger does not write the
//! record has it kept here, in wire form: in the ring of its scope if it is in one, else in its thread's. A ring
//! is locked by whoever puts a record in, which is one thread mostly, and by a dump. Nothing that is logged is written here: a dump
//! is a source of the next collection.
//!
//! While it is off, a call of an enabled level reads one flag more.
//!
//! It stands above the calls ([`submit`](crate::submit)) that keep records in it.

mod byte_ring;
pub(crate) mod dump;
mod dump_limit;
mod kept_ring;
mod memory;
mod outliving;
mod published;
mod record_ring;
pub(crate) mod registry;
mod replay;
mod replay_source;
mod scope_ring;
pub(crate) mod settings;
mod shared_table;
pub(crate) mod state;
pub(crate) mod switch;
pub(crate) mod thread_recorder;
#[cfg(all(
    test,
    feature = "black-box",
    target_os = "linux",
    target_endian = "little",
    target_pointer_width = "64",
    not(loom)
))]
mod torn_tests;
