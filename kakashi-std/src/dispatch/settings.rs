//! The settings of the process, and the dispatches that are made of them.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use kakashi_core::encode::RecordWire;
use kakashi_core::{
    Clock, DefaultForm, Destination, DestinationForm, Durability, Encoder, Filter, Format, Holding,
    LevelFilter, LogContext, Pipeline, Pretty, Screen, Settings, Sink, StandardStream, TerminalPretty, Wire,
    wants_colour,
};

use super::endpoint::{EncoderForm, Endpoint};
use super::logger_registry::logger_registry;
use super::root::{replace_root, root_if_made};
use super::{Dispatch, call_sampler, registry};
use crate::delivery::held_form::HeldForm;
use crate::delivery::sink_queue::SinkQueue;
use crate::reentrancy::{HeldLock, hold};
use crate::sampling::{SamplingChange, SamplingRules};
use crate::segment::chunk_pool::ChunkPool;
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

/// Runs what changes other settings, one thread at a time.
pub(crate) fn change_others(change: impl FnOnce()) {
    let _settings = lock();
    change();
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
pub(crate) fn change(mut change: SettingsChange, sampling: SamplingChange) -> Option<Arc<Dispatch>> {
    // Before the lock: a sink's code may do anything.
    let mut opened: Vec<OpenDestination> = change.destinations.drain(..).map(OpenDestination::new).collect();
    let mut settings = lock();
    let settings = settings.get_or_insert_default();
    let old = replace_root(settings.changed(change, &mut opened));
    if !sampling.is_empty() {
        call_sampler::install();
        logger_registry().set_sampled(settings.sampling.change(sampling));
    }
    old
}

/// Tells whether a change would need more samplers than there are.
pub(crate) fn are_too_many_samplers(change: &SamplingChange) -> bool {
    lock().get_or_insert_default().sampling.is_too_much(change)
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
    default_for: Option<Option<Format>>,
    sampling: SamplingRules,
}

impl OpenSettings {
    /// Makes the dispatch of the settings as they are.
    fn renewed(&mut self) -> Arc<Dispatch> {
        self.changed(SettingsChange::default(), &mut Vec::new())
    }

    /// Makes the change, and the dispatch of the settings after it; `opened` destinations, if
    /// there are any, are swapped for the present ones.
    fn changed(&mut self, change: SettingsChange, opened: &mut Vec<OpenDestination>) -> Arc<Dispatch> {
        let Self { settings, destinations, default_for, .. } = self;
        let wants_default = change.default_destinations || destinations.is_empty();
        settings.change(change);
        if !opened.is_empty() {
            std::mem::swap(destinations, opened);
            *default_for = None;
        } else if wants_default || default_for.is_some_and(|format| format != settings.form.format()) {
            // The journal has a form of its own: the default depends on the format.
            opened.push(OpenDestination::new(sinks::default_destination(settings.form.format())));
            std::mem::swap(destinations, opened);
            *default_for = Some(settings.form.format());
        }
        let forms = Forms { default: &settings.form, pretty: settings.pretty };
        Arc::new(Dispatch {
            pipeline: settings.pipeline.clone(),
            base: settings.base(),
            clock: settings.clock.clone(),
            endpoints: endpoints(destinations, forms, settings.batch_bytes),
        })
    }
}

/// A destination whose sink has its queue.
struct OpenDestination {
    threshold: LevelFilter,
    filter: Option<Arc<dyn Filter>>,
    form: DestinationForm,
    durability: Durability,
    stream: Option<StandardStream>,
    /// Whether it was a terminal when its form was decided.
    was_terminal: AtomicBool,
    queue: Arc<SinkQueue>,
    /// No other has it.
    number: usize,
}

impl OpenDestination {
    fn new(destination: Destination) -> Self {
        let Destination { threshold, filter, form, durability, name, sink } = destination;
        let stream = sink.standard_stream();
        let queue = registry::register_sink(name, sink);
        if durability == Durability::Synced {
            queue.check_sync();
        }
        let was_terminal = AtomicBool::new(false);
        static NUMBERS: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        Self { threshold, filter, form, durability, stream, was_terminal, queue, number }
    }

    /// Tells whether it is a terminal; another file may stand behind a stream by now.
    fn is_terminal(&self) -> bool {
        self.stream.map_or(self.queue.is_terminal, stream::is_terminal)
    }

    /// Tells whether its form would be decided otherwise now.
    fn has_other_form(&self) -> bool {
        self.form.follows_terminal() && self.is_terminal() != self.was_terminal.load(Ordering::Relaxed)
    }

    /// Returns what is held back: nothing that must be kept when its call returns.
    fn holding(&self) -> Option<Holding> {
        self.form.holding().filter(|_| self.durability == Durability::Buffered)
    }

    fn endpoint(&self, forms: Forms<'_>, batch_bytes: usize) -> Arc<Endpoint> {
        let is_terminal = self.is_terminal();
        self.was_terminal.store(is_terminal, Ordering::Relaxed);
        let colour = wants_colour(is_terminal, self.stream.is_some());
        let columns = self.stream.map(stream::asks_columns);
        let encoder =
            self.form.encoder_on(forms.default, &Screen { is_terminal, colour, columns }, forms.pretty);
        self.queue.set_form(&encoder, batch_bytes);
        if self.durability == Durability::Synced {
            self.queue.hold_synced();
        }
        let held = self.holding().map(|holding| {
            let (destination, encoder) = (self.number, encoder.clone());
            Arc::new(HeldForm { destination, holding, encoder, batch_bytes })
        });
        let written = encoder.clone();
        let encoder: Arc<dyn Encoder> = if held.is_some() { Arc::new(RecordWire) } else { encoder };
        let buffered = if encoder.follows_order() { Arc::new(Wire) } else { encoder.clone() };
        Arc::new(Endpoint {
            threshold: self.threshold,
            filter: self.filter.clone(),
            durability: self.durability,
            writes_through: is_terminal || self.durability > Durability::Buffered,
            form: EncoderForm::of(&*buffered),
            pool: ChunkPool::new(batch_bytes, self.queue.box_place(&*buffered, &*written)),
            encoder,
            buffered,
            held,
            queue: self.queue.clone(),
        })
    }
}

/// The forms of destinations that choose less.
#[derive(Clone, Copy)]
struct Forms<'a> {
    default: &'a DefaultForm,
    pretty: TerminalPretty,
}

fn endpoints(destinations: &[OpenDestination], forms: Forms<'_>, batch_bytes: usize) -> Vec<Arc<Endpoint>> {
    destinations.iter().map(|destination| destination.endpoint(forms, batch_bytes)).collect()
}

/// Makes the dispatch of a custom logger.
pub(crate) fn custom_dispatch(
    pipeline: Pipeline,
    destinations: Vec<Destination>,
    format: Format,
) -> Dispatch {
    let destinations =
        if destinations.is_empty() { vec![sinks::default_destination(Some(format))] } else { destinations };
    let destinations: Vec<_> = destinations.into_iter().map(OpenDestination::new).collect();
    let forms = Forms { default: &DefaultForm::Named(format), pretty: Pretty::terminal() };
    let endpoints = endpoints(&destinations, forms, Settings::<SharedClock>::BATCH_BYTES);
    Dispatch { pipeline, base: LogContext::new(), clock: None, endpoints }
}
