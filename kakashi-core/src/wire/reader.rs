//! Bytes into records. Any bytes at all are safe to read, in time that grows with their
//! number; memory grows with the ids of one block or the keys of one item: four bytes for
//! each where they are many, less than the block has for it.

use core::ops::Range;

use super::block_ids::BlockIds;
use super::read_record::{read_record, read_time};
use super::site_table::SiteTable;
use super::{MAX_ITEMS_LEN, SYNC, VERSION, kind};
use crate::clock::Timestamp;
use crate::codec::{Cursor, Malformed};
use crate::level::LogLevel;
use crate::record::LogRecord;
use crate::util::crc::crc32;

/// Bytes of a block after its items.
const CHECKSUM_LEN: usize = 4;

/// What a [`Reader`] finds.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Item<'a> {
    /// A record.
    Record(LogRecord<'a>),
    /// Records that were dropped before this point.
    Dropped(DropReport<'a>),
    /// This many bytes that are no block, or no item of a version 1 block.
    Skipped(usize),
    /// What comes needs the sites of the build with this id, or one that begins so,
    /// and the reader has none or others'. Records without them are skipped.
    NeedsSites(&'a [u8]),
}

/// Reports records that were dropped where the stream was written.
#[derive(Clone, Debug)]
pub struct DropReport<'a> {
    /// When it was announced.
    pub timestamp: Timestamp,
    /// How many of each of [`LogLevel::ALL`].
    pub by_level: [u64; LogLevel::ALL.len()],
    reasons: Cursor<'a>,
}

impl<'a> DropReport<'a> {
    /// Returns how many in all.
    pub fn total(&self) -> u64 {
        self.by_level.iter().fold(0, |total, count| total.saturating_add(*count))
    }

    /// Yields each reason and how many records it took.
    pub fn reasons(&self) -> impl Iterator<Item = (&'a str, u64)> + Clone + use<'a> {
        let mut rest = self.reasons;
        let count = rest.leb().unwrap_or(0);
        (0..count).map_while(move |_| Some((rest.text().ok()?, rest.leb().ok()?)))
    }
}

/// Reads the blocks in a slice: an iterator over the records and whatever else is there.
///
/// Any bytes are safe to read: what is no whole block, or is damaged, is an
/// [`Item::Skipped`], and reading goes on behind it. Whatever the bytes are, a byte takes
/// bounded time, and what a reader keeps is at most about three times a block beside it:
/// nothing is copied, it grows with the ids of one block only. It blocks on nothing, and
/// logs nothing.
///
/// A line of a record may be longer than the block that it came from, which says a template
/// or a context once for all its records: see
/// [`rendered_message`](LogRecord::rendered_message) for the limit of a message.
///
/// ```
/// use kakashi_core::wire::{Item, Reader};
/// use kakashi_core::{Encoder as _, EncoderCache, LogLevel, LogRecord, Name, Output, Timestamp, Wire};
///
/// let record = LogRecord::new(Timestamp::Uptime(0), LogLevel::Info, Name::new("motor"), "Started");
/// let mut room = [0; 128];
/// let (mut out, mut cache) = (Output::new(&mut room), EncoderCache::new());
/// out.put(b"noise");
/// Wire.encode(&record, &mut cache, &mut out);
/// Wire.finish(&mut cache, &mut out);
///
/// let mut reader = Reader::new(out.written());
/// assert!(matches!(reader.next(), Some(Item::Skipped(5))));
/// let Some(Item::Record(record)) = reader.next() else { panic!("there is a record") };
/// assert_eq!((record.logger.text(), record.rendered_message()), ("motor", "Started".into()));
/// assert!(reader.next().is_none());
/// ```
///
/// Of a stream, read what has arrived and keep the last [`unfinished`](Self::unfinished)
/// bytes for the next piece.
#[derive(Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    /// Where the next block is looked for.
    at: usize,
    /// How many bytes were looked at in vain to find blocks.
    looked_at: usize,
    /// The block that is read.
    block: Range<usize>,
    items: Cursor<'a>,
    items_len: usize,
    ids: BlockIds<'a>,
    tables: &'a [SiteTable<'a>],
}

