//! Settings of the whole process, at any time.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use kakashi_core::{
    Clock, Destination, Encoder, Enricher, Filter, Format, LevelFilter, LogContext, Pipeline, Redaction,
};

use crate::queue::config::AsyncConfig;
use crate::flush::PATIENCE;
use crate::loggers::logger::registry;
use crate::delivery::sink_queue::Outlet;
use crate::delivery::buffer_pool::Pool;
use crate::dispatch::Driver;
use crate::dispatch::Route;
use crate::dispatch::replace_root;
use crate::threads::flusher;
use crate::submit::deferred;
use crate::sinks;
use crate::submit;
use crate::queue::workers;

/// The default of a batch's size.
const BATCH_BYTES: usize = 64 * 1024;

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
    format: Option<Format>,
    service: Option<LogContext>,
    level: Option<LevelFilter>,
    prefixes: Vec<(String, LevelFilter)>,
    redaction: Option<Redaction>,
    batch_bytes: Option<usize>,
    flush_after_millis: Option<u64>,
    destinations: Vec<Destination>,
    enrichers: Vec<Arc<dyn Enricher>>,
    filters: Vec<Arc<dyn Filter>>,
    clock: Option<Arc<dyn Clock + Send + Sync>>,
    async_config: Option<AsyncConfig>,
}

impl Configure {
    /// Writes records in this form wherever a destination has no encoder of
    /// its own. At first: `Auto`.
    pub fn format(mut self, format: Format) -> Self {
        self.format = Some(format);
        self
    }

    /// Adds `service_name`, `version` and `environment` to all records; an
    /// empty one is left out.
    pub fn service(mut self, name: &str, version: &str, environment: &str) -> Self {
        self.service = Some(LogContext::of_service(name, version, environment));
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
        self.redaction = Some(Redaction::new(paths));
        self
    }

    /// Hands records to sinks in batches of about this many bytes. At first:
    /// 65,536. A record that is longer is a batch of its own. Below 256 means 256.
    pub fn batch_bytes(mut self, bytes: usize) -> Self {
        self.batch_bytes = Some(bytes.max(256));
        self
    }

    /// Writes what has lain in a buffer for this long. At first: 100 ms.
    pub fn flush_after_millis(mut self, millis: u64) -> Self {
        self.flush_after_millis = Some(millis);
        self
    }

    /// Writes records here, in place of all destinations there were; called
    /// again, here too. At first: stderr.
    pub fn destination(mut self, destination: impl Into<Destination>) -> Self {
        self.destinations.push(destination.into());
        self
    }

    /// Adds fields to every record.
    pub fn enricher(mut self, enricher: impl Enricher + 'static) -> Self {
        self.enrichers.push(Arc::new(enricher));
        self
    }

    /// Writes only records for which `filter` holds.
    pub fn filter(mut self, filter: impl Filter + 'static) -> Self {
        self.filters.push(Arc::new(filter));
        self
    }

    /// Takes the time from here, in tests above all.
    pub fn clock(mut self, clock: impl Clock + Send + Sync + 'static) -> Self {
        self.clock = Some(Arc::new(clock));
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
    pub fn apply(mut self) {
        if let Some(config) = self.async_config.take() {
            workers::configure(config);
        }
        if !submit::is_busy() {
            workers::flush_until(Instant::now() + PATIENCE);
        }
        registry().change_levels(|levels| {
            if let Some(level) = self.level {
                levels.set_global(level);
            }
            for (prefix, level) in &self.prefixes {
                levels.set_prefix(prefix, *level);
            }
        });
        if let Some(millis) = self.flush_after_millis {
            flusher::set_idle_millis(millis);
        }
        let old = {
            let mut settings = SETTINGS.lock().unwrap_or_else(PoisonError::into_inner);
            let settings = settings.get_or_insert_with(Settings::default);
            settings.change(self);
            replace_root(Arc::new(settings.route()))
        };
        // Not under the lock: a sink may take its time, and a fork must find it free.
        if let Some(old) = old {
            old.close();
        }
        // What sinks have logged meanwhile.
        if !submit::is_busy() && deferred::is_pending() {
            deferred::replay();
        }
    }
}

impl std::fmt::Debug for Configure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Configure").field("format", &self.format).finish_non_exhaustive()
    }
}

