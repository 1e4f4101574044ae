//! The layer with its filter, or as all that there is.

use core::fmt;
use core::marker::PhantomData;

use tracing_core::Subscriber;
use tracing_core::dispatcher::{self, Dispatch};
use tracing_subscriber::filter::Filtered;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::{LookupSpan, Registry};

use super::layer::TracingLayer;
use super::levels::TracingLevels;
use super::span_events::SpanEvents;
use crate::bridges::foreign::BridgedLogger;
use crate::bridges::install_error::InstallError;

/// Makes the layer that has `tracing`'s events and spans logged, or installs it.
pub struct TracingBridge<L> {
    span_events: SpanEvents,
    of: PhantomData<fn() -> L>,
}

impl<L: BridgedLogger> TracingBridge<L> {
    /// Begins with no records of spans.
    pub const fn new() -> Self {
        Self { span_events: SpanEvents::None, of: PhantomData }
    }

    /// Logs these moments of spans too, of all spans that levels enable. At first: none, unless
    /// the name `tracing::span` has a level.
    #[must_use]
    pub const fn span_events(mut self, events: SpanEvents) -> Self {
        self.span_events = events;
        self
    }

    /// Makes the layer, for a registry that has others too: its filter is its own.
    pub fn layer<S>(self) -> Filtered<TracingLayer<L>, TracingLevels<L>, S>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        L::prepare();
        Filtered::new(TracingLayer::new(self.span_events, false), TracingLevels::new())
    }

    /// Makes it the one receiver of `tracing`, over a registry without other layers.
    ///
    /// # Errors
    /// [`InstallError`] if `tracing` has a receiver for all threads.
    pub fn install(self) -> Result<(), InstallError> {
        L::prepare();
        // Made for its effect: what follows the levels is the registry's.
        let _ = TracingLevels::<L>::new();
        let layer = TracingLayer::<L>::new(self.span_events, true);
        let dispatch = Dispatch::new(Registry::default().with(layer));
        dispatcher::set_global_default(dispatch)
            .map_err(|_| InstallError::new("tracing", dispatcher::get_default(receiver::<L>)))
    }
}

/// Names a receiver, if it is one that is known.
fn receiver<L: BridgedLogger>(dispatch: &Dispatch) -> Option<&'static str> {
    if dispatch.is::<TracingLayer<L>>() {
        Some("kakashi")
    } else if dispatch.is::<Registry>() {
        Some("a registry of tracing-subscriber")
    } else {
        None
    }
}

impl<L: BridgedLogger> Default for TracingBridge<L> {
    fn default() -> Self {
        Self::new()
    }
}

impl<L> fmt::Debug for TracingBridge<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TracingBridge").field("span_events", &self.span_events).finish()
    }
}
