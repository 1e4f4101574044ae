//! Blocks and items into bytes. Needs no heap.

use super::{BUILD_ID_LEN, MAX_ITEMS_LEN, SYNC, VERSION, flag, kind};
use crate::clock::Timestamp;
#[cfg(feature = "alloc")]
use crate::codec::Cursor;
#[cfg(all(feature = "ring", any(feature = "alloc", target_os = "none")))]
use crate::codec::integer_len;
use crate::codec::{put_integer, put_leb, put_leb_padded, put_len, put_pair, put_text, put_value};
use crate::level::LogLevel;
#[cfg(any(test, target_os = "none"))]
use crate::record::call::CallHead;
use crate::record::{Extra, LogRecord, Message, Values};
use crate::stats::{DropReason, DropSums, Dropped};
use crate::util::crc::crc32;
use crate::util::output::Output;
use crate::value::Value;

/// Bytes of a block that are not items.
pub const BLOCK_OVERHEAD: usize = 14;

/// Writes one block's items; the caller chooses the ids.
///
/// An id is explained (by a SITE, NAME or CONTEXT) before the first record that uses it.
/// The encoder [`Wire`](crate::Wire) does all that by itself.
///
#[cfg_attr(feature = "alloc", doc = "```")]
#[cfg_attr(not(feature = "alloc"), doc = "```ignore")]
/// use kakashi_core::wire::{BlockWriter, Item, Reader, RecordIds};
/// use kakashi_core::{LogLevel, LogRecord, Name, Output, Timestamp};
///
/// let record = LogRecord::new(Timestamp::Uptime(0), LogLevel::Info, Name::new("motor"), "Started");
/// let mut room = [0; 128];
/// let mut out = Output::new(&mut room);
/// let block = BlockWriter::begin(&mut out);
/// block.put_name(&mut out, 1, "motor");
/// block.put_record(&mut out, &record, RecordIds { logger: Some(1), ..RecordIds::default() });
/// block.finish(&mut out);
/// assert!(!out.overflowed());
///
/// let items: Vec<_> = Reader::new(out.written()).collect();
/// assert!(matches!(&items[..], [Item::Record(record)] if record.logger.text() == "motor"));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct BlockWriter {
    start: usize,
}

impl BlockWriter {
    /// Begins a block.
    #[cfg_attr(target_os = "none", inline(never))]
    pub fn begin(out: &mut Output<'_>) -> Self {
        let start = out.position();
        let [a, b, c, d] = SYNC;
        out.put(&[a, b, c, d, VERSION, 0, 0, 0, 0, 0]);
        Self { start }
    }

    /// Returns where the block begins.
    pub fn start(&self) -> usize {
        self.start
    }

    /// Ends the block: its length and its checksum.
    pub fn finish(self, out: &mut Output<'_>) {
        let items = out.position() - self.start - 10;
        debug_assert!(items <= MAX_ITEMS_LEN);
        out.patch(self.start + 6, &(items as u32).to_le_bytes());
        let checksum = crc32(out.since(self.start).get(4..).unwrap_or_default());
        out.put(&checksum.to_le_bytes());
    }

    /// Appends a SITE; `body` is what [`Site::wire`](crate::Site::wire) gives.
    pub fn put_site(&self, out: &mut Output<'_>, id: u32, body: &[u8]) {
        put_item(out, kind::SITE, |out| {
            put_len(out, id as usize);
            out.put(body);
        });
    }

    /// Appends a BUILD: whose program's sites and names the ids mean that the block
    /// does not explain; of the id no more than its first eight bytes.
    pub fn put_build(&self, out: &mut Output<'_>, id: &[u8]) {
        put_item(out, kind::BUILD, |out| out.put(id.get(..BUILD_ID_LEN).unwrap_or(id)));
    }

    /// Appends a NAME, and tells where its text stands.
    pub fn put_name(&self, out: &mut Output<'_>, id: u32, name: &str) -> usize {
        put_item(out, kind::NAME, |out| {
            put_len(out, id as usize);
            put_text(out, name);
        });
        out.position() - name.len()
    }

