//! What happens to a record between its call and its encoder.
//!
//! Code that is not kakashi's (`Display`, serde, enrichers, filters) runs here,
//! before any lock is taken, each piece under a [`Guard`]. What it yields is
//! written to a [`Scratch`] in wire form, so that nothing after this runs it
//! again. A record of plain values passes untouched.

pub(crate) mod deferred;
pub(crate) mod guard;
pub(crate) mod redaction;
pub(crate) mod scratch;

use alloc::{sync::Arc, vec::Vec};
use core::fmt;

use self::guard::Guard;
use self::redaction::Redaction;
use self::scratch::Scratch;
use crate::record::{Extra, LogRecord, Values};
use crate::value::Value;
use crate::value::field::Field;

/// Adds fields to records. A key that the record has already stays as it is.
pub trait Enricher: Send + Sync {
    /// Hands fields of its choice to `add`.
    fn enrich(&self, record: &LogRecord<'_>, add: &mut dyn FnMut(&str, Value<'_>));
}

impl<F> Enricher for F
where
    F: Fn(&LogRecord<'_>, &mut dyn FnMut(&str, Value<'_>)) + Send + Sync,
{
    fn enrich(&self, record: &LogRecord<'_>, add: &mut dyn FnMut(&str, Value<'_>)) {
        self(record, add);
    }
}

/// Decides whether a record is written.
pub trait Filter: Send + Sync {
    /// Tells whether the record is written.
    fn passes(&self, record: &LogRecord<'_>) -> bool;
}

impl<F: Fn(&LogRecord<'_>) -> bool + Send + Sync> Filter for F {
    fn passes(&self, record: &LogRecord<'_>) -> bool {
        self(record)
    }
}

/// Adds, filters and redacts.
#[derive(Clone, Default)]
pub struct Pipeline {
    /// Adders of fields, in order.
    pub enrichers: Vec<Arc<dyn Enricher>>,
    /// All must let a record pass. They see it enriched and redacted.
    pub filters: Vec<Arc<dyn Filter>>,
    /// What must not be written.
    pub redaction: Redaction,
}

impl fmt::Debug for Pipeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipeline")
            .field("enrichers", &self.enrichers.len())
            .field("filters", &self.filters.len())
            .field("redaction", &self.redaction)
            .finish()
    }
}

impl Pipeline {
    /// Tells whether every record of plain values passes untouched.
    pub fn is_empty(&self) -> bool {
        self.enrichers.is_empty() && self.filters.is_empty() && self.redaction.is_empty()
    }

    /// Hands the record that comes out to `next`; nothing if a filter says no.
    /// A filter that panics lets the record pass.
    ///
    /// The record's context must have been redacted: see [`Redaction::context`].
    #[inline]
    pub fn run<R>(
        &self,
        record: &LogRecord<'_>,
        scratch: &mut Scratch,
        guard: &dyn Guard,
        next: impl FnOnce(&LogRecord<'_>) -> R,
    ) -> Option<R> {
        let plain =
            self.enrichers.is_empty() && !self.redaction.may_touch(record.mask()) && !has_foreign(record);
        if plain {
            let passes = self.filters.is_empty() || self.passes(record, guard);
            return passes.then(|| next(record));
        }
        self.run_rewritten(record, scratch, guard, next)
    }

    #[inline(never)]
    fn run_rewritten<R>(
        &self,
        record: &LogRecord<'_>,
        scratch: &mut Scratch,
        guard: &dyn Guard,
        next: impl FnOnce(&LogRecord<'_>) -> R,
    ) -> Option<R> {
        scratch.clear();
        record.for_each_site_field(|key, value| {
            scratch.append_field(guard, &self.redaction, key, value);
        });
        let extra_at = scratch.len;
        record.for_each_extra(|key, value| {
            scratch.append_key(guard, key);
            scratch.append_field(guard, &self.redaction, key, value);
        });
        for enricher in &self.enrichers {
            guard.run(&mut || {
                enricher.enrich(record, &mut |key, value| {
                    if record.field(key).is_none() {
                        scratch.append_key(guard, key);
                        scratch.append_field(guard, &self.redaction, key, &value);
                    }
                });
            });
        }
        let (values, extra) = scratch.bytes[..scratch.len].split_at(extra_at);
        let rewritten = record.with_values(Values::Wire(values)).with_extra(Extra::Wire(extra));
        self.passes(&rewritten, guard).then(|| next(&rewritten))
    }

    #[inline(never)]
    fn passes(&self, record: &LogRecord<'_>, guard: &dyn Guard) -> bool {
        self.filters.iter().all(|filter| {
            // Stays true when the filter panics: better a record too many.
            let mut passes = true;
            guard.run(&mut || passes = filter.passes(record));
            passes
        })
    }
}

/// Tells whether reading the record runs code that is not kakashi's.
#[inline]
fn has_foreign(record: &LogRecord<'_>) -> bool {
    let values = match record.values() {
        Values::Slice(values) => values.iter().any(Value::is_foreign),
        Values::Wire(_) => false,
    };
    let extra = match record.extra() {
        Extra::Slice(fields) => fields.iter().any(|field: &Field<'_>| field.value.is_foreign()),
        Extra::Wire(_) => false,
    };
    values || extra
}

#[cfg(test)]
mod tests;
