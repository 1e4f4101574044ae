//! Kakashi's small types in the records of `defmt`, for firmware that logs with both:
//! `defmt::info!("{}", LOG.stats())`.
//!
//! A type that has a `Display` looks as it does there, a time as in the text line
//! (wall time to the millisecond, which is defmt's finest), other types as
//! `#[derive(Format)]` would show them; names are interned, so none costs its letters
//! in flash or on the line. Nothing here touches defmt's logger or kakashi's.
//!
//! The other way there is none: a value that is `defmt::Format` and nothing else cannot
//! be logged through kakashi. A `defmt::Formatter` holds nothing that could be pointed
//! elsewhere (it is a `PhantomData`); all that a `Format` writes goes to the one global
//! `_defmt_write`, which the linker ties to the program's only `#[global_logger]`, and
//! which may be called between its `acquire` and `release` only. What arrives there is
//! no text but 16-bit addresses in the ELF section `.defmt`, and raw bytes that have a
//! meaning only beside the strings at these addresses: the text does not exist on the
//! device. To intercept it, kakashi would have to be the global logger, and so turn out
//! `defmt-rtt` or whichever the firmware has. Such values go through `%` or `?`
//! instead, if they are `Display` or `Debug` as well.

#![expect(clippy::if_same_then_else, reason = "interned strings look alike to it, whatever they say")]

use core::fmt;

use defmt::{Display2Format, Format, Formatter, write};

use crate::clock::Timestamp;
use crate::codec::{
    self,
    composite::{self, Structure},
};
#[cfg(feature = "ring")]
use crate::device::ring::{Recovered, RingPolicy};
use crate::level::{LevelFilter, LogLevel, UnknownLevel};
use crate::sink::sink_error::{SinkError, SinkErrorKind};
use crate::stats::{DropReason, Dropped, Stats};
use crate::value::Value;
use crate::value::field::Field;

impl Format for LogLevel {
    fn format(&self, f: Formatter<'_>) {
        match self {
            Self::Trace => write!(f, "TRACE"),
            Self::Debug => write!(f, "DEBUG"),
            Self::Info => write!(f, "INFO"),
            Self::Warning => write!(f, "WARNING"),
            Self::Error => write!(f, "ERROR"),
            Self::Critical => write!(f, "CRITICAL"),
        }
    }
}

impl Format for LevelFilter {
    fn format(&self, f: Formatter<'_>) {
        match (LogLevel::from_number(self.number()), *self) {
            (Some(level), _) => write!(f, "{}", level),
            (None, Self::OFF) => write!(f, "OFF"),
            (None, Self::ALL) => write!(f, "ALL"),
            (None, _) => write!(f, "{=u8}", self.number()),
        }
    }
}

impl Format for UnknownLevel {
    fn format(&self, f: Formatter<'_>) {
        write!(
            f,
            "unknown level {=str:?}: use TRACE, DEBUG, INFO, WARNING (WARN), ERROR or CRITICAL (FATAL)",
            self.name()
        );
    }
}

impl Format for Timestamp {
    fn format(&self, f: Formatter<'_>) {
        match *self {
            Self::Uptime(nanos) => write!(f, "+{=u64:us}s", nanos / 1_000),
            Self::Wall(nanos) => match u64::try_from(nanos / 1_000_000) {
                Ok(millis) if nanos >= 0 => write!(f, "{=u64:iso8601ms}", millis),
                // defmt's calendar begins in 1970.
                _ => write!(f, "1970-01-01T00:00:00Z {=i64}ns", nanos),
            },
        }
    }
}

impl Format for DropReason {
    fn format(&self, f: Formatter<'_>) {
        match self {
            Self::QueueFull => write!(f, "queue_full"),
            Self::SinkFailed => write!(f, "sink_failed"),
            Self::Reentrant => write!(f, "reentrant"),
            Self::TooLarge => write!(f, "too_large"),
            Self::Shutdown => write!(f, "shutdown"),
            Self::EncoderFailed => write!(f, "encoder_failed"),
            Self::Rejected => write!(f, "rejected"),
            #[cfg(not(target_os = "none"))]
            Self::Sampled => write!(f, "sampled"),
            #[cfg(not(target_os = "none"))]
            Self::RateLimited => write!(f, "rate_limited"),
            #[cfg(not(target_os = "none"))]
            Self::Repeated => write!(f, "repeated"),
        }
    }
}

impl Format for Dropped {
    /// Writes the sum, and the counts that are not 0: `2 (ERROR too_large 1, INFO reentrant 1)`.
    fn format(&self, f: Formatter<'_>) {
        write!(f, "{=usize}", self.total());
        let mut is_first = true;
        for (level, reason, count) in self.iter() {
            let before = if is_first { defmt::intern!(" (") } else { defmt::intern!(", ") };
            write!(f, "{=istr}{} {} {=usize}", before, level, reason, count);
            is_first = false;
        }
        if !is_first {
            write!(f, ")");
        }
    }
}

