//! What an encoder remembers from one record to the next.

#[cfg(feature = "alloc")]
use super::field_tree::FieldTree;
use super::line::Line;
#[cfg(all(feature = "std", not(target_family = "wasm")))]
use super::line_above::{LineAbove, PrettyScratch};
#[cfg(feature = "alloc")]
use super::number::put_u64;
use super::time::SecondCache;
use super::wire_cache::WireCache;
#[cfg(feature = "alloc")]
use crate::codec::{Cursor, Plain};
use crate::record::LogRecord;
#[cfg(feature = "alloc")]
use crate::record::Values;
#[cfg(feature = "alloc")]
use crate::util::char_class::as_text;
use crate::util::output::Output;
#[cfg(feature = "alloc")]
use crate::value::Value;

/// Remembers text that many records share: the second, the context, and which
/// ids a block already explains. One for each thread and encoder.
#[derive(Debug, Default)]
pub struct EncoderCache {
    pub(crate) second: SecondCache,
    #[cfg(feature = "alloc")]
    pub(crate) context: ContextCache,
    #[cfg(feature = "alloc")]
    pub(crate) sites: SiteCache,
    pub(crate) wire: WireCache,
    /// Made when a profile of JSON needs it.
    #[cfg(feature = "alloc")]
    pub(crate) tree: Option<alloc::boxed::Box<FieldTree>>,
    /// Made when lines for people need it.
    #[cfg(all(feature = "std", not(target_family = "wasm")))]
    pub(crate) pretty: Option<alloc::boxed::Box<PrettyScratch>>,
    /// In a cache that sees all records of a destination in their order.
    #[cfg(all(feature = "std", not(target_family = "wasm")))]
    pub(crate) above: Option<alloc::boxed::Box<LineAbove>>,
}

impl EncoderCache {
    /// Makes one that remembers nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Tells whether the next record goes on with an open block of the wire.
    #[cfg(feature = "std")]
    #[doc(hidden)]
    #[inline]
    pub fn is_in_block(&self) -> bool {
        self.wire.is_in_block()
    }

    /// Leaves the open block of the wire as it is: the next record begins another. With the
    /// feature `std`, but not in wasm, the records of a block that is left so may have been
    /// encoded into outputs of their own, each from its beginning.
    #[doc(hidden)]
    pub fn leave_block(&mut self) {
        self.wire.leave_block();
    }

    /// Makes one for an encoder that is given all records of a destination in their order: it may
    /// look back at the record before.
    #[cfg(all(feature = "std", not(target_family = "wasm")))]
    #[doc(hidden)]
    pub fn of_stream() -> Self {
        let mut cache = Self::new();
        cache.set_above(Some(alloc::boxed::Box::default()));
        cache
    }

    /// Says what stands above the next record, if all records are seen in their order.
    #[cfg(all(feature = "std", not(target_family = "wasm")))]
    pub(crate) fn set_above(&mut self, above: Option<alloc::boxed::Box<LineAbove>>) {
        self.above = above;
    }

    /// Takes what stands above the next record.
    #[cfg(all(feature = "std", not(target_family = "wasm")))]
    pub(crate) fn take_above(&mut self) -> Option<alloc::boxed::Box<LineAbove>> {
        self.above.take()
    }

    /// Returns the bytes of memory that it occupies beside its own.
    #[cfg(all(feature = "std", not(target_family = "wasm")))]
    #[doc(hidden)]
    pub fn memory(&self) -> usize {
        let tree = self.tree.as_ref().map_or(0, |tree| size_of::<FieldTree>() + tree.memory());
        let pretty = self.pretty.as_ref().map_or(0, |pretty| size_of::<PrettyScratch>() + pretty.memory());
        self.context.text.capacity() + self.sites.memory() + self.wire.memory() + tree + pretty
    }
}

impl EncoderCache {
    /// Appends a record's context, or the text that was written for the same
    /// context before.
    #[inline]
    pub(super) fn put_context<L: Line + ?Sized>(
        &mut self,
        line: &L,
        record: &LogRecord<'_>,
        out: &mut Output<'_>,
    ) {
        let context = record.context();
        if context.pairs.is_empty() {
            return;
        }
        #[cfg(feature = "alloc")]
        if context.id != 0 && context.id == self.context.id && !self.context.clashes(record) {
            out.put(&self.context.text);
            return;
        }
        self.put_new_context(line, record, out);
    }

