//! Settings from a file: what `configure()` can say, but for code.
//!
//! The types are serde's, so that the settings may be a part of a program's own file, in
//! whatever format that is. What is wrong is an error with its place, never left out: a
//! program that starts with half of its settings is worse than one that does not start.

mod environment;
mod error;
mod journal;
mod places;
mod rotation;
mod syslog;
mod values;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io, str};

use kakashi_core::{Destination, SettingsError, Wire};
use serde::Deserialize;

pub use self::error::ConfigError;
use self::journal::JournalTable;
use self::places::Setting;
use self::rotation::RotationTable;
use self::syslog::SyslogTable;
use self::values::{
    DirectivesText, FormatName, LoggerPrefix, OverflowName, RedactedPath, StreamName, Threshold,
};
use crate::configure::{Configure, configure};
use crate::queue::config::AsyncConfig;
use crate::sinks;

/// Begins a change of the settings with those of a file, over which variables of the
/// environment go; [`Configure::apply`] makes it.
///
/// What the file does not name stays as it is. What a file can't say (filters, enrichers,
/// sinks of the program's own) may be added before `apply`. [The guide](crate::_guides::config)
/// lists all keys and variables.
///
/// ```no_run
/// kakashi_std::configure_from("kakashi.toml")?.apply();
/// # Ok::<(), kakashi_std::config::ConfigError>(())
/// ```
///
/// # Errors
/// When the file can't be read, a key or a value is wrong, what [`Configure::try_apply`] would
/// refuse, or a destination's file can't be opened. The error names the file, line and column,
/// and what would be right. Nothing is changed then.
pub fn configure_from(path: impl AsRef<Path>) -> Result<Configure, ConfigError> {
    let path = path.as_ref();
    let of_file = |error: ConfigError| error.in_file(path);
    let bytes = fs::read(path).map_err(|error| of_file(ConfigError::reading(&error)))?;
    let text = str::from_utf8(&bytes).map_err(|error| of_file(ConfigError::not_utf8(&bytes, error)))?;
    let config = LoggingConfig::from_toml(text).map_err(of_file)?;
    let wrong = |(error, setting): (ConfigError, Option<Setting>)| {
        of_file(error.placed(setting.and_then(|setting| setting.text_before(text))))
    };
    config.with_environment()?.change().map_err(wrong)
}

/// Settings that a file may have, of which [`configure`](Self::configure) makes a change.
///
/// It is a part of whatever the program reads with serde:
///
/// ```
/// use kakashi_std::config::LoggingConfig;
/// use serde::Deserialize;
///
/// #[derive(Deserialize)]
/// struct MyConfig {
///     port: u16,
///     logging: LoggingConfig,
/// }
///
/// let text = r#"
///     port = 8080
///     [logging]
///     format = "json"
///     levels = { "shop::db" = "debug" }
/// "#;
/// let config: MyConfig = toml::from_str(text)?;
/// config.logging.with_environment()?.configure()?.apply();
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LoggingConfig {
    format: Option<FormatName>,
    level: Option<Threshold>,
    levels: BTreeMap<LoggerPrefix, Threshold>,
    directives: Option<DirectivesText>,
    service: Option<ServiceTable>,
    redact: Option<Vec<RedactedPath>>,
    redact_card_numbers: Option<bool>,
    panic_text: Option<bool>,
    batch_bytes: Option<usize>,
    flush_after_millis: Option<u64>,
    backlog_bytes: Option<usize>,
    stall_timeout_millis: Option<u64>,
    urgent_timeout_millis: Option<u64>,
    #[serde(rename = "async")]
    async_logging: Option<AsyncTable>,
    destinations: Vec<DestinationTable>,
}

/// The service's name, version and environment.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ServiceTable {
    name: String,
    version: String,
    environment: String,
}

/// How async loggers work.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct AsyncTable {
    threads: Option<usize>,
    thread_name: Option<String>,
    cpu: Option<usize>,
    ring_bytes: Option<usize>,
    overflow: Option<OverflowName>,
    nap_micros: Option<u64>,
    park_after_millis: Option<u64>,
    wait_for_errors: Option<bool>,
}

/// A destination, as it is written.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct DestinationKeys {
    stream: Option<StreamName>,
    file: Option<PathBuf>,
    wire_file: Option<PathBuf>,
    journald: Option<JournalTable>,
    syslog: Option<SyslogTable>,
    rotate: Option<RotationTable>,
    name: Option<String>,
    threshold: Option<Threshold>,
    format: Option<FormatName>,
    without_fields: Vec<String>,
}

/// A destination: where it is, and which records in which form.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "DestinationKeys")]
struct DestinationTable {
    target: DestinationTarget,
    keys: DestinationKeys,
}

#[derive(Clone, Debug)]
enum DestinationTarget {
    Stream(StreamName),
    File(PathBuf),
    WireFile(PathBuf),
    Journal(JournalTable),
    Syslog(SyslogTable),
}

impl TryFrom<DestinationKeys> for DestinationTable {
    type Error = &'static str;

