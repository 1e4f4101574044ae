//! What the flight recorder of a dead process had kept: the records of its threads and of the scopes that were
//! open. Any bytes at all are safe to read.

use std::collections::{BTreeMap, HashMap};

use kakashi_core::wire::{IdResolver, ResolvedSite, read_context, read_record};
use kakashi_core::{ContextFields, LevelFilter, LogLevel, LogRecord, Name, Timestamp};

use super::block_matcher::{block_of, with_record};
use super::damage::Damage;
use super::left_record::{LeftRecord, RecordBody, RecordPlace};
use crate::segment::kept_entry::KeptHead;
use crate::segment::layout::WrittenForm;
use crate::segment::layout::kept::{
    KeptFileHeader, KeptItem, KeptKind, LoggerPlace, LoggerPlaces, RING_BEGUN_AT, RING_OVERWRITTEN_AT,
    RING_PUBLISHED, RING_STATE_AT, RING_WRITTEN_AT, RingPlace, TABLE_AT, UNIT,
};

/// The number of the segment in the places of kept records, which lie in none.
const NO_SEGMENT: u64 = u64::MAX;

/// The bytes of a file of kept records.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeptFile<'a> {
    pub(crate) bytes: &'a [u8],
}

/// What was kept for one destination, beside the records.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct KeptSummary {
    /// How many records had gone before the process died, of all rings.
    pub(crate) overwritten: u64,
    /// When the first record was logged.
    pub(crate) since: Option<Timestamp>,
    /// The pairs of the context that lies under all.
    pub(crate) base: Vec<u8>,
}

/// A destination's kept records, in the order of time, and what is said of them.
pub(crate) type KeptForDestination<'a> = (Vec<LeftRecord<'a>>, KeptSummary);

/// What the items of all files say.
#[derive(Default)]
struct KeptItems<'a> {
    files: HashMap<u64, (KeptFileHeader, &'a [u8])>,
    sites: HashMap<u64, ResolvedSite<'a>>,
    loggers: HashMap<(u64, u64), (LoggerPlaces, Name<'a>)>,
    contexts: HashMap<(u64, u64), ContextFields<'a>>,
    /// The one that holds: its id, its places, and the pairs.
    root: Option<(u64, Vec<LoggerPlace>, &'a [u8])>,
    /// The number of each ring and its item with what is behind it.
    rings: BTreeMap<u64, &'a [u8]>,
}

/// How far a ring's records have come.
#[derive(Clone, Copy, Default)]
struct RingState {
    /// A trigger has them written.
    is_published: bool,
    /// The slots whose destinations' writers have begun, and those that have them, as bits.
    begun: u64,
    written: u64,
}

/// A record that was kept.
struct KeptRecord<'a> {
    tick: u64,
    ring: u64,
    state: RingState,
    level: LogLevel,
    time: Timestamp,
    block: Vec<u8>,
    places: &'a [LoggerPlace],
}

/// Reads what was kept, by the numbers of the destinations' slots; of a process that has ended by itself only what was
/// being written.
pub(crate) fn read_kept<'a>(
    files: &[KeptFile<'_>],
    nonce: Option<u64>,
    has_ended: bool,
    damage: &mut Damage,
) -> BTreeMap<u16, KeptForDestination<'a>> {
    let items = KeptItems::read(files, nonce, damage);
    let (mut records, mut overwritten) = (Vec::new(), 0_u64);
    for (number, ring) in &items.rings {
        let word = |at: usize| ring.get(at..)?.first_chunk().copied().map(u64::from_le_bytes);
        let state = RingState {
            is_published: word(RING_STATE_AT) == Some(RING_PUBLISHED),
            begun: word(RING_BEGUN_AT).unwrap_or_default(),
            written: word(RING_WRITTEN_AT).unwrap_or_default(),
        };
        if has_ended && !state.is_published {
            continue;
        }
        overwritten = overwritten.saturating_add(word(RING_OVERWRITTEN_AT).unwrap_or_default());
        items.read_ring(*number, ring, state, &mut records, damage);
    }
    // Those of one ring stay in their order.
    records.sort_by_key(|record| (record.tick, record.ring));
    let mut by_slot: BTreeMap<u16, KeptForDestination<'a>> = BTreeMap::new();
    for record in &records {
        for place in record.places {
            let bit = 1_u64.checked_shl(place.slot.into()).unwrap_or_default();
            let is_written = record.state.written & bit != 0;
            if is_written || !LevelFilter::new(place.threshold).enables(record.level) {
                continue;
            }
            let (kept, summary) = by_slot.entry(place.slot).or_default();
            summary.since.get_or_insert(record.time);
            kept.push(LeftRecord {
                place: RecordPlace {
                    tick: record.tick,
                    thread: record.ring,
                    segment: NO_SEGMENT,
                    index: kept.len(),
                },
                level: record.level,
                is_in_flight: record.state.begun & bit != 0,
                is_kept: true,
                form: WrittenForm::of(place.form),
                body: RecordBody::Block(record.block.clone()),
            });
        }
    }
    let base = items.root.as_ref().map_or(&[][..], |(_, _, base)| base);
    for (_, summary) in by_slot.values_mut() {
        (summary.overwritten, summary.base) = (overwritten, base.to_vec());
    }
    by_slot
}

