//! What is current on a thread, or in a future: a context of its own, and a layer for each
//! open scope and each span of another crate that is entered.
//!
//! A layer keeps what its scope added beside what was current before, so that a scope may
//! end before those inside of it. Whoever logs reads the merged context, which is made when
//! something changes.
//!
//! A span is a layer like a scope: the inner one wins. But what a program sets while a span is
//! the innermost belongs to the scope around it, because a span of a task is entered anew at
//! each poll; and a span that is no child of the one around it hides that one's fields, and
//! only these.

use std::mem;
use std::prelude::v1::*;
use std::sync::{Arc, Mutex, PoisonError};

use crate::context::LogContext;
use crate::context::level_scopes::OpenLevel;
#[cfg(feature = "tracing")]
use crate::context::next_id;
#[cfg(feature = "tracing")]
use crate::context::span_origin::{OriginContext, SharedContext, SpanOrigin};
use crate::context::task::{TaskId, current_task};

/// What is current on a thread or in a future.
#[derive(Debug, Default)]
pub(super) struct Scopes {
    /// What is set outside of any scope.
    base: LogContext,
    /// The fields of the spans that are entered around these scopes, where their future is
    /// polled, and how many these are.
    around: (LogContext, usize),
    current: LogContext,
    /// The level of `current`, which counts as long as these scopes live.
    open_level: OpenLevel,
    /// Outermost first.
    layers: Vec<Layer>,
    /// The guards of these layers have it too; made with the first of them.
    ended: Option<Arc<EndedScopes>>,
    last_id: u64,
    /// Tells these scopes from others; 0 until somebody asks.
    #[cfg(feature = "tracing")]
    id: usize,
    /// What is set outside of any scope, for spans on other threads, if these are the scopes of one
    /// piece of work only.
    #[cfg(feature = "tracing")]
    shared: Option<SharedContext>,
    /// The task that runs a piece in them; none for a thread's.
    task: TaskId,
}

/// An open scope or an entered span.
#[derive(Debug)]
struct Layer {
    id: u64,
    kind: LayerKind,
    /// What was current before it.
    outer: LogContext,
    /// What it has added since.
    own: LogContext,
    /// The task that opened it.
    task: TaskId,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum LayerKind {
    Scope(Hidden),
    #[cfg(feature = "tracing")]
    Span(EnteredAs),
    /// What a span brings along from where it was made.
    #[cfg(feature = "tracing")]
    Origin,
}

/// What a scope has removed of what it did not add.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Hidden {
    Nothing,
    /// What a `RequestContext` describes.
    Request,
    All,
}

impl Hidden {
    fn leaves(self, context: &LogContext) -> LogContext {
        match self {
            Self::Nothing => context.clone(),
            Self::Request => context.without_request(),
            Self::All => context.without_fields(),
        }
    }
}

impl LayerKind {
    /// Returns what it hides, if it is a scope.
    fn hidden(self) -> Option<Hidden> {
        match self {
            Self::Scope(hidden) => Some(hidden),
            #[cfg(feature = "tracing")]
            Self::Span(_) | Self::Origin => None,
        }
    }
}

/// A span, and how it lies to the one that was entered before it.
#[cfg(feature = "tracing")]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct EnteredAs {
    pub(crate) span: u64,
    /// It is that one's child: then the layer has its own fields, else those of its parents too.
    pub(crate) is_child: bool,
}

/// The scopes whose guards were dropped while others were current: while a future ran.
type EndedScopes = Mutex<Vec<u64>>;

impl Scopes {
    pub(super) const fn new() -> Self {
        Self {
            base: LogContext::new(),
            around: (LogContext::new(), 0),
            current: LogContext::new(),
            open_level: OpenLevel::none(),
            layers: Vec::new(),
            ended: None,
            last_id: 0,
            #[cfg(feature = "tracing")]
            id: 0,
            #[cfg(feature = "tracing")]
            shared: None,
            task: None,
        }
    }

    pub(super) fn of(context: LogContext) -> Self {
        let mut scopes = Self::new();
        scopes.base = context.clone();
        scopes.set_current(context);
        scopes
    }

    /// Makes a context current; returns the one that was.
    fn set_current(&mut self, context: LogContext) -> LogContext {
        self.open_level.change(context.threshold());
        mem::replace(&mut self.current, context)
    }