    fn try_from(mut keys: DestinationKeys) -> Result<Self, Self::Error> {
        let targets = [
            keys.stream.take().map(DestinationTarget::Stream),
            keys.file.take().map(DestinationTarget::File),
            keys.wire_file.take().map(DestinationTarget::WireFile),
            keys.journald.take().map(DestinationTarget::Journal),
            keys.syslog.take().map(DestinationTarget::Syslog),
        ];
        let mut named = targets.into_iter().flatten();
        let (Some(target), None) = (named.next(), named.next()) else {
            return Err(
                "a destination is one of stream = \"stderr\", stream = \"stdout\", file = \"path\", \
                        wire_file = \"path\", journald = {} and syslog = { receiver = \"udp://host:514\" }",
            );
        };
        let is_file = matches!(target, DestinationTarget::File(_) | DestinationTarget::WireFile(_));
        if !is_file && keys.rotate.is_some() {
            return Err("only files are rotated: rotate goes with file or wire_file");
        }
        if matches!(target, DestinationTarget::Journal(_)) && keys.format.is_some() {
            return Err("the journal has a form of its own: leave format out");
        }
        if matches!(target, DestinationTarget::Syslog(_)) && keys.format.is_some() {
            return Err("messages for syslog have a form of their own: leave format out");
        }
        if matches!(target, DestinationTarget::WireFile(_)) && keys.format.is_some() {
            return Err("a wire_file has the binary form: leave format out, or write file in its place");
        }
        Ok(Self { target, keys })
    }
}

impl LoggingConfig {
    /// Reads settings that are a TOML file of their own.
    ///
    /// # Errors
    /// The first key or value that is wrong, with line and column.
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        toml::from_str(text).map_err(|error| {
            let at = error.span().and_then(|span| text.get(..span.start));
            ConfigError::at(at, error.message())
        })
    }

    /// Makes a change of these settings; opens the files of destinations.
    ///
    /// `level` and `levels` are set first, then `directives`. A relative path is taken from
    /// where the process works.
    ///
    /// # Errors
    /// When a destination's file can't be opened, or what [`Configure::try_apply`] would refuse.
    pub fn configure(self) -> Result<Configure, ConfigError> {
        self.change().map_err(|(error, _)| error)
    }

    /// As [`configure`](Self::configure); an error comes with the setting that is wrong.
    fn change(self) -> Result<Configure, (ConfigError, Option<Setting>)> {
        let Self { levels, directives, service, redact, async_logging, destinations, .. } = self;
        let mut change = configure();
        change = with(change, self.format, |change, FormatName(format)| change.format(format));
        change = with(change, self.level, |change, Threshold(level)| change.level(level));
        for (LoggerPrefix(prefix), Threshold(level)) in levels {
            change = change.level_of(&prefix, level);
        }
        if let Some(DirectivesText(text)) = directives {
            change = change.directives(&text).map_err(|error| (ConfigError::at(None, error), None))?;
        }
        change = with(change, service, |change, service| {
            change.service(&service.name, &service.version, &service.environment)
        });
        change = with(change, redact, |change, paths| change.redact(paths.iter().map(|path| &path.0)));
        change = with(change, self.redact_card_numbers, Configure::redact_card_numbers);
        change = with(change, self.panic_text, Configure::panic_text);
        change = with(change, self.batch_bytes, Configure::batch_bytes);
        change = with(change, self.flush_after_millis, Configure::flush_after_millis);
        change = with(change, self.backlog_bytes, Configure::backlog_bytes);
        let timeout = |millis: Option<u64>| millis.map(Duration::from_millis);
        change = with(change, timeout(self.stall_timeout_millis), Configure::stall_timeout);
        change = with(change, timeout(self.urgent_timeout_millis), Configure::urgent_timeout);
        change = with(change, async_logging, |change, table| change.async_logging(table.config()));
        let refused = |setting| move |error: SettingsError| (ConfigError::at(None, error), Some(setting));
        change = change.checked().map_err(refused(Setting::Cpu))?;
        for (index, table) in destinations.into_iter().enumerate() {
            let opened = table.open().map_err(|error| (error, Some(Setting::DestinationFile(index))))?;
            change =
                change.destination(opened).checked().map_err(refused(Setting::DestinationName(index)))?;
        }
        Ok(change)
    }
}

/// Makes a step if there is a value for it.
fn with<C, T>(change: C, value: Option<T>, step: impl FnOnce(C, T) -> C) -> C {
    match value {
        Some(value) => step(change, value),
        None => change,
    }
}

impl AsyncTable {
    fn config(self) -> AsyncConfig {
        let mut config = AsyncConfig::new();
        config = with(config, self.threads, AsyncConfig::threads);
        config = with(config, self.thread_name, AsyncConfig::thread_name);
        config = with(config, self.cpu, AsyncConfig::cpu);
        config = with(config, self.ring_bytes, AsyncConfig::ring_bytes);
        config = with(config, self.overflow, |config, OverflowName(policy)| config.overflow(policy));
        config = with(config, self.nap_micros, AsyncConfig::nap_micros);
        config = with(config, self.park_after_millis, AsyncConfig::park_after_millis);
        with(config, self.wait_for_errors, AsyncConfig::wait_for_errors)
    }
}

impl DestinationTable {
    fn open(self) -> Result<Destination, ConfigError> {
        let Self { target, mut keys } = self;
        let file = |path: &Path, rotation: Option<RotationTable>| {
            let opened = match rotation {
                Some(rotation) => rotation.open(path).map_err(io::Error::from),
                None => sinks::file(path),
            };
            opened.map_err(|error| ConfigError::opening(path, &error))
        };
        let mut destination = match target {
            DestinationTarget::Stream(stream) => stream.destination(),
            DestinationTarget::File(path) => file(&path, keys.rotate.take())?,
            DestinationTarget::WireFile(path) => file(&path, keys.rotate.take())?.encoder(Wire),
            DestinationTarget::Journal(journal) => journal.open()?,
            DestinationTarget::Syslog(syslog) => syslog.open()?,
        };
        destination = with(destination, keys.name, Destination::named);
        destination = with(destination, keys.threshold, |destination, Threshold(threshold)| {
            destination.threshold(threshold)
        });
        destination =
            with(destination, keys.format, |destination, FormatName(format)| destination.format(format));
        if !keys.without_fields.is_empty() {
            destination = destination.without_fields(keys.without_fields);
        }
        Ok(destination)
    }
}
