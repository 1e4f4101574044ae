//! Settings of the whole process, at any time.

use std::sync::Arc;
use std::time::Instant;

use kakashi_core::{Clock, Destination, Enricher, Filter, Format, LevelFilter, LogContext, Redaction};

use crate::dispatch::flush_signal;
use crate::dispatch::logger_registry::logger_registry;
use crate::dispatch::settings::{self, SettingsChange};
use crate::flush::FLUSH_TIMEOUT;
use crate::lifecycle;
use crate::queue::config::AsyncConfig;
use crate::queue::workers;
use crate::submit::{deferred, flush_queues_until, is_busy, replay};

/// Begins a change of the settings; [`Configure::apply`] makes it.
///
/// ```
/// use kakashi_std::{Format, LogLevel, configure};
///
/// configure()
///     .format(Format::Json)
///     .service("shop", "1.4.2", "production")
///     .level(LogLevel::Info)
///     .level_of("shop::db", LogLevel::Debug)
///     .redact(["password", "user.card"])
///     .apply();
/// ```
pub fn configure() -> Configure {
    Configure::default()
}

/// A change of the settings. What it does not name stays as it is.
#[derive(Default)]
#[must_use = "nothing changes before `apply`"]
pub struct Configure {
    settings: SettingsChange,
    level: Option<LevelFilter>,
    prefixes: Vec<(String, LevelFilter)>,
    flush_after_millis: Option<u64>,
    async_config: Option<AsyncConfig>,
}

impl Configure {
    /// Writes records in this form wherever a destination has no encoder of
    /// its own. At first: `Auto`.
    pub fn format(mut self, format: Format) -> Self {
        self.settings.format = Some(format);
        self
    }

    /// Adds `service_name`, `version` and `environment` to all records; an
    /// empty one is left out.
    pub fn service(mut self, name: &str, version: &str, environment: &str) -> Self {
        self.settings.service = Some(LogContext::of_service(name, version, environment));
        self
    }

    /// Sets the threshold of all loggers without their own. At first: INFO.
    pub fn level(mut self, level: impl Into<LevelFilter>) -> Self {
        self.level = Some(level.into());
        self
    }

    /// Sets the threshold of a logger and those below it (`app::db` is above
    /// `app::db::pool`); it comes before the one of all.
    pub fn level_of(mut self, prefix: &str, level: impl Into<LevelFilter>) -> Self {
        self.prefixes.push((prefix.into(), level.into()));
        self
    }

    /// Writes `[REDACTED]` in place of these fields' values; see [`Redaction`]
    /// for what a path is.
    pub fn redact<P: AsRef<str>>(mut self, paths: impl IntoIterator<Item = P>) -> Self {
        self.settings.redaction = Some(Redaction::new(paths));
        self
    }

    /// Hands records to sinks in batches of about this many bytes. At first:
    /// 65,536. A record that is longer is a batch of its own. Below 256 means 256.
    pub fn batch_bytes(mut self, bytes: usize) -> Self {
        self.settings.batch_bytes = Some(bytes.max(256));
        self
    }

    /// Writes what has lain in a buffer for this long, 1 to 2³² − 1 milliseconds (49 days):
    /// 0 means 1. At first: 100 ms.
    pub fn flush_after_millis(mut self, millis: u64) -> Self {
        self.flush_after_millis = Some(millis);
        self
    }

    /// Writes records here, in place of all destinations there were; called
    /// again, here too. At first: stderr.
    pub fn destination(mut self, destination: impl Into<Destination>) -> Self {
        self.settings.destinations.push(destination.into());
        self
    }

    /// Adds fields to every record.
    pub fn enricher(mut self, enricher: impl Enricher + 'static) -> Self {
        self.settings.enrichers.push(Arc::new(enricher));
        self
    }

    /// Writes only records for which `filter` holds.
    pub fn filter(mut self, filter: impl Filter + 'static) -> Self {
        self.settings.filters.push(Arc::new(filter));
        self
    }

    /// Takes the time from here, in tests above all.
    pub fn clock(mut self, clock: impl Clock + Send + Sync + 'static) -> Self {
        self.settings.clock = Some(Arc::new(clock));
        self
    }

    /// Changes how async loggers work.
    pub fn async_logging(mut self, config: AsyncConfig) -> Self {
        self.async_config = Some(config);
        self
    }

    /// Makes the change, for all loggers that exist and all to come.
    ///
    /// What was logged before is written first, in the old form.
    ///
    /// # Blocking
    /// As long as the sinks take for what is buffered.
    pub fn apply(self) {
        lifecycle::install();
        if let Some(config) = self.async_config {
            workers::configure(config);
        }
        if !is_busy() {
            flush_queues_until(Instant::now() + FLUSH_TIMEOUT);
        }
        logger_registry().change_levels(|levels| {
            if let Some(level) = self.level {
                levels.set_global(level);
            }
            for (prefix, level) in &self.prefixes {
                levels.set_prefix(prefix, *level);
            }
        });
        if let Some(millis) = self.flush_after_millis {
            flush_signal::set_idle_millis(millis);
        }
        // Closed without the settings' lock: a sink may take its time, and a fork must
        // find the lock free.
        if let Some(old) = settings::change(self.settings) {
            old.close();
        }
        // What sinks have logged meanwhile.
        if !is_busy() && deferred::is_pending() {
            replay();
        }
    }
}

impl std::fmt::Debug for Configure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Configure").field("format", &self.settings.format).finish_non_exhaustive()
    }
}
