//! The list of contenders.
//!
//! To add one: write `NAME.rs` here with a type that implements
//! [`Contender`], name it under `mod` and give it a line in [`ALL`]. A logger
//! that takes the `log` crate's records implements [`facade::Backend`] instead.
//! One with several configurations is generic over its modes.

mod emit_file;
mod empty;
mod env_logger;
mod facade;
mod fast_log;
mod flexi_logger;
mod ftlog;
mod kakashi;
mod limit;
mod log4rs;
mod log_to_kakashi;
mod logforth;
mod quicklog;
mod raw_buffered;
mod request;
mod shared_file;
mod slog;
mod spdlog;
mod tracing;

use anyhow::{Context, Result};

use crate::child::{self, Job};
use crate::cli::What;
use crate::contender::Contender;
use crate::form::Form;
use crate::outcome::Outcome;

use self::env_logger::EnvLogger;
use self::fast_log::FastLog;
use self::flexi_logger::FlexiLogger;
use self::ftlog::Ftlog;
use self::kakashi::Kakashi;
use self::log_to_kakashi::LogToKakashi;
use self::log4rs::Log4rs;
use self::logforth::Logforth;
use self::request::Served;
use self::slog::Slog;
use self::spdlog::Spdlog;
use self::tracing::Tracing;
use facade::{Formatted, WithKv};

/// The hand-tuned floor.
pub const LIMIT: &str = limit::Limit::NAME;
/// The floor of plain standard-library code.
pub const STD: &str = raw_buffered::RawBuffered::NAME;
/// The floor of the timer.
pub const EMPTY: &str = empty::Empty::NAME;
/// The service that requests are served by, alone.
pub const SERVICE: &str = Served::<request::Bare>::NAME;

/// All contenders, the floors first.
pub static ALL: &[Entry] = &[
    entry::<empty::Empty>(),
    entry::<limit::Limit>(),
    entry::<raw_buffered::RawBuffered>(),
    entry::<Kakashi<kakashi::Sync>>(),
    entry::<Kakashi<kakashi::Rotating>>(),
    entry::<Kakashi<kakashi::BlackBoxed>>(),
    entry::<Kakashi<kakashi::Async>>(),
    entry::<Kakashi<kakashi::AsyncBlackBoxed>>(),
    entry::<Kakashi<kakashi::DropNewest>>(),
    entry::<Kakashi<kakashi::DropOldest>>(),
    entry::<Kakashi<kakashi::Performance>>(),
    entry::<kakashi::Reloaded>(),
    entry::<kakashi::Sampled>(),
    entry::<WithKv<LogToKakashi>>(),
    entry::<Tracing<tracing::ToKakashi>>(),
    entry::<Tracing<tracing::Absent>>(),
    entry::<Served<request::Bare>>(),
    entry::<Served<request::Layered>>(),
    entry::<Served<request::WithoutRecord>>(),
    entry::<Spdlog<spdlog::Sync>>(),
    entry::<Spdlog<spdlog::Async>>(),
    entry::<Tracing<tracing::Direct>>(),
    entry::<Tracing<tracing::Buffered>>(),
    entry::<Tracing<tracing::Appender>>(),
    entry::<Slog<slog::Sync>>(),
    entry::<Slog<slog::Async>>(),
    entry::<WithKv<EnvLogger>>(),
    entry::<WithKv<Log4rs<log4rs::Pattern>>>(),
    entry::<WithKv<FlexiLogger<flexi_logger::Direct>>>(),
    entry::<WithKv<FlexiLogger<flexi_logger::Buffered>>>(),
    entry::<WithKv<FlexiLogger<flexi_logger::Async>>>(),
    entry::<WithKv<Logforth<logforth::Sync>>>(),
    entry::<WithKv<Logforth<logforth::Async>>>(),
    entry::<Formatted<FastLog>>(),
    entry::<Formatted<Ftlog>>(),
    entry::<quicklog::Quicklog>(),
    entry::<Kakashi<kakashi::SyncJson>>(),
    entry::<Kakashi<kakashi::AsyncJson>>(),
    entry::<Kakashi<kakashi::SyncWire>>(),
    entry::<Kakashi<kakashi::AsyncWire>>(),
    entry::<Spdlog<spdlog::Json>>(),
    entry::<Tracing<tracing::Json>>(),
    entry::<Slog<slog::Json>>(),
    entry::<WithKv<Log4rs<log4rs::Json>>>(),
    entry::<WithKv<FlexiLogger<flexi_logger::Json>>>(),
    entry::<WithKv<Logforth<logforth::Json>>>(),
    entry::<emit_file::EmitFile>(),
];

/// A contender with its type erased; the pointer is called once a process.
pub struct Entry {
    pub name: &'static str,
    pub note: &'static str,
    pub form: Form,
    pub has_context: bool,
    pub exempt: &'static [What],
    pub serves: bool,
    pub most_threads: u64,
    pub opens_path: bool,
    pub measure: fn(&Job) -> Result<Outcome>,
}

impl Entry {
    /// Whether it is one of those that others are measured by.
    pub fn is_floor(&self) -> bool {
        [EMPTY, LIMIT, STD].contains(&self.name)
    }
}

const fn entry<C: Contender>() -> Entry {
    Entry {
        name: C::NAME,
        note: C::NOTE,
        form: C::FORM,
        has_context: C::HAS_CONTEXT,
        exempt: C::EXEMPT,
        serves: C::SERVES,
        most_threads: C::MOST_THREADS,
        opens_path: C::OPENS_PATH,
        measure: child::measure::<C>,
    }
}

/// The contender called `name`.
pub fn find(name: &str) -> Result<&'static Entry> {
    ALL.iter().find(|entry| entry.name == name).with_context(|| {
        let names: Vec<_> = ALL.iter().map(|entry| entry.name).collect();
        format!("no contender `{name}`; there are {}", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_contender_has_a_name_of_its_own() {
        let names: HashSet<_> = ALL.iter().map(|entry| entry.name).collect();
        assert_eq!(names.len(), ALL.len());
    }
}
