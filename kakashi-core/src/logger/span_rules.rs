//! What the levels say of `tracing`'s spans, as its bridge asks for it at each span: without a lock.

use alloc::sync::Arc;
use core::sync::atomic::{AtomicUsize, Ordering};

use crate::context::next_id;
use crate::level::{AtomicLevelFilter, LevelFilter};
use crate::logger::directives::SpanDirective;
use crate::logger::levels::Levels;

/// The name whose own threshold is that of records of spans that close; `tracing` itself gives its
/// records of spans, in `log`, this target.
const CLOSED_SPANS: &str = "tracing::span";

#[derive(Debug)]
pub(super) struct SpanRules {
    /// Another one for all directives of spans that there ever are, 0 while there is none.
    version: AtomicUsize,
    /// The threshold of records of spans that close: OFF until it is set.
    closed: AtomicLevelFilter,
}

impl Default for SpanRules {
    fn default() -> Self {
        Self { version: AtomicUsize::new(0), closed: AtomicLevelFilter::new(LevelFilter::OFF) }
    }
}

impl SpanRules {
    #[inline]
    pub(super) fn version(&self) -> usize {
        self.version.load(Ordering::Relaxed)
    }

    #[inline]
    pub(super) fn closed(&self) -> LevelFilter {
        self.closed.get()
    }

    /// Follows the levels, whose directives of spans were these before.
    pub(super) fn follow(&self, levels: &Levels, before: &Arc<[SpanDirective]>) {
        self.closed.set(levels.of_exactly(CLOSED_SPANS).unwrap_or(LevelFilter::OFF));
        let now = levels.span_directives();
        if **now != **before {
            self.version.store(if now.is_empty() { 0 } else { next_id() }, Ordering::Relaxed);
        }
    }
}
