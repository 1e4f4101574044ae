//! What a span is for kakashi: its fields as a context, and how long it was busy.

use core::mem;
use core::time::Duration;

use tracing_subscriber::registry::{LookupSpan, SpanRef};

use crate::codec::Items;
use crate::context::LogContext;
use crate::value::field::Field;
use crate::value::{Composite, Value, ValueSink};

/// Lies in a span's extensions.
#[derive(Debug, Default)]
pub(super) struct SpanData {
    /// Its own fields.
    pub(super) own: LogContext,
    /// These, and those of its parents around them.
    all: MergeMemo,
    /// These, and what was current around it when it was entered last.
    pub(super) entered: MergeMemo,
    /// None unless somebody wants to know.
    pub(super) timing: Option<SpanTiming>,
    /// The OpenTelemetry layer was asked for its ids.
    #[cfg(feature = "opentelemetry")]
    pub(super) has_ids: bool,
}

/// The last merge of two contexts: while both are the same, their merge has the same id.
#[derive(Clone, Debug, Default)]
pub(super) struct MergeMemo {
    of: (usize, usize),
    merged: LogContext,
}

impl MergeMemo {
    /// Returns the merge of two contexts; the second wins.
    pub(super) fn merge(&mut self, outer: &LogContext, inner: &LogContext) -> LogContext {
        let of = (outer.fields().id, inner.fields().id);
        if of != self.of {
            *self = Self { of, merged: outer.merge(inner) };
        }
        self.merged.clone()
    }

    pub(super) fn is_of(&self, other: &Self) -> bool {
        self.of == other.of
    }
}

impl SpanData {
    /// Returns a span's own fields, and the merge with its parents', whose merge is `above`.
    pub(super) fn under<S>(span: &SpanRef<'_, S>, above: &LogContext) -> (LogContext, LogContext)
    where
        S: for<'a> LookupSpan<'a>,
    {
        if let Some(data) = span.extensions().get::<Self>()
            && data.all.of == (above.fields().id, data.own.fields().id)
        {
            return (data.own.clone(), data.all.merged.clone());
        }
        match span.extensions_mut().get_mut::<Self>() {
            Some(Self { own, all, .. }) => (own.clone(), all.merge(above, own)),
            None => (LogContext::new(), above.clone()),
        }
    }

    /// Links to a span that this one follows from: by its name and its fields.
    pub(super) fn add_link(&mut self, name: &'static str, fields: &LogContext) {
        let list = FollowsFrom { own: &self.own, name, fields };
        self.own = self.own.with_custom(&[Field { key: FOLLOWS_FROM, value: Value::Composite(&list) }]);
    }
}

/// The field of links.
const FOLLOWS_FROM: &str = "follows_from";

/// The links that a span has already, and one more.
struct FollowsFrom<'a> {
    own: &'a LogContext,
    name: &'static str,
    fields: &'a LogContext,
}

impl Composite for FollowsFrom<'_> {
    fn describe(&self, sink: &mut dyn ValueSink) {
        sink.begin_list();
        if let Some(Value::List(links)) = self.own.get(FOLLOWS_FROM) {
            Items::new(links).for_each(|link| sink.value(link));
        }
        sink.begin_map();
        sink.key("span");
        sink.value(Value::Str(self.name));
        for (key, value) in crate::codec::Pairs::new(self.fields.fields().pairs) {
            if key != FOLLOWS_FROM {
                sink.key(key);
                sink.value(value);
            }
        }
        sink.end_map();
        sink.end_list();
    }
}

/// How long a span was entered, and how long it was not.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SpanTiming {
    pub(super) busy: Duration,
    pub(super) idle: Duration,
    /// How many threads are inside.
    inside: usize,
    since: Duration,
}

impl SpanTiming {
    pub(super) fn since(now: Duration) -> Self {
        Self { since: now, ..Self::default() }
    }

    pub(super) fn enter(&mut self, now: Duration) {
        self.count(now);
        self.inside += 1;
    }

    pub(super) fn exit(&mut self, now: Duration) {
        self.count(now);
        self.inside = self.inside.saturating_sub(1);
    }

    /// Counts the time since the last change.
    pub(super) fn count(&mut self, now: Duration) {
        let passed = now.saturating_sub(mem::replace(&mut self.since, now));
        *(if self.inside > 0 { &mut self.busy } else { &mut self.idle }) += passed;
    }
}
