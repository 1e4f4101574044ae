//! The settings of the process, and the dispatches that are made of them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kakashi_core::{
    Clock, Destination, Encoder, Enricher, Filter, Format, LevelFilter, LogContext, Pipeline, Redaction,
};

use super::endpoint::Endpoint;
use super::root::{replace_root, root_if_made};
use super::{Dispatch, registry};
use crate::delivery::buffer_pool::BufferPool;
use crate::delivery::sink_queue::SinkQueue;
use crate::sinks;

/// The default of a batch's size.
const BATCH_BYTES: usize = 64 * 1024;

static SETTINGS: Mutex<Option<Settings>> = Mutex::new(None);

fn lock() -> MutexGuard<'static, Option<Settings>> {
    SETTINGS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The settings, locked for a fork.
#[cfg(unix)]
pub(crate) struct LockedSettings {
    _settings: MutexGuard<'static, Option<Settings>>,
}

/// Locks the settings for a fork.
#[cfg(unix)]
pub(crate) fn lock_for_fork() -> LockedSettings {
    LockedSettings { _settings: lock() }
}

/// Returns the root dispatch; makes the default one at first.
pub(crate) fn root() -> Arc<Dispatch> {
    root_if_made().unwrap_or_else(|| {
        let mut settings = lock();
        // Another thread may have made it since.
        root_if_made().unwrap_or_else(|| {
            let dispatch = settings.get_or_insert_default().changed(SettingsChange::default());
            replace_root(dispatch.clone());
            dispatch
        })
    })
}

/// Changes the settings; returns the dispatch that was the root's, which the caller
/// must close.
pub(crate) fn change(change: SettingsChange) -> Option<Arc<Dispatch>> {
    let mut settings = lock();
    replace_root(settings.get_or_insert_default().changed(change))
}

/// What a call of `configure()` changes; what it does not name stays as it is.
#[derive(Default)]
pub(crate) struct SettingsChange {
    pub(crate) format: Option<Format>,
    pub(crate) service: Option<LogContext>,
    pub(crate) redaction: Option<Redaction>,
    pub(crate) batch_bytes: Option<usize>,
    /// If there are any, they replace all destinations.
    pub(crate) destinations: Vec<Destination>,
    pub(crate) enrichers: Vec<Arc<dyn Enricher>>,
    pub(crate) filters: Vec<Arc<dyn Filter>>,
    pub(crate) clock: Option<Arc<dyn Clock + Send + Sync>>,
}

/// The current settings.
struct Settings {
    format: Format,
    batch_bytes: usize,
    base: LogContext,
    pipeline: Pipeline,
    clock: Option<Arc<dyn Clock + Send + Sync>>,
    destinations: Vec<OpenDestination>,
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
    /// Makes the change, and the dispatch of the settings after it.
    fn changed(&mut self, change: SettingsChange) -> Arc<Dispatch> {
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
            self.destinations = change.destinations.into_iter().map(OpenDestination::new).collect();
        } else if self.destinations.is_empty() {
            self.destinations.push(OpenDestination::new(sinks::stderr()));
        }
        Arc::new(Dispatch {
            pipeline: self.pipeline.clone(),
            base: self.pipeline.redaction.context(&self.base),
            clock: self.clock.clone(),
            endpoints: endpoints(&self.destinations, self.format, self.batch_bytes),
        })
    }
}

/// A destination whose sink has its queue.
struct OpenDestination {
    threshold: LevelFilter,
    filter: Option<Arc<dyn Filter>>,
    encoder: Option<Arc<dyn Encoder>>,
    queue: Arc<SinkQueue>,
}

impl OpenDestination {
    fn new(destination: Destination) -> Self {
        let Destination { threshold, filter, encoder, name, sink } = destination;
        let queue = SinkQueue::new(name, sink);
        registry::register_sink_queue(&queue);
        Self { threshold, filter, encoder, queue }
    }

    /// Makes the endpoint that comes after `others`.
    fn endpoint(&self, format: Format, batch_bytes: usize, others: &[Arc<Endpoint>]) -> Arc<Endpoint> {
        let is_terminal = self.queue.is_terminal;
        let colour = is_terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let encoder = self.encoder.clone().unwrap_or_else(|| format.encoder(is_terminal, colour));
        self.queue.set_encoder(&encoder);
        let form = encoder.line_form();
        Arc::new(Endpoint {
            threshold: self.threshold,
            filter: self.filter.clone(),
            encoder,
            foreign_encoder: self.encoder.is_some() && form.is_none(),
            same_as: form.and_then(|_| others.iter().position(|other| other.encoder.line_form() == form)),
            queue: self.queue.clone(),
            pool: Arc::new(BufferPool::new(batch_bytes)),
        })
    }
}

fn endpoints(destinations: &[OpenDestination], format: Format, batch_bytes: usize) -> Vec<Arc<Endpoint>> {
    let mut endpoints = Vec::with_capacity(destinations.len());
    for destination in destinations {
        endpoints.push(destination.endpoint(format, batch_bytes, &endpoints));
    }
    endpoints
}

/// Makes the dispatch of a custom logger.
pub(crate) fn custom_dispatch(
    pipeline: Pipeline,
    destinations: Vec<Destination>,
    format: Format,
) -> Dispatch {
    let destinations = if destinations.is_empty() { vec![sinks::stderr()] } else { destinations };
    let destinations: Vec<_> = destinations.into_iter().map(OpenDestination::new).collect();
    let endpoints = endpoints(&destinations, format, BATCH_BYTES);
    Dispatch { pipeline, base: LogContext::new(), clock: None, endpoints }
}
