//! Records that other crates' macros make (`log`, `tracing`), on their way to a logger.
//!
//! A bridge finds the logger of a record's target, asks it whether the level is enabled, and
//! only then has the text and the fields written: text as text, fields as pairs of the wire,
//! into memory that the thread keeps. All code of values runs there, each piece under a guard,
//! before a logger is touched; so what such code logs itself is a record before this one, and
//! what nests too deep is counted as `reentrant`. The place in the source comes along.
//!
//! It knows no platform: [`BridgedLogger`] is what kakashi-std and kakashi-wasm add.

use core::cell::Cell;
use core::time::Duration;

use std::prelude::v1::*;
use std::rc::Rc;
use std::sync::Arc;
use std::thread_local;

use super::foreign_record::ForeignRecord;
use super::known_sites::{KnownSites, Place, SiteContent, is_same_text};
use crate::level::LogLevel;
use crate::logger::logger_entry::LoggerEntry;
use crate::logger::registry::Registry;
use crate::record::call::Call;
use crate::site::made::MadeSite;

thread_local! {
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// How deep records may nest: bounds a `Display` that logs itself.
const MAX_DEPTH: usize = 4;

/// What a bridge needs of a platform's loggers.
#[doc(hidden)]
pub trait BridgedLogger: Sized + 'static {
    /// Returns the registry of the program.
    fn registry() -> &'static Registry;

    /// Finds the entry of a target's logger, or makes one.
    fn find(target: &str) -> Arc<LoggerEntry> {
        Self::registry().get_unnamed(target)
    }

    /// Installs what the program needs for logging; later calls do nothing.
    fn prepare();

    /// Makes the logger of an entry.
    fn of(entry: Arc<LoggerEntry>) -> Self;

    /// Returns the entry.
    fn entry(&self) -> &LoggerEntry;

    /// Runs code with what the thread remembers; none on a thread whose locals are gone, or
    /// while the code runs already.
    fn with_cache<R>(run: impl FnOnce(&mut BridgeCache<Self>) -> R) -> Option<R>;

    /// Logs a record whose level is enabled.
    fn submit(&self, call: &Call<'_>);

    /// Counts a record that is dropped because calls nest too deep.
    fn count_reentrant(&self, level: LogLevel);

    /// Writes all that is buffered.
    fn flush();

    /// Returns the time since any moment that stays the same.
    fn uptime() -> Duration;
}

/// What a thread remembers of the records of other crates: so that no lock is taken for the next
/// record of a target, and little is done for the next of a call site.
#[doc(hidden)]
#[derive(Debug)]
pub struct BridgeCache<L> {
    version: usize,
    loggers: Vec<Option<Rc<L>>>,
    sites: KnownSites,
}

impl<L: BridgedLogger> BridgeCache<L> {
    const SLOTS: usize = 64;

    /// Makes an empty one.
    pub const fn new() -> Self {
        Self { version: 0, loggers: Vec::new(), sites: KnownSites::new() }
    }

    /// Runs code with the logger of a target.
    #[inline(always)]
    fn run<R>(&mut self, target: &str, run: impl FnOnce(&Rc<L>, &KnownSites) -> R) -> R {
        // The same text mostly lies at the same place, whose high bits a product mixes.
        let mixed = (target.as_ptr().addr() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let slot = (mixed >> 58) as usize % Self::SLOTS;
        if self.version == L::registry().version()
            && let Some(Some(known)) = self.loggers.get(slot)
            && is_same_text(known.entry().name().text(), target)
        {
            return run(known, &self.sites);
        }
        let found = self.find(slot, target);
        run(&found, &self.sites)
    }

    #[cold]
    fn find(&mut self, slot: usize, target: &str) -> Rc<L> {
        // Before it is looked for: what changes meanwhile is looked for again.
        let version = L::registry().version();
        if self.version != version || self.loggers.is_empty() {
            self.version = version;
            self.loggers.clear();
            self.loggers.resize_with(Self::SLOTS, || None);
        }
        let found: Rc<L> = find(target);
        if let Some(place) = self.loggers.get_mut(slot) {
            *place = Some(found.clone());
        }
        found
    }
}

impl<L: BridgedLogger> Default for BridgeCache<L> {
    fn default() -> Self {
        Self::new()
    }
}

fn find<L: BridgedLogger>(target: &str) -> Rc<L> {
    Rc::new(L::of(L::find(target)))
}

/// Tells whether the logger of a target takes records of a level.
#[inline]
pub(super) fn is_enabled<L: BridgedLogger>(target: &str, level: LogLevel) -> bool {
    let known = L::with_cache(|cache| cache.run(target, |logger, _| logger.entry().enables(level)));
    known.unwrap_or_else(|| find::<L>(target).entry().enables(level))
}

/// Tells whether the logger of a target writes records of a level, and does not only keep them.
#[cfg(feature = "tracing")]
pub(super) fn is_written<L: BridgedLogger>(target: &str, level: LogLevel) -> bool {
    let is_written = |logger: &L| logger.entry().enables(level) && logger.entry().writes(level);
    let known = L::with_cache(|cache| cache.run(target, |logger, _| is_written(logger)));
    known.unwrap_or_else(|| is_written(&find::<L>(target)))
}

/// What a record that is enabled is logged with.
pub(super) struct Begun<L> {
    pub(super) logger: Rc<L>,
    /// The site that the record probably has.
    pub(super) known: Option<&'static MadeSite>,
}

/// Finds what a record needs; none if its level is disabled, or a sampler leaves it out.
#[inline]
pub(super) fn begin<L: BridgedLogger>(target: &str, level: LogLevel, place: &Place<'_>) -> Option<Begun<L>> {
    let found = L::with_cache(
        #[inline(always)]
        |cache| {
            cache.run(
                target,
                #[inline(always)]
                |logger, sites| {
                    if !logger.entry().admits_place(level, place.location()) {
                        return None;
                    }
                    let known = match place {
                        Place::Constant(location) => sites.at(level, location),
                        Place::Passing(_) | Place::Unknown => None,
                    };
                    Some(Begun { logger: logger.clone(), known })
                },
            )
        },
    );
    found.unwrap_or_else(|| begin_unknown(target, level, place))
}

#[cold]
fn begin_unknown<L: BridgedLogger>(target: &str, level: LogLevel, place: &Place<'_>) -> Option<Begun<L>> {
    let logger: Rc<L> = find(target);
    logger.entry().admits_place(level, place.location()).then_some(Begun { logger, known: None })
}

impl<L: BridgedLogger> Begun<L> {
    /// Writes a record and logs it. `write` hands over text and fields, and may run code of values.
    #[inline]
    pub(super) fn log(&self, level: LogLevel, place: &Place<'_>, write: impl FnOnce(&mut ForeignRecord)) {
        match written(self.known, write) {
            Some(record) => self.submit(level, place, record),
            None => self.logger.count_reentrant(level),
        }
    }

    /// Logs a record that was written.
    #[inline]
    pub(super) fn submit(&self, level: LogLevel, place: &Place<'_>, mut record: Box<ForeignRecord>) {
        record.call(level, place, learn::<L>, |call| self.logger.submit(call));
        record.keep();
    }
}

fn learn<L: BridgedLogger>(content: &SiteContent<'_>) -> Option<&'static MadeSite> {
    L::with_cache(|cache| cache.sites.learn(content)).flatten()
}

/// Runs `write`; none if records nest too deep.
#[inline]
pub(super) fn written(
    known: Option<&'static MadeSite>,
    write: impl FnOnce(&mut ForeignRecord),
) -> Option<Box<ForeignRecord>> {
    nested(|| {
        let mut record = ForeignRecord::begin(known);
        write(&mut record);
        record
    })
}

/// Runs code of values; none if records nest too deep.
#[inline]
pub(super) fn nested<R>(run: impl FnOnce() -> R) -> Option<R> {
    let depth = DepthGuard::begin();
    (depth.0 < MAX_DEPTH).then(run)
}

/// Begins at depth 0 again, after a call that never came back.
#[doc(hidden)]
pub fn forget_foreign_depth() {
    DEPTH.set(0);
}

/// Tells whether this thread runs code of a value of such a record.
#[doc(hidden)]
pub fn is_in_foreign_value() -> bool {
    DEPTH.get() > 0
}

/// A record that is being written, and how many are around it.
struct DepthGuard(usize);

impl DepthGuard {
    fn begin() -> Self {
        Self(DEPTH.replace(DEPTH.get() + 1))
    }
}

impl Drop for DepthGuard {
    fn drop(&mut self) {
        DEPTH.set(self.0);
    }
}
