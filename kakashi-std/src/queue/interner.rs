//! The ids of call sites and loggers in this process's rings.
//!
//! Call sites live as long as the program. A logger's id is another logger's when nobody has
//! had the logger since the cache of loggers was cleared before the last time: no record
//! with the id is in a ring then. One that has dropped records keeps its id, so that their
//! count outlives it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use kakashi_core::wire::{IdResolver, ResolvedSite};
use kakashi_core::{ContextFields, DropReason, Dropped, LogLevel, LoggerEntry, LoggerKind, Name, Site};

use crate::delivery::logger_counts;
use crate::reentrancy::{CriticalSection, HeldLock, hold};

static TABLES: Mutex<Option<InternerTables>> = Mutex::new(None);
/// Grows with each change: a snapshot of a smaller version lacks something.
static VERSION: AtomicUsize = AtomicUsize::new(0);

/// The sites and the loggers that have ids.
#[derive(Default)]
pub(crate) struct InternerTables {
    sites: Vec<ResolvedSite<'static>>,
    site_ids: HashMap<usize, u32>,
    loggers: Vec<Arc<LoggerSlot>>,
    logger_ids: HashMap<(LoggerKind, String), u32>,
    /// Ids that nobody had when the cache was cleared last, with their loggers.
    unused: HashMap<u32, (LoggerKind, String)>,
    /// Ids that other loggers may take.
    free: Vec<u32>,
}

/// A logger with an id, and how many of its records found its queue full.
#[derive(Debug)]
pub(crate) struct LoggerSlot {
    entry: Arc<LoggerEntry>,
    dropped: [AtomicUsize; LogLevel::ALL.len()],
}

impl LoggerSlot {
    fn new(entry: &Arc<LoggerEntry>) -> Self {
        Self { entry: entry.clone(), dropped: Default::default() }
    }

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

fn tables() -> HeldLock<'static, Option<InternerTables>> {
    hold(&TABLES)
}

/// Locks the tables for a fork.
#[cfg(unix)]
pub(crate) fn lock_for_fork() -> HeldLock<'static, Option<InternerTables>> {
    tables()
}

fn site_id(site: Site<'static>) -> u32 {
    let mut tables = tables();
    let InternerTables { sites, site_ids, .. } = tables.get_or_insert_default();
    *site_ids.entry(site.address()).or_insert_with(|| {
        sites.push(site.into());
        VERSION.fetch_add(1, Ordering::Release);
        sites.len() as u32 - 1
    })
}

/// Finds or makes a logger's id, and what is counted under it; an id of no logger inside of
/// a critical section, where the tables may be this thread's.
pub(crate) fn logger_id(kind: LoggerKind, entry: &Arc<LoggerEntry>) -> (u32, Arc<LoggerSlot>) {
    if CriticalSection::is_active() {
        return (u32::MAX, Arc::new(LoggerSlot::new(entry)));
    }
    let mut tables = tables();
    let InternerTables { loggers, logger_ids, unused, free, .. } = tables.get_or_insert_default();
    let key = (kind, entry.name().text().to_owned());
    let id = *logger_ids.entry(key).or_insert_with(|| {
        let slot = Arc::new(LoggerSlot::new(entry));
        let id = free.pop().unwrap_or(loggers.len() as u32);
        match loggers.get_mut(id as usize) {
            Some(free) => *free = slot,
            None => loggers.push(slot),
        }
        VERSION.fetch_add(1, Ordering::Release);
        id
    });
    unused.remove(&id);
    logger_counts::note_id(id, entry);
    (id, loggers[id as usize].clone())
}

/// Frees the ids of loggers that nobody has and nobody had when this was called before;
/// called after a collection, so that no ring has a record of theirs.
pub(crate) fn forget_unused() {
    // The snapshot has references too.
    let snapshot = snapshot();
    let mut tables = tables();
    let Some(InternerTables { loggers, logger_ids, unused, free, .. }) = &mut *tables else { return };
    let is_unused = |id: u32| {
        let slot = &loggers[id as usize];
        let by_tables =
            1 + usize::from(snapshot.loggers.get(id as usize).is_some_and(|other| Arc::ptr_eq(other, slot)));
        Arc::strong_count(slot) <= by_tables && slot.dropped().total() == 0
    };
    for (id, key) in unused.drain().filter(|(id, _)| is_unused(*id)) {
        logger_ids.remove(&key);
        free.push(id);
    }
    unused.extend(logger_ids.iter().filter(|(_, id)| is_unused(**id)).map(|(key, id)| (*id, key.clone())));
}

