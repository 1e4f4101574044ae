//! What a span is for kakashi: its fields as a context, and how long it was busy.

use core::mem;
use core::time::Duration;

use tracing_core::Metadata;
use tracing_subscriber::registry::{LookupSpan, SpanRef};

use super::span_levels;
use crate::bridges::foreign::BridgedLogger;
use crate::codec::Items;
use crate::context::LogContext;
use crate::context::spans::SpanOrigin;
use crate::value::field::Field;
use crate::value::{Composite, Value, ValueSink};

/// Lies in a span's extensions.
#[derive(Debug, Default)]
pub(super) struct SpanData {
    /// Its own fields, and the level that directives give it.
    own: LogContext,
    /// The version of the directives that the level is by.
    level_version: usize,
    /// These, and those of its parents around them.
    all: MergeMemo,
    /// These, and what was current around it when it was entered last.
    pub(super) entered: MergeMemo,
    /// What it brings along to where it is entered.
    pub(super) origin: Option<SpanOrigin>,
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
        self.remembered(outer, inner).unwrap_or_else(|| {
            let merged = outer.merge(inner).at_lower_level_of(outer, inner);
            *self = Self { of: Self::ids(outer, inner), merged: merged.clone() };
            merged
        })
    }

    /// Returns the merge if it is of these two, whose levels may have changed since.
    fn remembered(&self, outer: &LogContext, inner: &LogContext) -> Option<LogContext> {
        let is_same = self.of == Self::ids(outer, inner);
        is_same.then(|| self.merged.clone().at_lower_level_of(outer, inner))
    }

    fn ids(outer: &LogContext, inner: &LogContext) -> (usize, usize) {
        (outer.fields().id, inner.fields().id)
    }

    pub(super) fn is_of(&self, other: &Self) -> bool {
        self.of == other.of
    }
}

impl SpanData {
    /// Returns a span's own fields, and the merge with its parents', whose merge is `above`.
    pub(super) fn under<L, S>(span: &SpanRef<'_, S>, above: &LogContext) -> (LogContext, LogContext)
    where
        L: BridgedLogger,
        S: for<'a> LookupSpan<'a>,
    {
        let version = span_levels::version::<L>();
        if let Some(data) = span.extensions().get::<Self>()
            && data.level_version == version
            && let Some(all) = data.all.remembered(above, &data.own)
        {
            return (data.own.clone(), all);
        }
        match span.extensions_mut().get_mut::<Self>() {
            Some(data) => {
                if data.level_version != version {
                    data.find_level::<L>(span.metadata(), version);
                }
                (data.own.clone(), data.all.merge(above, &data.own))
            }
            None => (LogContext::new(), above.clone()),
        }
    }

    /// Returns what a span brings along.
    pub(super) fn origin_of<S>(span: &SpanRef<'_, S>) -> Option<SpanOrigin>
    where
        S: for<'a> LookupSpan<'a>,
    {
        span.extensions().get::<Self>().and_then(|data| data.origin.clone())
    }

    /// Returns its own fields.
    pub(super) fn own(&self) -> &LogContext {
        &self.own
    }

    /// Sets its own fields, by which its level is found anew.
    pub(super) fn set_own(&mut self, own: LogContext) {
        self.own = own.at_level(None);
        self.level_version = 0;
    }

    #[cold]
    fn find_level<L: BridgedLogger>(&mut self, metadata: &Metadata<'_>, version: usize) {
        let level = if version == 0 { None } else { span_levels::level_of::<L>(metadata, &self.own) };
        self.own = self.own.clone().at_level(level);
        self.level_version = version;
    }

    /// Links to a span that this one follows from: by its name and its fields.
    pub(super) fn add_link(&mut self, name: &'static str, fields: &LogContext) {
        let list = FollowsFrom { own: &self.own, name, fields };
        self.set_own(self.own.with_custom(&[Field { key: FOLLOWS_FROM, value: Value::Composite(&list) }]));
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
