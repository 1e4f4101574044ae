//! The records of a ring, as blocks of the wire.
//!
//! Bodies are copied as they are; their sites and names are explained before them, or by
//! the build's id. A block is released when the sink has taken it.

use super::{MAX_BODY_LEN, Ring, RingItem};
use crate::clock::Clock;
use crate::codec::{self, Cursor, Malformed};
use crate::level::LogLevel;
use crate::sink::Sink;
use crate::sink::batch::{Batch, RecordEnd};
use crate::sink::sink_error::{SinkError, SinkErrorKind};
#[cfg(target_os = "none")]
use crate::site::InSection;
use crate::stats::{DropReason, DropSums};
use crate::util::output::Output;
use crate::value::Value;
use crate::wire::{OpenBlock, flag, kind, put_flags_and_time};

/// How many records a block holds at most.
const MOST_RECORDS: usize = 16;
/// How many announcements may end a drain: of records and of damage.
const MOST_NEWS_BEHIND: u8 = 2;
/// Room that is kept for the block's checksum.
const CHECKSUM: usize = 4;

impl<const N: usize> Ring<N> {
    /// Hands all that is in the ring now to a sink, as blocks of the wire that are built in
    /// the buffer `room`; returns how many records there were.
    ///
    /// A block leaves the ring when the sink has taken it. Losses are announced where
    /// they happened; `clock` gives the time of the announcement. A buffer of 512 bytes suits
    /// most programs. A record that does not fit into it, with the words of its site, is
    /// dropped, counted and announced. Call it from one place at a time: of two that
    /// drain at once, both may hand over the same records.
    ///
    /// # Errors
    /// The sink's; what it did not take stays in the ring. Of a block that it took in part
    /// it is given all the next time, and readers pass over the part.
    /// [`SinkErrorKind::Full`] if the buffer is too small for an announcement.
    pub fn drain(
        &self,
        clock: &impl Clock,
        sink: &mut impl Sink,
        room: &mut [u8],
    ) -> Result<usize, SinkError> {
        self.own_if_nobody_did();
        let mut records = 0;
        let mut body = [0; MAX_BODY_LEN];
        // What the sink itself logs, or an interrupt meanwhile, is for the next time.
        let stop = self.end();
        let mut told_behind = 0;
        while let Some(first) = self.peek(&mut body) {
            let is_behind = self.is_behind(stop);
            if let RingItem::Record { level, .. } = first.item() {
                if is_behind {
                    break;
                }
                let at = first.at;
                let (block, end) = self.fill(at, &mut body, room);
                match block.bytes(room) {
                    Some(bytes) => {
                        sink.write(&Batch::new(bytes, &block.ends))?;
                        records += block.ends.len();
                        self.release_through(end);
                    }
                    // An interrupt has evicted it just now, and counted it, or drained it.
                    None if end == at => {}
                    None => self.give_up(level, at, end),
                }
            } else {
                if told_behind == MOST_NEWS_BEHIND {
                    break;
                }
                told_behind += u8::from(is_behind);
                let mut block = Block::begin(room);
                block.put_announcement(clock, first.item(), room);
                let bytes = block.bytes(room).ok_or(SinkError::new(SinkErrorKind::Full))?;
                sink.write(&Batch::new(bytes, &block.ends).announcing(1))?;
                self.release(first);
            }
        }
        sink.flush()?;
        Ok(records)
    }
}

impl<const N: usize> Ring<N> {
    /// Fills a block with the record at `at` and those after it, as far as they fit and
    /// nothing was lost between them. Returns where the next begins.
    fn fill(&self, at: u32, body: &mut [u8; MAX_BODY_LEN], room: &mut [u8]) -> (Block, u32) {
        let mut block = Block::begin(room);
        let mut end = at;
        while let Some((level, len, next)) = self.peek_at(end, body) {
            let fits = block.put(body.get(..len).unwrap_or_default(), level, room);
            // The first is given up if it does not fit; another begins the next block.
            if fits || end == at {
                end = next;
            }
            if !fits || block.ends.is_full() {
                break;
            }
        }
        (block, end)
    }
}

/// A block that is being filled.
struct Block {
    open: OpenBlock,
    len: usize,
    ends: heapless::Vec<RecordEnd, MOST_RECORDS>,
    /// Sites and names that the block explains.
    explained: heapless::Vec<(u8, u32), { 2 * MOST_RECORDS }>,
    is_exported: bool,
}

impl Block {
    fn begin(room: &mut [u8]) -> Self {
        let mut out = Output::new(room);
        let mut open = OpenBlock::begin(&mut out);
        let is_exported = put_build(&mut open, &mut out);
        let len = out.position();
        Self { open, len, ends: heapless::Vec::new(), explained: heapless::Vec::new(), is_exported }
    }

