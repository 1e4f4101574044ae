//! What the settings say, and the dispatches made of them.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use kakashi_core::{
    Clock, DefaultForm, Destination, DestinationForm, Filter, Format, LevelFilter, LogContext, Pipeline,
    Settings, SettingsError, Sink,
};

use crate::delivery::sink_queue::SinkQueue;
use crate::dispatch::endpoint::Endpoint;
use crate::dispatch::{Dispatch, replace_root, root_if_made};
use crate::host::hooks;
use crate::sinks;

thread_local! {
    static SETTINGS: RefCell<Option<OpenSettings>> = const { RefCell::new(None) };
}

/// What a call of `configure()` changes.
pub(crate) type SettingsChange = kakashi_core::SettingsChange<dyn Sink, Rc<dyn Clock>>;

/// The current settings, with the destinations.
#[derive(Default)]
struct OpenSettings {
    settings: Settings<Rc<dyn Clock>>,
    destinations: Vec<OpenDestination>,
}

/// A destination whose sink has its queue.
struct OpenDestination {
    threshold: LevelFilter,
    filter: Option<Arc<dyn Filter>>,
    form: DestinationForm,
    queue: Rc<SinkQueue>,
}

impl OpenSettings {
    /// Makes the change, and the dispatch of the settings after it; `opened`
    /// destinations, if there are any, are swapped for the present ones.
    fn changed(&mut self, change: SettingsChange, opened: &mut Vec<OpenDestination>) -> Rc<Dispatch> {
        let Self { settings, destinations } = self;
        if !opened.is_empty() {
            std::mem::swap(destinations, opened);
        } else if destinations.is_empty() {
            destinations.push(OpenDestination::new(sinks::console()));
        }
        settings.change(change);
        let endpoint =
            |destination: &OpenDestination| destination.endpoint(&settings.form, settings.batch_bytes);
        let endpoints = destinations.iter().map(endpoint).collect();
        Dispatch::new(settings.pipeline.clone(), settings.base(), settings.clock.clone(), endpoints)
    }
}

impl OpenDestination {
    fn new(destination: Destination<dyn Sink>) -> Self {
        let Destination { threshold, filter, form, name, sink, .. } = destination;
        Self { threshold, filter, form, queue: SinkQueue::new(name, sink) }
    }

    fn endpoint(&self, form: &DefaultForm, batch_bytes: usize) -> Endpoint {
        let terminal = self.queue.terminal;
        let encoder = self.form.encoder(form, terminal, terminal);
        Endpoint::new(self.threshold, self.filter.clone(), encoder, batch_bytes, self.queue.clone())
    }
}

/// Changes the settings, and sends all records from now on to a dispatch made of them.
pub(crate) fn change(mut change: SettingsChange) -> Result<(), SettingsError> {
    // Outside of the borrow: a sink's code may do anything, when it opens and when it ends.
    let mut opened: Vec<OpenDestination> = change.destinations.drain(..).map(OpenDestination::new).collect();
    if opened.is_empty() && change.default_destinations {
        opened.push(OpenDestination::new(sinks::console()));
    }
    let old = SETTINGS.with(|settings| {
        let mut settings = settings.try_borrow_mut().map_err(|_| SettingsError::Busy)?;
        Ok(replace_root(settings.get_or_insert_default().changed(change, &mut opened)))
    });
    drop(opened);
    old.map(drop)
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
    // If that fails, the caller's record has no destination.
    let _ = change(SettingsChange::default());
    root_if_made().unwrap_or_else(|| Dispatch::new(Pipeline::default(), LogContext::new(), None, Vec::new()))
}

/// Makes the dispatch of a custom logger.
pub(crate) fn custom_dispatch(
    pipeline: Pipeline,
    destinations: Vec<Destination<dyn Sink>>,
    format: Format,
) -> Rc<Dispatch> {
    let destinations = if destinations.is_empty() { vec![sinks::console()] } else { destinations };
    let endpoint = |destination| {
        OpenDestination::new(destination)
            .endpoint(&DefaultForm::Named(format), Settings::<Rc<dyn Clock>>::BATCH_BYTES)
    };
    let endpoints = destinations.into_iter().map(endpoint).collect();
    Dispatch::new(pipeline, LogContext::new(), None, endpoints)
}