    /// Appends a CONTEXT of pairs.
    pub fn put_context(&self, out: &mut Output<'_>, id: u32, pairs: &[u8]) {
        put_item(out, kind::CONTEXT, |out| {
            put_len(out, id as usize);
            out.put(pairs);
        });
    }

    /// Appends a CONTEXT of what a record does not leave out.
    #[cfg(feature = "std")]
    pub(crate) fn put_kept_context(&self, out: &mut Output<'_>, id: u32, record: &LogRecord<'_>) {
        put_item(out, kind::CONTEXT, |out| {
            put_len(out, id as usize);
            record.kept_context().for_each(|(key, value)| crate::codec::put_pair(out, key, &value));
        });
    }

    /// Appends a RECORD; ids as in [`put_record`].
    #[cfg_attr(all(feature = "std", not(target_family = "wasm")), inline(always))]
    pub fn put_record(&self, out: &mut Output<'_>, record: &LogRecord<'_>, ids: RecordIds) {
        let head = out.position() + 1;
        out.put(&[kind::RECORD, 0, 0]);
        put_body(out, record, ids);
        let len = out.position() - head - 2;
        if !put_leb_padded::<2>(out, head, len) {
            put_long_record(out, head, record, ids);
        }
    }

    /// Appends a DROPPED.
    pub fn put_dropped(&self, out: &mut Output<'_>, timestamp: Timestamp, dropped: &Dropped) {
        put_item(out, kind::DROPPED, |out| put_drops(out, timestamp, dropped));
    }
}

/// Writes a RECORD once more, with room for a longer length: it is rare and large.
#[cfg_attr(all(feature = "std", not(target_family = "wasm")), cold, inline(never))]
fn put_long_record(out: &mut Output<'_>, head: usize, record: &LogRecord<'_>, ids: RecordIds) {
    out.rewind(head);
    out.put(&[0; 5]);
    put_record(out, record, ids);
    let len = out.position() - head - 5;
    put_leb_padded::<5>(out, head, len);
}

/// Ends a block in memory that was copied from one that is open: its length, and its
/// checksum in the last four bytes.
///
/// # Panics
/// When the memory is no block: shorter than [`BLOCK_OVERHEAD`] or longer than one may be.
#[doc(hidden)]
pub fn finish_block(memory: &mut [u8]) {
    assert!(memory.len() >= BLOCK_OVERHEAD && memory.len() - BLOCK_OVERHEAD <= MAX_ITEMS_LEN);
    let end = memory.len() - 4;
    memory[6..10].copy_from_slice(&((end - 10) as u32).to_le_bytes());
    let checksum = crc32(&memory[4..end]);
    memory[end..].copy_from_slice(&checksum.to_le_bytes());
}

/// Yields the items of an open block that explain ids or name a build, up to what is no item.
#[cfg(feature = "alloc")]
#[doc(hidden)]
pub fn explaining_items(block: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = block.get(10..).unwrap_or_default();
    core::iter::from_fn(move || {
        loop {
            let mut cursor = Cursor::new(rest);
            let kind = cursor.byte().ok()?;
            let len = cursor.len().ok()?;
            cursor.bytes(len).ok()?;
            let (item, after) = rest.split_at(rest.len() - cursor.rest().len());
            rest = after;
            if !matches!(kind, kind::RECORD | kind::DROPPED) {
                return Some(item);
            }
        }
    })
}

/// Appends a DROPPED's body.
fn put_drops(out: &mut Output<'_>, timestamp: Timestamp, sums: &(impl DropSums + ?Sized)) {
    put_time(out, timestamp);
    for level in 0..LogLevel::ALL.len() {
        put_len(out, sums.of_level_at(level));
    }
    let counted = || (0..DropReason::ALL.len()).filter(|&reason| sums.of_reason_at(reason) > 0);
    put_len(out, counted().count());
    for reason in counted() {
        put_text(out, DropReason::ALL[reason].name());
        put_len(out, sums.of_reason_at(reason));
    }
}

