//! Values of a file that are texts with a meaning, checked where they are read, so that an
//! error has their place.

use std::fmt;
use std::str::FromStr;

use kakashi_core::{
    Destination, Directives, Durability, Event, Format, LevelFilter, LogLevel, LogRecord, NamedLevels,
    Redaction, SettingsChange, Sink, TextPattern, UnknownLevel,
};
use serde::de::{Deserialize, Deserializer, Error, Visitor};

use crate::queue::overflow::OverflowPolicy;
use crate::sinks;

/// Makes a step if there is a value for it.
pub(super) fn with<C, T>(change: C, value: Option<T>, step: impl FnOnce(C, T) -> C) -> C {
    match value {
        Some(value) => step(change, value),
        None => change,
    }
}

/// A form's name.
#[derive(Clone, Debug)]
pub(super) struct FormatName(pub(super) Format);

impl FromStr for FormatName {
    type Err = kakashi_core::UnknownFormat;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// Lines of one's own.
#[derive(Clone, Debug)]
pub(super) struct PatternText(pub(super) TextPattern);

impl FromStr for PatternText {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        #[cfg(feature = "local-time")]
        let compiled = crate::local_pattern(text);
        #[cfg(not(feature = "local-time"))]
        let compiled = kakashi_core::Text::pattern(text);
        compiled.map(Self).map_err(|error| format!("in pattern, {error}"))
    }
}

/// A level's name, `off`, `all`, or a number.
#[derive(Clone, Debug)]
pub(super) struct Threshold(pub(super) LevelFilter);

impl FromStr for Threshold {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let describe = |error: UnknownLevel| format!("{error}, OFF, ALL or a number from 0 to 255");
        text.parse().map(Self).map_err(describe)
    }
}

/// A level's name.
#[derive(Clone, Debug)]
pub(super) struct LevelName(pub(super) LogLevel);

impl FromStr for LevelName {
    type Err = UnknownLevel;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        LogLevel::from_name(text).map(Self)
    }
}

/// The beginning of loggers' names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct LoggerPrefix(pub(super) String);

impl FromStr for LoggerPrefix {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named_levels = vec![NamedLevels::Set(text.into(), LevelFilter::ALL)];
        checked(Change { named_levels, ..Change::default() }).map(|()| Self(text.into()))
    }
}

/// A path of a field whose value is not written.
#[derive(Clone, Debug)]
pub(super) struct RedactedPath(pub(super) String);

impl FromStr for RedactedPath {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let redaction = Some(Redaction::new([text]));
        checked(Change { redaction, ..Change::default() }).map(|()| Self(text.into()))
    }
}

type Change = SettingsChange<dyn Sink + Send, ()>;

/// Returns what is wrong with a change, as `try_apply` would.
fn checked(mut change: Change) -> Result<(), String> {
    let mut first = None;
    change.take_wrong(&mut |error| first = first.take().or(Some(error)));
    first.map_or(Ok(()), |error| Err(error.to_string()))
}

/// Directives, all of which are right.
#[derive(Clone, Debug)]
pub(super) struct DirectivesText(pub(super) String);

impl FromStr for DirectivesText {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let directives: Directives = text.parse().map_err(|error| format!("in directives, {error}"))?;
        match directives.without_effect().next() {
            Some(error) => Err(format!("in directives, {error}")),
            None => Ok(Self(text.into())),
        }
    }
}

/// What happens when a queue is full.
#[derive(Clone, Debug)]
pub(super) struct OverflowName(pub(super) OverflowPolicy);

impl FromStr for OverflowName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "block" => Ok(Self(OverflowPolicy::Block)),
            "drop_newest" => Ok(Self(OverflowPolicy::DropNewest)),
            "drop_oldest" => Ok(Self(OverflowPolicy::DropOldest)),
            _ => Err(format!("unknown policy {text:?}: use block, drop_newest or drop_oldest")),
        }
    }
}

/// How far a record has come when its call returns.
#[derive(Clone, Debug)]
pub(super) struct DurabilityName(pub(super) Durability);

impl FromStr for DurabilityName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "buffered" => Ok(Self(Durability::Buffered)),
            "written" => Ok(Self(Durability::Written)),
            "synced" => Ok(Self(Durability::Synced)),
            _ => Err(format!("unknown durability {text:?}: use buffered, written or synced")),
        }
    }
}

/// A kind of events.
#[derive(Clone, Copy, Debug)]
pub(super) enum EventName {
    Audit,
    Security,
}

impl EventName {
    pub(super) fn matches(self, record: &LogRecord<'_>) -> bool {
        match self {
            Self::Audit => Event::is_audit(record),
            Self::Security => Event::is_security(record),
        }
    }
}

impl FromStr for EventName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "audit" => Ok(Self::Audit),
            "security" => Ok(Self::Security),
            _ => Err(format!("unknown event {text:?}: use audit or security")),
        }
    }
}

/// A standard stream.
#[derive(Clone, Debug)]
pub(super) enum StreamName {
    Stderr,
    Stdout,
}

impl StreamName {
    pub(super) fn destination(&self) -> Destination {
        match self {
            Self::Stderr => sinks::stderr(),
            Self::Stdout => sinks::stdout(),
        }
    }
}

impl FromStr for StreamName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "stderr" => Ok(Self::Stderr),
            "stdout" => Ok(Self::Stdout),
            _ => Err(format!("unknown stream {text:?}: use stderr or stdout")),
        }
    }
}

macro_rules! from_text {
    ($($name:ident)*) => {$(
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
            }
        }
    )*};
}

from_text! { LevelName FormatName PatternText LoggerPrefix RedactedPath DirectivesText OverflowName StreamName DurabilityName EventName }

impl<'de> Deserialize<'de> for Threshold {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ThresholdVisitor)
    }
}

struct ThresholdVisitor;

impl Visitor<'_> for ThresholdVisitor {
    type Value = Threshold;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a level's name or a number from 0 to 255")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Threshold, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Threshold, E> {
        number.to_string().parse().map_err(E::custom)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Threshold, E> {
        number.to_string().parse().map_err(E::custom)
    }
}
