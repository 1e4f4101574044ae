//! The layer: events become records, spans context.

use core::fmt;
use core::marker::PhantomData;
use std::boxed::Box;

#[cfg(feature = "opentelemetry")]
use std::sync::OnceLock;

use tracing_core::span::{Attributes, Id, Record};
use tracing_core::subscriber::Interest;
use tracing_core::{Event, LevelFilter as TracingFilter, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::{LookupSpan, SpanRef};

use super::fields::{EventFields, SpanFields};
use super::levels::TracingLevels;
use super::log_event::LogEvent;
use super::span_data::{SpanData, SpanTiming};
use super::span_events::SpanEvents;
use crate::bridges::foreign::{self, BridgedLogger};
use crate::bridges::foreign_record::ForeignRecord;
use crate::bridges::known_sites::Place;
use crate::context::LogContext;
use crate::context::spans::{self, SpanContext};
use crate::level::LogLevel;
use crate::site::SourceLocation;
use crate::value::Value;

/// Has events and spans logged by a platform's loggers.
#[doc(hidden)]
pub struct TracingLayer<L> {
    span_events: SpanEvents,
    /// It filters for the whole registry: there are no other layers.
    is_alone: bool,
    #[cfg(feature = "opentelemetry")]
    dispatch: OnceLock<tracing_core::dispatcher::WeakDispatch>,
    of: PhantomData<fn() -> L>,
}

impl<L: BridgedLogger> TracingLayer<L> {
    pub(super) fn new(span_events: SpanEvents, is_alone: bool) -> Self {
        Self {
            span_events,
            is_alone,
            #[cfg(feature = "opentelemetry")]
            dispatch: OnceLock::new(),
            of: PhantomData,
        }
    }

    /// Returns a span's own fields, and the merge with its parents'.
    fn contexts<S>(&self, span: &SpanRef<'_, S>) -> (LogContext, LogContext)
    where
        S: for<'a> LookupSpan<'a>,
    {
        let mut contexts = (LogContext::new(), LogContext::new());
        for span in span.scope().from_root() {
            self.add_ids(&span);
            contexts = SpanData::under::<L, _>(&span, &contexts.1);
        }
        contexts
    }

    fn contexts_of<S>(&self, span: u64, context: &Context<'_, S>) -> Option<(LogContext, LogContext)>
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        Some(self.contexts(&context.span(&Id::from_u64(span))?))
    }

    /// Changes what a span is, and what this thread has of it if it is inside.
    fn change<S>(&self, span: &Id, context: &Context<'_, S>, change: impl FnOnce(&mut SpanData))
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let Some(span) = context.span(span) else { return };
        if let Some(data) = span.extensions_mut().get_mut::<SpanData>() {
            change(data);
        }
        spans::read_again(&|span| self.contexts_of(span, context));
    }

    /// Tells whether there may be records of spans of this level that close.
    fn tells_close(&self, level: LogLevel) -> bool {
        self.span_events == SpanEvents::Close || L::registry().closed_spans_level().enables(level)
    }

    fn count_time<S>(&self, span: &SpanRef<'_, S>, count: impl FnOnce(&mut SpanTiming))
    where
        S: for<'a> LookupSpan<'a>,
    {
        if self.tells_close((*span.metadata().level()).into())
            && let Some(SpanData { timing: Some(timing), .. }) = span.extensions_mut().get_mut()
        {
            count(timing);
        }
    }

    /// Adds the ids that an OpenTelemetry layer has for a span.
    #[cfg(feature = "opentelemetry")]
    fn add_ids<S>(&self, span: &SpanRef<'_, S>)
    where
        S: for<'a> LookupSpan<'a>,
    {
        use opentelemetry::trace::TraceContextExt as _;

        use crate::value::field::Field;

        if span.extensions().get::<SpanData>().is_none_or(|data| data.has_ids) {
            return;
        }
        // Without the extensions' lock, which the other layer takes.
        let dispatch = self.dispatch.get().and_then(|dispatch| dispatch.upgrade());
        let found =
            dispatch.and_then(|dispatch| tracing_opentelemetry::get_otel_context(&span.id(), &dispatch));
        let mut extensions = span.extensions_mut();
        let Some(data) = extensions.get_mut::<SpanData>() else { return };
        data.has_ids = true;
        if let Some(found) = found
            && found.span().span_context().is_valid()
        {
            let found = found.span().span_context().clone();
            let (trace, span) = (found.trace_id(), found.span_id());
            data.set_own(data.own().with_custom(&[
                Field { key: "trace_id", value: Value::Display(&trace) },
                Field { key: "span_id", value: Value::Display(&span) },
            ]));
        }
    }

    /// Adds nothing: nobody has ids.
    #[cfg(not(feature = "opentelemetry"))]
    #[expect(clippy::unused_self, reason = "it is another function with the feature")]
    fn add_ids<S>(&self, _: &SpanRef<'_, S>)
    where
        S: for<'a> LookupSpan<'a>,
    {
    }
}

/// Runs what writes a span's fields; none if that nests too deep.
fn fields(write: impl FnOnce(&mut ForeignRecord)) -> Option<Box<ForeignRecord>> {
    foreign::written(None, write)
}

fn place_of(metadata: &Metadata<'static>) -> Place<'static> {
    let Some(line) = metadata.line() else { return Place::Unknown };
    match (metadata.module_path(), metadata.file()) {
        (Some(module), Some(file)) => Place::Constant(SourceLocation { module, file, line }),
        (module, file) => {
            let (module, file) = (module.unwrap_or_default(), file.unwrap_or_default());
            Place::Passing(SourceLocation { module, file, line })
        }
    }
}

impl<L, S> Layer<S> for TracingLayer<L>
where
    L: BridgedLogger,
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    #[cfg(feature = "opentelemetry")]
    fn on_register_dispatch(&self, dispatch: &tracing_core::Dispatch) {
        let _ = self.dispatch.set(dispatch.downgrade());
    }

    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.is_alone { TracingLevels::<L>::interest(metadata) } else { Interest::always() }
    }

    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        !self.is_alone || TracingLevels::<L>::is_enabled(metadata)
    }

    fn max_level_hint(&self) -> Option<TracingFilter> {
        self.is_alone.then(TracingLevels::<L>::most_verbose)
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut data = SpanData::default();
        // Who says that a span has no parent says that it is nobody's.
        if !attributes.is_root() {
            data.origin = spans::origin();
        }
        if !attributes.values().is_empty()
            && let Some(mut record) = fields(|record| attributes.record(&mut SpanFields(record)))
        {
            data.set_own(LogContext::new().with_pairs(record.pairs()));
            record.keep();
        }
        if self.tells_close((*attributes.metadata().level()).into()) {
            data.timing = Some(SpanTiming::since(L::uptime()));
        }
        span.extensions_mut().replace(data);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(mut record) = fields(|record| values.record(&mut SpanFields(record))) else { return };
        self.change(id, &context, |data| data.set_own(data.own().with_pairs(record.pairs())));
        record.keep();
    }

    fn on_follows_from(&self, id: &Id, follows: &Id, context: Context<'_, S>) {
        let Some(followed) = context.span(follows) else { return };
        let (own, _) = self.contexts(&followed);
        self.change(id, &context, |data| data.add_link(followed.name(), &own));
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let metadata = event.metadata();
        let level = (*metadata.level()).into();
        if let Some(of_log) = LogEvent::of(event) {
            return of_log.log::<L>(level);
        }
        let place = place_of(metadata);
        let Some(begun) = foreign::begin::<L>(metadata.target(), level, &place) else { return };
        let parent = event.parent().map(Id::into_u64);
        let _apart = if event.is_contextual() || spans::is_innermost(parent) {
            None
        } else {
            let parent = parent.and_then(|parent| context.span(&Id::from_u64(parent)));
            let fields = parent.as_ref().map(|parent| self.contexts(parent).1).unwrap_or_default();
            spans::enter_apart(&fields, parent.as_ref().and_then(SpanData::origin_of).as_ref())
        };
        begun.log(level, &place, |record| event.record(&mut EventFields::new(record)));
    }

    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        self.add_ids(&span);
        let parent = span.parent().map(|parent| parent.id().into_u64());
        let above = match parent {
            None => Some(LogContext::new()),
            Some(parent) => spans::fields_if_innermost(parent),
        };
        let (own, all) = match above {
            Some(above) => SpanData::under::<L, _>(&span, &above),
            None => self.contexts(&span),
        };
        let known =
            span.extensions().get::<SpanData>().map(|data| (data.entered.clone(), data.origin.clone()));
        let (known, origin) = known.unwrap_or_default();
        let mut entered = known.clone();
        let origin = origin.as_ref();
        spans::enter(id.into_u64(), parent, SpanContext { own: &own, all, origin }, |outer, fields| {
            entered.merge(outer, fields)
        });
        if !entered.is_of(&known)
            && let Some(data) = span.extensions_mut().get_mut::<SpanData>()
        {
            data.entered = entered;
        }
        self.count_time(&span, |timing| timing.enter(L::uptime()));
    }

    fn on_exit(&self, id: &Id, context: Context<'_, S>) {
        spans::exit(id.into_u64());
        if let Some(span) = context.span(id) {
            self.count_time(&span, |timing| timing.exit(L::uptime()));
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let level = (*span.metadata().level()).into();
        if !self.tells_close(level) {
            return;
        }
        self.count_time(&span, |timing| timing.count(L::uptime()));
        let timing = span.extensions().get::<SpanData>().and_then(|data| data.timing);
        let (metadata, Some(timing)) = (span.metadata(), timing) else { return };
        let place = place_of(metadata);
        if let Some(begun) = foreign::begin::<L>(metadata.target(), level, &place) {
            let _apart = spans::enter_apart(&self.contexts(&span).1, SpanData::origin_of(&span).as_ref());
            begun.log(level, &place, |record| {
                record.set_constant("close");
                record.put("span", &Value::Str(metadata.name()));
                record.put("time.busy", &Value::Duration(timing.busy));
                record.put("time.idle", &Value::Duration(timing.idle));
            });
        }
    }
}

impl<L> fmt::Debug for TracingLayer<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TracingLayer").field("span_events", &self.span_events).finish_non_exhaustive()
    }
}
