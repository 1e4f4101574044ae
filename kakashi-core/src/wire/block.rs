//! Blocks and items into bytes. Needs no heap.

use super::{MAX_ITEMS_LEN, SYNC, VERSION, crc32, flag, kind};
use crate::clock::Timestamp;
use crate::codec::{put_leb, put_leb_padded, put_pair, put_text, put_value};
use crate::level::LogLevel;
use crate::output::Output;
use crate::record::{Extra, LogRecord, Message, Values};
use crate::stats::{DropReason, Dropped};
use crate::value::Value;

/// Bytes of a block that are not items.
pub const BLOCK_OVERHEAD: usize = 14;

/// Writes one block's items; the caller chooses the ids.
#[derive(Clone, Copy, Debug)]
pub struct BlockWriter {
    start: usize,
}

impl BlockWriter {
    /// Begins a block.
    pub fn begin(out: &mut Output<'_>) -> Self {
        let start = out.position();
        out.put(&SYNC);
        out.put(&[VERSION, 0, 0, 0, 0, 0]);
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
            put_leb(out, u64::from(id));
            out.put(body);
        });
    }

    /// Appends a NAME, and tells where its text stands.
    pub fn put_name(&self, out: &mut Output<'_>, id: u32, name: &str) -> usize {
        put_item(out, kind::NAME, |out| {
            put_leb(out, u64::from(id));
            put_text(out, name);
        });
        out.position() - name.len()
    }

    /// Appends a CONTEXT of pairs.
    pub fn put_context(&self, out: &mut Output<'_>, id: u32, pairs: &[u8]) {
        put_item(out, kind::CONTEXT, |out| {
            put_leb(out, u64::from(id));
            out.put(pairs);
        });
    }

    /// Appends a RECORD; ids as in [`put_record`].
    pub fn put_record(&self, out: &mut Output<'_>, record: &LogRecord<'_>, ids: RecordIds) {
        out.put_byte(kind::RECORD);
        let head = out.position();
        out.put(&[0; 2]);
        put_record(out, record, ids);
        let len = out.position() - head - 2;
        if !put_leb_padded::<2>(out, head, len) {
            // Rare and large: once more, with room for a longer length.
            out.rewind(head);
            out.put(&[0; 5]);
            put_record(out, record, ids);
            let len = out.position() - head - 5;
            put_leb_padded::<5>(out, head, len);
        }
    }

    /// Appends a DROPPED.
    pub fn put_dropped(&self, out: &mut Output<'_>, timestamp: Timestamp, dropped: &Dropped) {
        put_item(out, kind::DROPPED, |out| {
            put_time(out, timestamp);
            for level in LogLevel::ALL {
                put_leb(out, dropped.of_level(level) as u64);
            }
            let counted = || DropReason::ALL.into_iter().filter(|&reason| dropped.of_reason(reason) > 0);
            put_leb(out, counted().count() as u64);
            for reason in counted() {
                put_text(out, reason.name());
                put_leb(out, dropped.of_reason(reason) as u64);
            }
        });
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
        put_leb(out, len as u64);
        body(out);
    }
}

/// The ids that stand for a record's site, logger and context.
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
    put_leb(out, u64::from(site));
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
    debug_assert!(ids.site.is_some() || record.parts().key_count == 0);
    let extra = record.extra();
    let mut flags = 0;
    flags |= if ids.site.is_some() { flag::SITE } else { 0 };
    flags |= if ids.logger.is_some() { flag::LOGGER } else { 0 };
    flags |= if ids.context.is_some() { flag::CONTEXT } else { 0 };
    flags |= if extra.is_empty() { 0 } else { flag::EXTRA };
    flags |= if record.sequence.is_some() { flag::SEQUENCE } else { 0 };
    out.put_byte(flags);
    put_time(out, record.timestamp);
    match ids.site {
        Some(site) => put_leb(out, u64::from(site)),
        None => {
            out.put_byte(record.level.number());
            let (Message::Literal(text) | Message::Template(text)) = record.message();
            put_text(out, text);
        }
    }
    for id in [ids.logger, ids.context].into_iter().flatten() {
        put_leb(out, u64::from(id));
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

#[inline]
fn put_time(out: &mut Output<'_>, timestamp: Timestamp) {
    let (head, nanos) = match timestamp {
        Timestamp::Wall(nanos) if nanos < 0 => (0x10, !nanos as u64),
        Timestamp::Wall(nanos) => (0x00, nanos as u64),
        Timestamp::Uptime(nanos) => (0x20, nanos),
    };
    let len = (71 - nanos.leading_zeros() as usize) / 8;
    out.put_tagged(head | len as u8, nanos.to_le_bytes(), len);
}
