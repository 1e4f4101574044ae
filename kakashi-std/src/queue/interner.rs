//! What the small numbers in this process's rings stand for: call sites, which
//! live as long as the program, and loggers, of which a name is kept for ever
//! so that what a logger has dropped is not forgotten with it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kakashi_core::wire::{IdResolver, ResolvedSite};
use kakashi_core::{ContextFields, DropReason, Dropped, LogLevel, LoggerEntry, LoggerKind, Name, Site};

static TABLES: Mutex<Option<Tables>> = Mutex::new(None);
/// Grows with each new entry: a reader's copy of a smaller number lacks some.
static VERSION: AtomicUsize = AtomicUsize::new(0);

/// Both tables.
#[derive(Default)]
pub(crate) struct Tables {
    sites: Vec<ResolvedSite<'static>>,
    site_ids: HashMap<usize, u32>,
    loggers: Vec<Arc<KnownLogger>>,
    logger_ids: HashMap<(LoggerKind, String), u32>,
}

/// A logger, and what it has dropped because its queue was full.
#[derive(Debug)]
pub(crate) struct KnownLogger {
    entry: Arc<LoggerEntry>,
    dropped: [AtomicUsize; LogLevel::ALL.len()],
}

impl KnownLogger {
    /// Counts a record that was dropped.
    pub(crate) fn count_dropped(&self, level: LogLevel) {
        self.dropped[level.index()].fetch_add(1, Ordering::Relaxed);
    }

    /// Returns what has been dropped.
    pub(crate) fn dropped(&self) -> Dropped {
        let mut dropped = Dropped::default();
        for (level, count) in LogLevel::ALL.into_iter().zip(&self.dropped) {
            dropped.add(level, DropReason::QueueFull, count.load(Ordering::Relaxed));
        }
        dropped
    }
}

fn tables() -> MutexGuard<'static, Option<Tables>> {
    TABLES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Holds the tables over a fork.
#[cfg(unix)]
pub(crate) fn hold_tables() -> MutexGuard<'static, Option<Tables>> {
    tables()
}

fn site_id(site: Site<'static>) -> u32 {
    let mut tables = tables();
    let Tables { sites, site_ids, .. } = tables.get_or_insert_default();
    *site_ids.entry(site.address()).or_insert_with(|| {
        sites.push(site.into());
        VERSION.fetch_add(1, Ordering::Release);
        sites.len() as u32 - 1
    })
}

/// Finds or makes a logger's number, and what is counted under it.
pub(crate) fn logger_id(kind: LoggerKind, entry: &Arc<LoggerEntry>) -> (u32, Arc<KnownLogger>) {
    let mut tables = tables();
    let Tables { loggers, logger_ids, .. } = tables.get_or_insert_default();
    let key = (kind, entry.name().text().to_owned());
    let id = *logger_ids.entry(key).or_insert_with(|| {
        loggers.push(Arc::new(KnownLogger { entry: entry.clone(), dropped: Default::default() }));
        VERSION.fetch_add(1, Ordering::Release);
        loggers.len() as u32 - 1
    });
    (id, loggers[id as usize].clone())
}

/// Returns the names of loggers that have dropped records, and how many.
pub(crate) fn dropped_by_logger() -> Vec<(String, Dropped)> {
    let tables = tables();
    let loggers = tables.iter().flat_map(|tables| &tables.loggers);
    let counts = loggers.map(|logger| (logger.entry.name().text().to_owned(), logger.dropped()));
    counts.filter(|(_, dropped)| dropped.total() > 0).collect()
}

/// Counts a record of a logger, by its number, as dropped.
pub(super) fn count_dropped(id: u32, level: LogLevel) {
    if let Some(logger) = tables().as_ref().and_then(|tables| tables.loggers.get(id as usize)) {
        logger.count_dropped(level);
    }
}

/// The numbers of the sites that a thread has logged from last.
#[derive(Debug)]
pub(super) struct SiteIds {
    slots: Box<[(usize, u32); Self::SLOTS]>,
}

impl SiteIds {
    const SLOTS: usize = 256;

    pub(super) fn new() -> Self {
        Self { slots: Box::new([(0, 0); Self::SLOTS]) }
    }

    #[inline]
    pub(super) fn get(&mut self, site: Site<'static>) -> u32 {
        let address = site.address();
        // Sites lie anywhere: the high bits of a product mix the low ones.
        let place = (address as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56;
        let slot = &mut self.slots[place as usize];
        if slot.0 != address {
            *slot = (address, site_id(site));
        }
        slot.1
    }
}

/// A reader's copy of the tables.
#[derive(Debug, Default)]
pub(super) struct KnownHere {
    version: usize,
    sites: Vec<ResolvedSite<'static>>,
    loggers: Vec<Arc<KnownLogger>>,
}

impl KnownHere {
    /// Learns what is new; what was published before is known after.
    pub(super) fn refresh(&mut self) {
        let version = VERSION.load(Ordering::Acquire);
        if version == self.version {
            return;
        }
        if let Some(tables) = &*tables() {
            self.sites.extend(&tables.sites[self.sites.len()..]);
            self.loggers.extend(tables.loggers[self.loggers.len()..].iter().cloned());
            self.version = self.sites.len() + self.loggers.len();
        }
    }
}

impl KnownHere {
    /// Finds a logger's name by its number.
    #[inline]
    pub(super) fn name(&self, id: u32) -> Name<'_> {
        self.loggers.get(id as usize).map_or(const { Name::new("") }, |logger| logger.entry.name())
    }
}

impl<'a> IdResolver<'a> for KnownHere {
    fn is_trusted(&self) -> bool {
        true
    }

    #[inline]
    fn site(&self, id: u64) -> Option<&ResolvedSite<'a>> {
        self.sites.get(id as usize)
    }

    /// Stands in an item's head instead.
    fn logger(&self, _id: u64) -> Option<Name<'a>> {
        None
    }

    fn context(&self, _id: u64) -> Option<ContextFields<'a>> {
        None
    }
}