impl<'a> Reader<'a> {
    /// Reads from the front of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        let (items, ids) = (Cursor::new(&[]), BlockIds::default());
        Self { bytes, at: 0, looked_at: 0, block: 0..0, items, items_len: 0, ids, tables: &[] }
    }

    /// Explains the records of devices that left their call sites in their ELF files:
    /// each block with the sites of its build, if they are among these.
    #[must_use]
    pub fn with_sites(mut self, builds: &'a [SiteTable<'a>]) -> Self {
        self.tables = builds;
        self
    }

    /// Returns how many bytes at the end may be the beginning of a block that
    /// has not arrived yet. They were yielded as [`Item::Skipped`]; the reader of a
    /// stream puts them before the next piece instead.
    pub fn unfinished(&self) -> usize {
        let (mut at, mut looked_at) = (0, 0);
        loop {
            match find_block(self.bytes, at, &mut looked_at) {
                // Yielded as records: what seemed to begin before it was damage.
                Found::Whole { start, len } => at += start + len,
                Found::Begun(start) => return self.bytes.len() - at - start,
                Found::Nothing => break,
            }
        }
        let rest = &self.bytes[at..];
        (1..SYNC.len()).rev().find(|&len| rest.ends_with(&SYNC[..len])).unwrap_or(0)
    }

    /// Returns where the item ends that was yielded last, which a block has.
    #[doc(hidden)]
    pub fn position(&self) -> usize {
        self.at.saturating_sub(CHECKSUM_LEN + self.items.rest().len())
    }

    /// Returns where the block begins and ends that the item yielded last is of; an empty range if
    /// that was passed over between blocks.
    #[doc(hidden)]
    pub fn block(&self) -> Range<usize> {
        self.block.clone()
    }

    /// Goes to the next whole block; tells how many bytes it passed over.
    fn next_block(&mut self) -> Option<usize> {
        let rest = &self.bytes[self.at..];
        let (skipped, len) = match find_block(self.bytes, self.at, &mut self.looked_at) {
            Found::Whole { start, len } => (start, len),
            Found::Begun(_) | Found::Nothing => (rest.len(), 0),
        };
        if skipped > 0 {
            self.at += skipped;
            self.block = 0..0;
            return Some(skipped);
        }
        if len > 0 {
            let items = &rest[10..len - CHECKSUM_LEN];
            (self.items, self.items_len) = (Cursor::new(items), items.len());
            self.block = self.at..self.at + len;
            self.at += len;
            self.ids.begin(items);
        }
        None
    }

    /// Reads one item; None for one that only teaches an id or is not known.
    fn item(&mut self) -> Result<Option<Item<'a>>, Malformed> {
        let at = self.items_len - self.items.rest().len();
        let kind = self.items.byte()?;
        let len = self.items.len()?;
        let body = self.items.bytes(len)?;
        match kind {
            kind::SITE | kind::NAME | kind::CONTEXT => self.ids.explain(at, kind, body)?,
            kind::RECORD => {
                self.ids.at_record(at);
                return read_record(body, &self.ids).map(|record| Some(Item::Record(record)));
            }
            kind::DROPPED => {
                return drop_report(Cursor::new(body)).map(|report| Some(Item::Dropped(report)));
            }
            kind::BUILD => {
                let build = self.tables.iter().find(|table| table.is_of(body));
                self.ids.set_build(build);
                if build.is_none() {
                    return Ok(Some(Item::NeedsSites(body)));
                }
            }
            _ => {}
        }
        Ok(None)
    }
}

impl<'a> Iterator for Reader<'a> {
    type Item = Item<'a>;

