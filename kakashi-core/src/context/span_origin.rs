//! What a span brings along from where it was made: what the scopes had added there.
//!
//! Where a span is entered and no scope has added anything, all records have that, below the
//! span's own fields: so what works for a request on another thread, inside of the request's
//! span, has the request's context. Where scopes have added something, only that counts: two
//! requests never mix. It is what there was when the span was made, because what a thread or a
//! task sets later may be the next request's; only the scopes of one request share what is set
//! in them afterwards.

use std::sync::{Arc, Mutex, PoisonError};

use crate::context::LogContext;

#[derive(Clone, Debug)]
pub(crate) struct SpanOrigin {
    /// The id of the scopes in which the span was made.
    pub(super) scopes: usize,
    pub(super) context: OriginContext,
}

#[derive(Clone, Debug)]
pub(super) enum OriginContext {
    /// What there was.
    Own(LogContext),
    /// What there is.
    Shared(SharedContext),
}

impl OriginContext {
    /// Takes a context, if there is anything in it.
    pub(super) fn of(context: LogContext) -> Option<Self> {
        let is_nothing = context.is_empty() && context.threshold().is_none();
        (!is_nothing).then_some(Self::Own(context))
    }

    pub(super) fn get(&self) -> LogContext {
        match self {
            Self::Own(context) => context.clone(),
            Self::Shared(SharedContext(context)) => {
                context.lock().unwrap_or_else(PoisonError::into_inner).clone()
            }
        }
    }
}

/// A context that one thread changes and others read.
#[derive(Clone, Debug)]
pub(super) struct SharedContext(Arc<Mutex<LogContext>>);

impl SharedContext {
    pub(super) fn of(context: LogContext) -> Self {
        Self(Arc::new(Mutex::new(context)))
    }

    pub(super) fn set(&self, context: LogContext) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = context;
    }
}