/// Returns the names of loggers that have dropped records, and how many.
pub(crate) fn dropped_by_logger() -> Vec<(String, Dropped)> {
    let tables = tables();
    let loggers = tables.iter().flat_map(|tables| &tables.loggers);
    let counts = loggers.map(|logger| (logger.entry.name().text().to_owned(), logger.dropped()));
    counts.filter(|(_, dropped)| dropped.total() > 0).collect()
}

/// Returns what the loggers that are counted under each number have dropped.
pub(crate) fn dropped_by_number() -> Vec<(u16, Dropped)> {
    let tables = tables();
    let loggers = tables.iter().flat_map(|tables| &tables.loggers);
    let counts = loggers.map(|logger| (logger.entry.name().counted_as(), logger.dropped()));
    counts.filter(|(_, dropped)| dropped.total() > 0).collect()
}

/// Counts a record of the logger with this id as dropped.
pub(super) fn count_dropped(id: u32, level: LogLevel) {
    if let Some(logger) = tables().as_ref().and_then(|tables| tables.loggers.get(id as usize)) {
        logger.count_dropped(level);
    }
}

/// The ids of the sites that a thread has logged from last.
#[derive(Debug)]
pub(crate) struct SiteIds {
    slots: Box<[(usize, u32); Self::SLOTS]>,
}

impl SiteIds {
    const SLOTS: usize = 256;

    pub(crate) fn new() -> Self {
        Self { slots: Box::new([(0, 0); Self::SLOTS]) }
    }

    /// Returns the bytes of memory that they occupy.
    pub(crate) fn memory(&self) -> usize {
        size_of_val(&*self.slots)
    }

    #[inline]
    pub(crate) fn get(&mut self, site: Site<'static>) -> u32 {
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

/// A copy of the tables, which the readers of rings use without a lock.
#[derive(Clone, Debug, Default)]
pub(crate) struct InternerSnapshot {
    version: usize,
    sites: Vec<ResolvedSite<'static>>,
    loggers: Vec<Arc<LoggerSlot>>,
}

/// Returns a snapshot in which every id that was published before is found.
pub(crate) fn snapshot() -> Arc<InternerSnapshot> {
    static SNAPSHOT: Mutex<Option<Arc<InternerSnapshot>>> = Mutex::new(None);
    let mut snapshot = hold(&SNAPSHOT);
    let snapshot = snapshot.get_or_insert_default();
    if VERSION.load(Ordering::Acquire) != snapshot.version {
        Arc::make_mut(snapshot).refresh();
    }
    snapshot.clone()
}

impl InternerSnapshot {
    /// Copies new entries.
    fn refresh(&mut self) {
        if let Some(tables) = &*tables() {
            self.sites.extend(&tables.sites[self.sites.len()..]);
            self.loggers.clone_from(&tables.loggers);
            self.version = VERSION.load(Ordering::Acquire);
        }
    }

    /// Returns the id of each site, and the body of its SITE.
    pub(crate) fn site_bodies(&self) -> impl ExactSizeIterator<Item = (u32, &'static [u8])> {
        self.sites.iter().enumerate().map(|(id, site)| (id as u32, site.body()))
    }

    /// Finds a logger's name by its id.
    #[inline]
    pub(super) fn name(&self, id: u32) -> Name<'_> {
        self.loggers.get(id as usize).map_or(const { Name::new("") }, |logger| logger.entry.name())
    }
}

impl<'a> IdResolver<'a> for InternerSnapshot {
    fn is_trusted(&self) -> bool {
        true
    }

    #[inline]
    fn site(&self, id: u64) -> Option<&ResolvedSite<'a>> {
        self.sites.get(id as usize)
    }

    /// The id in an entry's head is used instead.
    fn logger(&self, _id: u64) -> Option<Name<'a>> {
        None
    }

    fn context(&self, _id: u64) -> Option<ContextFields<'a>> {
        None
    }
}