/// A block that is being written, in little code: lengths of items take two bytes
/// each, and an item of 16 KiB or more does not fit.
#[cfg(any(test, target_os = "none", all(feature = "ring", feature = "alloc")))]
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct OpenBlock {
    /// Where the length of the open item stands.
    item: usize,
}

#[cfg(any(test, target_os = "none", all(feature = "ring", feature = "alloc")))]
impl OpenBlock {
    /// Begins a block at the front of `out`.
    pub(crate) fn begin(out: &mut Output<'_>) -> Self {
        BlockWriter::begin(out);
        Self { item: 0 }
    }

    /// Begins an item.
    #[inline(never)]
    pub(crate) fn open(&mut self, kind: u8, out: &mut Output<'_>) {
        self.item = out.position() + 1;
        out.put(&[kind, 0, 0]);
    }

    /// Ends the item.
    #[inline(never)]
    pub(crate) fn close(&self, out: &mut Output<'_>) {
        let len = out.position() - self.item - 2;
        if len >= 1 << 14 {
            return out.give_up();
        }
        out.patch(self.item, &[len as u8 | 0x80, (len >> 7) as u8 & 0x7f]);
    }

    /// Appends what explains a site of the program: a SITE, or the BUILD that has it.
    #[cfg(any(test, target_os = "none"))]
    pub(crate) fn put_site(&mut self, call: &CallHead<'_>, out: &mut Output<'_>) {
        #[cfg(target_os = "none")]
        if let Some(build) = crate::site::linked::exported_build() {
            return self.put_build(build, out);
        }
        #[cfg(target_os = "none")]
        let site = crate::site::linked::site_in_memory(call.id);
        #[cfg(not(target_os = "none"))]
        let site = call.site();
        self.open(kind::SITE, out);
        put_len(out, call.id as usize);
        out.put(site.wire());
        self.close(out);
    }

    /// Appends a BUILD.
    #[cfg(target_os = "none")]
    pub(crate) fn put_build(&mut self, id: &[u8], out: &mut Output<'_>) {
        self.open(kind::BUILD, out);
        out.put(id.get(..BUILD_ID_LEN).unwrap_or(id));
        self.close(out);
    }

    /// Begins the record of a call and writes all that stands before its values.
    #[cfg(any(test, target_os = "none"))]
    pub(crate) fn open_record(&mut self, call: &CallHead<'_>, out: &mut Output<'_>) {
        self.open(kind::NAME, out);
        out.put_byte(0);
        put_text(out, call.logger);
        self.close(out);
        self.open(kind::RECORD, out);
        out.put_byte(flag::SITE | flag::LOGGER);
        put_time(out, call.timestamp);
        put_len(out, call.id as usize);
        out.put_byte(0);
    }

    /// Appends a DROPPED.
    pub(crate) fn put_dropped(&mut self, timestamp: Timestamp, sums: &dyn DropSums, out: &mut Output<'_>) {
        self.open(kind::DROPPED, out);
        put_drops(out, timestamp, sums);
        self.close(out);
    }

    /// Ends the block.
    pub(crate) fn finish(self, out: &mut Output<'_>) {
        BlockWriter { start: 0 }.finish(out);
    }
}

/// Appends an item whose length is written in its shortest form.
fn put_item(out: &mut Output<'_>, kind: u8, body: impl Fn(&mut Output<'_>)) {
    let start = out.position();
    out.put_byte(kind);
    out.put_byte(0);
    body(out);
    let len = out.position() - start - 2;
    if !put_leb_padded::<1>(out, start + 1, len) {
        out.rewind(start + 1);
        put_len(out, len);
        body(out);
    }
}

/// The ids of a record's site, logger and context.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, Default)]
pub struct RecordIds {
    pub site: Option<u32>,
    pub logger: Option<u32>,
    pub context: Option<u32>,
}

