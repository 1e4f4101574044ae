//! Where a record comes from, and when it must be written.

use std::cell::Cell;
use std::rc::Rc;

use kakashi_core::{LogContext, LogLevel, LoggerEntry};

use crate::dispatch::Dispatch;

thread_local! {
    static SEQUENCE: Cell<u64> = const { Cell::new(0) };
}

/// What a logger gives to each of its records.
#[derive(Clone, Copy)]
pub(crate) struct Origin<'a> {
    pub(crate) entry: &'a LoggerEntry,
    /// None: the root dispatch, whichever it is.
    pub(crate) dispatch: Option<&'a Rc<Dispatch>>,
    pub(crate) context: &'a LogContext,
}

/// When a record must be written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Urgency {
    /// With its batch.
    Batched,
    /// As soon as the caller has given the engine its turn.
    Soon,
    /// Before the call returns.
    Now,
}

impl Urgency {
    /// Returns the urgency of a level for a logger that writes before it returns.
    #[inline]
    pub(crate) fn of(level: LogLevel) -> Self {
        if level >= LogLevel::Error { Self::Now } else { Self::Batched }
    }

    /// Returns the urgency of a level for a logger that does not hold up its caller.
    #[inline]
    pub(crate) fn of_async(level: LogLevel) -> Self {
        if level >= LogLevel::Error { Self::Soon } else { Self::Batched }
    }
}

/// Returns the number of the next record.
#[inline]
pub(crate) fn next_sequence() -> u64 {
    let next = SEQUENCE.get() + 1;
    SEQUENCE.set(next);
    next
}