    #[inline(never)]
    fn put_new_context<L: Line + ?Sized>(&mut self, line: &L, record: &LogRecord<'_>, out: &mut Output<'_>) {
        let start = out.position();
        let hidden = record.for_each_context_field(&mut |key, value| line.put_field(key, value, out));
        #[cfg(feature = "alloc")]
        if record.context().id != 0 && !hidden && !out.overflowed() {
            self.context.keep(record.context().id, out.since(start));
        }
        let _ = (start, hidden);
    }
}

/// What is constant of a call site's line, for the sites that log most.
///
/// Between the time and the first value, and from value to value, a site
/// always writes the same text: it is made once and copied from then on.
#[cfg(feature = "alloc")]
#[derive(Debug, Default)]
pub(crate) struct SiteCache {
    /// Each is made when a site needs it: most threads log from few sites.
    slots: Option<alloc::boxed::Box<[Option<alloc::boxed::Box<SiteText>>; SiteCache::SLOTS]>>,
    /// Where text is made: two sites that share a slot must not allocate by turns.
    scratch: alloc::vec::Vec<u8>,
}

/// The constant pieces of one site's line: one before each value, or one.
#[cfg(feature = "alloc")]
#[derive(Debug, Default)]
pub(super) struct SiteText {
    site: usize,
    logger: usize,
    /// The pieces, and 32 bytes more to copy from.
    bytes: alloc::vec::Vec<u8>,
    len: usize,
    ends: alloc::vec::Vec<usize>,
}

#[cfg(feature = "alloc")]
impl SiteCache {
    const SLOTS: usize = 64;
    /// A site with more text than this is written anew each time.
    const MOST: usize = 1024;
    /// Room for most sites' text.
    const USUAL: usize = 256;

    /// Finds or makes the pieces of a record's site and logger. None where they
    /// are not constant or too long.
    #[inline]
    pub(super) fn get<L: Line + ?Sized>(&mut self, line: &L, record: &LogRecord<'_>) -> Option<&SiteText> {
        let (site, logger) = (record.site_address, record.logger.id());
        if site == 0 || logger == 0 || !record.flags.message_is_plain() || !line.is_constant(record) {
            return None;
        }
        // Both vary in their low bits: a product's high bits mix them.
        let mixed = (site as u64 ^ (logger as u64) << 40).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let place = (mixed >> 58) as usize;
        let known = self.slot(place).is_some_and(|slot| slot.site == site && slot.logger == logger);
        if !known && !self.make(line, place, (site, logger), record) {
            return None;
        }
        self.slot(place)
    }

    #[inline]
    fn slot(&self, place: usize) -> Option<&SiteText> {
        self.slots.as_ref()?.get(place)?.as_deref()
    }

    #[cfg(all(feature = "std", not(target_family = "wasm")))]
    fn memory(&self) -> usize {
        let slots = self.slots.iter().flat_map(|slots| slots.iter());
        let texts = slots.flatten().map(|slot| {
            size_of::<SiteText>() + slot.bytes.capacity() + slot.ends.capacity() * size_of::<usize>()
        });
        self.slots.as_ref().map_or(0, |slots| size_of_val(&**slots))
            + texts.sum::<usize>()
            + self.scratch.capacity()
    }

