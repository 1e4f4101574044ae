//! Settings of the whole program, at any time.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use kakashi_core::{
    Clock, Destination, Encoder, Enricher, Filter, Format, LevelFilter, LogContext, Pipeline, Redaction, Sink,
};

use crate::delivery::sink_queue::{OnError, SinkQueue, set_on_error};
use crate::dispatch::{Dispatch, Endpoint, replace_root};
use crate::host::timer;
use crate::loggers::logger::registry;
use crate::{flush, lifecycle, sinks};

/// The default of a batch's size.
const BATCH_BYTES: usize = 64 * 1024;

/// Begins a change of the settings; [`Configure::apply`] makes it.
///
/// ```no_run
/// use kakashi_wasm::{Format, LogLevel, configure};
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
    destinations: Vec<Destination<dyn Sink>>,
    enrichers: Vec<Arc<dyn Enricher>>,
    filters: Vec<Arc<dyn Filter>>,
    clock: Option<Rc<dyn Clock>>,
    on_error: Option<OnError>,
}

impl Configure {
    /// Writes records in this form wherever a destination has no encoder of
    /// its own. At first: `Auto`, which is text here.
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

    /// Writes what has lain in a batch for this long. At first: 100 ms.
    pub fn flush_after_millis(mut self, millis: u64) -> Self {
        self.flush_after_millis = Some(millis);
        self
    }

    /// Writes records here, in place of all destinations there were; called
    /// again, here too. At first: the console.
    pub fn destination(mut self, destination: impl Into<Destination<dyn Sink>>) -> Self {
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
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Some(Rc::new(clock));
        self
    }

    /// Tells `handler` when a sink begins to fail, and when its records had to be
    /// dropped, in words. At first: `console.warn`.
    pub fn on_error(mut self, handler: impl Fn(&str) + 'static) -> Self {
        self.on_error = Some(Rc::new(handler));
        self
    }

    /// Makes the change, for all loggers that exist and all to come.
    ///
    /// What was logged before is written first, in the old form.
    pub fn apply(mut self) {
        lifecycle::install();
        registry().change_levels(|levels| {
            if let Some(level) = self.level {
                levels.set_global(level);
            }
            for (prefix, level) in &self.prefixes {
                levels.set_prefix(prefix, *level);
            }
        });
        if let Some(millis) = self.flush_after_millis {
            timer::set_flush_after_millis(millis);
        }
        if let Some(handler) = self.on_error.take() {
            set_on_error(handler);
        }
        flush::flush_all(crate::delivery::sink_queue::RetryMode::Now);
        // Outside of the borrow: a sink's code may do anything, and so may its end.
        let mut destinations: Vec<OpenDestination> =
            self.destinations.drain(..).map(OpenDestination::new).collect();
        let old = SETTINGS.with(|settings| {
            let mut settings = settings.try_borrow_mut().ok()?;
            let settings = settings.get_or_insert_with(Settings::default);
            settings.change(self, &mut destinations);
            replace_root(settings.dispatch())
        });
        drop(old);
        drop(destinations);
    }
}

impl std::fmt::Debug for Configure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Configure").field("format", &self.format).finish_non_exhaustive()
    }
}

thread_local! {
    static SETTINGS: RefCell<Option<Settings>> = const { RefCell::new(None) };
}

/// What holds now.
struct Settings {
    format: Format,
    batch_bytes: usize,
    base: LogContext,
    pipeline: Pipeline,
    clock: Option<Rc<dyn Clock>>,
    destinations: Vec<OpenDestination>,
}

/// A destination whose sink has found its queue.
struct OpenDestination {
    threshold: LevelFilter,
    filter: Option<Arc<dyn Filter>>,
    encoder: Option<Arc<dyn Encoder>>,
    queue: Rc<SinkQueue>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            format: Format::Auto,
            batch_bytes: BATCH_BYTES,
            base: LogContext::new(),
            pipeline: Pipeline::default(),
            clock: None,
            destinations: Vec::new(),
        }
    }
}

impl Settings {
    /// Makes the change; `destinations`, if there are any, change destinations with those there were.
    fn change(&mut self, change: Configure, destinations: &mut Vec<OpenDestination>) {
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
        if !destinations.is_empty() {
            std::mem::swap(&mut self.destinations, destinations);
        } else if self.destinations.is_empty() {
            self.destinations.push(OpenDestination::new(sinks::console()));
        }
    }

    fn dispatch(&self) -> Rc<Dispatch> {
        let endpoints = self
            .destinations
            .iter()
            .map(|destination| destination.endpoint(self.format, self.batch_bytes))
            .collect();
        let base = self.pipeline.redaction.context(&self.base);
        Dispatch::new(self.pipeline.clone(), base, self.clock.clone(), endpoints)
    }
}

impl OpenDestination {
    fn new(destination: Destination<dyn Sink>) -> Self {
        let Destination { threshold, filter, encoder, name, sink } = destination;
        Self { threshold, filter, encoder, queue: SinkQueue::new(name, sink) }
    }

    fn endpoint(&self, format: Format, batch_bytes: usize) -> Endpoint {
        let terminal = self.queue.terminal;
        let encoder = self.encoder.clone().unwrap_or_else(|| format.encoder(terminal, terminal));
        Endpoint::new(self.threshold, self.filter.clone(), encoder, batch_bytes, self.queue.clone())
    }
}

/// Makes the dispatch of a custom logger.
pub(crate) fn custom_dispatch(
    pipeline: Pipeline,
    destinations: Vec<Destination<dyn Sink>>,
    format: Format,
) -> Rc<Dispatch> {
    let destinations = if destinations.is_empty() { vec![sinks::console()] } else { destinations };
    let endpoints = destinations
        .into_iter()
        .map(|destination| OpenDestination::new(destination).endpoint(format, BATCH_BYTES))
        .collect();
    Dispatch::new(pipeline, LogContext::new(), None, endpoints)
}