/// Appends a RECORD's body of a macro call: no logger, no context. False, and
/// then what stands there is none, if a value is foreign.
#[doc(hidden)]
#[cfg_attr(not(target_family = "wasm"), inline(always))]
pub fn put_call(out: &mut Output<'_>, timestamp: Timestamp, site: u32, values: &[Value<'_>]) -> bool {
    out.put_byte(flag::SITE);
    put_time(out, timestamp);
    put_len(out, site as usize);
    values.iter().all(|value| {
        let plain = !value.is_foreign();
        if plain {
            put_value(out, value);
        }
        plain
    })
}

/// Appends a RECORD's body. A record of a call site needs its site's id: only
/// words and extra fields can do without.
#[inline]
pub fn put_record(out: &mut Output<'_>, record: &LogRecord<'_>, ids: RecordIds) {
    put_body(out, record, ids);
}

/// As [`put_record`], within it and within a block's: a call costs as much as a value.
#[cfg_attr(all(feature = "std", not(target_family = "wasm")), inline(always))]
#[cfg_attr(not(all(feature = "std", not(target_family = "wasm"))), inline)]
fn put_body(out: &mut Output<'_>, record: &LogRecord<'_>, ids: RecordIds) {
    debug_assert!(ids.site.is_some() || record.parts().key_count == 0);
    let extra = record.extra();
    let mut flags = 0;
    flags |= if ids.site.is_some() { flag::SITE } else { 0 };
    flags |= if ids.logger.is_some() { flag::LOGGER } else { 0 };
    flags |= if ids.context.is_some() { flag::CONTEXT } else { 0 };
    flags |= if extra.is_empty() { 0 } else { flag::EXTRA };
    flags |= if record.sequence.is_some() { flag::SEQUENCE } else { 0 };
    let place = if ids.site.is_some() { &[] } else { record.place() };
    flags |= if place.is_empty() { 0 } else { flag::PLACE };
    out.put_byte(flags);
    put_time(out, record.timestamp);
    match ids.site {
        Some(site) => put_len(out, site as usize),
        None => {
            out.put_byte(record.level.number());
            let (Message::Literal(text) | Message::Template(text)) = record.message();
            put_text(out, text);
            out.put(place);
        }
    }
    for id in [ids.logger, ids.context].into_iter().flatten() {
        put_len(out, id as usize);
    }
    if let Some(sequence) = record.sequence {
        put_leb(out, sequence);
    }
    if ids.site.is_some() {
        match record.values() {
            Values::Slice(values) => values.iter().for_each(|value| put_value(out, value)),
            Values::Wire(bytes) => out.put(bytes),
        }
    }
    match extra {
        Extra::Slice(fields) => {
            fields.iter().for_each(|field| put_pair(out, field.key, &field.value));
        }
        Extra::Wire(pairs) => out.put(pairs),
    }
}

/// Appends the first of a RECORD: its flags and its time.
#[cfg(all(feature = "ring", any(feature = "alloc", target_os = "none")))]
#[inline]
pub(crate) fn put_flags_and_time(out: &mut Output<'_>, flags: u8, timestamp: Timestamp) {
    let (head, nanos) = head_of(timestamp);
    let len = integer_len(nanos);
    out.put_headed([flags, head | len as u8], nanos.to_le_bytes(), len);
}

#[inline]
fn put_time(out: &mut Output<'_>, timestamp: Timestamp) {
    let (head, nanos) = head_of(timestamp);
    put_integer(out, head, nanos);
}

/// Returns the head of a time, and the number after it.
#[inline]
fn head_of(timestamp: Timestamp) -> (u8, u64) {
    match timestamp {
        Timestamp::Wall(nanos) if nanos < 0 => (0x10, !nanos as u64),
        Timestamp::Wall(nanos) => (0x00, nanos as u64),
        Timestamp::Uptime(nanos) => (0x20, nanos),
    }
}
