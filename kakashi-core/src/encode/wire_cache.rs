//! What an open block of the wire explains already: which sites, names and contexts have ids.

use crate::clock::Timestamp;
use crate::record::{ContextFields, LogRecord, Name};
use crate::stats::Dropped;
#[cfg(feature = "alloc")]
use crate::util::id_map::IdMap;
use crate::util::output::Output;
use crate::wire::{BlockWriter, RecordIds};

/// Remembers what the open block explains already.
#[derive(Debug, Default)]
pub(crate) struct WireCache {
    block: Option<BlockWriter>,
    known: Dictionary,
    texts: NameTexts,
    last_id: u32,
    /// What the last record had, and its ids.
    recent: Recent,
}

/// Where the texts of the names stand that the block explains: in a copy, because each
/// record may have an output of its own, and who has the bytes of the last may be writing.
#[cfg(all(feature = "std", not(target_family = "wasm")))]
#[derive(Debug, Default)]
struct NameTexts(alloc::vec::Vec<u8>);

#[cfg(all(feature = "std", not(target_family = "wasm")))]
impl NameTexts {
    fn keep(&mut self, name: &str, _written_at: usize) -> usize {
        self.0.extend_from_slice(name.as_bytes());
        self.0.len() - name.len()
    }

    fn get(&self, at: usize, len: usize, _out: &Output<'_>) -> Option<&[u8]> {
        self.0.get(at..at + len)
    }

    fn clear(&mut self) {
        self.0.clear();
    }
}

/// Where the texts of the names stand that the block explains: in the output, which is
/// one for all records of a block.
#[cfg(not(all(feature = "std", not(target_family = "wasm"))))]
#[derive(Debug, Default)]
struct NameTexts;

#[cfg(not(all(feature = "std", not(target_family = "wasm"))))]
impl NameTexts {
    #[inline]
    fn keep(&mut self, _name: &str, written_at: usize) -> usize {
        written_at
    }

    #[inline]
    fn get<'o>(&self, at: usize, len: usize, out: &'o Output<'_>) -> Option<&'o [u8]> {
        out.written().get(at..at + len)
    }

    #[inline]
    fn clear(&mut self) {}
}

/// A site's address, a logger's id, a context's id, each with its id in the block;
/// 0 is none.
#[derive(Debug, Default)]
struct Recent {
    site: (usize, u32),
    #[cfg(feature = "alloc")]
    logger: (usize, u32),
    context: (usize, u32),
}

/// A kind, and a key that is exact (the address of a site, the id of a context) or the
/// hash of a name.
type Key = (u8, u64);

const SITE: u8 = 0;
const NAME: u8 = 1;
const CONTEXT: u8 = 2;

/// An id, and where its name's text stands.
#[derive(Clone, Copy, Debug)]
struct Entry {
    id: u32,
    text_at: usize,
    text_len: usize,
    /// Where the output stood before the item was written.
    defined_at: usize,
}

/// A table for each kind.
#[cfg(feature = "alloc")]
#[derive(Debug, Default)]
struct Dictionary([IdMap<Entry>; 3]);

#[cfg(feature = "alloc")]
impl Dictionary {
    fn get(&self, (kind, id): Key) -> Option<Entry> {
        self.0[usize::from(kind)].get(&id).copied()
    }

    fn insert(&mut self, (kind, id): Key, entry: Entry) {
        self.0[usize::from(kind)].insert(id, entry);
    }

    /// Forgets what was defined at `at` or after.
    fn forget_from(&mut self, at: usize) {
        self.0.iter_mut().for_each(|ids| ids.retain(|_, entry| entry.defined_at < at));
    }

    fn clear(&mut self) {
        self.0.iter_mut().for_each(|ids| ids.clear());
    }

    #[cfg(all(feature = "std", not(target_family = "wasm")))]
    fn memory(&self) -> usize {
        self.0.iter().map(|ids| ids.allocation_size()).sum()
    }
}

