//! What is current while something runs for a request: its context and, if that is wanted, a span.

use kakashi_core::{DetachedScope, LogContext, OpenRecords};

use super::settings::RequestSettings;

#[derive(Debug)]
pub(super) struct RequestScope {
    scope: DetachedScope,
    /// Is none unless the settings want one.
    #[cfg(feature = "tracing")]
    span: tracing::Span,
    /// What a flight recorder keeps for the request.
    _records: OpenRecords,
}

#[cfg(feature = "tracing")]
impl RequestScope {
    pub(super) fn new(context: LogContext, settings: &RequestSettings) -> Self {
        let (context, records) = OpenRecords::of_request(context);
        if !settings.makes_span {
            let (scope, span) = (DetachedScope::new(context), tracing::Span::none());
            return Self { scope, span, _records: records };
        }
        let mut scope = DetachedScope::of_one(context);
        // Made in the scope, which it brings along.
        let span = scope.run(|| tracing::error_span!("request"));
        Self { scope, span, _records: records }
    }

    /// Runs a piece of the request in it.
    #[inline]
    pub(super) fn run<R>(&mut self, piece: impl FnOnce() -> R) -> R {
        let Self { scope, span, .. } = self;
        scope.run(|| span.in_scope(piece))
    }
}

#[cfg(not(feature = "tracing"))]
impl RequestScope {
    pub(super) fn new(context: LogContext, _: &RequestSettings) -> Self {
        let (context, records) = OpenRecords::of_request(context);
        Self { scope: DetachedScope::new(context), _records: records }
    }

    /// Runs a piece of the request in it.
    #[inline]
    pub(super) fn run<R>(&mut self, piece: impl FnOnce() -> R) -> R {
        self.scope.run(piece)
    }
}