    /// Appends a record and what explains it, if it fits.
    fn put(&mut self, body: &[u8], level: LogLevel, room: &mut [u8]) -> bool {
        let explained = self.explained.len();
        let end = room.len().saturating_sub(CHECKSUM);
        let mut out = Output::resume(room.get_mut(..end).unwrap_or_default(), self.len);
        if !self.is_exported {
            // No record: readers skip it, and report that.
            let _ = self.explain(body, &mut out);
        }
        self.open.open(kind::RECORD, &mut out);
        out.put(body);
        self.open.close(&mut out);
        let (end, fits) = (out.position(), !out.overflowed());
        if fits {
            self.len = end;
            let _ = self.ends.push(RecordEnd { end, level });
        } else {
            self.explained.truncate(explained);
        }
        fits
    }

    /// Explains the site and the logger of a body.
    fn explain(&mut self, body: &[u8], out: &mut Output<'_>) -> Result<(), Malformed> {
        let mut body = Cursor::new(body);
        let flags = body.byte()?;
        let time_len = usize::from(body.byte()? & 0x0f);
        body.bytes(time_len)?;
        if flags & flag::SITE != 0 {
            self.explain_one(kind::SITE, body.short_leb()?, out);
        } else {
            body.byte()?;
            body.text_bytes()?;
        }
        if flags & flag::LOGGER != 0 {
            self.explain_one(kind::NAME, body.short_leb()?, out);
        }
        Ok(())
    }

    fn explain_one(&mut self, kind: u8, id: usize, out: &mut Output<'_>) {
        let key = (kind, id as u32);
        if self.explained.contains(&key) {
            return;
        }
        self.open.open(kind, out);
        codec::put_len(out, id);
        put_explanation(kind, id as u32, out);
        self.open.close(out);
        let _ = self.explained.push(key);
    }

    /// Appends an announcement.
    fn put_announcement(&mut self, clock: &impl Clock, loss: RingItem<'_>, room: &mut [u8]) {
        let end = room.len().saturating_sub(CHECKSUM);
        let mut out = Output::resume(room.get_mut(..end).unwrap_or_default(), self.len);
        if let RingItem::Dropped(counts) = loss {
            self.open.put_dropped(clock.now(), &Counts(counts), &mut out);
        } else if let RingItem::Damaged(bytes) = loss {
            self.open.open(kind::NAME, &mut out);
            out.put_byte(0);
            codec::put_text(&mut out, "kakashi");
            self.open.close(&mut out);
            self.open.open(kind::RECORD, &mut out);
            put_flags_and_time(&mut out, flag::LOGGER | flag::EXTRA, clock.now());
            out.put_byte(LogLevel::Warning.number());
            codec::put_text(&mut out, "Records in memory were damaged");
            out.put_byte(0);
            codec::put_text(&mut out, "bytes");
            codec::put_known(&mut out, &Value::U64(bytes.into()));
            self.open.close(&mut out);
        }
        if !out.overflowed() {
            self.len = out.position();
            let _ = self.ends.push(RecordEnd { end: self.len, level: LogLevel::Warning });
        }
    }

    /// Ends the block; none if nothing fitted.
    fn bytes<'r>(&self, room: &'r mut [u8]) -> Option<&'r [u8]> {
        if self.ends.is_empty() {
            return None;
        }
        let mut out = Output::resume(room, self.len);
        self.open.finish(&mut out);
        let len = out.position();
        room.get(..len)
    }
}

/// Names the build if its sites are in its ELF file.
#[cfg(target_os = "none")]
fn put_build(open: &mut OpenBlock, out: &mut Output<'_>) -> bool {
    let build = crate::site::linked::exported_build();
    if let Some(build) = build {
        open.put_build(build, out);
    }
    build.is_some()
}

#[cfg(not(target_os = "none"))]
fn put_build(_: &mut OpenBlock, _: &mut Output<'_>) -> bool {
    false
}

/// Appends the site's body or the name of an id.
#[cfg(target_os = "none")]
fn put_explanation(_: u8, id: u32, out: &mut Output<'_>) {
    match crate::site::linked::in_memory(id) {
        Some(InSection::Site(body)) => out.put(body),
        Some(InSection::Name(name)) => {
            codec::put_len(out, name.len());
            out.put(name);
        }
        None => {}
    }
}

#[cfg(all(feature = "alloc", not(target_os = "none")))]
fn put_explanation(kind: u8, id: u32, out: &mut Output<'_>) {
    if kind == kind::SITE {
        out.put(crate::site::interner::site(id).map_or(&[], |site| site.wire()));
    } else {
        codec::put_text(out, crate::site::interner::name(id).unwrap_or_default());
    }
}

/// The counts of a ring, all for one reason.
struct Counts([u32; LogLevel::ALL.len()]);

impl DropSums for Counts {
    fn of_level_at(&self, at: usize) -> usize {
        self.0.get(at).map_or(0, |count| *count as usize)
    }

    fn of_reason_at(&self, at: usize) -> usize {
        let total = self.0.iter().fold(0_u32, |total, count| total.saturating_add(*count));
        if at == DropReason::QueueFull.index() { total as usize } else { 0 }
    }
}
