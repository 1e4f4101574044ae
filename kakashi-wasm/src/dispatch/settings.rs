//! What the settings say, and the dispatches made of them.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use kakashi_core::{
    Clock, Destination, Encoder, Enricher, Filter, Format, LevelFilter, LogContext, Pipeline, Redaction, Sink,
};

use crate::delivery::sink_queue::SinkQueue;
use crate::dispatch::endpoint::Endpoint;
use crate::dispatch::{Dispatch, replace_root, root_if_made};
use crate::host::hooks;
use crate::sinks;

/// The default of a batch's size.
const BATCH_BYTES: usize = 64 * 1024;

thread_local! {
    static SETTINGS: RefCell<Option<Settings>> = const { RefCell::new(None) };
}

/// What a call of `configure` changes; the rest stays.
#[derive(Default)]
pub(crate) struct SettingsChange {
    pub(crate) format: Option<Format>,
    pub(crate) service: Option<LogContext>,
    pub(crate) redaction: Option<Redaction>,
    pub(crate) batch_bytes: Option<usize>,
    pub(crate) destinations: Vec<Destination<dyn Sink>>,
    pub(crate) enrichers: Vec<Arc<dyn Enricher>>,
    pub(crate) filters: Vec<Arc<dyn Filter>>,
    pub(crate) clock: Option<Rc<dyn Clock>>,
}

/// The current settings.
struct Settings {
    format: Format,
    batch_bytes: usize,
    base: LogContext,
    pipeline: Pipeline,
    clock: Option<Rc<dyn Clock>>,
    destinations: Vec<OpenDestination>,
}

/// A destination whose sink is open.
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
    /// Makes the change; `destinations`, if there are any, are swapped for the present ones.
    fn change(&mut self, change: SettingsChange, destinations: &mut Vec<OpenDestination>) {
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
        let endpoint = |destination: &OpenDestination| destination.endpoint(self.format, self.batch_bytes);
        let endpoints = self.destinations.iter().map(endpoint).collect();
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

/// Changes the settings, and sends all records from now on to a dispatch made of them.
pub(crate) fn change(mut change: SettingsChange) {
    // Outside of the borrow: a sink's code may do anything, when it opens and when it ends.
    let mut destinations: Vec<OpenDestination> =
        change.destinations.drain(..).map(OpenDestination::new).collect();
    let old = SETTINGS.with(|settings| {
        let mut settings = settings.try_borrow_mut().ok()?;
        let settings = settings.get_or_insert_with(Settings::default);
        settings.change(change, &mut destinations);
        replace_root(settings.dispatch())
    });
    drop(old);
    drop(destinations);
}

/// Returns the dispatch of all loggers without their own; makes the default one
/// if there is none yet.
#[inline]
pub(crate) fn root() -> Rc<Dispatch> {
    root_if_made().unwrap_or_else(make_root)
}

#[cold]
fn make_root() -> Rc<Dispatch> {
    hooks::install();
    change(SettingsChange::default());
    root_if_made().unwrap_or_else(|| Dispatch::new(Pipeline::default(), LogContext::new(), None, Vec::new()))
}

/// Makes the dispatch of a custom logger.
pub(crate) fn custom_dispatch(
    pipeline: Pipeline,
    destinations: Vec<Destination<dyn Sink>>,
    format: Format,
) -> Rc<Dispatch> {
    let destinations = if destinations.is_empty() { vec![sinks::console()] } else { destinations };
    let endpoint = |destination| OpenDestination::new(destination).endpoint(format, BATCH_BYTES);
    let endpoints = destinations.into_iter().map(endpoint).collect();
    Dispatch::new(pipeline, LogContext::new(), None, endpoints)
}
