//! Records that other crates' macros make (`log`, `tracing`), on their way to a logger.
//!
//! A bridge finds the logger of a record's target, asks it whether the level is enabled, and
//! only then has the text and the fields written: text as text, fields as pairs of the wire,
//! into memory that the thread keeps. All code of values runs there, each piece under a guard,
//! before a logger is touched; so what such code logs itself is a record before this one, and
//! what nests too deep is counted as `reentrant`. The place in the source comes along as bytes.
//!
//! It knows no platform: [`BridgedLogger`] is what kakashi-std and kakashi-wasm add.

use core::cell::Cell;
use core::time::Duration;

use std::prelude::v1::*;
use std::rc::Rc;
use std::sync::Arc;
use std::thread_local;

use super::known_sites::{KnownSites, SiteContent, put_leb};
use crate::codec::{Cursor, print};
use crate::level::LogLevel;
use crate::logger::logger_entry::LoggerEntry;
use crate::logger::registry::Registry;
use crate::pipeline::guard::{CatchPanic, Guard as _};
use crate::pipeline::scratch::Scratch;
use crate::record::call::Call;
use crate::site::{Site, SourceLocation};
use crate::value::Value;

thread_local! {
    /// Taken out by a record and put back: one inside of another makes its own.
    static BUFFERS: Cell<Option<Box<ForeignRecord>>> = const { Cell::new(None) };
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// How deep records may nest: bounds a `Display` that logs itself.
const MAX_DEPTH: usize = 4;
/// A longer text's memory is not kept for the next record.
const KEPT: usize = 64 * 1024;

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

    /// Runs code with the thread's cache of loggers; none on a thread whose locals are gone, or
    /// while the code runs already.
    fn with_cache<R>(run: impl FnOnce(&mut LoggerCache<Self>) -> R) -> Option<R>;

    /// Logs a record whose level is enabled.
    fn submit(&self, call: &Call<'_>);

    /// Counts a record that is dropped because calls nest too deep.
    fn count_reentrant(&self, level: LogLevel);

    /// Writes all that is buffered.
    fn flush();

    /// Returns the time since any moment that stays the same.
    fn uptime() -> Duration;
}

/// The loggers that a thread has found for targets, so that no lock is taken for the next
/// record of one.
#[doc(hidden)]
#[derive(Debug)]
pub struct LoggerCache<L> {
    version: usize,
    loggers: Vec<Option<Rc<L>>>,
}

impl<L: BridgedLogger> LoggerCache<L> {
    const SLOTS: usize = 64;

    /// Makes an empty one.
    pub const fn new() -> Self {
        Self { version: 0, loggers: Vec::new() }
    }

    #[inline]
    fn get(&mut self, target: &str) -> Rc<L> {
        // The same text mostly lies at the same place, whose high bits a product mixes.
        let mixed = (target.as_ptr().addr() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let slot = (mixed >> 58) as usize % Self::SLOTS;
        if self.version == L::registry().version()
            && let Some(Some(known)) = self.loggers.get(slot)
            && known.entry().name().text() == target
        {
            return known.clone();
        }
        self.find(slot, target)
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

impl<L: BridgedLogger> Default for LoggerCache<L> {
    fn default() -> Self {
        Self::new()
    }
}

fn find<L: BridgedLogger>(target: &str) -> Rc<L> {
    Rc::new(L::of(L::find(target)))
}

/// Finds the logger of a target.
#[inline]
pub(super) fn logger<L: BridgedLogger>(target: &str) -> Rc<L> {
    L::with_cache(|cache| cache.get(target)).unwrap_or_else(|| find(target))
}

/// Writes a record and logs it. `write` hands over text and fields, and may run code of values.
#[inline]
pub(super) fn log<L: BridgedLogger>(
    logger: &L,
    level: LogLevel,
    place: Option<SourceLocation<'_>>,
    write: impl FnOnce(&mut ForeignRecord),
) {
    let Some(mut record) = written(place, write) else { return logger.count_reentrant(level) };
    match record.site(level) {
        Some(site) => logger.submit(&Call::encoded(site, record.values.appended())),
        None => {
            record.make_pairs();
            logger.submit(&Call::foreign(level, record.text(), &record.place, &record.pairs));
        }
    }
    record.keep();
}

/// Runs `write`; none if records nest too deep.
pub(super) fn written(
    place: Option<SourceLocation<'_>>,
    write: impl FnOnce(&mut ForeignRecord),
) -> Option<Box<ForeignRecord>> {
    let depth = DepthGuard::begin();
    if depth.0 >= MAX_DEPTH {
        return None;
    }
    let mut record = BUFFERS.try_with(Cell::take).ok().flatten().unwrap_or_default();
    record.clear();
    if let Some(place) = place {
        record.put_place(place);
    }
    write(&mut record);
    Some(record)
}

/// Begins at depth 0 again, after a call that never came back.
#[doc(hidden)]
pub fn forget_foreign_depth() {
    DEPTH.set(0);
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

/// The text and the fields of a record.
#[derive(Default)]
pub(super) struct ForeignRecord {
    /// None: `text`.
    constant: Option<&'static str>,
    text: String,
    place: Vec<u8>,
    /// As a SITE has them.
    keys: Vec<u8>,
    key_count: usize,
    values: Scratch,
    /// Keys and values, where they are made.
    pairs: Vec<u8>,
    sites: KnownSites,
}

impl ForeignRecord {
    fn clear(&mut self) {
        if self.text.capacity() > KEPT {
            self.text = String::new();
        }
        self.constant = None;
        self.text.clear();
        self.place.clear();
        self.keys.clear();
        self.key_count = 0;
        self.values.clear();
        if self.pairs.capacity() > KEPT {
            self.pairs = Vec::new();
        }
    }

    /// Keeps the memory for the thread's next record.
    pub(super) fn keep(self: Box<Self>) {
        let _ = BUFFERS.try_with(|buffers| buffers.set(Some(self)));
    }

    /// Sets the text; it is not copied.
    pub(super) fn set_constant(&mut self, text: &'static str) {
        self.constant = Some(text);
    }

    /// Sets the text.
    #[cfg(feature = "tracing")]
    pub(super) fn set_text(&mut self, text: &str) {
        self.constant = None;
        self.text.clear();
        self.text.push_str(text);
    }

    /// Sets the text to what a value prints.
    pub(super) fn print_text(&mut self, value: &Value<'_>) {
        let Self { constant, text, .. } = self;
        *constant = None;
        text.clear();
        let whole = CatchPanic.run(&mut || {
            if print(text, value).is_err() {
                text.push('…');
            }
        });
        if !whole {
            text.clear();
            text.push_str("[panicked while it was formatted]");
        }
    }

    /// Sets the text to what arguments print.
    #[cfg(feature = "log")]
    #[inline]
    pub(super) fn format_text(&mut self, text: &core::fmt::Arguments<'_>) {
        match text.as_str() {
            Some(constant) => self.set_constant(constant),
            None => self.print_text(&Value::Display(text)),
        }
    }

    /// Adds a field.
    #[inline]
    pub(super) fn put(&mut self, key: &str, value: &Value<'_>) {
        put_text(&mut self.keys, key);
        self.key_count += 1;
        self.values.append_any(&CatchPanic, value);
    }

    fn text(&self) -> &str {
        self.constant.unwrap_or(&self.text)
    }

    /// Returns the fields as pairs of the wire.
    #[cfg(feature = "tracing")]
    pub(super) fn pairs(&mut self) -> &[u8] {
        self.make_pairs();
        &self.pairs
    }

    fn make_pairs(&mut self) {
        let Self { keys, key_count, values, pairs, .. } = self;
        pairs.clear();
        let (mut keys, mut values) = (Cursor::new(keys), Cursor::new(values.appended()));
        for _ in 0..*key_count {
            let (key, value) = (keys.rest(), values.rest());
            if keys.text().is_err() || values.value().is_err() {
                return;
            }
            pairs.extend_from_slice(&key[..key.len() - keys.rest().len()]);
            pairs.extend_from_slice(&value[..value.len() - values.rest().len()]);
        }
    }

    /// Finds the site of a record whose text is always the same where it is made.
    #[inline]
    fn site(&mut self, level: LogLevel) -> Option<Site<'static>> {
        let Self { constant, text, place, keys, key_count, sites, .. } = self;
        let is_constant = constant.is_some();
        let text = constant.unwrap_or(text);
        if place.is_empty() {
            return None;
        }
        sites.find(&SiteContent { level, text, keys, key_count: *key_count, place }, is_constant)
    }

    fn put_place(&mut self, place: SourceLocation<'_>) {
        put_leb(&mut self.place, place.line as usize);
        put_text(&mut self.place, place.module);
        put_text(&mut self.place, place.file);
    }
}

fn put_text(bytes: &mut Vec<u8>, text: &str) {
    put_leb(bytes, text.len());
    bytes.extend_from_slice(text.as_bytes());
}