    #[inline(never)]
    fn make<L: Line + ?Sized>(
        &mut self,
        line: &L,
        place: usize,
        of: (usize, usize),
        record: &LogRecord<'_>,
    ) -> bool {
        let slots = self.slots.get_or_insert_with(|| alloc::boxed::Box::new([const { None }; Self::SLOTS]));
        let Some(slot) = slots.get_mut(place) else { return false };
        let slot = &mut **slot.get_or_insert_default();
        slot.site = 0;
        if self.scratch.is_empty() {
            self.scratch.resize(Self::USUAL, 0);
        }
        let (mut len, mut too_long) = (0, true);
        while too_long {
            slot.ends.clear();
            let most = self.scratch.len() - 32;
            let mut out = Output::new(&mut self.scratch[..most]);
            line.put_head(record, &mut out);
            record.for_each_site_field(|key, _| {
                line.put_key(key, &mut out);
                slot.ends.push(out.position());
            });
            (len, too_long) = (out.position(), out.overflowed());
            if self.scratch.len() == Self::MOST {
                break;
            }
            if too_long {
                self.scratch.resize(Self::MOST, 0);
            }
        }
        // A call with too few values must not decide for later ones.
        if too_long || slot.ends.len() != record.parts().key_count {
            return false;
        }
        slot.bytes.clear();
        slot.bytes.extend_from_slice(&self.scratch[..len + 32]);
        slot.len = len;
        (slot.site, slot.logger) = of;
        true
    }
}

#[cfg(feature = "alloc")]
impl SiteText {
    /// Appends each piece and the value after it.
    #[cfg_attr(not(target_family = "wasm"), inline(always))]
    pub(super) fn put<L: Line + ?Sized>(&self, line: &L, record: &LogRecord<'_>, out: &mut Output<'_>) {
        let mut from = 0;
        match record.values() {
            Values::Slice(values) => {
                for (&end, value) in self.ends.iter().zip(values) {
                    out.put_roomy(&self.bytes, from, end);
                    from = end;
                    line.put_value(value, out);
                }
            }
            Values::Wire(bytes) => {
                let mut values = Cursor::new(bytes);
                for &end in &self.ends {
                    let Ok(value) = values.plain() else { break };
                    out.put_roomy(&self.bytes, from, end);
                    from = end;
                    match value {
                        Plain::U64(number) => put_u64(out, number),
                        Plain::F64(number) => line.put_value(&Value::F64(number), out),
                        Plain::Text(text) if line.put_clean(text, out) => {}
                        Plain::Text(text) => line.put_value(&str_or_bytes(text), out),
                        Plain::Other(value) => line.put_value(&value, out),
                    }
                }
            }
        }
        if self.ends.is_empty() {
            out.put_roomy(&self.bytes, 0, self.len);
        }
    }
}

/// What was written as a string is UTF-8; if it is not, it is shown all the same.
#[cfg(feature = "alloc")]
#[inline(never)]
fn str_or_bytes(bytes: &[u8]) -> Value<'_> {
    as_text(bytes).map_or(Value::Bytes(bytes), Value::Str)
}

/// The text of the context that was written last.
#[cfg(feature = "alloc")]
#[derive(Debug)]
pub(crate) struct ContextCache {
    id: usize,
    text: alloc::vec::Vec<u8>,
    /// For a few call sites whose keys' mask meets the context's: the site, the
    /// context, and whether they really share a key.
    verdicts: [(usize, usize, bool); 16],
}

#[cfg(feature = "alloc")]
#[expect(
    clippy::derivable_impls,
    reason = "derived, the array is made element by element: 200 bytes of wasm"
)]
impl Default for ContextCache {
    fn default() -> Self {
        Self { id: 0, text: alloc::vec::Vec::new(), verdicts: [(0, 0, false); 16] }
    }
}

#[cfg(feature = "alloc")]
impl ContextCache {
    /// A context with more text than this is written anew each time.
    const MOST: usize = 16 * 1024;

    fn keep(&mut self, id: usize, text: &[u8]) {
        if text.len() <= Self::MOST {
            self.text.clear();
            self.text.extend_from_slice(text);
            self.id = id;
        }
    }

    /// Tells whether the record hides a field of its context.
    #[inline]
    fn clashes(&mut self, record: &LogRecord<'_>) -> bool {
        if !record.context_may_clash() {
            return false;
        }
        if record.site_address == 0 || !record.extra().is_empty() {
            return record.context_clashes();
        }
        let (address, id) = (record.site_address, record.context().id);
        // Sites lie anywhere: the high bits of a product mix the low ones.
        let place = (address as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 60;
        let verdict = &mut self.verdicts[place as usize];
        if (verdict.0, verdict.1) != (address, id) {
            *verdict = (address, id, record.context_clashes());
        }
        verdict.2
    }
}
