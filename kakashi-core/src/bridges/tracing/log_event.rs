//! Records of the `log` crate that `tracing-log` has made events, as `tracing-subscriber`'s `init`
//! installs it.
//!
//! Their target and place are fields: the event itself is always of the target `log`, by which no
//! level could be set. It knows them by their names, so that the bridge needs no such crate.

use core::fmt;
use std::borrow::ToOwned as _;
use std::string::String;

use tracing_core::field::Visit;
use tracing_core::{Event, Field};

use crate::bridges::foreign::{self, BridgedLogger};
use crate::bridges::foreign_record::ForeignRecord;
use crate::bridges::known_sites::Place;
use crate::level::LogLevel;
use crate::site::SourceLocation;
use crate::value::Value;

/// An event that was a record of `log`.
pub(super) struct LogEvent<'e> {
    event: &'e Event<'e>,
    origin: LogOrigin,
}

/// Where the record was made.
#[derive(Default)]
struct LogOrigin {
    target: String,
    module: String,
    file: String,
    line: Option<u32>,
}

impl<'e> LogEvent<'e> {
    /// Returns what it was before; none if it has always been an event.
    #[inline]
    pub(super) fn of(event: &'e Event<'e>) -> Option<Self> {
        (event.metadata().target() == "log").then(|| Self::of_target_log(event)).flatten()
    }

    #[cold]
    fn of_target_log(event: &'e Event<'e>) -> Option<Self> {
        let metadata = event.metadata();
        if metadata.name() != "log event" || metadata.fields().field("log.target").is_none() {
            return None;
        }
        let mut origin = LogOrigin::default();
        event.record(&mut origin);
        Some(Self { event, origin })
    }

    /// Logs it as the record that it was.
    pub(super) fn log<L: BridgedLogger>(&self, level: LogLevel) {
        let LogOrigin { target, module, file, line } = &self.origin;
        let place = match *line {
            Some(line) => Place::Passing(SourceLocation { module, file, line }),
            None => Place::Unknown,
        };
        if let Some(begun) = foreign::begin::<L>(target, level, &place) {
            begun.log(level, &place, |record| self.event.record(&mut LogText(record)));
        }
    }
}

impl Visit for LogOrigin {
    fn record_str(&mut self, field: &Field, value: &str) {
        let part = match field.name() {
            "log.target" => &mut self.target,
            "log.module_path" => &mut self.module,
            "log.file" => &mut self.file,
            _ => return,
        };
        value.clone_into(part);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "log.line" {
            self.line = u32::try_from(value).ok();
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

/// Takes the message, the only other field.
struct LogText<'r>(&'r mut ForeignRecord);

impl Visit for LogText<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0.print_text(&Value::Debug(value));
        }
    }

    fn record_str(&mut self, _: &Field, _: &str) {}

    fn record_u64(&mut self, _: &Field, _: u64) {}
}