    pub(super) fn current(&self) -> &LogContext {
        &self.current
    }

    /// Begins a piece of what has these scopes for itself.
    pub(super) fn begin_piece(&mut self, task: TaskId) {
        self.end_dropped();
        self.task = task;
    }

    /// Tells whether the innermost scope may be changed here: not by a task that did not open
    /// it, for it would be there when the next task runs.
    pub(super) fn may_change(&self) -> bool {
        let task = current_task();
        task.is_none() || task == self.innermost_scope().map_or(self.task, |at| self.layers[at].task)
    }

    /// Adds to the innermost scope.
    pub(super) fn change(&mut self, change: impl Fn(&LogContext) -> LogContext) {
        let Some(at) = self.innermost_scope() else {
            self.set_base(change(&self.base));
            return;
        };
        self.layers[at].own = change(&self.layers[at].own);
        if at + 1 == self.layers.len() {
            self.set_current(change(&self.current));
        } else {
            self.merge_from(at);
        }
    }

    /// Removes this as long as the innermost scope is open.
    pub(super) fn clear(&mut self, hidden: Hidden) {
        match self.innermost_scope() {
            Some(at) => {
                let Layer { own, kind, .. } = &mut self.layers[at];
                *own = hidden.leaves(own);
                *kind = LayerKind::Scope(kind.hidden().map_or(hidden, |before| before.max(hidden)));
                self.merge_from(at);
            }
            None => self.set_base(hidden.leaves(&self.base)),
        }
    }

    fn set_base(&mut self, base: LogContext) {
        #[cfg(feature = "tracing")]
        if let Some(shared) = &self.shared {
            shared.set(base.clone());
        }
        self.base = base;
        self.merge_from(0);
    }

    fn innermost_scope(&self) -> Option<usize> {
        self.layers.iter().rposition(|layer| layer.kind.hidden().is_some())
    }

    pub(super) fn open(&mut self, context: &LogContext) -> OpenedScope {
        self.push(LayerKind::Scope(Hidden::Nothing), context, self.current.merge(context))
    }

    /// Ends a scope, or has it ended when these scopes are current again.
    pub(super) fn end(&mut self, scope: &OpenedScope) {
        if self.ended.as_ref().is_some_and(|ended| Arc::ptr_eq(ended, &scope.ended)) {
            self.remove(scope.id);
        } else {
            scope.ended.lock().unwrap_or_else(PoisonError::into_inner).push(scope.id);
        }
    }

    /// Ends the scopes whose guards were dropped while these were not current.
    pub(super) fn end_dropped(&mut self) {
        let Some(ended) = &self.ended else { return };
        let ids = mem::take(&mut *ended.lock().unwrap_or_else(PoisonError::into_inner));
        ids.into_iter().for_each(|id| self.remove(id));
    }

    fn push(&mut self, kind: LayerKind, own: &LogContext, merged: LogContext) -> OpenedScope {
        self.last_id += 1;
        let outer = self.set_current(merged);
        let task = current_task();
        self.layers.push(Layer { id: self.last_id, kind, outer, own: own.clone(), task });
        OpenedScope { id: self.last_id, ended: Arc::clone(self.ended.get_or_insert_default()) }
    }

    fn remove(&mut self, id: u64) {
        let Some(at) = self.layers.iter().rposition(|layer| layer.id == id) else { return };
        let outer = self.layers.remove(at).outer;
        // The innermost goes first, mostly, and then what was current before is again.
        match self.layers.get_mut(at) {
            Some(next) => {
                next.outer = outer;
                self.merge_from(at);
            }
            None => {
                self.set_current(outer);
            }
        }
    }

    /// Merges anew from a layer on; what was current before it is right.
    fn merge_from(&mut self, at: usize) {
        let mut outer = match self.layers.get(at) {
            Some(layer) if at > 0 => layer.outer.clone(),
            _ => self.around.0.merge(&self.base),
        };
        for at in at..self.layers.len() {
            let merged = self.merged(at, &outer);
            self.layers[at].outer = mem::replace(&mut outer, merged);
        }
        self.set_current(outer);
    }