    fn next(&mut self) -> Option<Item<'a>> {
        loop {
            if self.items.is_empty() {
                if let Some(skipped) = self.next_block() {
                    return Some(Item::Skipped(skipped));
                }
                if self.items.is_empty() && self.at == self.bytes.len() {
                    return None;
                }
                continue;
            }
            let before = self.items.rest().len();
            match self.item() {
                Ok(Some(item)) => return Some(item),
                Ok(None) => {}
                // A block's items are known to follow each other: the next is whole.
                Err(Malformed) => return Some(Item::Skipped(before - self.items.rest().len())),
            }
        }
    }
}

/// How often a byte is read to find blocks, on average: damage costs one or two looks,
/// nested markers any number.
const MOST_LOOKS: usize = 24;

enum Found {
    Whole {
        start: usize,
        len: usize,
    },
    /// No whole block, but here one may begin.
    Begun(usize),
    Nothing,
}

/// Finds the first whole block from a place on; what was looked at in vain, in this search
/// and in those before it, is counted.
fn find_block(bytes: &[u8], at: usize, looked_at: &mut usize) -> Found {
    let before = at;
    let bytes = bytes.get(at..).unwrap_or_default();
    let (mut from, mut begun) = (0, None);
    while let Some(found) = find_sync(bytes.get(from..).unwrap_or_default()) {
        let start = from + found;
        from = start + 1;
        match block_len(&bytes[start..]) {
            BlockLen::Whole(len) => {
                if checksum_holds(&bytes[start..start + len]) {
                    return Found::Whole { start, len };
                }
                *looked_at += len;
                if *looked_at / MOST_LOOKS > before + start + len {
                    // Blocks in blocks in blocks: made on purpose, not damage.
                    from = start + len;
                }
            }
            BlockLen::Unfinished => begun = begun.or(Some(start)),
            BlockLen::Wrong => {}
        }
    }
    begun.map_or(Found::Nothing, Found::Begun)
}

enum BlockLen {
    Whole(usize),
    Unfinished,
    Wrong,
}

/// Reads the head of a block that begins with a sync marker.
fn block_len(bytes: &[u8]) -> BlockLen {
    let Some((head, _)) = bytes.split_first_chunk::<10>() else {
        return BlockLen::Unfinished;
    };
    let items = u32::from_le_bytes([head[6], head[7], head[8], head[9]]) as usize;
    if head[4] != VERSION || head[5] != 0 || items > MAX_ITEMS_LEN {
        return BlockLen::Wrong;
    }
    let len = items + super::BLOCK_OVERHEAD;
    if bytes.len() < len { BlockLen::Unfinished } else { BlockLen::Whole(len) }
}

fn checksum_holds(block: &[u8]) -> bool {
    // Cheap first: the items of a real block fill it exactly.
    let (head, checksum) = block.split_at(block.len() - 4);
    let mut items = Cursor::new(&head[10..]);
    while !items.is_empty() {
        let passed = items.byte().and_then(|_| items.len()).and_then(|len| items.bytes(len));
        if passed.is_err() {
            return false;
        }
    }
    crc32(&head[4..]).to_le_bytes() == checksum
}

fn find_sync(bytes: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(found) = bytes.get(from..)?.iter().position(|&byte| byte == SYNC[0]) {
        if bytes[from + found..].starts_with(&SYNC) {
            return Some(from + found);
        }
        from += found + 1;
    }
    None
}

fn drop_report(mut body: Cursor<'_>) -> Result<DropReport<'_>, Malformed> {
    let timestamp = read_time(&mut body)?;
    let mut by_level = [0; LogLevel::ALL.len()];
    for count in &mut by_level {
        *count = body.leb()?;
    }
    let reasons = body;
    for _ in 0..body.leb()? {
        body.text()?;
        body.leb()?;
    }
    Ok(DropReport { timestamp, by_level, reasons })
}
