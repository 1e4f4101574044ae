//! What the ids in the ring's records stand for.
//!
//! Ids are indices, given by JavaScript from 0 on and never used twice before all
//! are forgotten.

use std::cell::{Cell, OnceCell};

use kakashi_core::codec::{Cursor, Malformed};
use kakashi_core::wire::{IdResolver, ResolvedSite};
use kakashi_core::{ContextFields, LevelFilter, LogContext, LoggerEntry, Name};

/// Keeps sites, loggers and contexts by their ids.
#[derive(Debug)]
pub(super) struct Tables {
    sites: Vec<Site>,
    loggers: Vec<Logger>,
    contexts: Vec<LogContext>,
    /// Sites made so far: an encoder may remember one that is forgotten here.
    sites_made: usize,
}

#[derive(Debug, Default)]
struct Site {
    body: Vec<u8>,
    address: usize,
}

#[derive(Debug)]
struct Logger {
    entry: LoggerEntry,
    route: usize,
}

impl Tables {
    pub(super) const fn new() -> Self {
        Self { sites: Vec::new(), loggers: Vec::new(), contexts: Vec::new(), sites_made: 0 }
    }

    /// Learns a SITE.
    pub(super) fn add_site(&mut self, mut body: Cursor<'_>) -> Result<(), Malformed> {
        let id = body.len()?;
        self.sites_made += 1;
        let site = Site { body: body.rest().to_vec(), address: self.sites_made };
        put_at(&mut self.sites, id, site, Site::default)
    }

    /// Learns a NAME, and the route of its records.
    pub(super) fn add_logger(&mut self, mut body: Cursor<'_>) -> Result<(), Malformed> {
        let id = body.len()?;
        let logger = |name, route| Logger { entry: LoggerEntry::new(name, LevelFilter::ALL), route };
        let made = logger(body.text()?, body.len()?);
        put_at(&mut self.loggers, id, made, || logger("", 0))
    }

    /// Learns a CONTEXT.
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

/// Puts a value at an index; one that is far beyond the end is somebody's mistake.
fn put_at<T>(values: &mut Vec<T>, at: usize, value: T, nothing: impl Fn() -> T) -> Result<(), Malformed> {
    if at > values.len() + 1024 {
        return Err(Malformed);
    }
    while values.len() <= at {
        values.push(nothing());
    }
    values[at] = value;
    Ok(())
}

/// The tables while records are read by them.
pub(super) struct View<'a> {
    tables: &'a Tables,
    /// Sites taken apart, each when the first record asks for it.
    sites: Vec<OnceCell<ResolvedSite<'a>>>,
    route: Cell<usize>,
    context: Cell<Option<usize>>,
}

impl<'a> View<'a> {
    pub(super) fn new(tables: &'a Tables) -> Self {
        let sites = tables.sites.iter().map(|_| OnceCell::new()).collect();
        Self { tables, sites, route: Cell::new(0), context: Cell::new(None) }
    }

    /// Returns the route of the record that was read last, and its context's id.
    pub(super) fn last(&self) -> (usize, Option<usize>) {
        (self.route.get(), self.context.take())
    }
}

impl<'a> IdResolver<'a> for View<'a> {
    // JavaScript's writer is ours.
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
        self.route.set(logger.route);
        Some(logger.entry.name())
    }

    fn context(&self, id: u64) -> Option<ContextFields<'a>> {
        let id = usize::try_from(id).ok()?;
        self.context.set(Some(id));
        self.tables.contexts.get(id).map(LogContext::fields)
    }
}
