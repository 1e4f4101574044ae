//! The list of contenders.
//!
//! To add one: write `NAME.rs` here with a type that implements
//! [`Contender`], name it under `mod` and give it a line in [`ALL`], at the
//! place where it shall stand in the tables.

mod env_logger;
mod kakashi;
mod limit;
mod raw_buffered;
mod spdlog;
mod tracing;

use anyhow::{Context, Result};

use crate::child::{self, Job};
use crate::contender::Contender;
use crate::outcome::Outcome;

/// The hand-tuned floor.
pub const LIMIT: &str = limit::Limit::NAME;
/// The floor of plain standard-library code.
pub const STD: &str = raw_buffered::RawBuffered::NAME;

/// All contenders, the floors first.
pub static ALL: &[Entry] = &[
    entry::<limit::Limit>(),
    entry::<raw_buffered::RawBuffered>(),
    entry::<kakashi::Kakashi>(),
    entry::<spdlog::Spdlog>(),
    entry::<env_logger::EnvLogger>(),
    entry::<tracing::Tracing>(),
    entry::<tracing::TracingBuffered>(),
];

/// A contender with its type erased; the pointer is called once a process.
pub struct Entry {
    pub name: &'static str,
    pub note: &'static str,
    pub has_context: bool,
    pub measure: fn(&Job) -> Result<Outcome>,
}

const fn entry<C: Contender>() -> Entry {
    Entry { name: C::NAME, note: C::NOTE, has_context: C::HAS_CONTEXT, measure: child::measure::<C> }
}

/// The contender called `name`.
pub fn find(name: &str) -> Result<&'static Entry> {
    ALL.iter().find(|entry| entry.name == name).with_context(|| {
        let names: Vec<_> = ALL.iter().map(|entry| entry.name).collect();
        format!("no contender `{name}`; there are {}", names.join(", "))
    })
}
