//! The spans that a thread has entered: `tracing`'s, whose fields are context.
//!
//! They are kept beside the scopes, because they are the thread's and not the future's that it
//! polls: what is entered around a future holds for it while it is polled. The span's own data
//! stays where the other crate keeps it.

use std::cell::RefCell;
use std::thread_local;
use std::vec::Vec;

use crate::context::LogContext;
use crate::context::current::with_scopes;
use crate::context::scopes::{EnteredAs, OpenedScope, Scopes};
pub(crate) use crate::context::span_origin::SpanOrigin;

thread_local! {
    /// Innermost last.
    static ENTERED: RefCell<Vec<Entered>> = const { RefCell::new(Vec::new()) };
}

struct Entered {
    span: u64,
    /// The fields of the span and of its parents.
    fields: LogContext,
    /// None on a thread whose locals are going.
    scope: Option<OpenedScope>,
    /// What it brought along.
    origin: Option<OpenedScope>,
}

/// What a span adds where it is entered.
pub(crate) struct SpanContext<'a> {
    /// The span's own fields.
    pub(crate) own: &'a LogContext,
    /// These and its parents'.
    pub(crate) all: LogContext,
    pub(crate) origin: Option<&'a SpanOrigin>,
}

/// Returns what a span that is made here brings along to where it is entered.
pub(crate) fn origin() -> Option<SpanOrigin> {
    with_scopes(Scopes::origin).flatten()
}

/// Returns the fields of the innermost span and of its parents, if it is this one.
pub(crate) fn fields_if_innermost(span: u64) -> Option<LogContext> {
    let fields = with_entered(|entered| {
        entered.last().filter(|last| last.span == span).map(|last| last.fields.clone())
    });
    fields.flatten()
}

/// Tells whether this span, or none, is the innermost.
pub(crate) fn is_innermost(span: Option<u64>) -> bool {
    with_entered(|entered| entered.last().map(|last| last.span)) == Some(span)
}

/// Has these fields in place of those of all spans that are entered, and what their span brings
/// along, until the guard is dropped.
pub(crate) fn enter_apart(fields: &LogContext, origin: Option<&SpanOrigin>) -> Option<ApartGuard> {
    let entered_as = EnteredAs { span: 0, is_child: false };
    with_scopes(|scopes| {
        let origin = origin.and_then(|origin| scopes.bring(origin));
        ApartGuard { scope: scopes.enter(entered_as, fields, LogContext::merge), origin }
    })
}

/// Ends what [`enter_apart`] began.
pub(crate) struct ApartGuard {
    scope: OpenedScope,
    origin: Option<OpenedScope>,
}

impl Drop for ApartGuard {
    fn drop(&mut self) {
        with_scopes(|scopes| {
            scopes.end(&self.scope);
            self.origin.iter().for_each(|origin| scopes.end(origin));
        });
    }
}

/// Adds a span's fields to all records of this thread until it is left. `merge` makes the
/// context of the one around it and what it adds.
pub(crate) fn enter(
    span: u64,
    parent: Option<u64>,
    context: SpanContext<'_>,
    merge: impl FnOnce(&LogContext, &LogContext) -> LogContext,
) {
    let SpanContext { own, all, origin } = context;
    let last = with_entered(|entered| entered.last().map(|last| last.span)).flatten();
    let entered_as = EnteredAs { span, is_child: last == parent };
    let fields = if entered_as.is_child { own } else { &all };
    let opened = with_scopes(|scopes| {
        let origin = origin.and_then(|origin| scopes.bring(origin));
        (scopes.enter(entered_as, fields, merge), origin)
    });
    let (scope, origin) = opened.map_or((None, None), |(scope, origin)| (Some(scope), origin));
    with_entered(|entered| entered.push(Entered { span, fields: all, scope, origin }));
}

/// Leaves a span.
pub(crate) fn exit(span: u64) {
    let left = with_entered(|entered| {
        let at = entered.iter().rposition(|entered| entered.span == span)?;
        Some(entered.remove(at))
    });
    if let Some(Some(Entered { scope: Some(scope), origin, .. })) = left {
        with_scopes(|scopes| {
            scopes.end(&scope);
            origin.iter().for_each(|origin| scopes.end(origin));
        });
    }
}

/// Reads the fields of all spans that this thread has entered again: `read` returns a span's
/// own, and these with its parents'.
pub(crate) fn read_again(read: &dyn Fn(u64) -> Option<(LogContext, LogContext)>) {
    let spans = with_entered(|entered| entered.iter().map(|entered| entered.span).collect::<Vec<_>>());
    // Without a borrow: to let go of a span may close it, and so run other layers.
    let read: Vec<_> =
        spans.into_iter().flatten().map(|span| (span, read(span).unwrap_or_default())).collect();
    with_entered(|entered| {
        for (entered, (_, (_, all))) in entered.iter_mut().zip(&read) {
            entered.fields = all.clone();
        }
    });
    with_scopes(|scopes| {
        let around = scopes.around().checked_sub(1).and_then(|last| Some(read.get(last)?.1.1.clone()));
        scopes.set_around(&around.unwrap_or_default(), scopes.around());
        scopes.read_spans(&|entered| {
            let (_, (own, all)) = read.iter().rfind(|(span, _)| *span == entered.span)?;
            Some(if entered.is_child { own.clone() } else { all.clone() })
        });
    });
}

/// Returns the fields of the span that was entered last, its parents' too, and how many are
/// entered.
pub(super) fn around() -> (LogContext, usize) {
    let around = with_entered(|entered| {
        (entered.last().map(|last| last.fields.clone()).unwrap_or_default(), entered.len())
    });
    around.unwrap_or_default()
}

fn with_entered<R>(run: impl FnOnce(&mut Vec<Entered>) -> R) -> Option<R> {
    ENTERED
        .try_with(|entered| entered.try_borrow_mut().ok().map(|mut entered| run(&mut entered)))
        .ok()
        .flatten()
}
