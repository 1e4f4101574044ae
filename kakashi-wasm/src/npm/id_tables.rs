//! The sites, loggers and contexts that the ring's records name by ids.
//!
//! Ids are indices: JavaScript counts them from 0 on, and uses none twice before it
//! clears the tables.

use std::cell::{Cell, OnceCell};

use kakashi_core::codec::{Cursor, Malformed};
use kakashi_core::wire::{IdResolver, ResolvedSite};
use kakashi_core::{ContextFields, LevelFilter, LogContext, LoggerEntry, Name};

/// Keeps sites, loggers and contexts by their ids.
#[derive(Debug)]
pub(super) struct IdTables {
    sites: Vec<SiteRow>,
    loggers: Vec<LoggerRow>,
    contexts: Vec<LogContext>,
    /// How many sites there ever were: an encoder may remember one that is cleared here.
    sites_made: usize,
}

#[derive(Debug, Default)]
struct SiteRow {
    body: Vec<u8>,
    address: usize,
}

#[derive(Debug)]
struct LoggerRow {
    entry: LoggerEntry,
    dispatch: usize,
}

impl IdTables {
    pub(super) const fn new() -> Self {
        Self { sites: Vec::new(), loggers: Vec::new(), contexts: Vec::new(), sites_made: 0 }
    }

    /// Adds a SITE.
    pub(super) fn add_site(&mut self, mut body: Cursor<'_>) -> Result<(), Malformed> {
        let id = body.len()?;
        self.sites_made += 1;
        let site = SiteRow { body: body.rest().to_vec(), address: self.sites_made };
        put_at(&mut self.sites, id, site, SiteRow::default)
    }

    /// Adds a NAME, and the dispatch of its records.
    pub(super) fn add_logger(&mut self, mut body: Cursor<'_>) -> Result<(), Malformed> {
        let id = body.len()?;
        let logger = |name, dispatch| LoggerRow { entry: LoggerEntry::new(name, LevelFilter::ALL), dispatch };
        let made = logger(body.text()?, body.len()?);
        put_at(&mut self.loggers, id, made, || logger("", 0))
    }

    /// Adds a CONTEXT.
    pub(super) fn add_context(&mut self, mut body: Cursor<'_>) -> Result<(), Malformed> {
        let id = body.len()?;
        put_at(&mut self.contexts, id, LogContext::of_pairs(body.rest())?, LogContext::new)
    }

    /// Returns the context of an id.
    pub(super) fn context(&self, id: usize) -> Option<&LogContext> {
        self.contexts.get(id)
    }

    /// Forgets all.
    pub(super) fn clear(&mut self) {
        self.sites.clear();
        self.loggers.clear();
        self.contexts.clear();
    }
}

/// Puts a value at an index; one that is far beyond the end is malformed.
fn put_at<T>(values: &mut Vec<T>, at: usize, value: T, nothing: impl Fn() -> T) -> Result<(), Malformed> {
    if at > values.len() + 1024 {
        return Err(Malformed);
    }
    *made_at(values, at, nothing) = value;
    Ok(())
}

/// Returns the value at an index, before which nothings are put where there are too few.
/// (Less code than `resize_with`.)
pub(super) fn made_at<T>(values: &mut Vec<T>, at: usize, nothing: impl Fn() -> T) -> &mut T {
    while values.len() <= at {
        values.push(nothing());
    }
    &mut values[at]
}

/// Resolves the ids of records that are read, and notes those of the last one.
pub(super) struct TableResolver<'a> {
    tables: &'a IdTables,
    /// Parsed sites, each made for the first record that names it.
    sites: Vec<OnceCell<ResolvedSite<'a>>>,
    dispatch: Cell<usize>,
    context: Cell<Option<usize>>,
}

impl<'a> TableResolver<'a> {
    pub(super) fn new(tables: &'a IdTables) -> Self {
        let sites = tables.sites.iter().map(|_| OnceCell::new()).collect();
        Self { tables, sites, dispatch: Cell::new(0), context: Cell::new(None) }
    }

    /// Returns the dispatch of the record that was read last, and its context's id.
    pub(super) fn last(&self) -> (usize, Option<usize>) {
        (self.dispatch.get(), self.context.take())
    }
}

impl<'a> IdResolver<'a> for TableResolver<'a> {
    // The writer in JavaScript is this project's own.
    fn is_trusted(&self) -> bool {
        true
    }

    fn site(&self, id: u64) -> Option<&ResolvedSite<'a>> {
        let id = usize::try_from(id).ok()?;
        let cell = self.sites.get(id)?;
        if cell.get().is_none() {
            let site = self.tables.sites.get(id)?;
            let _ = cell.set(ResolvedSite::of_program(&site.body, site.address).ok()?);
        }
        cell.get()
    }

    fn logger(&self, id: u64) -> Option<Name<'a>> {
        let logger = self.tables.loggers.get(usize::try_from(id).ok()?)?;
        self.dispatch.set(logger.dispatch);
        Some(logger.entry.name())
    }

    fn context(&self, id: u64) -> Option<ContextFields<'a>> {
        let id = usize::try_from(id).ok()?;
        self.context.set(Some(id));
        self.tables.contexts.get(id).map(LogContext::fields)
    }
}
