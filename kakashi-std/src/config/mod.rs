//! Settings from a file: what `configure()` can say, but for code.
//!
//! The types are serde's, so that the settings may be a part of a program's own file, in
//! whatever format that is. What is wrong is an error with its place, never left out: a
//! program that starts with half of its settings is worse than one that does not start.

mod black_box;
mod destination;
#[cfg(any(feature = "http", feature = "otlp", feature = "syslog"))]
mod disk_buffer;
mod environment;
mod error;
mod flight_recorder;
mod http;
mod journal;
mod otlp;
mod places;
mod pretty;
mod rotation;
mod sampling;
mod syslog;
mod values;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;
use std::{fs, str};

use kakashi_core::SettingsError;
use serde::Deserialize;

use self::black_box::BlackBoxTable;
use self::destination::DestinationTable;
pub use self::error::ConfigError;
use self::flight_recorder::FlightRecorderTable;
use self::places::Setting;
use self::pretty::PrettyTable;
use self::sampling::SamplingTable;
use self::values::{
    DirectivesText, FormatName, LoggerPrefix, OverflowName, PatternText, RedactedPath, Threshold, with,
};
use crate::configure::{Configure, configure};
use crate::queue::config::AsyncConfig;

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
    pattern: Option<PatternText>,
    pretty: Option<PrettyTable>,
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
    sampling: Option<SamplingTable>,
    sampling_of: BTreeMap<LoggerPrefix, SamplingTable>,
    flight_recorder: Option<FlightRecorderTable>,
    black_box: Option<BlackBoxTable>,
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
        let Self { levels, directives, service, redact, async_logging, sampling_of, destinations, .. } = self;
        let mut change = configure();
        if self.format.is_some() && self.pattern.is_some() {
            let error = ConfigError::at(None, "a pattern is a format of its own: leave one of them out");
            return Err((error, Some(Setting::Pattern)));
        }
        change = with(change, self.format, |change, FormatName(format)| change.format(format));
        change = with(change, self.pattern, |change, PatternText(pattern)| change.encoder(pattern));
        if let Some(table) = self.pretty {
            let refused = |message| (ConfigError::at(None, message), Some(Setting::LocalTime));
            change = change.pretty(table.form().map_err(refused)?);
        }
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
        change = with(change, self.sampling, |change, table| change.sampling(table.sampling()));
        for (LoggerPrefix(prefix), table) in sampling_of {
            change = change.sampling_of(&prefix, table.sampling());
        }
        change = with(change, self.flight_recorder, |change, table| match table.recorder() {
            Some(recorder) => change.flight_recorder(recorder),
            None => change.no_flight_recorder(),
        });
        let refused = |setting| move |error: SettingsError| (ConfigError::at(None, error), Some(setting));
        change = change.checked().map_err(refused(Setting::Cpu))?;
        change = with(change, self.black_box, |change, table| table.set(change));
        change = change.checked().map_err(refused(Setting::BlackBox))?;
        for (index, table) in destinations.into_iter().enumerate() {
            let opened = table.open().map_err(|error| (error, Some(Setting::DestinationFile(index))))?;
            change =
                change.destination(opened).checked().map_err(refused(Setting::DestinationName(index)))?;
        }
        Ok(change)
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