    fn merged(&self, at: usize, outer: &LogContext) -> LogContext {
        let Layer { kind, own, .. } = &self.layers[at];
        match kind {
            LayerKind::Scope(hidden) => hidden.leaves(outer).merge(own),
            #[cfg(feature = "tracing")]
            LayerKind::Origin => outer.merge(own),
            #[cfg(feature = "tracing")]
            LayerKind::Span(EnteredAs { is_child: true, .. }) => {
                outer.merge(own).at_lower_level_of(outer, own)
            }
            #[cfg(feature = "tracing")]
            LayerKind::Span(_) => self.without_spans(at).merge(own).at_lower_level_of(outer, own),
        }
    }
}

#[cfg(feature = "tracing")]
impl Scopes {
    /// Adds a span's fields. `merge` makes the context of what is current and these; it may
    /// remember the last one that it made.
    pub(super) fn enter(
        &mut self,
        entered: EnteredAs,
        fields: &LogContext,
        merge: impl FnOnce(&LogContext, &LogContext) -> LogContext,
    ) -> OpenedScope {
        let merged = if entered.is_child {
            merge(&self.current, fields)
        } else {
            let at = self.layers.len();
            merge(&self.without_spans(at), fields)
        };
        // What is around a span is so for each of its threads, whoever's fields these are.
        let merged = merged.at_lower_level_of(&self.current, fields);
        self.push(LayerKind::Span(entered), fields, merged)
    }

    /// Returns what a span that is made here brings along: what scopes have added.
    pub(super) fn origin(&mut self) -> Option<SpanOrigin> {
        let shared = self.shared.clone().filter(|_| self.innermost_scope().is_none());
        let context = match shared {
            Some(shared) => OriginContext::Shared(shared),
            None => OriginContext::of(self.without_spans(self.layers.len()))?,
        };
        if self.id == 0 {
            self.id = next_id();
        }
        Some(SpanOrigin { scopes: self.id, context })
    }

    /// Has spans that are made here bring along what is set later, too: these are the scopes of one
    /// piece of work.
    pub(super) fn share(&mut self) {
        self.shared = Some(SharedContext::of(self.base.clone()));
    }

    /// Adds what a span brings along, where nobody else has added anything: a thread that works
    /// for others, a task that was spawned without its context.
    pub(super) fn bring(&mut self, origin: &SpanOrigin) -> Option<OpenedScope> {
        if origin.scopes == self.id || OriginContext::of(self.without_spans(self.layers.len())).is_some() {
            return None;
        }
        let context = origin.context.get();
        Some(self.push(LayerKind::Origin, &context, self.current.merge(&context)))
    }

    /// Returns how many spans are entered around these scopes.
    pub(super) fn around(&self) -> usize {
        self.around.1
    }

    /// Sets the fields of the spans around these scopes, and how many these are.
    pub(super) fn set_around(&mut self, fields: &LogContext, count: usize) {
        self.around.1 = count;
        if self.around.0.fields().id != fields.fields().id || self.around.0.threshold() != fields.threshold()
        {
            self.around.0 = fields.clone();
            self.merge_from(0);
        }
    }

    /// Reads the fields of all entered spans again: they may have changed.
    pub(super) fn read_spans(&mut self, fields: &dyn Fn(EnteredAs) -> Option<LogContext>) {
        let mut first = None;
        for (at, layer) in self.layers.iter_mut().enumerate() {
            if let LayerKind::Span(entered) = layer.kind
                && let Some(fields) = fields(entered)
            {
                layer.own = fields;
                first = first.or(Some(at));
            }
        }
        if let Some(first) = first {
            self.merge_from(first);
        }
    }

    /// Merges what scopes have added, without spans, up to a layer.
    fn without_spans(&self, end: usize) -> LogContext {
        self.layers[..end].iter().fold(self.base.clone(), |outer, layer| match layer.kind {
            LayerKind::Scope(hidden) => hidden.leaves(&outer).merge(&layer.own),
            LayerKind::Origin => outer.merge(&layer.own),
            LayerKind::Span(_) => outer,
        })
    }
}

/// Names a scope among all of the process.
#[derive(Debug)]
pub(super) struct OpenedScope {
    id: u64,
    ended: Arc<EndedScopes>,
}
