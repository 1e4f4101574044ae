//! What happens to a record between its call and its encoder.
//!
//! Code that is not kakashi's (`Display`, serde, enrichers, filters) runs here,
//! before any lock is taken, each piece under a [`Guard`]. What it yields is
//! written to a [`Scratch`] in wire form, so that nothing after this runs it
//! again. A record of plain values passes untouched.

mod card_number;
pub(crate) mod deferred;
pub(crate) mod guard;
pub(crate) mod redaction;
pub(crate) mod scratch;

use alloc::{sync::Arc, vec::Vec};
use core::fmt;

#[cfg(feature = "std")]
use self::guard::CatchPanic;
use self::guard::Guard;
use self::redaction::Redaction;
use self::scratch::Scratch;
#[cfg(feature = "std")]
use crate::level::LevelFilter;
use crate::record::{Extra, LogRecord, Values};
use crate::value::Value;
use crate::value::field::Field;

/// Adds fields to records. A key that the record has already stays as it is.
///
/// It is called once for each record whose level is enabled, on the thread that logs, of
/// async loggers too, and on many threads at once; no lock of kakashi's is held. It may
/// block, and the call then takes as long. It may log: such a record is enriched and filtered
/// like any other. `kakashi-std` publishes it at once, with a place in the order of its own,
/// and drops the fourth that is nested in a call; `kakashi-wasm` logs it after the one at hand,
/// and drops it after eight such rounds. Dropped is counted as
/// [`Reentrant`](crate::DropReason::Reentrant). Where panics unwind, what one has added
/// before it panicked is kept.
///
/// It sees the record of the call: not yet redacted, and without what other enrichers add.
/// What it adds is redacted; of two that add one key the first counts. A closure is one, too.
///
/// ```
/// use kakashi_core::{Enricher, LogLevel, LogRecord, Name, Timestamp, Value};
///
/// /// Names the machine, on what is serious.
/// struct Host(String);
///
/// impl Enricher for Host {
///     fn enrich(&self, record: &LogRecord<'_>, add: &mut dyn FnMut(&str, Value<'_>)) {
///         if record.level >= LogLevel::Warning {
///             add("host", Value::Str(&self.0));
///         }
///     }
/// }
///
/// let record = LogRecord::new(Timestamp::Uptime(0), LogLevel::Error, Name::new("shop"), "Failed");
/// let mut added = Vec::new();
/// Host("web-1".into()).enrich(&record, &mut |key, value| added.push(format!("{key}={value:?}")));
/// assert_eq!(added, [r#"host=Str("web-1")"#]);
/// ```
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
///
/// Those of `configure()` and of a [`LoggerConfig`](crate::LoggerConfig) are called once for
/// each record whose level is enabled, on the thread that logs, of async loggers too: no lock
/// of kakashi's is held. A [`Destination`](crate::Destination)'s is called on that thread; for
/// records of async loggers where the destination is written, on one of the threads that
/// [`Sink`](crate::Sink) lists, while no other thread writes there.
///
/// They see the record enriched and redacted, as it would be written. A filter may block, and
/// the call (or the destination) then takes as long. It may log: such a record is enriched and
/// filtered like any other, and what logs inside of one another is bounded, as
/// [`Enricher`] says. Where panics unwind, one that panics lets the record pass. What a filter
/// refuses is not counted. A closure is one, too.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use kakashi_core::{Filter, LogLevel, LogRecord, Name, Timestamp};
///
/// /// Lets one of `every` records below WARNING pass.
/// struct Sample {
///     every: u64,
///     seen: AtomicU64,
/// }
///
/// impl Filter for Sample {
///     fn passes(&self, record: &LogRecord<'_>) -> bool {
///         record.level >= LogLevel::Warning
///             || self.seen.fetch_add(1, Ordering::Relaxed).is_multiple_of(self.every)
///     }
/// }
///
/// let record = LogRecord::new(Timestamp::Uptime(0), LogLevel::Info, Name::new("shop"), "Asked");
/// let sample = Sample { every: 10, seen: AtomicU64::new(0) };
/// assert_eq!((0..100).filter(|_| sample.passes(&record)).count(), 10);
/// ```
pub trait Filter: Send + Sync {
    /// Tells whether the record is written.
    fn passes(&self, record: &LogRecord<'_>) -> bool;
}

impl<F: Fn(&LogRecord<'_>) -> bool + Send + Sync> Filter for F {
    fn passes(&self, record: &LogRecord<'_>) -> bool {
        self(record)
    }
}

/// Tells whether a destination gets a record: its threshold and its filter let it pass. A
/// filter that panics does.
#[cfg(feature = "std")]
#[inline]
pub fn admits(threshold: LevelFilter, filter: Option<&dyn Filter>, record: &LogRecord<'_>) -> bool {
    if !threshold.enables(record.level) {
        return false;
    }
    filter.is_none_or(|filter| {
        let mut passes = true;
        CatchPanic.run(&mut || passes = filter.passes(record));
        passes
    })
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
        let plain = self.enrichers.is_empty() && !has_foreign(record) && !self.redaction.may_touch(record);
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
        let message = self.redaction.message(record);
        let mut rewritten = record.with_values(Values::Wire(values)).with_extra(Extra::Wire(extra));
        if let Some(message) = &message {
            rewritten = rewritten.with_words(message);
        }
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