impl Format for Stats {
    fn format(&self, f: Formatter<'_>) {
        write!(
            f,
            "Stats {{ written: {=usize}, bytes: {=usize}, failures: {=usize}, late: {=usize}, dropped: {} }}",
            self.written, self.bytes, self.failures, self.late, self.dropped
        );
    }
}

impl Format for SinkErrorKind {
    fn format(&self, f: Formatter<'_>) {
        match self {
            Self::Retry => write!(f, "Retry"),
            Self::Partial => write!(f, "Partial"),
            Self::Full => write!(f, "Full"),
            Self::Closed => write!(f, "Closed"),
            Self::Failed => write!(f, "Failed"),
        }
    }
}

impl Format for SinkError {
    fn format(&self, f: Formatter<'_>) {
        match self.kind() {
            SinkErrorKind::Retry => write!(f, "the sink can take no more just now"),
            SinkErrorKind::Partial => write!(f, "the sink has taken a part"),
            SinkErrorKind::Full => write!(f, "the sink has no room"),
            SinkErrorKind::Closed => write!(f, "nobody reads from the sink any more"),
            SinkErrorKind::Failed => write!(f, "the sink failed"),
        }
        if let Some(code) = self.os_code() {
            write!(f, " (os error {=i32})", code);
        }
    }
}

#[cfg(feature = "ring")]
impl Format for RingPolicy {
    fn format(&self, f: Formatter<'_>) {
        match self {
            Self::DropNewest => write!(f, "DropNewest"),
            Self::DropOldest => write!(f, "DropOldest"),
        }
    }
}

#[cfg(feature = "ring")]
impl Format for Recovered {
    fn format(&self, f: Formatter<'_>) {
        write!(f, "Recovered {{ records: {=u32}, damaged_bytes: {=u32} }}", self.records, self.damaged_bytes);
    }
}

impl Format for Field<'_> {
    fn format(&self, f: Formatter<'_>) {
        write!(f, "{=str}={}", self.key, self.value);
    }
}

impl Format for Value<'_> {
    /// Writes strings quoted, so that `"7"` is not 7; lists and maps as JSON has them; what
    /// prints itself as it prints.
    fn format(&self, f: Formatter<'_>) {
        match *self {
            Self::Null => write!(f, "null"),
            Self::Bool(value) => write!(f, "{=bool}", value),
            Self::I64(value) => write!(f, "{=i64}", value),
            Self::U64(value) => write!(f, "{=u64}", value),
            Self::I128(value) => write!(f, "{=i128}", value.get()),
            Self::U128(value) => write!(f, "{=u128}", value.get()),
            Self::F32(value) => write!(f, "{=f32}", value),
            Self::F64(value) => write!(f, "{=f64}", value),
            Self::Char(value) => write!(f, "{=str:?}", value.encode_utf8(&mut [0; 4])),
            Self::Str(value) => write!(f, "{=str:?}", value),
            Self::Bytes(value) => write!(f, "{=[u8]:a}", value),
            Self::Duration(value) => write!(f, "{=u64}.{=u32:09}s", value.as_secs(), value.subsec_nanos()),
            Self::List(_) | Self::Map(_) | Self::Composite(_) => {
                composite::describe_value(*self, &mut DefmtComposite::new(f));
            }
            Self::Display(_) | Self::Debug(_) | Self::Error(_) => {
                write!(f, "{}", Display2Format(&Printed(*self)));
            }
        }
    }
}

/// Prints what somebody else's code makes the text of, an error with its sources.
struct Printed<'a>(Value<'a>);

impl fmt::Display for Printed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        codec::print(f, &self.0).or_else(|_| f.write_str("…"))
    }
}

/// Writes lists and maps as they come.
struct DefmtComposite<'f> {
    f: Formatter<'f>,
    /// Something stands before in the innermost list or map.
    is_filled: bool,
}

impl<'f> DefmtComposite<'f> {
    fn new(f: Formatter<'f>) -> Self {
        Self { f, is_filled: false }
    }

    fn separate(&mut self) {
        if self.is_filled {
            write!(self.f, ",");
        }
    }
}

impl Structure for DefmtComposite<'_> {
    fn scalar(&mut self, value: &Value<'_>) {
        write!(self.f, "{}", value);
        self.is_filled = true;
    }

    fn begin(&mut self, map: bool, _depth: usize) {
        if map {
            write!(self.f, "{{");
        } else {
            write!(self.f, "[");
        }
        self.is_filled = false;
    }

    fn key(&mut self, key: &str, _depth: usize) {
        self.separate();
        write!(self.f, "{=str:?}:", key);
    }

    fn end(&mut self, map: bool, _depth: usize) {
        if map {
            write!(self.f, "}}");
        } else {
            write!(self.f, "]");
        }
        self.is_filled = true;
    }

    fn item(&mut self, _depth: usize) {
        self.separate();
    }
}

#[cfg(test)]
mod tests;