/// The last few entries: what is no longer among them is explained again.
#[cfg(not(feature = "alloc"))]
#[derive(Debug, Default)]
struct Dictionary {
    entries: heapless::Deque<(Key, Entry), 8>,
}

#[cfg(not(feature = "alloc"))]
impl Dictionary {
    fn get(&self, key: Key) -> Option<Entry> {
        self.entries.iter().rev().find(|entry| entry.0 == key).map(|entry| entry.1)
    }

    fn insert(&mut self, key: Key, entry: Entry) {
        if self.entries.is_full() {
            self.entries.pop_front();
        }
        let _ = self.entries.push_back((key, entry));
    }

    fn forget_from(&mut self, at: usize) {
        while self.entries.back().is_some_and(|entry| entry.1.defined_at >= at) {
            self.entries.pop_back();
        }
    }

    fn clear(&mut self) {
        self.entries.clear();
    }
}

impl WireCache {
    /// Returns the bytes of memory that it occupies beside its own.
    #[cfg(all(feature = "std", not(target_family = "wasm")))]
    pub(super) fn memory(&self) -> usize {
        self.known.memory() + self.texts.0.capacity()
    }

    fn next_id(&mut self) -> u32 {
        self.last_id += 1;
        self.last_id
    }

    /// Returns the open block, or opens one.
    #[cfg_attr(not(any(target_family = "wasm", target_os = "none")), inline)]
    fn block(&mut self, out: &mut Output<'_>) -> BlockWriter {
        match self.block {
            Some(block) => block,
            None => self.open_block(out),
        }
    }

    fn open_block(&mut self, out: &mut Output<'_>) -> BlockWriter {
        self.known.clear();
        self.texts.clear();
        self.recent = Recent::default();
        self.last_id = 0;
        let block = BlockWriter::begin(out);
        #[cfg(target_os = "none")]
        if let Some(build) = crate::site::linked::exported_build() {
            block.put_build(out, build);
        }
        self.block = Some(block);
        block
    }

    #[cfg_attr(not(any(target_family = "wasm", target_os = "none")), inline)]
    fn site(&mut self, record: &LogRecord<'_>, block: BlockWriter, out: &mut Output<'_>) -> Option<u32> {
        let body = record.body()?;
        #[cfg(target_os = "none")]
        if let Some(id) = crate::site::linked::exported_id(record.site_address, body) {
            return Some(id);
        }
        if record.site_address != 0 && record.site_address == self.recent.site.0 {
            return Some(self.recent.site.1);
        }
        let id = self.find_site(record.site_address, body, block, out);
        self.recent.site = (record.site_address, id);
        Some(id)
    }

    fn find_site(&mut self, address: usize, body: &[u8], block: BlockWriter, out: &mut Output<'_>) -> u32 {
        // One that was read from a wire has none: its memory may become another's.
        let key = (address != 0).then_some((SITE, address as u64));
        if let Some(entry) = key.and_then(|key| self.known.get(key)) {
            return entry.id;
        }
        let (id, defined_at) = (self.next_id(), out.position());
        block.put_site(out, id, body);
        if let Some(key) = key {
            self.known.insert(key, Entry { id, text_at: 0, text_len: 0, defined_at });
        }
        id
    }

    #[inline]
    fn logger(&mut self, logger: Name<'_>, block: BlockWriter, out: &mut Output<'_>) -> u32 {
        #[cfg(feature = "alloc")]
        if logger.id() != 0 {
            if logger.id() != self.recent.logger.0 {
                self.recent.logger = (logger.id(), self.name(logger.text(), block, out));
            }
            return self.recent.logger.1;
        }
        self.name(logger.text(), block, out)
    }

    fn name(&mut self, name: &str, block: BlockWriter, out: &mut Output<'_>) -> u32 {
        let key = (NAME, hash(name.as_bytes()));
        if let Some(entry) = self.known.get(key) {
            // The hash may be another name's: what was written decides.
            if self.texts.get(entry.text_at, entry.text_len, out) == Some(name.as_bytes()) {
                return entry.id;
            }
        }
        let (id, defined_at) = (self.next_id(), out.position());
        let written_at = block.put_name(out, id, name);
        let text_at = self.texts.keep(name, written_at);
        self.known.insert(key, Entry { id, text_at, text_len: name.len(), defined_at });
        id
    }