impl<'a> KeptItems<'a> {
    fn read(files: &[KeptFile<'a>], nonce: Option<u64>, damage: &mut Damage) -> Self {
        let mut items = Self::default();
        for KeptFile { bytes } in files {
            let header = KeptFileHeader::decode(bytes);
            match header.filter(|header| nonce.is_none_or(|nonce| nonce == header.nonce)) {
                Some(header) => _ = items.files.insert(header.number, (header, bytes)),
                // One that was about to be made has zeros only.
                None => damage.segments += usize::from(bytes.iter().take(TABLE_AT).any(|byte| *byte != 0)),
            }
        }
        let files: Vec<_> = items.files.values().copied().collect();
        for (header, bytes) in files {
            for unit in 0..header.units as usize {
                let word = bytes.get(TABLE_AT + 4 * unit..).and_then(|word| word.first_chunk());
                let Some(word) = word.copied().map(u32::from_le_bytes) else { break };
                if word == 0 {
                    continue;
                }
                let item = bytes.get(header.memory_at() + unit * UNIT..).unwrap_or_default();
                let is_read = KeptItem::decode(item)
                    .filter(|found| Some(found.kind) == KeptKind::of(word))
                    .is_some_and(|found| items.add(&found, item));
                damage.records += usize::from(!is_read);
            }
        }
        items
    }

    /// Adds an item; false if it makes no sense.
    fn add(&mut self, item: &KeptItem<'a>, bytes: &'a [u8]) -> bool {
        let key = (item.owner, item.id);
        match item.kind {
            KeptKind::Ring => _ = self.rings.insert(item.owner, bytes),
            KeptKind::Site => match ResolvedSite::of_program(item.contents, 0) {
                Ok(site) => _ = self.sites.insert(item.id, site),
                Err(_) => return false,
            },
            KeptKind::Context => match read_context(item.contents) {
                Ok(context) => _ = self.contexts.insert(key, context),
                Err(_) => return false,
            },
            KeptKind::Logger => {
                let found = LoggerPlaces::split(item.contents);
                let named = found.and_then(|(places, name)| Some((places, std::str::from_utf8(name).ok()?)));
                let Some((places, name)) = named else { return false };
                self.loggers.insert(key, (places, Name::new(name)));
            }
            KeptKind::Root => {
                let Some((LoggerPlaces::Own(places), base)) = LoggerPlaces::split(item.contents) else {
                    return false;
                };
                if self.root.as_ref().is_none_or(|(id, _, _)| *id < item.id) {
                    self.root = Some((item.id, places, base));
                }
            }
        }
        true
    }

    fn read_ring<'i>(
        &'i self,
        number: u64,
        ring: &[u8],
        state: RingState,
        records: &mut Vec<KeptRecord<'i>>,
        damage: &mut Damage,
    ) {
        let Some(bytes) = self.ring_bytes(ring) else {
            damage.segments += 1;
            return;
        };
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let Some((head, body, after)) = KeptHead::split(rest) else {
                // Where the next one begins is not known.
                damage.records += 1;
                return;
            };
            rest = after;
            match self.read_entry(number, head, body) {
                Some((time, block, places)) => records.push(KeptRecord {
                    tick: head.tick,
                    ring: number,
                    state,
                    level: head.level,
                    time,
                    block,
                    places,
                }),
                None => damage.records += 1,
            }
        }
    }

    /// Returns the bytes of a ring that are in use, in their order; none where they are not to be found.
    fn ring_bytes(&self, ring: &[u8]) -> Option<Vec<u8>> {
        let place = RingPlace::decode(ring)?;
        let len = usize::try_from(place.end - place.start).ok()?;
        if len == 0 {
            return Some(Vec::new());
        }
        let (header, file) = self.files.get(&u64::from(place.file))?;
        let begin = header.memory_at() + place.unit as usize * UNIT;
        let capacity = usize::try_from(place.capacity).ok()?;
        let bytes = file.get(begin..begin.checked_add(capacity)?)?;
        let start = (place.start % place.capacity) as usize;
        let first = len.min(capacity - start);
        Some([&bytes[start..start + first], &bytes[..len - first]].concat())
    }

    /// Reads an entry: when it was logged, its record as a block, and where it goes; none if it is damaged, or what it
    /// names is.
    fn read_entry(
        &self,
        ring: u64,
        head: KeptHead,
        body: &[u8],
    ) -> Option<(Timestamp, Vec<u8>, &[LoggerPlace])> {
        let (places, name) = self.loggers.get(&(ring, head.logger.into()))?;
        let context = self.contexts.get(&(ring, head.context.into()))?;
        let mut record = read_record(body, &KeptIds(self)).ok()?;
        record.logger = *name;
        record.set_context(*context);
        let (time, block) = (record.timestamp, block_of(&record));
        let is_one = |read: &LogRecord<'_>| read.level == head.level;
        let places = match places {
            LoggerPlaces::Own(places) => &places[..],
            LoggerPlaces::Root => self.root.as_ref().map_or(&[][..], |(_, places, _)| places),
        };
        with_record(&block, is_one)?.then_some((time, block, places))
    }
}

/// Finds what is named in the bodies of kept records: their loggers and contexts stand beside them.
struct KeptIds<'i, 'a>(&'i KeptItems<'a>);

impl<'a> IdResolver<'a> for KeptIds<'_, 'a> {
    fn site(&self, id: u64) -> Option<&ResolvedSite<'a>> {
        self.0.sites.get(&id)
    }

    fn logger(&self, _: u64) -> Option<Name<'a>> {
        None
    }

    fn context(&self, _: u64) -> Option<ContextFields<'a>> {
        None
    }
}
