//! The settings of the process, and the dispatches that are made of them.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use kakashi_core::{
    Clock, Destination, DestinationForm, Filter, Format, LevelFilter, LogContext, Pipeline, Settings, Sink,
    StandardStream, wants_colour,
};

use super::endpoint::{EncoderForm, Endpoint};
use super::root::{replace_root, root_if_made};
use super::{Dispatch, registry};
use crate::delivery::sink_queue::SinkQueue;
use crate::reentrancy::{HeldLock, hold};
use crate::segment::chunk::ChunkPool;
use crate::sinks::{self, stream};

static SETTINGS: Mutex<Option<OpenSettings>> = Mutex::new(None);

fn lock() -> HeldLock<'static, Option<OpenSettings>> {
    hold(&SETTINGS)
}

/// The settings, locked for a fork.
#[cfg(unix)]
pub(crate) struct LockedSettings {
    _settings: HeldLock<'static, Option<OpenSettings>>,
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
            let dispatch = settings.get_or_insert_default().renewed();
            replace_root(dispatch.clone());
            dispatch
        })
    })
}

/// Changes the settings; returns the dispatch that was the root's, which the caller
/// must close.
pub(crate) fn change(mut change: SettingsChange) -> Option<Arc<Dispatch>> {
    // Before the lock: a sink's code may do anything.
    let mut opened: Vec<OpenDestination> = change.destinations.drain(..).map(OpenDestination::new).collect();
    let mut settings = lock();
    replace_root(settings.get_or_insert_default().changed(change, &mut opened))
}

/// Decides the forms anew if a stream has become a terminal, or is none any more, since they
/// were decided; then returns the dispatch that was the root's, which the caller must close.
pub(crate) fn renew_if_streams_changed() -> Option<Arc<Dispatch>> {
    static SEEN: AtomicUsize = AtomicUsize::new(0);
    let changes = stream::changes();
    if SEEN.swap(changes, Ordering::Relaxed) == changes {
        return None;
    }
    let mut settings = lock();
    let settings = settings.as_mut()?;
    let changed = settings.destinations.iter().any(OpenDestination::has_other_form);
    changed.then(|| replace_root(settings.renewed())).flatten()
}

/// What a call of `configure()` changes.
pub(crate) type SettingsChange = kakashi_core::SettingsChange<dyn Sink + Send, SharedClock>;

type SharedClock = Arc<dyn Clock + Send + Sync>;

/// The current settings, with the destinations.
#[derive(Default)]
struct OpenSettings {
    settings: Settings<SharedClock>,
    destinations: Vec<OpenDestination>,
    /// The format that the default destination was chosen for; nothing where the program has
    /// chosen its destinations.
    default_for: Option<Format>,
}

impl OpenSettings {
    /// Makes the dispatch of the settings as they are.
    fn renewed(&mut self) -> Arc<Dispatch> {
        self.changed(SettingsChange::default(), &mut Vec::new())
    }

    /// Makes the change, and the dispatch of the settings after it; `opened` destinations, if
    /// there are any, are swapped for the present ones.
    fn changed(&mut self, change: SettingsChange, opened: &mut Vec<OpenDestination>) -> Arc<Dispatch> {
        let Self { settings, destinations, default_for } = self;
        let wants_default = change.default_destinations || destinations.is_empty();
        settings.change(change);
        if !opened.is_empty() {
            std::mem::swap(destinations, opened);
            *default_for = None;
        } else if wants_default || default_for.is_some_and(|format| format != settings.format) {
            // The journal has a form of its own: the default depends on the format.
            opened.push(OpenDestination::new(sinks::default_destination(settings.format)));
            std::mem::swap(destinations, opened);
            *default_for = Some(settings.format);
        }
        Arc::new(Dispatch {
            pipeline: settings.pipeline.clone(),
            base: settings.base(),
            clock: settings.clock.clone(),
            endpoints: endpoints(destinations, settings.format, settings.batch_bytes),
        })
    }
}

/// A destination whose sink has its queue.
struct OpenDestination {
    threshold: LevelFilter,
    filter: Option<Arc<dyn Filter>>,
    form: DestinationForm,
    stream: Option<StandardStream>,
    /// Whether it was a terminal when its form was decided.
    was_terminal: AtomicBool,
    queue: Arc<SinkQueue>,
}

impl OpenDestination {
    fn new(destination: Destination) -> Self {
        let Destination { threshold, filter, form, name, sink } = destination;
        let stream = sink.standard_stream();
        let queue = registry::register_sink(name, sink);
        let was_terminal = AtomicBool::new(false);
        Self { threshold, filter, form, stream, was_terminal, queue }
    }

    /// Tells whether it is a terminal; another file may stand behind a stream by now.
    fn is_terminal(&self) -> bool {
        self.stream.map_or(self.queue.is_terminal, stream::is_terminal)
    }

    /// Tells whether its form would be decided otherwise now.
    fn has_other_form(&self) -> bool {
        self.form.follows_terminal() && self.is_terminal() != self.was_terminal.load(Ordering::Relaxed)
    }

    fn endpoint(&self, format: Format, batch_bytes: usize) -> Arc<Endpoint> {
        let is_terminal = self.is_terminal();
        self.was_terminal.store(is_terminal, Ordering::Relaxed);
        let colour = wants_colour(is_terminal, self.stream.is_some());
        let encoder = self.form.encoder(format, is_terminal, colour);
        self.queue.set_form(&encoder, batch_bytes);
        Arc::new(Endpoint {
            threshold: self.threshold,
            filter: self.filter.clone(),
            is_terminal,
            form: EncoderForm::of(&*encoder),
            encoder,
            queue: self.queue.clone(),
            pool: ChunkPool::new(batch_bytes),
        })
    }
}

fn endpoints(destinations: &[OpenDestination], format: Format, batch_bytes: usize) -> Vec<Arc<Endpoint>> {
    destinations.iter().map(|destination| destination.endpoint(format, batch_bytes)).collect()
}

/// Makes the dispatch of a custom logger.
pub(crate) fn custom_dispatch(
    pipeline: Pipeline,
    destinations: Vec<Destination>,
    format: Format,
) -> Dispatch {
    let destinations =
        if destinations.is_empty() { vec![sinks::default_destination(format)] } else { destinations };
    let destinations: Vec<_> = destinations.into_iter().map(OpenDestination::new).collect();
    let endpoints = endpoints(&destinations, format, Settings::<SharedClock>::BATCH_BYTES);
    Dispatch { pipeline, base: LogContext::new(), clock: None, endpoints }
}