    #[inline]
    fn context(&mut self, record: &LogRecord<'_>, block: BlockWriter, out: &mut Output<'_>) -> Option<u32> {
        let context = record.context();
        if context.pairs.is_empty() {
            return None;
        }
        #[cfg(feature = "std")]
        if record.leaves_some_out() {
            return self.kept_context(record, block, out);
        }
        if context.id == 0 || context.id != self.recent.context.0 {
            self.recent.context = (context.id, self.find_context(context, block, out));
        }
        Some(self.recent.context.1)
    }

    /// As [`context`](Self::context), where fields are left out.
    #[cfg(feature = "std")]
    #[inline(never)]
    fn kept_context(
        &mut self,
        record: &LogRecord<'_>,
        block: BlockWriter,
        out: &mut Output<'_>,
    ) -> Option<u32> {
        record.kept_context().next()?;
        let key = (CONTEXT, record.context().id as u64);
        if let (true, Some(entry)) = (key.1 != 0, self.known.get(key)) {
            return Some(entry.id);
        }
        let (id, defined_at) = (self.next_id(), out.position());
        block.put_kept_context(out, id, record);
        if key.1 != 0 {
            self.known.insert(key, Entry { id, text_at: 0, text_len: 0, defined_at });
        }
        Some(id)
    }

    fn find_context(&mut self, context: ContextFields<'_>, block: BlockWriter, out: &mut Output<'_>) -> u32 {
        let key = (CONTEXT, context.id as u64);
        if let (true, Some(entry)) = (context.id != 0, self.known.get(key)) {
            return entry.id;
        }
        let (id, defined_at) = (self.next_id(), out.position());
        block.put_context(out, id, context.pairs);
        if context.id != 0 {
            self.known.insert(key, Entry { id, text_at: 0, text_len: 0, defined_at });
        }
        id
    }
}

impl WireCache {
    /// Appends a record, and before it what explains its site, logger and context.
    #[inline]
    pub(super) fn put_record(&mut self, record: &LogRecord<'_>, out: &mut Output<'_>) {
        let start = out.position();
        let was_open = self.block.is_some();
        let last_id = self.last_id;
        let block = self.block(out);
        let ids = RecordIds {
            site: self.site(record, block, out),
            logger: Some(self.logger(record.logger, block, out)),
            context: self.context(record, block, out),
        };
        block.put_record(out, record, ids);
        self.undo_after_overflow(start, was_open, out);
        if out.overflowed() {
            self.last_id = last_id;
        }
    }

    /// Appends the announcement of dropped records.
    pub(super) fn put_dropped(&mut self, timestamp: Timestamp, dropped: &Dropped, out: &mut Output<'_>) {
        let start = out.position();
        let was_open = self.block.is_some();
        self.block(out).put_dropped(out, timestamp, dropped);
        self.undo_after_overflow(start, was_open, out);
    }

    /// Tells whether the next record goes on with an open block.
    #[cfg(feature = "std")]
    #[inline]
    pub(super) fn is_in_block(&self) -> bool {
        self.block.is_some()
    }

    /// Leaves the open block to whoever has its bytes.
    pub(super) fn leave_block(&mut self) {
        self.block = None;
    }

    /// Ends the open block, if there is one.
    pub(super) fn finish(&mut self, out: &mut Output<'_>) {
        if let Some(block) = self.block.take() {
            block.finish(out);
        }
    }

    /// Forgets what an item that did not fit has explained.
    #[cfg_attr(not(any(target_family = "wasm", target_os = "none")), inline)]
    fn undo_after_overflow(&mut self, start: usize, was_open: bool, out: &Output<'_>) {
        if out.overflowed() {
            self.known.forget_from(start);
            self.recent = Recent::default();
            if !was_open {
                self.block = None;
            }
        }
    }
}

/// FNV-1a.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
