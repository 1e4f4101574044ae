//! What happens to a record between its call and its encoder.
//!
//! Code that is not kakashi's (`Display`, serde, enrichers, filters) runs here,
//! before any lock is taken, each piece under a [`Guard`]. What it yields is
//! written to a [`Scratch`] in wire form, so that nothing after this runs it
//! again. A record of plain values passes untouched.

use alloc::{sync::Arc, vec::Vec};
use core::fmt;

use crate::codec::{Cursor, put_text, put_value};
use crate::field::{Field, key_bit};
use crate::output::Output;
use crate::record::{Extra, LogRecord, Values};
use crate::redaction::Redaction;
use crate::value::Value;

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

/// Runs foreign code so that its panic stays its own.
pub trait Guard {
    /// Runs `code`; false if it panicked.
    fn run(&self, code: &mut dyn FnMut()) -> bool;
}

/// Holds what foreign code yields for one record.
#[derive(Debug, Default)]
pub struct Scratch {
    bytes: Vec<u8>,
    len: usize,
}

/// What stands for a value whose code panicked.
const PANICKED: Value<'static> = Value::Str("[panicked while it was formatted]");
/// What stands for a value that is longer each time it is asked.
const UNSTEADY: Value<'static> = Value::Str("[changes while it is formatted]");

impl Scratch {
    /// More than this is not kept for the next record.
    const KEPT: usize = 64 * 1024;

    /// Makes an empty one.
    pub const fn new() -> Self {
        Self { bytes: Vec::new(), len: 0 }
    }

    fn clear(&mut self) {
        self.len = 0;
        if self.bytes.len() > Self::KEPT {
            self.bytes = Vec::new();
        }
    }

    /// Appends what `write` writes, with as much room as it needs; false if it
    /// panicked, or needs more room each time, and then nothing is appended.
    fn append(&mut self, guard: &dyn Guard, write: &mut dyn FnMut(&mut Output<'_>)) -> Result<(), Unwritten> {
        for _ in 0..4 {
            let mut out = Output::resume(&mut self.bytes, self.len);
            if !guard.run(&mut || write(&mut out)) {
                return Err(Unwritten::Panicked);
            }
            let (needed, overflowed) = (out.position(), out.overflowed());
            if !overflowed {
                self.len = needed;
                return Ok(());
            }
            self.bytes.resize(needed.next_power_of_two().max(1024), 0);
        }
        Err(Unwritten::Unsteady)
    }

    /// Appends a value; one that can't be formatted is replaced by words.
    fn append_value(&mut self, guard: &dyn Guard, value: &Value<'_>) {
        let substitute = match self.append(guard, &mut |out| put_value(out, value)) {
            Ok(()) => return,
            Err(Unwritten::Panicked) => PANICKED,
            Err(Unwritten::Unsteady) => UNSTEADY,
        };
        // Plain words: neither panics nor changes.
        let _ = self.append(guard, &mut |out| put_value(out, &substitute));
    }

    fn append_key(&mut self, guard: &dyn Guard, key: &str) {
        let _ = self.append(guard, &mut |out| put_text(out, key));
    }

    /// Appends a field's value, redacted.
    fn append_field(&mut self, guard: &dyn Guard, redaction: &Redaction, key: &str, value: &Value<'_>) {
        let start = self.len;
        self.append_value(guard, value);
        if redaction.may_touch(key_bit(key.as_bytes())) {
            let whole = self.bytes[start..self.len].to_vec();
            if let Ok(value) = Cursor::new(&whole).value() {
                self.len = start;
                self.append_value(guard, &redaction.field(key, value).as_value());
            }
        }
    }
}

enum Unwritten {
    Panicked,
    Unsteady,
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
            return self.passes(record, guard).then(|| next(record));
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