static SETTINGS: Mutex<Option<Settings>> = Mutex::new(None);

/// The settings, held over a fork.
#[cfg(unix)]
pub(crate) struct HeldSettings {
    _settings: std::sync::MutexGuard<'static, Option<Settings>>,
}

#[cfg(unix)]
pub(crate) fn hold_settings() -> HeldSettings {
    HeldSettings { _settings: SETTINGS.lock().unwrap_or_else(PoisonError::into_inner) }
}

/// What holds now.
struct Settings {
    format: Format,
    batch_bytes: usize,
    base: LogContext,
    pipeline: Pipeline,
    clock: Option<Arc<dyn Clock + Send + Sync>>,
    places: Vec<Place>,
}

/// A destination whose sink has found its outlet.
struct Place {
    threshold: LevelFilter,
    filter: Option<Arc<dyn Filter>>,
    encoder: Option<Arc<dyn Encoder>>,
    outlet: Arc<Outlet>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            format: Format::Auto,
            batch_bytes: BATCH_BYTES,
            base: LogContext::new(),
            pipeline: Pipeline::default(),
            clock: None,
            places: Vec::new(),
        }
    }
}

impl Settings {
    fn change(&mut self, change: Configure) {
        self.format = change.format.unwrap_or(self.format);
        self.batch_bytes = change.batch_bytes.unwrap_or(self.batch_bytes);
        if let Some(service) = change.service {
            self.base = service;
        }
        if let Some(redaction) = change.redaction {
            self.pipeline.redaction = redaction;
        }
        self.pipeline.enrichers.extend(change.enrichers);
        self.pipeline.filters.extend(change.filters);
        if change.clock.is_some() {
            self.clock = change.clock;
        }
        if !change.destinations.is_empty() {
            self.places = change.destinations.into_iter().map(Place::new).collect();
        } else if self.places.is_empty() {
            self.places.push(Place::new(sinks::stderr()));
        }
    }

    fn route(&self) -> Route {
        let drivers = drivers(&self.places, self.format, self.batch_bytes);
        Route {
            pipeline: self.pipeline.clone(),
            base: self.pipeline.redaction.context(&self.base),
            clock: self.clock.clone(),
            drivers,
        }
    }
}

impl Place {
    fn new(destination: Destination) -> Self {
        let Destination { threshold, filter, encoder, name, sink } = destination;
        Self { threshold, filter, encoder, outlet: Outlet::new(name, sink) }
    }

    /// Makes the driver that comes after `others`.
    fn driver(&self, format: Format, batch_bytes: usize, others: &[Arc<Driver>]) -> Arc<Driver> {
        let colour =
            self.outlet.terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let encoder = self.encoder.clone().unwrap_or_else(|| format.encoder(self.outlet.terminal, colour));
        self.outlet.set_encoder(&encoder);
        let form = encoder.line_form();
        Arc::new(Driver {
            threshold: self.threshold,
            filter: self.filter.clone(),
            encoder,
            foreign_encoder: self.encoder.is_some() && form.is_none(),
            same_as: form.and_then(|_| others.iter().position(|other| other.encoder.line_form() == form)),
            outlet: self.outlet.clone(),
            pool: Arc::new(Pool::new(batch_bytes)),
        })
    }
}

fn drivers(places: &[Place], format: Format, batch_bytes: usize) -> Vec<Arc<Driver>> {
    let mut drivers = Vec::with_capacity(places.len());
    for place in places {
        drivers.push(place.driver(format, batch_bytes, &drivers));
    }
    drivers
}

/// Makes the route of a custom logger.
pub(crate) fn custom_route(pipeline: Pipeline, destinations: Vec<Destination>, format: Format) -> Route {
    let places = if destinations.is_empty() { vec![sinks::stderr()] } else { destinations };
    let places: Vec<Place> = places.into_iter().map(Place::new).collect();
    let drivers = drivers(&places, format, BATCH_BYTES);
    Route { pipeline, base: LogContext::new(), clock: None, drivers }
}
